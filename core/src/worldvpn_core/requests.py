"""Carries out what clients may ask: one function a method of the local API."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Final

import attrs

from worldvpn_core.agent.link import AgentLink
from worldvpn_core.central.desk import AccountDesk
from worldvpn_core.central.leases import place_of, target_of
from worldvpn_core.central.place import Place
from worldvpn_core.contracts import FirewallBackend
from worldvpn_core.control import TunnelControl
from worldvpn_core.declaration import as_json
from worldvpn_core.enforce import Enforcer
from worldvpn_core.errors import BusyError, ConfigError, DeniedError, ProtectionError
from worldvpn_core.ipc.account import AccountRequest
from worldvpn_core.ipc.firewall import FirewallCounters, FirewallOutside, FirewallWhy, LogTail
from worldvpn_core.ipc.messages import (
    HostReset,
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
    TunnelResume,
)
from worldvpn_core.ipc.receipts import ReceiptsShow
from worldvpn_core.ipc.rights import Caller
from worldvpn_core.ipc.share import ShareRequest
from worldvpn_core.ipc.traffic import TrafficShow, TrafficWatch
from worldvpn_core.ipc.vault import (
    VaultChange,
    VaultCreate,
    VaultExport,
    VaultLock,
    VaultStatus,
    VaultUnlock,
    VaultWipe,
)
from worldvpn_core.metering import Metering
from worldvpn_core.outside import Outside
from worldvpn_core.plugins import SYSTEM_GROUP, PluginFacts
from worldvpn_core.policy import Packet
from worldvpn_core.profiles import ProfileStore, shown
from worldvpn_core.receipts.desk import ReceiptsDesk
from worldvpn_core.runner import TunnelRunner
from worldvpn_core.settings import CHANGEABLE, Settings, SettingsFile, changed
from worldvpn_core.share import zones
from worldvpn_core.share.requests import ShareRequests
from worldvpn_core.share.states import Off
from worldvpn_core.told import Told, attached
from worldvpn_core.tunnel.machine import plan_of
from worldvpn_core.tunnel.states import Disconnected
from worldvpn_core.vault.desk import VaultDesk

#: Closing tunnels and removing rules takes a tenth of it; longer means that it fails.
RESET_LIMIT_S: Final = 10.0

_log = logging.getLogger(__name__)


@attrs.define(kw_only=True)
class Chosen:
    """The settings in force, and the file that keeps them."""

    file: SettingsFile
    now: Settings

    def change(self, settings: Settings) -> None:
        """Save ``settings``, then let them be in force. Raises ConfigError."""
        if settings != self.now:
            self.file.save(settings)
            self.now = settings

    def claim(self, uid: int) -> None:
        """Let ``uid`` be the owner where there is none; root owns anyway. Raises ConfigError."""
        if self.now.owner_uid is None and uid != 0:
            self.change(attrs.evolve(self.now, owner_uid=uid))


@attrs.frozen(kw_only=True)
class Requests:
    """The daemon's answers."""

    control: TunnelControl
    runner: TunnelRunner
    enforcer: Enforcer
    firewall: FirewallBackend
    profiles: ProfileStore
    chosen: Chosen
    agent: AgentLink
    vault: VaultDesk
    account: AccountDesk
    share: ShareRequests
    traffic: Metering
    plugins: tuple[PluginFacts, ...]
    publish: Callable[[], None]
    receipts: ReceiptsDesk = attrs.field(factory=ReceiptsDesk)
    outside: Outside = attrs.field(
        default=attrs.Factory(lambda mine: Outside(mine.firewall), takes_self=True)
    )
    told: Told = attrs.field(factory=attached)

    async def dispatch(self, caller: Caller, request: Request) -> Mapping[str, object]:
        """Answer one permitted request; a WorldVpnError is the caller's to read."""
        match request:
            case TunnelConnect() | TunnelDisconnect() | TunnelPause() | TunnelResume():
                return await self._tunnel(caller, request)
            case ProfilesList() | ProfilesImport() | ProfilesRemove():
                return await self._profiles(caller, request)
            case SettingsGet() | SettingsSet():
                return await self._settings(request)
            case FirewallWhy() | FirewallCounters() | FirewallOutside():
                return await self._firewall(caller, request)
            case PluginsList() | HostReset() | LogTail():
                return await self._host(request)
            case _:
                return await self._owners(caller, request)

    async def _owners(self, caller: Caller, request: Request) -> Mapping[str, object]:
        match request:
            case _ if isinstance(request, ShareRequest):
                return await self.share.dispatch(request)
            case (
                VaultStatus()
                | VaultCreate()
                | VaultUnlock()
                | VaultLock()
                | VaultChange()
                | VaultExport()
                | VaultWipe()
            ):
                return await self.vault.answer(caller, request)
            case TrafficShow() | TrafficWatch():
                return await self.traffic.answer(request)
            case ReceiptsShow():
                return await self.receipts.answer(request)
            case _ if isinstance(request, AccountRequest):
                return await self.account.answer(caller, request)
            case _:
                raise ConfigError(f"{type(request).__name__} is not answered here")

    async def _tunnel(
        self,
        caller: Caller,
        request: TunnelConnect | TunnelDisconnect | TunnelPause | TunnelResume,
    ) -> Mapping[str, object]:
        match request:
            case TunnelConnect(profile_id=str(profile_id), partial=partial):
                if partial:
                    self._refuse_opening(caller)
                attempt = await self.control.connect(profile_id, partial=partial, uid=caller.uid)
                self._note_used(profile_id)
                return {"attempt": attempt}
            case TunnelConnect(place=str(place), partial=partial):
                target = target_of(Place.parse(place))
                attempt = await self.control.connect(target, partial=partial, uid=caller.uid)
                self._note_used(target)
                return {"attempt": attempt}
            case TunnelConnect():
                raise ConfigError("say where to: a profile or a place")
            case TunnelDisconnect():
                self.control.disconnect()
                return {}
            case TunnelPause(duration_s=duration_s):
                return {"until_utc": self.control.pause(duration_s).isoformat()}
            case TunnelResume():
                self.control.resume()
                return {}

    def _note_used(self, profile_id: str) -> None:
        """Keep which profile was used last; a full disk must not spoil what was begun."""
        try:
            self.chosen.change(attrs.evolve(self.chosen.now, last_profile=profile_id))
        except ConfigError as error:
            _log.warning("which profile was used last is not kept: %s", error)

    def _refuse_opening(self, caller: Caller) -> None:
        """Let only who may disconnect protect less than now. Raises DeniedError."""
        may_open = caller.uid in {0, self.chosen.now.owner_uid}
        if not may_open and not isinstance(self.runner.state, Disconnected):
            raise DeniedError(
                "a partial tunnel would open the rest of this host: unless it is disconnected, "
                "only the owner of the profiles, or root, may ask for one"
            )

    async def _profiles(
        self, caller: Caller, request: ProfilesList | ProfilesImport | ProfilesRemove
    ) -> Mapping[str, object]:
        match request:
            case ProfilesList():
                listed = [shown(profile) for profile in self.profiles.all()]
                return {"profiles": listed, "last_used": self.chosen.now.last_profile}
            case ProfilesImport(name=name, text=text, replace=replace):
                profile = await self.agent.read_profile(text, name)
                self.control.refuse_unreadable(profile)
                self.profiles.save(profile, replace=replace)
                self.chosen.claim(caller.uid)
                return {"profile": shown(profile)}
            case ProfilesRemove(profile_id=profile_id):
                plan = plan_of(self.runner.state)
                if plan is not None and plan.profile_id == profile_id:
                    raise BusyError(f"profile {profile_id} is in use: disconnect first")
                return {"profile": shown(self.profiles.remove(profile_id))}

    async def _settings(self, request: SettingsGet | SettingsSet) -> Mapping[str, object]:
        if isinstance(request, SettingsSet):
            settings = changed(self.chosen.now, request.changes, confirm=request.confirm)
            self._check_changed(frozenset(request.changes), settings)
            self.chosen.change(settings)
            await self.runner.enforced()
            self.share.settings_changed()
            self.publish()
        return {
            "settings": {name: getattr(self.chosen.now, name) for name in CHANGEABLE},
            "declared": [
                as_json(one) for one in self.control.protocols.declared(self.chosen.now.protocol)
            ],
            "defaults": {name: getattr(Settings(), name) for name in CHANGEABLE},
        }

    def _check_changed(self, names: frozenset[str], settings: Settings) -> None:
        """Check that what ``names`` are set to is here; what has gone since stops no other change.

        Raises:
            ConfigError: there is no such profile, protocol or time zone.
        """
        target, protocol, zone = settings.auto_connect, settings.protocol, settings.share_time_zone
        if "auto_connect" in names and target is not None and place_of(target) is None:
            self.profiles.get(target)
        if "protocol" in names and protocol is not None:
            self.control.protocols.check(protocol)
        if "share_time_zone" in names and zone is not None:
            zones.named(zone)

    async def _firewall(
        self, caller: Caller, request: FirewallWhy | FirewallCounters | FirewallOutside
    ) -> Mapping[str, object]:
        match request:
            case FirewallOutside():
                await self.outside.read()
                return self.outside.shown()
            case FirewallCounters():
                return {"counters": [attrs.asdict(c) for c in await self.firewall.counters()]}
            case FirewallWhy():
                packet = Packet(
                    destination=request.destination,
                    port=request.port,
                    protocol=request.protocol,
                    marked=request.marked,
                    uid=caller.uid,
                )
                policy = self.enforcer.demands(self.runner.state).firewall
                return attrs.asdict(await self.firewall.explain(policy, packet))

    async def _host(self, request: PluginsList | HostReset | LogTail) -> Mapping[str, object]:
        match request:
            case LogTail(after=after):
                return self.told.after(after)
            case PluginsList():
                return {"plugins": [_plugin(facts) for facts in self.plugins]}
            case HostReset(confirm=confirm):
                return await self._reset(confirm=confirm)

    async def _reset(self, *, confirm: bool) -> Mapping[str, object]:
        if not confirm:
            raise ConfigError("reset opens this host, lockdown or not: confirm it")
        self.chosen.change(
            attrs.evolve(self.chosen.now, lockdown=False, auto_connect=None, sharing=False)
        )
        self.share.control.off()
        undone = list(self.enforcer.changed())
        self.control.disconnect()
        try:
            async with asyncio.timeout(RESET_LIMIT_S):
                await self.runner.reached(lambda state: isinstance(state, Disconnected))
                await self.share.control.runner.reached(lambda state: isinstance(state, Off))
        except TimeoutError:
            raise ProtectionError(
                "this host could not be given back; the status says why. "
                "Stop worldvpnd and run `worldvpnd reset`"
            ) from None
        self.runner.enforce_again()
        return {"undone": undone}


def _plugin(facts: PluginFacts) -> dict[str, object]:
    process = "worldvpnd" if facts.group == SYSTEM_GROUP else "worldvpn-agent"
    return {**attrs.asdict(facts), "process": process}
