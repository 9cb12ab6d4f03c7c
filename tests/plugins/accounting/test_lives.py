"""Whatever happens to daemons, interfaces and the power, totals are right."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.plugins.accounting.place import Place, reading, total
from worldvpn_accounting.kept import KEEP_S


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["read", "crash", "cut", "end", "remake"]),
            st.integers(0, 10_000),
            st.integers(0, 2 * KEEP_S),
        ),
        max_size=25,
    )
)
def test_total_never_goes_back_but_by_a_power_cut_and_never_beyond_the_truth(
    tmp_path_factory: pytest.TempPathFactory, life: list[tuple[str, int, int]]
) -> None:
    place = Place(tmp_path_factory.mktemp("life"))
    driver = Driver(place)
    for what, moved_bytes, later_s in life:
        place.now_s += later_s
        driver.carry(moved_bytes)
        getattr(driver, what)()
    driver.check()


class Driver:
    """One interface, read by one daemon after another, each step checked against the truth."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._accounting = place.open()
        self._source = 0
        self._shows = 0
        self._unread = 0
        self._truth = 0
        self._lost = 0
        self._seen = 0

    def carry(self, moved_bytes: int) -> None:
        self._shows += moved_bytes
        self._unread += moved_bytes

    def read(self) -> None:
        now = reading(self._shows, source=str(self._source))

        async def record() -> None:
            await self._accounting.record(now)
            if self._accounting._keeping is not None:
                await self._accounting._keeping

        self._run(record())
        self._truth += self._unread
        self._unread = 0
        self.check()

    def crash(self) -> None:
        self._accounting = self._place.open()
        self.check()

    def end(self) -> None:
        self._run(self._accounting.close())
        self._accounting = self._place.open()
        self.check()

    def cut(self) -> None:
        """Lose power: the interface goes, and what was not on disk."""
        before = total(self._accounting)
        self._place.power_cut()
        self._accounting = self._place.open()
        self._lost += before - total(self._accounting)
        self._seen = total(self._accounting)
        self.remake()

    def remake(self) -> None:
        self._source += 1
        self._shows = self._unread = 0
        self.check()

    def check(self) -> None:
        shown = total(self._accounting)
        assert shown >= self._seen
        assert shown == self._truth - self._lost
        self._seen = shown

    @staticmethod
    def _run(work: Coroutine[None, None, None]) -> None:
        asyncio.run(work)
