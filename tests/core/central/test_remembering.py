"""What tunnels have shown is remembered for whoever is signed in, and for nobody after them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import attrs
import pytest

from tests.core.central.server_side import SERVER, FakeAgent, node, open_vault, signed_in
from tests.core.vault.samples import KEY
from worldvpn_core.central.calls import Find, Open
from worldvpn_core.central.news import SignedOut
from worldvpn_core.central.place import Place
from worldvpn_core.central.server import CentralServer
from worldvpn_core.central.tried import Measured
from worldvpn_core.central.wired import Around, CentralWired
from worldvpn_core.ipc.account import AccountLogout, DirectoryNodes
from worldvpn_core.ipc.rights import Caller
from worldvpn_core.notices import Notices
from worldvpn_core.settings import Settings
from worldvpn_core.testing.fakes import FakeLinks, FakeTransport
from worldvpn_core.testing.samples import connected, plan, tunnel
from worldvpn_core.tunnel.events import TunnelUp
from worldvpn_core.vault.vault import Vault

pytestmark = pytest.mark.anyio

ROOT = Caller(pid=1, uid=0, gid=0)
REVOKED = SignedOut(code="device-revoked", detail="This device was revoked.")
MEASURED = (Measured(node_id=node(1), latency_us=21_000),)


@attrs.define(kw_only=True)
class Daemon:
    """As much of a daemon as remembers."""

    folder: Path
    vault: Vault
    server: CentralServer | None = SERVER
    agent: FakeAgent = attrs.field(factory=FakeAgent)
    wired: CentralWired = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.wired = CentralWired(
            Around(
                server=self.server,
                agent=self.agent,
                vault=self.vault,
                state_dir=self.folder,
                settings=Settings,
                claim=lambda _uid: None,
                notices=Notices(),
                post=lambda _event: None,
                publish=lambda: None,
            )
        )
        self.vault.on_change = self.wired.account_changed

    @property
    def file(self) -> Path:
        """Where it is remembered."""
        return self.folder / "tried.json"

    def restarted(self) -> Daemon:
        """Return the one that starts after this one."""
        return Daemon(folder=self.folder, vault=self.vault)

    async def uses(self, round_trip_s: float) -> Open:
        """Let a tunnel go through a node that takes so long to answer; return what was asked."""
        assert self.wired.broker is not None
        profile = await self.wired.broker.profile(Place(), FakeTransport(FakeLinks()), again=False)
        self.wired.broker.bind(1, profile)
        info = attrs.evolve(tunnel(plan(1)), round_trip_s=round_trip_s)
        self.wired.happened(connected(1), TunnelUp(attempt=1, tunnel=info))
        self.wired.followed(connected(1))
        await self.settled()
        return self.agent.of(Open)[-1]

    async def settled(self) -> None:
        """Let all that was begun end."""
        while self.wired._tasks:
            await asyncio.gather(*self.wired._tasks)

    async def listed(self) -> tuple[Measured, ...]:
        """Return what a list of nodes is asked for with."""
        await self.wired.desk.answer(ROOT, DirectoryNodes())
        return self.agent.of(Find)[-1].measured


@pytest.fixture
async def daemon(tmp_path: Path) -> Daemon:
    return Daemon(folder=tmp_path, vault=await open_vault(tmp_path, signed_in()))


async def test_node_is_measured_by_the_tunnel_through_it_and_the_next_choice_goes_by_that(
    daemon: Daemon,
) -> None:
    assert (await daemon.uses(0.021)).measured == ()

    assert await daemon.listed() == MEASURED
    assert (await daemon.uses(0.021)).measured == MEASURED


async def test_what_was_measured_is_known_after_a_restart(daemon: Daemon) -> None:
    await daemon.uses(0.021)

    assert await daemon.restarted().listed() == MEASURED


@pytest.mark.parametrize("leaves", ["logout", "wipe", "revoked"])
async def test_where_somebody_has_been_is_kept_no_longer_than_they_are_signed_in(
    daemon: Daemon, leaves: str
) -> None:
    await daemon.uses(0.021)
    assert daemon.file.exists()

    match leaves:
        case "logout":
            await daemon.wired.desk.answer(ROOT, AccountLogout())
        case "wipe":
            await daemon.vault.wipe()
        case _:
            assert daemon.wired.link is not None
            daemon.wired.link.heard(REVOKED)
    await daemon.settled()

    assert not daemon.file.exists()
    assert await daemon.listed() == ()
    assert await daemon.restarted().listed() == ()


async def test_what_a_crash_left_of_somebody_goes_once_the_vault_says_nobody_is_signed_in(
    daemon: Daemon,
) -> None:
    await daemon.uses(0.021)
    left = daemon.file.read_bytes()
    await daemon.vault.store(None)
    await daemon.settled()
    daemon.file.write_bytes(left)

    again = daemon.restarted()
    await _reopened(again.vault)
    await again.settled()

    assert not again.file.exists()


async def test_locked_vault_keeps_what_was_measured(daemon: Daemon) -> None:
    await daemon.uses(0.021)

    await _reopened(daemon.vault)
    await daemon.settled()

    assert await daemon.restarted().listed() == MEASURED


async def _reopened(vault: Vault) -> None:
    await vault.lock()
    await vault.unlock(KEY)


async def test_computer_of_no_central_server_remembers_nothing(tmp_path: Path) -> None:
    daemon = Daemon(folder=tmp_path, vault=await open_vault(tmp_path, None), server=None)

    daemon.wired.happened(connected(1), TunnelUp(attempt=1, tunnel=tunnel(plan(1))))
    daemon.wired.account_changed()
    await daemon.settled()

    assert not daemon.file.exists()
