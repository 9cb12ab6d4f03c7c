"""What a host plugin provides, and what system plugins are given."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import attrs

from worldvpn_core.contracts.host import (
    Echo,
    Helpers,
    HostEvents,
    Journal,
    Links,
    Routing,
    Uplink,
    Uplinks,
)
from worldvpn_core.contracts.metering import Meter
from worldvpn_core.contracts.namespaces import Namespaces


@attrs.frozen(kw_only=True)
class HostServices:
    """What a host plugin provides."""

    links: Links
    echo: Echo
    routing: Routing
    events: HostEvents
    helpers: Helpers
    journal: Journal
    namespaces: Namespaces
    meter: Meter
    uplinks: Uplinks
    #: None: nothing is known of the network.
    uplink: Uplink | None = None


@attrs.frozen(kw_only=True)
class Services:
    """What a system plugin is given: it never reaches for the system itself."""

    host: HostServices
    #: Root-owned directory that lasts.
    state_dir: Path
    #: Root-owned directory that ends with the boot.
    run_dir: Path
    #: The table ``options`` of daemon.toml: each plugin looks up its own keys.
    options: Mapping[str, str] = attrs.field(factory=dict)
