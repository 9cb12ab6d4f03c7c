"""The TLS context of the server: our own certificate, or a CA's."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import attrs

from worldvpn_server.clock import Clock
from worldvpn_server.config import ServerConfig
from worldvpn_server.errors import StartError
from worldvpn_server.keys.certificate import certificate
from worldvpn_server.keys.ring import KeyRing
from worldvpn_server.operations.jobs import Job

_RELOAD_S: Final = 60.0
_EVERYWHERE: Final = ("0.0.0.0", "::")  # noqa: S104 - names that are no names


@attrs.define(eq=False)
class Tls:
    """A context whose certificate can be changed under running connections."""

    _find: Callable[[], tuple[Path, Path]]
    context: ssl.SSLContext

    @classmethod
    def of(cls, config: ServerConfig, ring: KeyRing, clock: Clock) -> Tls:
        """Make the context. Raises StartError where a certificate cannot be used."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        made = cls(lambda: _files(config, ring, clock), context)
        made.reload()
        return made

    def jobs(self) -> tuple[Job, ...]:
        """Return what follows a rotated key, or a certificate that a CA's program renewed."""

        async def work() -> None:
            await asyncio.to_thread(self.reload)

        return (Job(name="tls-reload", interval_s=_RELOAD_S, work=work, alone=False),)

    def reload(self) -> None:
        """Take the certificate that is there now; new connections have it.

        Raises:
            StartError: it cannot be used; the one before stays.
        """
        cert, key = self._find()
        try:
            # On a context of its own first: a pair that does not match would spoil the one in use.
            ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(cert, key)
            self.context.load_cert_chain(cert, key)
        except (OSError, ssl.SSLError) as error:
            raise StartError(
                f"the certificate {cert} with the key {key} cannot be used: "
                f"{getattr(error, 'reason', None) or error.strerror}"
            ) from error


def hosts(config: ServerConfig) -> Sequence[str]:
    """Return what a certificate of our own is for. Pure."""
    named = () if config.host in _EVERYWHERE else (config.host,)
    return tuple(dict.fromkeys((*named, "localhost", "127.0.0.1", "::1")))


def _files(config: ServerConfig, ring: KeyRing, clock: Clock) -> tuple[Path, Path]:
    if config.cert is not None and config.key is not None:
        return config.cert, config.key
    own = certificate(ring, config.data / "tls", hosts(config), clock)
    return own.certificate, own.key
