"""The file of exported receipts: JSON lines that have one form only, to the byte.

    {"worldvpn":"receipts","format":1,"root":HEX}
    {"manifest":{"signed":BASE64,"signature":BASE64}}
    {"tickets":[BASE64, …],"node":[BASE64, …],"guest":[BASE64, …]}     one a session
    {"sessions":NUMBER,"sha256":HEX}                                   of all lines before

What is written another way is refused, even where it would mean the same: whoever changes a
bit, changes something.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from worldvpn_app.evidence.errors import EvidenceError

_FORMAT: Final = 1
#: An export of a full book has half of it.
MOST_BYTES: Final = 256 * 1_048_576
_LEAST_LINES: Final = 3


class Session(NamedTuple):
    """What there is of one session, all signed; oldest first."""

    tickets: tuple[bytes, ...]
    node: tuple[bytes, ...]
    guest: tuple[bytes, ...]


class Export(NamedTuple):
    """What a file says: ``root`` is the key that all of it rests on."""

    root: bytes
    manifest: bytes
    manifest_signature: bytes
    sessions: tuple[Session, ...]


def written(export: Export) -> bytes:
    """Return the file that says ``export``."""
    lines = b"".join(_lines(export))
    end = {"sessions": len(export.sessions), "sha256": hashlib.sha256(lines).hexdigest()}
    return lines + _line(end)


def read(raw: bytes) -> Export:
    """Return what the file ``raw`` says; no signature is checked.

    Raises:
        EvidenceError: it is no such file, or not to the byte as it was written.
    """
    if len(raw) > MOST_BYTES:
        raise EvidenceError(f"the file has more than {MOST_BYTES:,} bytes")
    try:
        export = _read(raw.decode("ascii").splitlines())
    except (ValueError, TypeError, KeyError, RecursionError):
        raise EvidenceError("the file is no export of receipts, or was damaged") from None
    if written(export) != raw:
        raise EvidenceError("the file is not as it was written: its checksum or form is another")
    return export


def _lines(export: Export) -> Iterator[bytes]:
    yield _line({"worldvpn": "receipts", "format": _FORMAT, "root": export.root.hex()})
    parts = {"signed": _text(export.manifest), "signature": _text(export.manifest_signature)}
    yield _line({"manifest": parts})
    for session in export.sessions:
        yield _line({name: list(map(_text, texts)) for name, texts in session._asdict().items()})


def _read(lines: list[str]) -> Export:
    if len(lines) < _LEAST_LINES:
        raise ValueError("lines")
    head, manifest, *sessions = map(json.loads, lines[:-1])
    if head["format"] != _FORMAT:
        raise EvidenceError(f"the file is of format {head['format']!r}, not {_FORMAT}")
    return Export(
        root=bytes.fromhex(head["root"]),
        manifest=_raw(manifest["manifest"]["signed"]),
        manifest_signature=_raw(manifest["manifest"]["signature"]),
        sessions=tuple(
            Session(*(tuple(map(_raw, each[name])) for name in Session._fields))
            for each in sessions
        ),
    )


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _raw(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
