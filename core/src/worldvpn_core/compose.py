"""Wires the daemon: the only place that knows every part."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

import attrs

from worldvpn_core import plugins
from worldvpn_core.agent.link import AgentLink
from worldvpn_core.agent.passage import Passage, passage
from worldvpn_core.agent.spec import Bootstrap, SocketWanted, SystemResolvers
from worldvpn_core.alone import alone
from worldvpn_core.attend import Attendant
from worldvpn_core.central.wired import Around, CentralWired
from worldvpn_core.config import DaemonConfig
from worldvpn_core.control import TunnelControl
from worldvpn_core.decide import is_open
from worldvpn_core.enforce import Enforcer
from worldvpn_core.errors import AgentError, WorldVpnError
from worldvpn_core.identities import agent_spec, group_id
from worldvpn_core.ipc.server import LocalServer
from worldvpn_core.metering import Metering
from worldvpn_core.notices import notices_of
from worldvpn_core.picture import Picture
from worldvpn_core.profiles import ProfileStore
from worldvpn_core.protocols import Protocols
from worldvpn_core.requests import Chosen, Requests
from worldvpn_core.runner import TunnelRunner
from worldvpn_core.settings import SettingsFile
from worldvpn_core.share.sharing import AroundSharing, Sharing
from worldvpn_core.system import Places, System
from worldvpn_core.tunnel.events import Event
from worldvpn_core.tunnel.machine import plan_of
from worldvpn_core.tunnel.opener import Opener
from worldvpn_core.tunnel.states import Connected, Disconnected, Paused, State, Switching
from worldvpn_core.tunnel.watch import Watcher
from worldvpn_core.types import Counters, IpAddress, TunnelPlan, UsageSample
from worldvpn_core.vault.desk import VaultDesk
from worldvpn_core.vault.folder import DiskFolder
from worldvpn_core.vault.keeping import Keeping
from worldvpn_core.vault.vault import Vault
from worldvpn_core.wanted import STOPPED, Means, first_state, resumed

_log = logging.getLogger(__name__)


class Daemon:
    """worldvpnd, wired."""

    def __init__(self, config: DaemonConfig, places: Places, system: System) -> None:
        self._config = config
        self._system = system
        self._state_dir = places.state
        file = SettingsFile(places.state / "settings.json")
        self._chosen = Chosen(file=file, now=file.load())
        profiles = ProfileStore(places.state / "profiles")
        profiles.load()
        self._agent = AgentLink(agent_spec(config, places), admit=self._admits)
        self._agent.on_change = self._publish
        self._enforcer = Enforcer(
            system.protection(),
            settings=lambda: self._chosen.now,
            bootstrap=config.reachable_without_tunnel,
        )
        self._metering = Metering(system.host.meter, system.accounting, self._tell)
        transports = plugins.transports(system.manager, system.services)
        self._picture = Picture(
            settings=lambda: self._chosen.now,
            profiles=profiles,
            protocols=Protocols.among(transports.values()),
            system=system,
            agent=self._agent,
            notices=notices_of(file.notice, *profiles.notices, self._metering.notice),
            publish=self._publish,
        )
        on_mtu = self._picture.measured
        watcher = Watcher(
            system.host, on_counters=self._counted, on_sample=self._sampled, on_mtu=on_mtu
        )
        watch = self._metering.around(watcher.watch)
        opener = Opener(transports=transports, links=system.host.links, watch=watch)
        initial, wanted = first_state(system.host.journal.pending(), self._chosen.now)
        self._vault = Vault(Keeping(DiskFolder(places.state)))
        self._vault.on_change = self._vault_changed
        self._central = CentralWired(
            Around(
                server=config.central,
                agent=self._agent,
                vault=self._vault,
                state_dir=places.state,
                settings=lambda: self._chosen.now,
                claim=self._chosen.claim,
                notices=self._picture.notices,
                meters=system.meters,
                post=self._post,
                publish=self._publish,
            )
        )
        self._picture.account = self._central.known.shown
        self._picture.session = self._central.session
        means = Means(
            profiles=profiles,
            transports=transports,
            resolve=self._resolve,
            refusal=lambda request: plugins.refusal(system.manager, request),
            settings=lambda: self._chosen.now,
            default_dns=config.default_dns,
            broker=self._central.broker,
        )
        self._runner = TunnelRunner(
            self._enforcer, opener, on_change=self._changed, initial=resumed(initial, wanted, means)
        )
        self._runner.on_refused = self._refused
        self._runner.on_unrestored = self._unrestored
        self._control = TunnelControl(self._runner, means, wanted)
        self._desk = VaultDesk(
            self._vault,
            key_file=config.vault_key_file,
            owner_uid=lambda: self._chosen.now.owner_uid,
            claim=self._chosen.claim,
        )
        self._sharing = Sharing(
            AroundSharing(
                enforcer=self._enforcer,
                tunnel=self._runner,
                host=system.host,
                ask_router=self._agent.ask_router,
                exit_=system.exit_of_guests(),
                settings=lambda: self._chosen.now,
                change=self._chosen.change,
                publish=self._publish,
                dns=config.default_dns,
                state_dir=places.state,
                central=self._central,
            )
        )
        self._central.listeners.append(self._sharing.heard)
        self._picture.sharing = self._sharing.requests.shown
        if self._sharing.notice:
            self._picture.notices.tell("state.broken.guests", self._sharing.notice)
        self._requests = Requests(
            control=self._control,
            runner=self._runner,
            enforcer=self._enforcer,
            firewall=system.firewall,
            profiles=profiles,
            chosen=self._chosen,
            agent=self._agent,
            vault=self._desk,
            account=self._central.desk,
            share=self._sharing.requests,
            receipts=self._central.proofs,
            traffic=self._metering,
            plugins=plugins.loaded(config.system_plugins, config.network_plugins),
            publish=self._publish,
        )
        self._server = LocalServer(
            places.socket,
            dispatch=self._requests.dispatch,
            owner_uid=lambda: self._chosen.now.owner_uid,
            group_gid=group_id(config.socket_group),
            snapshot=self._snapshot,
        )

    async def run(self) -> None:
        """Serve until cancelled; what is wanted stays protected when it ends.

        Raises:
            WorldVpnError: another daemon is running, or a part failed for good.
        """
        with alone(self._state_dir):
            await self._run()

    async def _run(self) -> None:
        attendant = Attendant(
            self._system.host, self._enforcer, self._runner, hurry=self._control.hurry
        )
        parts = [
            self._runner.run(),
            self._sharing.run(),
            self._central.run(),
            self._metering.run(),
            self._requests.outside.run(),
            attendant.follow_host(),
            attendant.follow_rules(),
            *([] if self._system.dns is None else [attendant.follow_resolver()]),
        ]
        await self._sweep()
        tasks = [asyncio.create_task(part) for part in parts]
        try:
            # What was wanted is taken up at once: only names have to wait for the agent.
            self._control.begin()
            await self._open_vault()
            await self._server.start()
            self._sharing.control.follow()
            await self._start_agent()
            await asyncio.gather(*tasks)
        finally:
            await self._server.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._leave()
            await self._metering.close()
            await self._agent.stop()

    async def _start_agent(self) -> None:
        """Start the agent; what is wanted stays protected without one, too."""
        try:
            await self._agent.start()
        except AgentError as error:
            _log.warning("%s", error)

    async def _open_vault(self) -> None:
        """Open an unattended host's vault, before anybody is told; a locked one stops nothing."""
        try:
            await self._desk.open_by_key_file()
        except WorldVpnError as error:
            self._picture.notices.tell("vault.locked", f"The vault stays locked: {error}")

    def _vault_changed(self) -> None:
        self._picture.notices.vault_opened(is_former=self._vault.is_former)
        self._central.account_changed()
        self._sharing.account_changed()
        self._publish()

    async def _sweep(self) -> None:
        """Remove tunnels and the node that a crash has left: their remotes are spoken to anew."""
        await self._sharing.sweep()
        await self._metering.sweep(self._system.host.links)

    async def _leave(self) -> None:
        """Close node and tunnels; a host that is not open stays blocked until we are back."""
        await self._sharing.leave()
        state = self._runner.state
        if not isinstance(state, Disconnected | Paused):
            try:
                # With its plan: a partial tunnel must not cut off the rest now.
                await self._enforcer.enter(attrs.evolve(STOPPED, plan=plan_of(state)))
            except WorldVpnError:
                _log.exception("the block could not be made sure of before stopping")
        await self._runner.close()

    def _changed(self, old: State, new: State, event: Event) -> None:
        _log.info("%s -> %s", type(old).__name__, type(new).__name__)
        self._picture.heard(old, new, event)
        self._control.heard(old, new)
        self._central.happened(new, event)
        self._central.followed(new)
        self._sharing.tunnel_changed()
        self._publish()
        plugins.notify(self._system.manager.hook.worldvpn_tunnel_state_changed, old=old, new=new)

    def _refused(self, event: Event, error: WorldVpnError) -> None:
        self._picture.notices.refused(error)
        self._central.refused(event)
        self._publish()

    def _unrestored(self, error: WorldVpnError | None) -> None:
        self._picture.notices.unrestored(error)
        self._publish()

    def _post(self, event: Event) -> None:
        self._runner.post(event)

    def _counted(self, plan: TunnelPlan, counters: Counters) -> None:
        self._picture.counted(plan, counters)
        self._metering.counted(counters)
        if self._central.broker is not None:
            self._central.broker.counted(plan, counters)

    def _sampled(self, sample: UsageSample) -> None:
        plugins.notify(self._system.manager.hook.worldvpn_usage_sampled, sample=sample)

    def _tell(self, traffic: Mapping[str, object]) -> bool:
        return self._server.publish_traffic(traffic)

    def _snapshot(self) -> dict[str, object]:
        return self._picture.draw(self._runner.state, self._control.reconnector.retry_in_s)

    def _publish(self) -> None:
        self._server.publish()

    async def _resolve(self, name: str) -> tuple[IpAddress, ...]:
        if is_open(self._runner.state, self._chosen.now):
            return await self._agent.resolve(name, SystemResolvers())
        return await self._agent.resolve(name, Bootstrap(resolvers=self._config.bootstrap))

    def _admits(self, wanted: SocketWanted) -> Passage | None:
        """Let the agent reach what the present state lets our sockets reach, and no more."""
        state = self._runner.state
        return passage(
            wanted,
            is_open=is_open(state, self._chosen.now),
            has_tunnel=isinstance(state, Connected | Switching),
            bootstrap=self._enforcer.demands(state).firewall.host.bootstrap,
        )
