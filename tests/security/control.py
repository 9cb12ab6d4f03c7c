"""A daemon's requests and control on a host of fakes: all but sockets and processes."""

from __future__ import annotations

from contextlib import nullcontext
from ipaddress import ip_address, ip_network
from pathlib import Path

import attrs

from worldvpn_core.agent.link import AgentLink
from worldvpn_core.agent.spec import AgentSpec
from worldvpn_core.central.around import AroundDesk
from worldvpn_core.central.desk import AccountDesk
from worldvpn_core.control import TunnelControl
from worldvpn_core.enforce import Enforcer, Protection
from worldvpn_core.ipc.rights import Caller
from worldvpn_core.metering import Metering
from worldvpn_core.profiles import ProfileStore
from worldvpn_core.reach.values import MapAnswer, MapPort, NotMapped, Unmapped
from worldvpn_core.requests import Chosen, Requests
from worldvpn_core.settings import Settings, SettingsFile
from worldvpn_core.share.sharing import AroundSharing, Sharing
from worldvpn_core.testing.fakes import fake_host
from worldvpn_core.testing.metering_fakes import FakeAccounting, FakeMeter
from worldvpn_core.testing.running import World
from worldvpn_core.testing.samples import profile
from worldvpn_core.types import IpAddress
from worldvpn_core.vault.desk import VaultDesk
from worldvpn_core.vault.folder import DiskFolder
from worldvpn_core.vault.keeping import Keeping
from worldvpn_core.vault.vault import Vault
from worldvpn_core.wanted import Means

OWNER_UID = 1_000
GUEST_UID = 1_001
#: What "home" carries when it is asked for as a partial tunnel.
ALLOWED = (ip_network("10.20.0.0/16"),)


@attrs.frozen(kw_only=True)
class Desk:
    """Where clients' requests arrive, and who decides on them."""

    requests: Requests
    control: TunnelControl


def desk(world: World, directory: Path) -> Desk:
    """Return a desk before ``world``, with the profile "home"; its owner is ``OWNER_UID``."""
    world.settings = attrs.evolve(world.settings, owner_uid=OWNER_UID)
    profiles = ProfileStore(directory / "profiles")
    profiles.load()
    profiles.save(attrs.evolve(profile(), allowed=ALLOWED), replace=False)
    chosen = _Shared(
        world=world, file=SettingsFile(directory / "settings.json"), now=world.settings
    )
    means = Means(
        profiles=profiles,
        transports=world.transports,
        resolve=_resolve,
        refusal=lambda _request: None,
        settings=lambda: world.settings,
        default_dns=(),
    )
    control = TunnelControl(world.runner, means, None)
    sharing = Sharing(
        AroundSharing(
            enforcer=world.enforcer,
            tunnel=world.runner,
            host=fake_host(),
            ask_router=_silent,
            exit_=None,
            settings=lambda: world.settings,
            change=chosen.change,
            publish=lambda: None,
            dns=(),
            state_dir=directory,
        )
    )
    vault = Vault(Keeping(DiskFolder(directory)))
    requests = Requests(
        control=control,
        share=sharing.requests,
        traffic=Metering(FakeMeter(), FakeAccounting(), lambda _change: False),
        runner=world.runner,
        enforcer=Enforcer(
            Protection(firewall=world.firewall, routing=world.routing, journal=world.journal),
            settings=lambda: world.settings,
        ),
        firewall=world.firewall,
        profiles=profiles,
        chosen=chosen,
        agent=AgentLink(AgentSpec(run_dir=directory), admit=lambda _wanted: None),
        account=AccountDesk(
            None,
            vault,
            AroundDesk(
                settings=lambda: world.settings,
                measured=tuple,
                claim=chosen.claim,
                leaving=nullcontext,
            ),
        ),
        vault=VaultDesk(
            vault,
            key_file=directory / "vault.key",
            owner_uid=lambda: world.settings.owner_uid,
            claim=chosen.claim,
        ),
        plugins=(),
        publish=lambda: None,
    )
    return Desk(requests=requests, control=control)


def caller(uid: int) -> Caller:
    """Return a client of ``uid``."""
    return Caller(pid=1, uid=uid, gid=uid)


@attrs.define(kw_only=True)
class _Shared(Chosen):
    """Settings that the world's enforcer sees, too."""

    world: World

    def change(self, settings: Settings) -> None:
        super().change(settings)
        self.world.settings = settings


async def _silent(_wanted: MapPort) -> MapAnswer:
    return NotMapped(reason=Unmapped.SILENT)


async def _resolve(_name: str) -> tuple[IpAddress, ...]:
    return (ip_address("203.0.113.1"),)
