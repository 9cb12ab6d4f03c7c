"""What a node keeps of itself and of its sessions, so that a restart grants no cap again."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

import attrs

from worldvpn_core import exact
from worldvpn_core.central.link import CentralLink
from worldvpn_core.credit.admission import Counted
from worldvpn_core.errors import ConfigError
from worldvpn_core.settings import write_atomically
from worldvpn_core.types import Endpoint

VERSION: Final = 1

_log = logging.getLogger(__name__)


@attrs.frozen(kw_only=True)
class Owner:
    """Whose node it is: an account, at the server of ``root_key``.

    Not a device's: whoever signs in again is another device, and keeps the node's reputation.
    """

    root_key: bytes
    user_id: str


def owner_of(link: CentralLink) -> Owner | None:
    """Return whose node it is now; None: nobody is signed in, or the vault is locked."""
    secrets = link.secrets
    return None if secrets is None else Owner(root_key=link.root_key, user_id=secrets.user_id)


@attrs.frozen(kw_only=True)
class Hosted:
    """One session: what was counted on it, the node's keys for it, and until when it is kept."""

    counted: Counted
    ed25519_private: bytes = attrs.field(repr=False)
    expires_s: int


@attrs.frozen(kw_only=True)
class _Line:
    """``Hosted`` as the file has it: keys and hashes in hexadecimal."""

    session: str
    ticket: str
    cap_bytes: int
    guest_x25519: str
    guest_ed25519: str
    carried_bytes: int
    ed25519_private: str = attrs.field(repr=False)
    expires_s: int


@attrs.frozen(kw_only=True)
class _Seen:
    """The newest manifest of a root, by its key in hexadecimal."""

    root: str
    version: int


@attrs.frozen(kw_only=True)
class _Named:
    """The node's id as that account's; the root's key in hexadecimal."""

    root: str
    user: str
    node_id: str


@attrs.frozen(kw_only=True)
class _Place:
    """An endpoint of UDP."""

    host: str
    port: int


@attrs.frozen(kw_only=True)
class _File:
    """``node_id``: drawn when there was one for all accounts, and no account's yet."""

    version: int
    node_id: str | None = None
    nodes: tuple[_Named, ...] = ()
    sessions: tuple[_Line, ...] = ()
    seen: tuple[_Seen, ...] = ()
    reached: tuple[_Place, ...] = ()


@attrs.frozen(kw_only=True)
class _Kept:
    """``_File``, read."""

    unowned: str | None = None
    nodes: Mapping[Owner, str] = attrs.field(factory=dict)
    sessions: Mapping[str, Hosted] = attrs.field(factory=dict, repr=False)
    seen: Mapping[str, int] = attrs.field(factory=dict)
    reached: tuple[Endpoint, ...] = ()


class NodeFile:
    """The node's ids and its sessions, in one file of root's own."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept = _Kept()

    def node_id(self, owner: Owner) -> str:
        """Return the node's id as ``owner``'s, drawn once. Raises ConfigError: it cannot be kept.

        The id of an older file is the first owner's who asks.
        """
        known = self._kept.nodes.get(owner)
        if known is None:
            known = self._kept.unowned or str(uuid4())
            nodes = {**self._kept.nodes, owner: known}
            self._save(attrs.evolve(self._kept, nodes=nodes, unowned=None))
        return known

    def find(self, owner: Owner | None) -> str | None:
        """Return the node's id as ``owner``'s; None: the server was never told of one."""
        if owner is None:
            return None
        return self._kept.nodes.get(owner, self._kept.unowned)

    def load(self) -> None:
        """Read the file; one that cannot be read is set aside: the node is another one then."""
        try:
            self._kept = _read(_STRICT.structure(json.loads(self._path.read_text("utf-8")), _File))
        except FileNotFoundError:
            return
        except (OSError, *exact.MALFORMED) as error:
            _log.warning("what the node kept cannot be read: %s", type(error).__name__)
            try:
                self._path.replace(self._path.with_name(self._path.name + ".broken"))
            except OSError:
                _log.warning("%s cannot be set aside", self._path)

    @property
    def sessions(self) -> tuple[str, ...]:
        """Sessions of which something is kept."""
        return tuple(self._kept.sessions)

    def get(self, session: str) -> Hosted | None:
        """Return what is kept of ``session``."""
        return self._kept.sessions.get(session)

    def keep(self, session: str, hosted: Hosted, now_s: float) -> None:
        """Keep ``hosted``, durably, and forget what has expired. Raises ConfigError."""
        sessions = self._kept.sessions
        left = {name: each for name, each in sessions.items() if each.expires_s > now_s}
        self._save(attrs.evolve(self._kept, sessions={**left, session: hosted}))

    def seen_version(self, root_key: bytes) -> int:
        """Return the version of the newest manifest of that root which was believed, or 0."""
        return self._kept.seen.get(root_key.hex(), 0)

    def saw(self, root_key: bytes, version: int) -> None:
        """Believe no manifest of that root before ``version`` again. Raises ConfigError."""
        if version > self.seen_version(root_key):
            seen = {**self._kept.seen, root_key.hex(): version}
            self._save(attrs.evolve(self._kept, seen=seen))

    @property
    def reached(self) -> tuple[Endpoint, ...]:
        """Where the node was reached last, from outside."""
        return self._kept.reached

    def keep_reached(self, places: tuple[Endpoint, ...]) -> None:
        """Keep where the node was reached. Raises ConfigError."""
        if places != self._kept.reached:
            self._save(attrs.evolve(self._kept, reached=places))

    def _save(self, kept: _Kept) -> None:
        try:
            write_atomically(self._path, json.dumps(_STRICT.unstructure(_written(kept))))
        except OSError as error:
            raise ConfigError(
                f"what the node must remember could not be saved to {self._path}: {error}"
            ) from error
        self._kept = kept


def _read(file: _File) -> _Kept:
    if file.version != VERSION:
        raise ValueError(f"version {file.version}")
    return _Kept(
        unowned=None if file.node_id is None else str(UUID(file.node_id)),
        nodes={
            Owner(root_key=bytes.fromhex(each.root), user_id=each.user): str(UUID(each.node_id))
            for each in file.nodes
        },
        sessions={line.session: _hosted(line) for line in file.sessions},
        seen={each.root: each.version for each in file.seen},
        reached=tuple(
            Endpoint(host=ip_address(each.host), port=each.port) for each in file.reached
        ),
    )


def _written(kept: _Kept) -> _File:
    return _File(
        version=VERSION,
        node_id=kept.unowned,
        nodes=tuple(
            _Named(root=owner.root_key.hex(), user=owner.user_id, node_id=node_id)
            for owner, node_id in kept.nodes.items()
        ),
        sessions=tuple(map(_line, kept.sessions.values())),
        seen=tuple(_Seen(root=root, version=version) for root, version in kept.seen.items()),
        reached=tuple(_Place(host=str(each.host), port=each.port) for each in kept.reached),
    )


def _hosted(line: _Line) -> Hosted:
    return Hosted(
        counted=Counted(
            session=UUID(line.session),
            ticket=bytes.fromhex(line.ticket),
            cap_bytes=line.cap_bytes,
            guest_x25519=bytes.fromhex(line.guest_x25519),
            guest_ed25519=bytes.fromhex(line.guest_ed25519),
            carried_bytes=line.carried_bytes,
        ),
        ed25519_private=bytes.fromhex(line.ed25519_private),
        expires_s=line.expires_s,
    )


def _line(hosted: Hosted) -> _Line:
    counted = hosted.counted
    return _Line(
        session=str(counted.session),
        ticket=counted.ticket.hex(),
        cap_bytes=counted.cap_bytes,
        guest_x25519=counted.guest_x25519.hex(),
        guest_ed25519=counted.guest_ed25519.hex(),
        carried_bytes=counted.carried_bytes,
        ed25519_private=hosted.ed25519_private.hex(),
        expires_s=hosted.expires_s,
    )


_STRICT: Final = exact.converter(detailed=False)
