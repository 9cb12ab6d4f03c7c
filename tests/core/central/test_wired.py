"""The parts of the central server's side, wired: what one hears, all act on."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs
import pytest

from tests.core.central.server_side import SERVER, FakeAgent, open_vault, signed_in
from tests.core.vault.samples import KEY
from worldvpn_core.central.calls import End, Look, ReplaceKeys, SignOut
from worldvpn_core.central.news import GuestsListed, News, Reach, Reached, SignedOut
from worldvpn_core.central.place import Place
from worldvpn_core.central.server import CentralServer
from worldvpn_core.central.wired import Around, CentralWired
from worldvpn_core.errors import ConfigError
from worldvpn_core.ipc.account import AccountLogout, AccountShow
from worldvpn_core.ipc.rights import Caller
from worldvpn_core.notices import Notices
from worldvpn_core.settings import Settings
from worldvpn_core.testing.fakes import FakeLinks, FakeTransport
from worldvpn_core.testing.samples import (
    SILENT,
    connected,
    connecting,
    plan,
    states,
    switching,
)
from worldvpn_core.tunnel.events import ConnectRequested, DisconnectRequested, Event, TunnelDown
from worldvpn_core.tunnel.states import Blocked, Disconnected
from worldvpn_core.vault.contents import Secrets
from worldvpn_core.vault.vault import Vault

pytestmark = pytest.mark.anyio

ADA = Caller(pid=1, uid=1_000, gid=1_000)
TRANSPORT = FakeTransport(FakeLinks())
REVOKED = SignedOut(code="device-revoked", detail="This device was revoked.")


@attrs.define(kw_only=True)
class Daemon:
    """As much of a daemon as the central server's side needs."""

    agent: FakeAgent = attrs.field(factory=FakeAgent)
    notices: Notices = attrs.field(factory=Notices)
    posted: list[Event] = attrs.field(factory=list)
    published: int = 0
    vault: Vault
    wired: CentralWired = attrs.field(init=False)

    @classmethod
    async def made(
        cls, folder: Path, secrets: Secrets | None = None, server: CentralServer | None = SERVER
    ) -> Daemon:
        """Return one whose vault tells of its changes."""
        daemon = cls(vault=await open_vault(folder, secrets))
        daemon.wired = CentralWired(
            Around(
                server=server,
                agent=daemon.agent,
                vault=daemon.vault,
                state_dir=folder,
                settings=Settings,
                claim=lambda _uid: None,
                notices=daemon.notices,
                post=daemon.posted.append,
                publish=daemon.publish,
            )
        )
        daemon.vault.on_change = daemon.wired.account_changed
        return daemon

    def publish(self) -> None:
        """Count what clients are told."""
        self.published += 1

    def hears(self, news: News) -> None:
        """Let the agent hand on what the server says."""
        assert self.wired.link is not None
        self.wired.link.heard(news)

    async def connected(self) -> None:
        """Let the tunnel of attempt 1 use a session."""
        assert self.wired.broker is not None
        profile = await self.wired.broker.profile(Place(), TRANSPORT, again=False)
        self.wired.broker.bind(1, profile)
        self.wired.followed(connected(1))

    async def settled(self) -> None:
        """Let all that was begun end."""
        while self.wired._tasks:
            await asyncio.gather(*self.wired._tasks)

    def told(self) -> dict[str, str]:
        """Return the notices by their codes."""
        return dict(self.notices.all(Settings()))


async def test_device_that_is_signed_out_has_no_tunnel_and_no_secrets(tmp_path: Path) -> None:
    daemon = await Daemon.made(tmp_path, signed_in())
    await daemon.connected()
    assert daemon.wired.session() is not None

    daemon.hears(REVOKED)
    await daemon.settled()

    (event,) = daemon.posted
    assert isinstance(event, TunnelDown)
    assert (event.attempt, event.cause.retryable) == (1, False)
    assert daemon.wired.session() is None
    assert (daemon.vault.is_open, daemon.vault.secrets) == (True, None)
    assert daemon.told() == {"account.signed_out": "This device was revoked."}
    assert daemon.wired.known.shown()["signed_in"] is False
    again = await _reopened(daemon.vault)
    assert again.secrets is None


async def _reopened(vault: Vault) -> Vault:
    await vault.lock()
    await vault.unlock(KEY)
    return vault


async def test_being_signed_out_with_a_locked_vault_ends_the_tunnel_all_the_same(
    tmp_path: Path,
) -> None:
    daemon = await Daemon.made(tmp_path, signed_in())
    await daemon.connected()
    await daemon.vault.lock()

    daemon.hears(REVOKED)
    await daemon.settled()

    assert len(daemon.posted) == 1


async def test_disk_that_refuses_to_forget_does_not_keep_the_tunnel_up(tmp_path: Path) -> None:
    daemon = await Daemon.made(tmp_path, signed_in())
    await daemon.connected()
    # Where the next generation would be written, there is a folder.
    (tmp_path / "vault" / "vault.new").mkdir()

    daemon.hears(REVOKED)
    await daemon.settled()

    assert [type(each) for each in daemon.posted] == [TunnelDown]
    assert daemon.vault.secrets is not None
    assert "account.signed_out" in daemon.told()


async def test_news_are_handed_to_others_and_shown(tmp_path: Path) -> None:
    daemon = await Daemon.made(tmp_path)
    heard: list[News] = []
    daemon.wired.listeners.append(heard.append)

    daemon.hears(Reached(reach=Reach.ONLINE))
    daemon.hears(GuestsListed(session_ids=()))

    assert heard == [Reached(reach=Reach.ONLINE), GuestsListed(session_ids=())]
    assert daemon.published == 2
    assert daemon.wired.known.shown()["reach"] == "online"


async def test_signing_out_ends_the_tunnel_and_its_session(tmp_path: Path) -> None:
    daemon = await Daemon.made(tmp_path, signed_in())
    await daemon.connected()

    await daemon.wired.desk.answer(ADA, AccountLogout())

    assert [type(each) for each in daemon.posted] == [TunnelDown]
    # Once it is signed out, nobody could end it any more.
    assert [type(each) for each in daemon.agent.asked[-2:]] == [End, SignOut]
    assert daemon.agent.open == {}


async def test_node_hears_of_a_sign_out_on_this_computer_too(tmp_path: Path) -> None:
    daemon = await Daemon.made(tmp_path, signed_in())
    heard: list[News] = []
    daemon.wired.listeners.append(heard.append)

    await daemon.wired.desk.answer(ADA, AccountLogout())

    assert [type(each) for each in heard] == [SignedOut]


async def test_path_to_the_server_is_taken_anew_whenever_it_is_another(tmp_path: Path) -> None:
    daemon = await Daemon.made(tmp_path)
    moves = []

    for state in (
        Disconnected(),
        connecting(1),
        connected(1),
        connected(1),
        switching(),
        switching(moved=True),
        connected(2),
        Blocked(cause=SILENT, plan=plan(2)),
        connecting(2),
        Disconnected(),
    ):
        daemon.wired.followed(state)
        await daemon.settled()
        moves.append(daemon.agent.moves)

    assert moves == [1, 2, 3, 3, 3, 4, 4, 5, 5, 6]


async def test_server_is_followed_and_keys_are_replaced_until_the_daemon_ends(
    tmp_path: Path,
) -> None:
    old = datetime.now(UTC) - timedelta(days=31)
    daemon = await Daemon.made(tmp_path, signed_in(old))

    running = asyncio.create_task(daemon.wired.run())
    await daemon.agent.served_times(1)
    await daemon.agent.asked_times(ReplaceKeys, 1)
    await daemon.vault.wipe()
    await daemon.agent.served_times(2)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    assert [each and each.username for each in daemon.agent.served] == ["ada", None]


async def test_pins_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    (tmp_path / "nodes.json").write_text("broken")

    daemon = await Daemon.made(tmp_path)

    assert "keys of known nodes" in daemon.told()["state.broken.nodes"]


async def test_computer_of_no_central_server_follows_none(tmp_path: Path) -> None:
    daemon = await Daemon.made(tmp_path, signed_in(), server=None)

    await daemon.wired.run()
    for state in states():
        daemon.wired.followed(state)
    daemon.wired.account_changed()

    assert (daemon.wired.link, daemon.wired.broker, daemon.wired.session()) == (None, None, None)
    assert daemon.wired.known.shown()["server"] is None
    assert daemon.agent.asked == []
    with pytest.raises(ConfigError, match="no central server"):
        await daemon.wired.desk.answer(ADA, AccountShow())


async def test_account_is_asked_of_the_server(tmp_path: Path) -> None:
    daemon = await Daemon.made(tmp_path, signed_in())

    assert "json" in await daemon.wired.desk.answer(ADA, AccountShow())

    assert len(daemon.agent.of(Look)) == 1


async def test_session_of_a_wish_that_was_refused_is_ended(tmp_path: Path) -> None:
    daemon = await Daemon.made(tmp_path, signed_in())
    await daemon.connected()
    (kept,) = daemon.agent.open
    assert daemon.wired.broker is not None
    profile = await daemon.wired.broker.profile(Place(), TRANSPORT, again=False)
    daemon.wired.broker.bind(2, profile)
    made = plan(2)

    daemon.wired.refused(DisconnectRequested())
    assert len(daemon.agent.open) == 2
    daemon.wired.refused(ConnectRequested(plan=made, outer_endpoints=made.remotes))
    await daemon.agent.asked_times(End, 1)

    assert list(daemon.agent.open) == [kept]
