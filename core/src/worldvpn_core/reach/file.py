"""What a router was asked to lead on, on disk before it is asked: a crash leaves nothing behind."""

from __future__ import annotations

import json
import logging
from ipaddress import IPv4Address
from pathlib import Path
from typing import Final

import attrs

from worldvpn_core import exact
from worldvpn_core.errors import ConfigError
from worldvpn_core.reach.values import MapPort, Protocol
from worldvpn_core.settings import write_atomically

_VERSION: Final = 1

_log = logging.getLogger(__name__)


@attrs.frozen(kw_only=True)
class _File:
    """``MapPort``, as the file has it: addresses as text, the nonce in hexadecimal."""

    version: int
    router: str
    client: str
    port: int
    public_port: int
    nonce: str
    protocol: str | None = None
    control_port: int | None = None


class MappingFile:
    """One mapping at most, in a file of root's own; ``held`` is what it says."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.held: MapPort | None = None

    def load(self) -> None:
        """Read the file; one that cannot be read says nothing: the lease ends by itself."""
        try:
            raw = _STRICT.structure(json.loads(self._path.read_text("utf-8")), _File)
            self.held = _read(raw)
        except FileNotFoundError:
            return
        except (OSError, *exact.MALFORMED) as error:
            _log.warning("what a router was asked cannot be read: %s", type(error).__name__)

    def keep(self, asked: MapPort) -> None:
        """Keep ``asked``, durably. Raises ConfigError: then it must not be asked."""
        if asked == self.held:
            return
        try:
            write_atomically(self._path, json.dumps(attrs.asdict(_written(asked))))
        except OSError as error:
            raise ConfigError(f"{self._path} could not be written: {error}") from error
        self.held = asked

    def forget(self) -> None:
        """Take note that the router leads nothing on."""
        self.held = None
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            _log.warning("%s could not be removed: %s", self._path, error)


def _read(file: _File) -> MapPort:
    if file.version != _VERSION:
        raise ValueError(f"version {file.version}")
    return MapPort(
        router=IPv4Address(file.router),
        client=IPv4Address(file.client),
        port=file.port,
        public_port=file.public_port,
        lifetime_s=0,
        nonce=bytes.fromhex(file.nonce),
        protocol=None if file.protocol is None else Protocol(file.protocol),
        control_port=file.control_port,
    )


def _written(asked: MapPort) -> _File:
    return _File(
        version=_VERSION,
        router=str(asked.router),
        client=str(asked.client),
        port=asked.port,
        public_port=asked.public_port,
        nonce=asked.nonce.hex(),
        protocol=None if asked.protocol is None else asked.protocol.value,
        control_port=asked.control_port,
    )


_STRICT: Final = exact.converter(detailed=False)
