"""How one server was told to run."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Final

import attrs
from attrs import validators

VERSION: Final = "0.1.0"
DEFAULT_PORT: Final = 3000
_LAST_PORT: Final = 65_535


@attrs.frozen(kw_only=True)
class ServerConfig:
    """The command line, read. ``dsn`` None: a PostgreSQL of our own in ``data``."""

    data: Path
    host: str = "0.0.0.0"  # noqa: S104 - a server is there to be reached
    port: int = attrs.field(
        default=DEFAULT_PORT, validator=[validators.ge(0), validators.le(65_535)]
    )
    dsn: str | None = attrs.field(default=None, repr=False)
    workers: int = attrs.field(default=1, validator=[validators.ge(1), validators.le(64)])
    tls: bool = True
    #: A CA's certificate and its key; None: our own, self-signed.
    cert: Path | None = None
    key: Path | None = None
    #: Addresses that are allowed as endpoints although they are special-purpose: a lab's.
    lab_ranges: tuple[IPv4Network | IPv6Network, ...] = ()
    #: Networks of our own beside this machine's addresses: no probe goes there.
    own_ranges: tuple[IPv4Network | IPv6Network, ...] = ()
    #: Who may say by X-Forwarded-For where a request came from: load balancers.
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    #: Broker holes in routers, at the UDP ports of the same number as ``port`` and the next.
    punching: bool = True
    #: How often owners are paid what they earned.
    payout_interval_s: float = attrs.field(default=3600.0, validator=validators.gt(0))
    #: How often the directory's changes are published.
    directory_interval_s: float = attrs.field(default=10.0, validator=validators.ge(1))

    @property
    def punch_ports(self) -> tuple[int, ...]:
        """The UDP ports that nodes behind routers call, to be seen from outside; none: () ."""
        if not self.punching or not 0 < self.port < _LAST_PORT:
            return ()
        return self.port, self.port + 1

    @property
    def postgres(self) -> Path:
        """The folder of our own PostgreSQL."""
        return self.data / "postgres"

    @property
    def metrics(self) -> Path:
        """The folder where processes put their figures, emptied at each start."""
        return self.data / "metrics"

    @property
    def keys(self) -> Path:
        """The folder of keys: the same on every machine that serves one database."""
        return self.data / "keys"
