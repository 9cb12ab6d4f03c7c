"""What a node keeps of itself and of its sessions, so that a restart grants no cap again."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

import attrs

from worldvpn_core import exact
from worldvpn_core.credit.admission import Counted
from worldvpn_core.errors import ConfigError
from worldvpn_core.settings import write_atomically

VERSION: Final = 1

_log = logging.getLogger(__name__)


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
class _File:
    version: int
    node_id: str
    sessions: tuple[_Line, ...] = ()
    seen: tuple[_Seen, ...] = ()


class NodeFile:
    """The node's id and its sessions, in one file of root's own."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._sessions: dict[str, Hosted] = {}
        self._seen: dict[str, int] = {}
        self._node_id: str | None = None

    @property
    def node_id(self) -> str:
        """The node's id, drawn once. Raises ConfigError when it cannot be kept."""
        if self._node_id is None:
            self._save(str(uuid4()), {})
        return self._node_id or ""

    @property
    def uuid(self) -> UUID:
        """The same, as tickets name it."""
        return UUID(self.node_id)

    def load(self) -> None:
        """Read the file; one that cannot be read is set aside: the node is another one then."""
        try:
            file = _STRICT.structure(json.loads(self._path.read_text("utf-8")), _File)
            self._node_id, self._sessions = _read(file)
            self._seen = {each.root: each.version for each in file.seen}
        except FileNotFoundError:
            return
        except (OSError, *exact.MALFORMED) as error:
            _log.warning("what the node kept cannot be read: %s", type(error).__name__)
            try:
                self._path.replace(self._path.with_name(self._path.name + ".broken"))
            except OSError:
                _log.warning("%s cannot be set aside", self._path)

    def get(self, session: str) -> Hosted | None:
        """Return what is kept of ``session``."""
        return self._sessions.get(session)

    def keep(self, session: str, hosted: Hosted, now_s: float) -> None:
        """Keep ``hosted``, durably, and forget what has expired. Raises ConfigError."""
        left = {name: each for name, each in self._sessions.items() if each.expires_s > now_s}
        self._save(self.node_id, {**left, session: hosted})

    def seen_version(self, root_key: bytes) -> int:
        """Return the version of the newest manifest of that root which was believed, or 0."""
        return self._seen.get(root_key.hex(), 0)

    def saw(self, root_key: bytes, version: int) -> None:
        """Believe no manifest of that root before ``version`` again. Raises ConfigError."""
        if version > self.seen_version(root_key):
            node_id = self.node_id
            former, self._seen = self._seen, {**self._seen, root_key.hex(): version}
            try:
                self._save(node_id, self._sessions)
            except ConfigError:
                self._seen = former
                raise

    def _save(self, node_id: str, sessions: dict[str, Hosted]) -> None:
        lines = tuple(_line(each) for each in sessions.values())
        seen = tuple(_Seen(root=root, version=version) for root, version in self._seen.items())
        file = _File(version=VERSION, node_id=node_id, sessions=lines, seen=seen)
        try:
            write_atomically(self._path, json.dumps(_STRICT.unstructure(file)))
        except OSError as error:
            raise ConfigError(
                f"what the node must remember could not be saved to {self._path}: {error}"
            ) from error
        self._node_id, self._sessions = node_id, sessions


def _read(file: _File) -> tuple[str, dict[str, Hosted]]:
    if file.version != VERSION:
        raise ValueError(f"version {file.version}")
    return str(UUID(file.node_id)), {line.session: _hosted(line) for line in file.sessions}


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
