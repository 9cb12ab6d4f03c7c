"""The directory of nodes as clients hold it: signed files, one a region, and the changes between.

A file is ``key id, signature, gzip (RFC 1952)``: what strangers could have written is never
unpacked. It has a version that counts up and an end, so that an old one, or one that somebody
keeps alive, is noticed. No endpoint is in it: those are in a session's answer only.
"""

from __future__ import annotations

import enum
import gzip
import struct
import zlib
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import attrs
from attrs import validators
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from worldvpn_core.errors import CatalogueError

KEY_ID_BYTES: Final = 16
#: No region is larger once unpacked.
MOST_BYTES: Final = 64 * 1_048_576
_SIGNATURE_BYTES: Final = 64
_TAG: Final = b"worldvpn/directory/v1\x00"
_FORMAT: Final = 1
#: Format, region, version, since, issued, expires; counts of protocols, entries and nodes gone.
_HEAD: Final = struct.Struct("!BHQQQQBII")
#: Id, country, flags, load, reputation, protocols, bandwidth, latency, length of the city.
_ENTRY: Final = struct.Struct("!16s2sBBBHIHB")
_ID_BYTES: Final = 16
_MOST_PROTOCOLS: Final = 16
#: Latency as it is written while nobody has measured it.
_UNMEASURED: Final = 0xFFFF
_LEVEL: Final = 6

_uint64 = [validators.ge(0), validators.lt(1 << 64)]


class Load(enum.IntEnum):
    """How busy a node is: each a third of its room, and full."""

    FREE = 0
    IN_USE = 1
    BUSY = 2
    FULL = 3


class _Flag(enum.IntFlag):
    PUBLIC = 1
    ON_PROBATION = 2


@attrs.frozen(kw_only=True)
class Entry:
    """One node. ``reputation`` is from 0 to 100; ``latency_ms`` None: nobody has measured it."""

    id: UUID
    country: str = attrs.field(validator=validators.matches_re(r"[A-Z]{2}"))
    city: str
    public: bool
    on_probation: bool
    protocols: frozenset[str]
    bandwidth_mbps: int = attrs.field(validator=[validators.ge(0), validators.lt(1 << 32)])
    load: Load
    reputation: int = attrs.field(validator=[validators.ge(0), validators.le(100)])
    latency_ms: int | None = attrs.field(
        validator=validators.optional([validators.ge(0), validators.lt(_UNMEASURED)])
    )


@attrs.frozen(kw_only=True)
class Catalogue:
    """The nodes of a region at ``version``; or, with ``since``, what has changed from there.

    ``region`` is a code of UN M49; times are Unix seconds.
    """

    region: int = attrs.field(validator=[validators.ge(0), validators.lt(1 << 16)])
    version: int = attrs.field(validator=_uint64)
    #: 0: this is all of it.
    since: int = attrs.field(default=0, validator=_uint64)
    issued_s: int = attrs.field(validator=_uint64)
    expires_s: int = attrs.field(validator=_uint64)
    entries: Mapping[UUID, Entry]
    gone: frozenset[UUID] = frozenset()

    def sign(self, key_id: bytes, key: Ed25519PrivateKey) -> bytes:
        """Return the signed file. The same catalogue is the same bytes."""
        # The operating system's field and the time (RFC 1952 section 2.3) would tell of the host.
        packed = gzip.compress(_packed(self), compresslevel=_LEVEL, mtime=0)
        return key_id + key.sign(_TAG + packed) + packed


def key_id_of(file: bytes) -> bytes:
    """Return which key a file says it was signed with.

    Raises:
        CatalogueError: it is too short to be one.
    """
    if len(file) <= KEY_ID_BYTES + _SIGNATURE_BYTES:
        raise CatalogueError(f"{len(file)} bytes are no directory file")
    return file[:KEY_ID_BYTES]


def open_catalogue(file: bytes, public_key: bytes, now_s: float) -> Catalogue:
    """Return what ``file`` says, which ``public_key`` must have signed.

    Raises:
        CatalogueError: it is no directory file, not signed by that key, or has expired.
    """
    key_id_of(file)
    signature = file[KEY_ID_BYTES : KEY_ID_BYTES + _SIGNATURE_BYTES]
    packed = file[KEY_ID_BYTES + _SIGNATURE_BYTES :]
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, _TAG + packed)
    except (InvalidSignature, ValueError) as error:
        raise CatalogueError("the directory is not signed by the key it needs") from error
    catalogue = _unpacked(_unzipped(packed))
    if now_s >= catalogue.expires_s:
        raise CatalogueError(
            f"version {catalogue.version} of the directory has expired: fetch a newer one"
        )
    return catalogue


def apply_delta(catalogue: Catalogue, delta: Catalogue) -> Catalogue:
    """Return ``catalogue`` with the changes of ``delta``.

    Raises:
        CatalogueError: the delta is of another region or does not follow on this version.
    """
    if (delta.region, delta.since) != (catalogue.region, catalogue.version) or not delta.since:
        raise CatalogueError(
            f"changes since version {delta.since} of region {delta.region} do not follow on "
            f"version {catalogue.version} of region {catalogue.region}: fetch the whole file"
        )
    left = {each: one for each, one in catalogue.entries.items() if each not in delta.gone}
    return attrs.evolve(
        catalogue,
        version=delta.version,
        issued_s=delta.issued_s,
        expires_s=delta.expires_s,
        entries=left | dict(delta.entries),
    )


def _packed(catalogue: Catalogue) -> bytes:
    names = sorted({name for one in catalogue.entries.values() for name in one.protocols})
    if len(names) > _MOST_PROTOCOLS:
        raise ValueError(f"a file has room for {_MOST_PROTOCOLS} protocols, not {len(names)}")
    head = _HEAD.pack(
        _FORMAT,
        catalogue.region,
        catalogue.version,
        catalogue.since,
        catalogue.issued_s,
        catalogue.expires_s,
        len(names),
        len(catalogue.entries),
        len(catalogue.gone),
    )
    bits = {name: 1 << place for place, name in enumerate(names)}
    parts = [head, *(_text(name) for name in names)]
    parts += [_entry(catalogue.entries[each], bits) for each in sorted(catalogue.entries)]
    parts += [each.bytes for each in sorted(catalogue.gone)]
    return b"".join(parts)


def _entry(one: Entry, bits: Mapping[str, int]) -> bytes:
    city = one.city.encode()
    flags = _Flag.PUBLIC * one.public | _Flag.ON_PROBATION * one.on_probation
    body = _ENTRY.pack(
        one.id.bytes,
        one.country.encode("ascii"),
        flags,
        one.load,
        one.reputation,
        sum(bits[name] for name in one.protocols),
        one.bandwidth_mbps,
        _UNMEASURED if one.latency_ms is None else one.latency_ms,
        len(city),
    )
    return body + city


def _text(text: str) -> bytes:
    raw = text.encode()
    return bytes([len(raw)]) + raw


def _unzipped(packed: bytes) -> bytes:
    opened = zlib.decompressobj(wbits=31)
    try:
        raw = opened.decompress(packed, MOST_BYTES)
    except zlib.error as error:
        raise CatalogueError("the directory is damaged") from error
    if not opened.eof or opened.unused_data:
        raise CatalogueError(f"the directory is damaged, or larger than {MOST_BYTES} bytes")
    return raw


def _unpacked(raw: bytes) -> Catalogue:
    reader = _Reader(raw)
    try:
        catalogue = reader.catalogue()
    except (struct.error, ValueError, IndexError) as error:
        raise CatalogueError("the directory is damaged") from error
    return catalogue


@attrs.define
class _Reader:
    _raw: bytes
    _at: int = 0

    def catalogue(self) -> Catalogue:
        fields = self._next(_HEAD)
        if fields[0] != _FORMAT:
            raise CatalogueError(f"directory format {fields[0]} is not known, only {_FORMAT}")
        names = [self._string(self._take(1)[0]) for _ in range(fields[6])]
        entries = [self._entry(names) for _ in range(fields[7])]
        gone = [UUID(bytes=self._take(_ID_BYTES)) for _ in range(fields[8])]
        if self._at != len(self._raw):
            raise ValueError("more than was announced")
        return Catalogue(
            region=fields[1],
            version=fields[2],
            since=fields[3],
            issued_s=fields[4],
            expires_s=fields[5],
            entries={each.id: each for each in entries},
            gone=frozenset(gone),
        )

    def _entry(self, names: list[str]) -> Entry:
        fields = self._next(_ENTRY)
        flags, protocols = _Flag(fields[2]), fields[5]
        if protocols >> len(names):
            raise ValueError("a protocol without a name")
        return Entry(
            id=UUID(bytes=fields[0]),
            country=fields[1].decode("ascii"),
            public=_Flag.PUBLIC in flags,
            on_probation=_Flag.ON_PROBATION in flags,
            load=Load(fields[3]),
            reputation=fields[4],
            protocols=frozenset(name for bit, name in enumerate(names) if protocols >> bit & 1),
            bandwidth_mbps=fields[6],
            latency_ms=None if fields[7] == _UNMEASURED else fields[7],
            city=self._string(fields[8]),
        )

    def _next(self, form: struct.Struct) -> tuple[Any, ...]:
        return form.unpack(self._take(form.size))

    def _string(self, length: int) -> str:
        return self._take(length).decode()

    def _take(self, length: int) -> bytes:
        taken = self._raw[self._at : self._at + length]
        if len(taken) != length:
            raise ValueError("shorter than announced")
        self._at += length
        return taken
