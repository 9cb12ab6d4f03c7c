"""The system plugins of this daemon, loaded, and what they offer."""

from __future__ import annotations

import sys
from pathlib import Path

import attrs
import pluggy

from worldvpn_core import plugins
from worldvpn_core.config import DaemonConfig
from worldvpn_core.contracts import (
    Accounting,
    DnsProtector,
    Exit,
    FirewallBackend,
    HostServices,
    Meters,
    Services,
)
from worldvpn_core.enforce import Protection
from worldvpn_core.errors import PluginError


@attrs.frozen(kw_only=True)
class Places:
    """Where the daemon keeps and finds things."""

    config: Path = Path("/etc/worldvpn/daemon.toml")
    state: Path = Path("/var/lib/worldvpn")
    run: Path = Path("/run/worldvpn")

    @property
    def socket(self) -> Path:
        """The local API's socket."""
        return self.run / "daemon.sock"


@attrs.frozen(kw_only=True)
class System:
    """What the system plugins offer."""

    manager: pluggy.PluginManager
    host: HostServices
    services: Services
    firewall: FirewallBackend
    dns: DnsProtector | None
    accounting: Accounting | None = None
    meters: Meters | None = None

    def exit_of_guests(self) -> Exit | None:
        """Return the exit that serves guests here: the first by name, where there are several.

        Raises:
            PluginError: two are of one name.
        """
        found = plugins.exits(self.manager, self.services)
        return found[min(found)] if found else None

    def protection(self) -> Protection:
        """Return those who make the host be what is demanded."""
        return Protection(
            firewall=self.firewall,
            routing=self.host.routing,
            journal=self.host.journal,
            dns=self.dns,
        )


def load_system(config: DaemonConfig, places: Places) -> System:
    """Load the enabled system plugins and read what they offer.

    Raises:
        PluginError: one is missing or broken, or nobody provides host or firewall.
    """
    plugins.own_cache(places.state / "cache")
    manager = plugins.load(plugins.SYSTEM_GROUP, config.system_plugins)
    host = plugins.first(
        manager.hook.worldvpn_host,
        platform=sys.platform,
        state_dir=str(places.state),
        run_dir=str(places.run),
    )
    if host is None:
        raise PluginError(f"no enabled plugin knows this system ({sys.platform})")
    services = Services(
        host=host, state_dir=places.state, run_dir=places.run, options=config.options
    )
    asked = {"services": services, "platform": sys.platform}
    firewall = plugins.first(manager.hook.worldvpn_firewall_backend, **asked)
    if firewall is None:
        raise PluginError(
            "no enabled plugin can block traffic here: enable killswitch in daemon.toml"
        )
    dns = plugins.first(manager.hook.worldvpn_dns_protector, **asked)
    return System(
        manager=manager,
        host=host,
        services=services,
        firewall=firewall,
        dns=dns,
        accounting=plugins.first(manager.hook.worldvpn_accounting, services=services),
        meters=plugins.first(manager.hook.worldvpn_meters, services=services, firewall=firewall),
    )
