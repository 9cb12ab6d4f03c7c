"""The owner's terms at work on a host of fakes: who is held, sent away, counted and shown."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import attrs
import pytest

from tests.core.share.central_fakes import offer, session
from tests.core.share.watchful import ALIAS, OTHER, watched
from worldvpn_core.central.calls import Answer
from worldvpn_core.contracts import Watched
from worldvpn_core.credit.figures import Figures
from worldvpn_core.errors import ConfigError, ShareError
from worldvpn_core.ipc.share import ShareKick, ShareOn, SharePause, ShareResume
from worldvpn_core.share.classes import TrafficClass
from worldvpn_core.share.schedule import DAYS
from worldvpn_core.share.states import Serving
from worldvpn_core.testing.samples import guest

pytestmark = pytest.mark.anyio

GB = 10**9


async def test_a_pause_holds_the_node_through_a_restart_until_it_is_ended(tmp_path: Path) -> None:
    async with watched(tmp_path) as house:
        await house.serves()
        await house.sharing.requests.dispatch(SharePause())
        await house.held("share.paused")
    async with watched(tmp_path) as house:
        await house.held("share.paused")
        await house.sharing.requests.dispatch(ShareResume())
        await house.serves()
        with pytest.raises(ConfigError, match="not paused"):
            await house.sharing.requests.dispatch(ShareResume())


async def test_a_pause_that_drains_keeps_new_guests_out_and_leaves_those_inside(
    tmp_path: Path,
) -> None:
    async with watched(tmp_path) as house:
        await house.serves()
        assert await house.offered(1)
        await house.sharing.requests.dispatch(SharePause(drain=True))

        assert not await house.offered(2, OTHER)
        assert house.inside == {guest(1).public_key}
        await house.until(lambda: not house.is_listed)
        assert not house.announced[-1].accepting
        await house.sharing.requests.dispatch(ShareResume())
        await house.serves()
        assert await house.offered(2, OTHER)


async def test_a_days_volume_ends_it_for_the_day_and_a_restart_grants_nothing_anew(
    tmp_path: Path,
) -> None:
    async with watched(tmp_path) as house:
        house.choose(share_daily_gb=1)
        await house.serves()
        await house.offered(1)
        house.does(1, up=GB // 4, down=GB // 2)
        await house.look()
        assert isinstance(house.sharing.runner.state, Serving)
        house.does(1, up=GB // 4, down=GB * 3 // 4)
        await house.look()
        await house.held("share.daily")
    async with watched(tmp_path) as house:
        house.world.settings = attrs.evolve(house.world.settings, share_daily_gb=1)
        house.sharing.requests.settings_changed()
        await house.held("share.daily")
        house.choose(share_daily_gb=2)
        await house.serves()


async def test_counters_that_begin_again_are_counted_once(tmp_path: Path) -> None:
    async with watched(tmp_path) as house:
        await house.serves()
        await house.offered(1)
        for up in (100, 300, 50, 70):
            house.does(1, up=up)
            await house.look()

        assert house.sharing.warden.kept.daily.carried_bytes == 370


async def test_outside_the_hours_nobody_is_served(tmp_path: Path) -> None:
    async with watched(tmp_path) as house:
        await house.serves()
        house.choose(share_schedule=(_never_now(),))
        await house.held("share.schedule")
        house.choose(share_schedule=())
        await house.serves()


def _never_now() -> str:
    """Return a window a few days from now."""
    return f"{DAYS[(datetime.now(UTC).weekday() + 3) % 7]} 10:00-11:00"


async def test_a_metered_network_ends_it_unless_the_owner_says_so(tmp_path: Path) -> None:
    async with watched(tmp_path) as house:
        await house.serves()
        house.costs = True
        await house.look()
        await house.held("share.metered")
        house.choose(share_metered=True)
        await house.serves()
        house.choose(share_metered=False)
        await house.held("share.metered")
        house.costs = None
        await house.look()
        await house.serves()


async def test_what_the_network_costs_is_told_when_it_is_known(tmp_path: Path) -> None:
    async with watched(tmp_path) as house:
        await house.serves()
        house.costs = False
        house.moved.clear()
        await house.look()

        assert house.moved.is_set()
        assert house.sharing.warden.metered == "no"


@pytest.mark.parametrize(
    "too_much",
    [{"opened": 1_001}, {"ports": 101}, {"unanswered_bytes": 2**30}],
)
async def test_who_does_too_much_is_sent_away_and_not_let_back(
    tmp_path: Path, too_much: dict[str, int]
) -> None:
    async with watched(tmp_path) as house:
        await house.serves()
        assert await house.offered(1)
        house.does(1)
        await house.look()
        assert house.inside == {guest(1).public_key}
        house.does(1, **too_much)
        await house.look()
        assert house.inside == set()
        assert house.sent_away == {session(1): 86_400}
        assert not await house.offered(2, ALIAS)
        assert await house.offered(3, OTHER)
    async with watched(tmp_path) as house:
        await house.serves()
        assert not await house.offered(1, ALIAS)
        # The server had not heard of it, and sent the guest again: it is told how long is left.
        assert 0 < house.sent_away[session(1)] <= 86_400
        assert await house.offered(1, OTHER)


async def test_the_owners_own_devices_may_do_as_they_like(tmp_path: Path) -> None:
    async with watched(tmp_path) as house:
        await house.serves()
        house.sharing.control.invite("phone", "198.51.100.1")
        await house.sharing.runner.settled()
        (phone,) = house.sharing.control.guests.all()
        own = phone.guest.addresses[0]
        house.meter.figures[own] = Figures(up_bytes=3 << 20)
        house.meter.done[own] = Watched(ports=9_000, begun={TrafficClass.MAIL: 1})
        await house.look()

        assert house.inside == {phone.guest.public_key}
        (shown,) = await house.people()
        assert (shown["kind"], shown["name"], shown["class"]) == ("device", "phone", "mail")
        assert shown["received_bytes"] == 3 << 20


async def test_a_guest_is_shown_and_can_be_sent_away_by_its_alias(tmp_path: Path) -> None:
    async with watched(tmp_path) as house:
        await house.serves()
        await house.offered(1)
        await house.offered(2, OTHER)
        house.does(1, up=1 << 20, down=5 << 20, begun={TrafficClass.WEB: 2, TrafficClass.OTHER: 1})
        await house.look()
        first = next(one for one in await house.people() if one["alias"] == ALIAS)
        assert (first["country"], first["class"], first["credits"]) == ("NL", "web", None)
        assert (first["received_bytes"], first["sent_bytes"]) == (1 << 20, 5 << 20)

        answer = await house.sharing.requests.dispatch(ShareKick(alias="abab", reason="no more"))
        assert house.inside == {guest(2).public_key}
        assert [one["alias"] for one in await house.people()] == [OTHER]
        assert [*house.sent_away] == [session(1)]
        banned = answer["banned"]
        assert isinstance(banned, list)
        assert [(one["alias"], one["reason"], one["detail"]) for one in banned] == [
            (ALIAS, "kicked", "no more")
        ]
        with pytest.raises(ConfigError, match="nobody here"):
            await house.sharing.requests.dispatch(ShareKick(alias="abab"))


async def test_a_guest_that_was_sent_away_does_not_return_on_a_newer_ticket(
    tmp_path: Path,
) -> None:
    async with watched(tmp_path) as house:
        await house.serves()
        await house.offered(1, None)
        house.does(1, ports=101)
        await house.look()
        assert house.inside == set()
        ticket = house.central.signed(house.central.tickets[-1])
        again = attrs.evolve(offer(house.node_id, 1), action="open", ticket=ticket, alias=None)
        house.sharing.heard(again)
        await house.world.settled()
        await house.sharing.runner.settled()
        assert house.inside == set()


@pytest.mark.parametrize("error", [ShareError("no"), RuntimeError("the plugin is broken")])
async def test_a_kernel_that_does_not_tell_stops_nothing(tmp_path: Path, error: Exception) -> None:
    async with watched(tmp_path) as house:
        await house.serves()
        assert await house.offered(1)
        house.meter.untold = error
        house.sharing.warden.hurry()
        await house.world.settled()
        assert isinstance(house.sharing.runner.state, Serving)
        house.meter.untold = None
        house.does(1, ports=101)
        house.sharing.warden.hurry()
        await house.world.settled()
        await house.sharing.runner.settled()
        assert house.inside == set()


async def test_a_guest_whose_key_is_there_already_is_refused(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    async with watched(tmp_path) as house:
        await house.serves()
        assert await house.offered(1)
        house.central.guests[session(2)] = guest(1).public_key
        twin = attrs.evolve(offer(house.node_id, 2), x25519=guest(1).public_key)
        house.sharing.heard(twin)
        await house.world.settled()
        assert house.answers[-1].session_id == session(2)
        assert house.answers[-1] == Answer(node_id=house.node_id, session_id=session(2))
        assert "key-present" in caplog.text


async def test_consent_is_on_record_with_its_words_and_its_time(tmp_path: Path) -> None:
    async with watched(tmp_path) as house:
        house.choose(sharing=False, share_consent_utc=None)
        for refused in (ShareOn(), ShareOn(agree=True, version=99)):
            with pytest.raises(ConfigError, match="agree to it"):
                await house.sharing.requests.dispatch(refused)
        await house.sharing.requests.dispatch(ShareOn(agree=True, version=1))

        assert house.world.settings.share_consent_version == 1
        assert house.world.settings.share_consent_utc is not None
        consent = house.sharing.requests.shown()["consent"]
        assert isinstance(consent, dict)
        assert consent["agreed_version"] == consent["version"] == 1


async def test_only_what_the_server_is_told_is_said_anew(tmp_path: Path) -> None:
    """Each time it tries to come, and three times a minute at most."""
    async with watched(tmp_path) as house:
        await house.serves()
        before = len(house.announced)
        house.choose(share_refused_ports=(22,), share_guest_flows=100)
        await house.look()
        await house.world.settled()
        assert len(house.announced) == before
        house.choose(share_guest_rate_mbps=7)
        await house.world.settled()
        assert house.announced[-1].bandwidth_mbps == 7
