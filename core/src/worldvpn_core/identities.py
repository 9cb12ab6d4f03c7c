"""Which of this host's accounts the daemon's parts stand for."""

from __future__ import annotations

import grp
import pwd
from typing import Final

from worldvpn_core.agent.spec import AgentSpec
from worldvpn_core.config import DaemonConfig
from worldvpn_core.system import Places

#: The uid the agent drops to where the system has no account for it ("nobody").
FALLBACK_ID: Final = 65_534


def agent_spec(config: DaemonConfig, places: Places) -> AgentSpec:
    """Return how the agent is started, and as whom."""
    try:
        account = pwd.getpwnam(config.agent_user)
        uid, gid = account.pw_uid, account.pw_gid
    except KeyError:
        uid = gid = FALLBACK_ID
    return AgentSpec(
        plugins=config.network_plugins,
        uid=uid,
        gid=gid,
        run_dir=places.run,
        central=config.central,
    )


def group_id(name: str | None) -> int | None:
    """Return the number of the group called ``name``; None: there is none."""
    try:
        return None if name is None else grp.getgrnam(name).gr_gid
    except KeyError:
        return None
