"""When tunnels are read, what of it is told, and that a broken plugin stops nothing else."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest

from worldvpn_core.contracts import Accounting, History, LinkFacts, Reading, Traffic, Tunnel, Volume
from worldvpn_core.errors import ConfigError, TransportError
from worldvpn_core.ipc.traffic import TrafficShow, TrafficWatch
from worldvpn_core.metering import Metering, changed, shown
from worldvpn_core.testing import samples
from worldvpn_core.testing.accounting_contract import AccountingContract, Reopened
from worldvpn_core.testing.fakes import FakeLinks, FakeTunnel
from worldvpn_core.testing.metering_fakes import FakeAccounting, FakeMeter
from worldvpn_core.types import Counters, Link, LocalProxy, TunnelInfo, TunnelPlan

PLAN = samples.plan()
NAME = PLAN.interface


def reading(received_bytes: int, source: str = "a") -> Reading:
    return Reading(source=source, received_bytes=received_bytes, sent_bytes=0)


class Place:
    """A metering with its fakes; ``watchers`` is how many changes somebody still waits for."""

    def __init__(self) -> None:
        self.meter = FakeMeter()
        self.accounting = FakeAccounting()
        self.told: list[Mapping[str, Any]] = []
        self.watchers = 0
        self.failure: Exception | None = None
        self._asked = asyncio.Event()
        self.metering = Metering(self.meter, self.accounting, self.tell)

    def tell(self, change: Mapping[str, object]) -> bool:
        self._asked.set()
        if self.failure is not None:
            raise self.failure
        if self.watchers == 0:
            return False
        self.watchers -= 1
        self.told.append(change)
        return True

    async def until_asked(self) -> None:
        """Return once it was tried to tell somebody."""
        async with asyncio.timeout(10):
            await self._asked.wait()
        self._asked.clear()

    def tunnel(self, path: Link | LocalProxy | None = None) -> FakeTunnel:
        info = TunnelInfo(path=path or Link(name=NAME), outer_endpoints=PLAN.remotes)
        return FakeTunnel(info, FakeLinks())

    async def settled(self) -> None:
        for _ in range(20):
            await asyncio.sleep(0)


@pytest.fixture
async def place() -> Place:
    return Place()


async def falls(plan: TunnelPlan, tunnel: Tunnel) -> Exception:
    del plan, tunnel
    return TransportError("it fell")


class TestFake(AccountingContract):
    @pytest.fixture
    def accounting(self) -> Accounting:
        return FakeAccounting()

    @pytest.fixture
    def reopened(self, accounting: Accounting) -> Reopened:
        return lambda: accounting


@pytest.mark.anyio
class TestReading:
    async def test_interface_is_read_once_more_when_its_tunnel_ends(self, place: Place) -> None:
        place.meter.shows[NAME] = reading(700)
        ended = await place.metering.around(falls)(PLAN, place.tunnel())
        assert str(ended) == "it fell"
        assert place.accounting.traffic().total == Volume(received_bytes=700)

    async def test_interface_is_read_once_more_when_its_tunnel_is_closed(
        self, place: Place
    ) -> None:
        place.meter.shows[NAME] = reading(700)

        async def holds(_plan: TunnelPlan, _tunnel: Tunnel) -> Exception:
            return await asyncio.Future[Exception]()

        holding = asyncio.ensure_future(place.metering.around(holds)(PLAN, place.tunnel()))
        await place.settled()
        holding.cancel()
        await asyncio.gather(holding, return_exceptions=True)
        assert holding.cancelled()
        assert place.accounting.recorded == [(reading(700),)]

    async def test_counters_that_have_not_moved_read_nothing(self, place: Place) -> None:
        counters = Counters(received_bytes=1)
        async with self.open(place):
            place.metering.counted(counters)
            await place.settled()
            assert place.meter.asked == [NAME]
            place.metering._due_s = 0.0
            place.metering.counted(counters)
            await place.settled()
            assert place.meter.asked == [NAME]

    async def test_counters_that_move_twice_a_second_read_once(self, place: Place) -> None:
        async with self.open(place):
            place.metering.counted(Counters(received_bytes=1))
            await place.settled()
            place.metering.counted(Counters(received_bytes=2))
            await place.settled()
            assert place.meter.asked == [NAME]
            place.metering._due_s = 0.0
            place.metering.counted(Counters(received_bytes=2))
            await place.settled()
            assert place.meter.asked == [NAME, NAME]

    async def test_interface_that_is_gone_leaves_what_was_counted(self, place: Place) -> None:
        place.meter.shows[NAME] = reading(700)
        await place.metering.read(NAME)
        del place.meter.shows[NAME]
        await place.metering.read(NAME)
        assert place.accounting.traffic().total == Volume(received_bytes=700)

    async def test_kernel_that_refuses_is_asked_again_later(self, place: Place) -> None:
        place.meter.refuses = True
        await place.metering.read(NAME)
        place.meter.refuses = False
        place.meter.shows[NAME] = reading(700)
        await place.metering.read(NAME)
        assert place.accounting.recorded == [(reading(700),)]

    async def test_tunnel_without_an_interface_is_not_read(self, place: Place) -> None:
        proxy = LocalProxy(port=1_080, mark=1, uid=1)
        await place.metering.around(falls)(PLAN, place.tunnel(proxy))
        assert place.meter.asked == []

    async def test_tunnels_that_a_crash_has_left_are_counted_and_removed(
        self, place: Place
    ) -> None:
        links = FakeLinks(LinkFacts(name="eth0", index=2), LinkFacts(name="wv7", index=9))
        place.meter.shows["wv7"] = reading(700)
        await place.metering.sweep(links)
        assert set(links.present) == {"eth0"}
        assert place.meter.asked == ["wv7"]
        assert place.accounting.traffic().total == Volume(received_bytes=700)

    async def test_broken_plugin_ends_no_tunnel_and_no_daemon(
        self, place: Place, caplog: pytest.LogCaptureFixture
    ) -> None:
        place.meter.shows[NAME] = reading(700)
        place.accounting.failure = OSError("broken")
        with caplog.at_level(logging.ERROR):
            ended = await place.metering.around(falls)(PLAN, place.tunnel())
        assert str(ended) == "it fell"
        assert "could not be counted" in caplog.text

    async def test_without_the_plugin_nothing_is_read_and_who_asks_is_told_why(
        self, place: Place
    ) -> None:
        metering = Metering(place.meter, None, place.tell)
        metering.counted(Counters(received_bytes=1))
        await metering.around(falls)(PLAN, place.tunnel())
        await metering.run()
        await metering.close()
        with pytest.raises(ConfigError, match="enable the plugin accounting"):
            await metering.answer(TrafficShow())
        assert (place.meter.asked, metering.notice) == ([], None)

    def open(self, place: Place) -> OpenTunnel:
        return OpenTunnel(place)


class OpenTunnel:
    """A tunnel that is held as long as the context lasts."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._held: asyncio.Future[Exception] = asyncio.Future()

    async def __aenter__(self) -> None:
        async def holds(_plan: TunnelPlan, _tunnel: Tunnel) -> Exception:
            return await self._held

        watched = self._place.metering.around(holds)(PLAN, self._place.tunnel())
        self._task = asyncio.ensure_future(watched)
        await self._place.settled()

    async def __aexit__(self, *_error: object) -> None:
        self._held.set_result(TransportError("it fell"))
        await self._task


@pytest.mark.anyio
class TestTelling:
    async def test_who_asks_gets_what_was_carried_by_now(self, place: Place) -> None:
        async with OpenTunnel(place):
            place.meter.shows[NAME] = reading(700)
            answer = await place.metering.answer(TrafficShow())
        assert answer["total"] == {"received_bytes": 700, "sent_bytes": 0}

    async def test_changes_come_while_somebody_watches_and_then_no_more(self, place: Place) -> None:
        place.watchers = 1
        running = asyncio.ensure_future(place.metering.run())
        async with OpenTunnel(place):
            place.meter.shows[NAME] = reading(700)
            await place.metering.answer(TrafficWatch())
            place.meter.shows[NAME] = reading(900)
            await place.until_asked()
            await place.until_asked()
            await place.settled()
            assert not place.metering._watched.is_set()
        running.cancel()
        assert [change["total"]["received_bytes"] for change in place.told] == [900]

    async def test_nobody_who_only_asks_once_is_told_changes(self, place: Place) -> None:
        running = asyncio.ensure_future(place.metering.run())
        await place.metering.answer(TrafficShow())
        await place.settled()
        assert not place.metering._watched.is_set()
        running.cancel()
        assert place.told == []

    async def test_change_that_cannot_be_drawn_is_logged_and_the_next_watcher_served(
        self, place: Place, caplog: pytest.LogCaptureFixture
    ) -> None:
        running = asyncio.ensure_future(place.metering.run())
        place.failure = OSError("broken")
        await place.metering.answer(TrafficWatch())
        await place.until_asked()
        place.failure = None
        place.watchers = 1
        await place.metering.answer(TrafficWatch())
        await place.until_asked()
        running.cancel()
        assert "cannot be told" in caplog.text
        assert len(place.told) == 1


def history(step_s: int, *received_bytes: int) -> History:
    steps = tuple(Volume(received_bytes=each) for each in received_bytes)
    return History(step_s=step_s, ends_s=60 * step_s, steps=steps)


TRAFFIC = Traffic(
    at_s=100,
    since_s=50,
    total=Volume(received_bytes=3, sent_bytes=4),
    last_second=Volume(received_bytes=2),
    minute=history(1, 0, 1, 2),
    hour=history(60, 3),
    day=history(900, 3, 0),
    month=history(86_400, 0, 3),
)


def test_traffic_is_shown_as_json_values() -> None:
    drawn = shown(TRAFFIC)
    assert drawn["at_utc"] == "1970-01-01T00:01:40+00:00"
    assert drawn["total"] == {"received_bytes": 3, "sent_bytes": 4}
    assert drawn["last_second"] == {"received_bytes": 2, "sent_bytes": 0}
    histories: Any = drawn["history"]
    assert histories["minute"] == {
        "step_s": 1,
        "ends_utc": "1970-01-01T00:01:00+00:00",
        "received_bytes": [0, 1, 2],
        "sent_bytes": [0, 0, 0],
    }
    assert datetime.fromisoformat(histories["month"]["ends_utc"]).day == 2


def test_change_has_only_the_two_newest_steps_of_each_history() -> None:
    histories: Any = shown(changed(TRAFFIC))["history"]
    newest = {name: each["received_bytes"] for name, each in histories.items()}
    assert newest == {"minute": [1, 2], "hour": [3], "day": [3, 0], "month": [0, 3]}
