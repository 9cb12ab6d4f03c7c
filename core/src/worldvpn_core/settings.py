"""What the owner has chosen, and the file that keeps it."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Final

import attrs
from attrs import validators

from worldvpn_core import exact, setting_values
from worldvpn_core.central import fields
from worldvpn_core.declared import DECLARED
from worldvpn_core.errors import ConfigError
from worldvpn_core.share import schedule, zones
from worldvpn_core.share.classes import TrafficClass
from worldvpn_core.types import NODE_PORTS, IpAddress

VERSION: Final = 1
MOST_NODES: Final = 256
_LONGEST_NAME: Final = 64
_LOCKDOWN: Final = re.compile(rb'"lockdown"\s*:\s*true\b')
_log = logging.getLogger(__name__)


_nodes: Final[list[fields.Check[tuple[str, ...]]]] = [
    validators.max_len(MOST_NODES),
    validators.deep_iterable(fields.uuid),
]


@attrs.frozen(kw_only=True)
class Settings:
    """The owner's choices. Names and meanings: docs/cli.md, "settings"."""

    #: Block what would leave outside a wanted tunnel. Off only by a confirmed choice.
    kill_switch: bool = True
    #: Block even when no tunnel is wanted.
    lockdown: bool = False
    #: Let the local network's ranges be reached outside the tunnel.
    allow_lan: bool = False
    #: Let new connections come in through the tunnel.
    tunnel_inbound: bool = False
    #: The profile, or "@" and the place, to connect when the daemon starts; None for none.
    auto_connect: str | None = attrs.field(default=None, converter=setting_values.destination)
    #: The transport that takes tunnels through the directory; None: the first that can.
    protocol: str | None = attrs.field(
        default=None,
        converter=setting_values.protocol,
        validator=validators.optional(validators.max_len(_LONGEST_NAME)),
    )
    #: Resolvers to ask through a whole tunnel, instead of those that it brings.
    dns_servers: tuple[str, ...] = attrs.field(default=(), converter=setting_values.resolvers)
    #: The profile that ``connect`` takes when none is named.
    last_profile: str | None = None
    #: Nodes of the central server that are taken first where the place leaves a choice.
    favourite_nodes: tuple[str, ...] = attrs.field(
        default=(), converter=setting_values.each_once, validator=_nodes
    )
    #: Nodes of the central server that are never taken, whoever is asked for.
    blocked_nodes: tuple[str, ...] = attrs.field(
        default=(), converter=setting_values.each_once, validator=_nodes
    )
    #: Let guests use this computer's connection, from its start on. On only by consent.
    sharing: bool = False
    #: When the owner agreed to share, ISO 8601 in UTC; None: never.
    share_consent_utc: str | None = None
    #: Which words they agreed to (``share.consent``); None: those of before there were versions.
    share_consent_version: int | None = None
    #: The UDP port that guests reach; it must be open in the router.
    share_port: int = attrs.field(
        default=51_820, validator=[validators.ge(1_024), validators.le(65_535)]
    )
    #: Ask the router to lead guests on to that port.
    share_router: bool = True
    #: Where guests come to, as "address:port"; None: where the central server sees this host.
    share_endpoint: str | None = attrs.field(default=None, converter=setting_values.public)
    #: What guests may have together, Mbit/s; 0: no limit.
    share_rate_mbps: int = attrs.field(
        default=0, validator=[validators.ge(0), validators.le(100_000)]
    )
    #: What each guest may have, Mbit/s; 0: no limit of its own.
    share_guest_rate_mbps: int = attrs.field(
        default=0, validator=[validators.ge(0), validators.le(100_000)]
    )
    #: How many connections a guest may have at once.
    share_guest_flows: int = attrs.field(
        default=2_048, validator=[validators.ge(64), validators.le(16_384)]
    )
    #: How many guests may be invited.
    share_guests: int = attrs.field(default=16, validator=[validators.ge(1), validators.le(200)])
    #: TCP and UDP ports that guests never reach, besides 25.
    share_refused_ports: tuple[int, ...] = attrs.field(
        default=(),
        validator=[
            validators.max_len(64),
            validators.deep_iterable(validators.and_(validators.ge(1), validators.le(65_535))),
        ],
    )
    #: Kinds of traffic that guests do not have, by port: what is not here is let through.
    share_refused_classes: tuple[str, ...] = attrs.field(
        default=(TrafficClass.P2P.value,), converter=setting_values.classes
    )
    #: When guests are served, as ``share.schedule`` writes windows; none: always.
    share_schedule: tuple[str, ...] = attrs.field(default=(), converter=setting_values.windows)
    #: The time zone of the schedule and of the day, by its IANA name; None: this computer's.
    share_time_zone: str | None = attrs.field(
        default=None, validator=validators.optional(validators.matches_re(zones.NAME))
    )
    #: Serve guests even on a network that is paid for by the byte.
    share_metered: bool = False
    #: The country that a node is listed under, ISO 3166-1 alpha-2; None: it is not listed.
    share_country: str | None = attrs.field(
        default=None, validator=validators.optional(validators.matches_re("[A-Z]{2}"))
    )
    #: The city it is listed under; "" for none.
    share_city: str = attrs.field(default="", validator=validators.max_len(64))
    #: What guests may have together in a day, GB.
    share_daily_gb: int = attrs.field(
        default=50, validator=[validators.ge(1), validators.le(100_000)]
    )
    #: Serve guests even while this computer is blocked or in lockdown.
    share_while_blocked: bool = False
    #: Who may disconnect and change settings besides root; None until someone imports a profile.
    owner_uid: int | None = attrs.field(
        default=None, validator=validators.optional(validators.ge(0))
    )

    @property
    def resolvers(self) -> tuple[IpAddress, ...]:
        """``dns_servers``, read."""
        return tuple(map(ip_address, self.dns_servers))

    @property
    def refused_classes(self) -> frozenset[TrafficClass]:
        """``share_refused_classes``, read."""
        return frozenset(map(TrafficClass, self.share_refused_classes))

    @property
    def windows(self) -> tuple[schedule.Window, ...]:
        """``share_schedule``, read."""
        return tuple(map(schedule.parsed, self.share_schedule))

    def __attrs_post_init__(self) -> None:
        if self.lockdown and not self.kill_switch:
            raise ConfigError(
                "lockdown needs the kill switch: switch lockdown off first, or leave kill_switch on"
            )
        if NODE_PORTS[0] <= self.share_port <= NODE_PORTS[1]:
            raise ConfigError(
                f"share_port cannot be {self.share_port}: guests' own flows leave from "
                f"{NODE_PORTS[0]} to {NODE_PORTS[1]}"
            )


#: Settings that a client may change; the others are the daemon's own bookkeeping.
CHANGEABLE: Final = tuple(declared.name for declared in DECLARED)
#: What each of them may be; the others are true or false.
_KINDS: Final[Mapping[str, tuple[tuple[type, ...], str]]] = {
    "auto_connect": ((str, type(None)), "a profile's id, @ and a place, or none"),
    "protocol": ((str, type(None)), "a protocol's name, or none for automatic"),
    "dns_servers": ((list, tuple), f"a list of at most {setting_values.MOST_RESOLVERS} addresses"),
    "favourite_nodes": ((list, tuple), f"a list of at most {MOST_NODES} nodes' ids"),
    "blocked_nodes": ((list, tuple), f"a list of at most {MOST_NODES} nodes' ids"),
    "share_port": ((int,), "a port from 1024 to 65535"),
    "share_endpoint": ((str, type(None)), "an address and a port (192.0.2.1:51820) or none"),
    "share_rate_mbps": ((int,), "0 to 100000 Mbit/s"),
    "share_guest_rate_mbps": ((int,), "0 to 100000 Mbit/s"),
    "share_guest_flows": ((int,), "64 to 16384"),
    "share_guests": ((int,), "1 to 200"),
    "share_refused_classes": (
        (list, tuple),
        f"a list of {', '.join(TrafficClass)}",
    ),
    "share_schedule": ((list, tuple), "a list of windows such as mon-fri 08:00-22:00"),
    "share_time_zone": ((str, type(None)), "a time zone such as Europe/Amsterdam, or none"),
    "share_country": ((str, type(None)), "a country's two capital letters or none"),
    "share_city": ((str,), "a city's name of at most 64 characters"),
    "share_daily_gb": ((int,), "1 to 100000 GB a day"),
    "share_refused_ports": ((list, tuple), "a list of ports"),
}
_DANGERS: Final = {one.name: one.danger for one in DECLARED if one.danger is not None}
_SWITCH: Final = ((bool,), "true or false")


def changed(settings: Settings, changes: Mapping[str, object], *, confirm: bool) -> Settings:
    """Return ``settings`` with ``changes``.

    Raises:
        ConfigError: a name is unknown, a value has the wrong type, or the kill switch
            would be switched off without ``confirm``.
    """
    for name, value in changes.items():
        if name not in CHANGEABLE:
            raise ConfigError(f"there is no setting {name!r}: choose from {', '.join(CHANGEABLE)}")
        kinds, words = _KINDS.get(name, _SWITCH)
        if type(value) not in kinds:
            raise ConfigError(f"setting {name} cannot be {value!r}: it is {words}")
    for name, danger in _DANGERS.items():
        kept = getattr(settings, name)
        if changes.get(name, kept) is danger.value and kept is not danger.value and not confirm:
            raise ConfigError(f"{danger.consequence}: confirm to switch it off")
    try:
        return _STRICT.structure({**attrs.asdict(settings), **changes}, Settings)
    except (TypeError, ValueError) as error:
        names = ", ".join(f"{name} {_KINDS.get(name, _SWITCH)[1]}" for name in changes)
        raise ConfigError(f"these settings cannot be so: {names}") from error


class SettingsFile:
    """The settings on disk: versioned, atomic, keeping keys it does not know."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._unknown: dict[str, object] = {}
        #: A sentence for the user when the file could not be read and was set aside.
        self.notice: str | None = None

    def load(self) -> Settings:
        """Read the settings; defaults where there is no file or a broken one.

        A broken file is renamed to ``NAME.broken`` and ``notice`` says so. Lockdown is
        kept where it can still be read: damage must not open the host.
        """
        try:
            raw = json.loads(self._path.read_text(encoding="utf-8"))
            return self._structure(raw)
        except FileNotFoundError:
            return Settings()
        except (ValueError, ConfigError, OSError) as error:
            aside = self._path.with_name(self._path.name + ".broken")
            _log.warning("settings cannot be read: %s", error)
            settings = Settings(lockdown=self._says_lockdown())
            self.notice = (
                "the settings could not be read and are back to their defaults"
                f"{', but for lockdown' if settings.lockdown else ''}; "
                f"the old file is kept as {aside}"
            )
            # On a read-only disk it stays where it is.
            with contextlib.suppress(OSError):
                self._path.replace(aside)
            return settings

    def _says_lockdown(self) -> bool:
        with contextlib.suppress(OSError):
            return _LOCKDOWN.search(self._path.read_bytes()) is not None
        return False

    def save(self, settings: Settings) -> None:
        """Write ``settings`` and sync them to disk before the old file goes.

        Raises:
            ConfigError: the file could not be written; the old one still stands.
        """
        text = json.dumps({**self._unknown, "version": VERSION, **attrs.asdict(settings)}, indent=2)
        try:
            write_atomically(self._path, text)
        except OSError as error:
            raise ConfigError(f"settings could not be saved to {self._path}: {error}") from error

    def _structure(self, raw: object) -> Settings:
        if not isinstance(raw, dict) or raw.get("version") != VERSION:
            found = raw.get("version") if isinstance(raw, dict) else raw
            raise ConfigError(f"settings of version {found!r} cannot be read: {VERSION} is known")
        known = {field.name for field in attrs.fields(Settings)}
        self._unknown = {key: raw[key] for key in raw if key not in known and key != "version"}
        try:
            return _STRICT.structure({k: raw[k] for k in raw if k in known}, Settings)
        except (TypeError, ValueError) as error:
            raise ConfigError(f"settings are malformed: {error}") from error


def write_atomically(path: Path, content: str | bytes) -> None:
    """Replace ``path`` (0600) by ``content``: all of it or nothing, synced. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(path.name + ".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content.encode() if isinstance(content, str) else content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


_STRICT: Final = exact.converter(detailed=False)
