"""A daemon for the command line to talk to: the real server, a scripted host behind it."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self, cast

from worldvpn_app.cli.snapshot import Sharing, Snapshot, Tunnel
from worldvpn_core.errors import ConfigError, WorldVpnError
from worldvpn_core.ipc.firewall import FirewallWhy
from worldvpn_core.ipc.messages import (
    PluginsList,
    ProfilesImport,
    ProfilesList,
    ProfilesRemove,
    Request,
    SettingsGet,
    SettingsSet,
    TunnelConnect,
    TunnelDisconnect,
    TunnelPause,
)
from worldvpn_core.ipc.rights import Caller
from worldvpn_core.ipc.server import LocalServer
from worldvpn_core.ipc.share import ShareInvite, ShareOff, ShareOn, ShareRevoke, ShareStatus

#: A script: the tunnel's changes that follow a request, each shown for a moment.
Script = tuple[Mapping[str, Any], ...]
HOME: Mapping[str, Any] = {"id": "home", "name": "Home"}
#: Long enough for the client to see each state, short enough for many tests.
_STEP_S = 0.02

UP: Script = (
    {"state": "connecting", "profile": HOME},
    {
        "state": "connected",
        "profile": HOME,
        "transport": "wireguard",
        "engine": "wireguard-go 0.0.20230223",
        "interface": "wv0",
        "endpoints": ["203.0.113.10:51820/udp"],
        "addresses": ["10.0.0.2/32"],
        "dns": ["10.0.0.1"],
        "mtu_bytes": 1_420,
        "since_utc": "2026-01-02T13:00:00+00:00",
        "received_bytes": 3 * 1_024**2,
        "sent_bytes": 2_048,
    },
)
SILENT: Mapping[str, Any] = {
    "code": "transport.handshake_timeout",
    "detail": "no handshake from 203.0.113.10 in 10 s",
    "retryable": True,
}
FALLEN: Script = (
    {"state": "connecting", "profile": HOME},
    {"state": "blocked", "profile": HOME, "cause": SILENT, "retry_in_s": 3.0},
)
DOWN: Script = ({"state": "disconnecting"}, {"state": "disconnected", "profile": None})
PAUSED: Script = (
    {"state": "disconnecting"},
    {"state": "paused", "paused_until_utc": "2026-01-02T13:20:00+00:00"},
)

WHY: Mapping[str, object] = {
    "allowed": False,
    "rule": "block",
    "sentence": "nothing leaves outside the tunnel",
    "packets": 7,
}
PLUGIN: Mapping[str, object] = {"name": "wireguard", "version": "0.1.0", "process": "daemon"}


def a_snapshot(
    *,
    kill_switch: bool = True,
    lockdown: bool = False,
    notice: str | None = None,
    **tunnel: Any,  # noqa: ANN401 - any field of Tunnel
) -> Snapshot:
    """Return a snapshot: disconnected, but for what ``tunnel`` says."""
    return {
        "version": 1,
        "tunnel": _tunnel(**tunnel),
        "sharing": sharing(),
        "protection": {
            "kill_switch": kill_switch,
            "lockdown": lockdown,
            "allow_lan": False,
            "firewall": "nftables",
            "egress_hook": True,
            "dns": "resolv.conf",
        },
        "notices": [] if notice is None else [{"code": "news", "text": notice}],
        "daemon": {"version": "0.1.0", "pid": 1, "agent_pid": 2},
    }


def sharing(**changes: Any) -> Sharing:  # noqa: ANN401 - any field of Sharing
    """Return the part of a snapshot that tells of sharing."""
    off: Sharing = {
        "state": "off",
        "wanted": False,
        "agreed_utc": None,
        "port": 51_820,
        "engine": None,
        "guests": 0,
        "cause": None,
        "consent": {
            "version": 1,
            "text": "Guests go out under its address.",
            "agreed_version": None,
            "agreed_utc": None,
        },
        "accepting": True,
        "reach": None,
        "why_not": "",
        "pause": None,
        "schedule": {"zone": "UTC", "windows": [], "open": True, "changes_utc": None},
        "today": {
            "carried_bytes": 3 << 30,
            "cap_bytes": 50 * 10**9,
            "ends_utc": "2026-01-03T00:00:00+00:00",
        },
        "metered": "unknown",
        "carried": None,
        "people": [],
        "banned": [],
    }
    return cast("Sharing", {**off, **changes})


def _tunnel(**changes: Any) -> Tunnel:  # noqa: ANN401 - any field of Tunnel
    quiet: Tunnel = {
        "state": "disconnected",
        "profile": None,
        "transport": None,
        "engine": None,
        "interface": None,
        "endpoints": [],
        "addresses": [],
        "dns": [],
        "mtu_bytes": None,
        "partial": False,
        "protects": [],
        "received_bytes": 0,
        "sent_bytes": 0,
        "since_utc": None,
        "cause": None,
        "retry_in_s": None,
        "paused_until_utc": None,
        "enforced": True,
        "next": None,
    }
    return cast("Tunnel", {**quiet, **changes})


def a_profile(profile_id: str, name: str, **more: object) -> dict[str, object]:
    server = "203.0.113.10:51820/udp"
    return {"id": profile_id, "name": name, "transport": "wireguard", "servers": [server], **more}


class FakeDaemon:
    """Runs in a thread of its own, for the command line blocks."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.requests: list[Request] = []
        self.snapshot = a_snapshot()
        self.profiles = [a_profile("home", "Home")]
        self.last_used: str | None = None
        self.settings: dict[str, object] = {
            "kill_switch": True,
            "lockdown": False,
            "auto_connect": None,
        }
        #: What follows each request that moves the tunnel.
        self.scripts: dict[type[Request], Script] = {
            TunnelConnect: UP,
            TunnelDisconnect: DOWN,
            TunnelPause: PAUSED,
        }
        #: Raised for every request that is dispatched.
        self.refuses: WorldVpnError | None = None
        #: What is answered besides, or instead.
        self.answers: dict[type[Request], Callable[[Any], Mapping[str, object]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._server = LocalServer(
            path,
            dispatch=self._dispatch,
            owner_uid=os.getuid,
            group_gid=None,
            snapshot=lambda: {**self.snapshot},
        )

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._server.start(), self._loop).result()
        return self

    def __exit__(self, *_error: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def restart(self) -> None:
        """Drop every client, and listen again."""
        asyncio.run_coroutine_threadsafe(self._server.close(), self._loop).result()
        asyncio.run_coroutine_threadsafe(self._server.start(), self._loop).result()

    def stop(self) -> None:
        """Drop every client, and listen no more."""
        asyncio.run_coroutine_threadsafe(self._server.close(), self._loop).result()

    def show(self, **tunnel: Any) -> None:  # noqa: ANN401 - any field of Tunnel
        """Change the tunnel as if by itself, and tell the subscribers."""
        self._loop.call_soon_threadsafe(self._change, tunnel)

    def tell(self, **parts: Any) -> None:  # noqa: ANN401 - any part of Snapshot
        """Change parts of the snapshot as if by themselves, and tell the subscribers."""
        self._loop.call_soon_threadsafe(self._publish, parts)

    def carry(self, change: Mapping[str, object]) -> None:
        """Tell ``change`` to those that watch the traffic."""
        self._loop.call_soon_threadsafe(self._server.publish_traffic, change)

    async def _close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await self._server.close()

    def _change(self, tunnel: Mapping[str, Any]) -> None:
        self._publish({"tunnel": _tunnel(**{**self.snapshot["tunnel"], **tunnel})})

    def _publish(self, parts: Mapping[str, Any]) -> None:
        self.snapshot = cast("Snapshot", {**self.snapshot, **parts})
        self._server.publish()

    async def _play(self, script: Script) -> None:
        for change in script:
            await asyncio.sleep(_STEP_S)
            self._change(change)

    async def _dispatch(self, _caller: Caller, request: Request) -> Mapping[str, object]:
        self.requests.append(request)
        if self.refuses is not None:
            raise self.refuses
        script = self.scripts.get(type(request), ())
        task = asyncio.get_running_loop().create_task(self._play(script))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return self._answer(request)

    def _answer(self, request: Request) -> Mapping[str, object]:
        answers: Mapping[type[Request], Callable[[Any], Mapping[str, object]]] = {
            ProfilesList: lambda _: {"profiles": self.profiles, "last_used": self.last_used},
            ProfilesImport: self._import,
            ProfilesRemove: self._remove,
            SettingsGet: lambda _: {"settings": self.settings},
            SettingsSet: self._set,
            FirewallWhy: lambda _: WHY,
            PluginsList: lambda _: {"plugins": [PLUGIN]},
            ShareInvite: lambda _: {"profile": "[Interface]\nPrivateKey = canary\n"},
            ShareOn: lambda _: self._share("serving"),
            ShareOff: lambda _: self._share("off"),
            ShareStatus: lambda _: self._share(None),
            ShareRevoke: lambda _: self._share(None),
            **self.answers,
        }
        return answers.get(type(request), lambda _: {})(request)

    def _share(self, state: str | None) -> Mapping[str, object]:
        if state is not None:
            shared = sharing(state=state, wanted=state != "off")
            self.snapshot = {**self.snapshot, "sharing": shared}
        devices = [{"name": "phone", "addresses": ["10.90.0.4"]}]
        return {"sharing": self.snapshot["sharing"], "devices": devices}

    def _import(self, request: ProfilesImport) -> Mapping[str, object]:
        profile = a_profile(request.name.lower(), request.name, notes=["PreUp was left out"])
        self.profiles.append(profile)
        return {"profile": profile}

    def _remove(self, request: ProfilesRemove) -> Mapping[str, object]:
        kept = [each for each in self.profiles if each["id"] != request.profile_id]
        if len(kept) == len(self.profiles):
            raise ConfigError(f"there is no profile {request.profile_id!r}")
        self.profiles = kept
        return {}

    def _set(self, request: SettingsSet) -> Mapping[str, object]:
        self.settings = {**self.settings, **request.changes}
        return {"settings": self.settings}
