"""daemon.toml: what root has decided, read once at start."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Final

import attrs

from worldvpn_core.central.server import CentralServer, central_server
from worldvpn_core.errors import ConfigError
from worldvpn_core.types import Carrier, Endpoint, IpAddress

#: Asked through the tunnel when a profile names no resolver: Quad9, both families.
DEFAULT_DNS: Final = tuple(ip_address(a) for a in ("9.9.9.9", "2620:fe::fe"))
HTTPS_PORT: Final = 443


@attrs.frozen(kw_only=True)
class BootstrapResolver:
    """A pinned DoH server, asked for names while a tunnel is wanted and there is none."""

    host: IpAddress
    server_name: str

    @property
    def endpoint(self) -> Endpoint:
        """Where it listens (RFC 8484)."""
        return Endpoint(host=self.host, port=HTTPS_PORT, carrier=Carrier.TCP)


DEFAULT_BOOTSTRAP: Final = (
    BootstrapResolver(host=ip_address("9.9.9.9"), server_name="dns.quad9.net"),
    BootstrapResolver(host=ip_address("2620:fe::fe"), server_name="dns.quad9.net"),
)


@attrs.frozen(kw_only=True)
class DaemonConfig:
    """What daemon.toml holds; every key has a default."""

    system_plugins: tuple[str, ...] = (
        "accounting",
        "dns",
        "host",
        "killswitch",
        "wireguard",
    )
    network_plugins: tuple[str, ...] = ("central", "reach", "wireguard")
    #: Members may connect; the socket belongs to it. None: root alone.
    socket_group: str | None = "worldvpn"
    #: The account worldvpn-agent drops to.
    agent_user: str = "worldvpn"
    default_dns: tuple[IpAddress, ...] = DEFAULT_DNS
    bootstrap: tuple[BootstrapResolver, ...] = DEFAULT_BOOTSTRAP
    #: What opens the vault where nobody is there to do it (docs/vault.md).
    vault_key_file: Path = Path("/etc/worldvpn/vault.key")
    #: Where accounts and nodes are; None: this host knows of none.
    central: CentralServer | None = None
    #: The plugins' own keys, as text, handed over unread.
    options: Mapping[str, str] = attrs.field(factory=dict)

    @property
    def reachable_without_tunnel(self) -> tuple[Endpoint, ...]:
        """Where marked sockets may go while a tunnel is wanted and there is none."""
        resolvers = tuple(resolver.endpoint for resolver in self.bootstrap)
        return (*resolvers, *(self.central.addresses if self.central else ()))


def read_config(path: Path) -> DaemonConfig:
    """Return what ``path`` says; defaults where there is no such file.

    Raises:
        ConfigError: it is no TOML, has an unknown key or a value of the wrong form.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return DaemonConfig()
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error
    try:
        return _parse(raw)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise ConfigError(f"{path} is malformed: {error}") from error


def _parse(raw: dict[str, object]) -> DaemonConfig:
    known = {field.name for field in attrs.fields(DaemonConfig)}
    if unknown := sorted(set(raw) - known):
        raise ValueError(f"unknown keys: {', '.join(unknown)}; known: {', '.join(sorted(known))}")
    base = DaemonConfig()
    return DaemonConfig(
        system_plugins=_texts(raw.get("system_plugins"), base.system_plugins),
        network_plugins=_texts(raw.get("network_plugins"), base.network_plugins),
        socket_group=_text(raw.get("socket_group", base.socket_group)) or None,
        agent_user=_text(raw.get("agent_user", base.agent_user)),
        default_dns=tuple(
            ip_address(address)
            for address in _texts(raw.get("default_dns"), tuple(map(str, base.default_dns)))
        ),
        bootstrap=base.bootstrap
        if "bootstrap" not in raw
        else tuple(map(_bootstrap, _list(raw["bootstrap"]))),
        vault_key_file=Path(_text(raw.get("vault_key_file", str(base.vault_key_file)))),
        central=central_server(_table(raw["central"])) if "central" in raw else None,
        options={key: _text(value) for key, value in _table(raw.get("options", {})).items()},
    )


def _texts(value: object, default: tuple[str, ...]) -> tuple[str, ...]:
    return default if value is None else tuple(map(_text, _list(value)))


def _bootstrap(raw: object) -> BootstrapResolver:
    table = _table(raw)
    return BootstrapResolver(
        host=ip_address(_text(table["host"])), server_name=_text(table["server_name"])
    )


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r} is not a list")
    return value


def _table(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise TypeError(f"{value!r} is not a table")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not text")
    return value
