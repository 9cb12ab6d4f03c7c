"""What every accounting plugin must do."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from worldvpn_core.contracts import Accounting, Reading, Volume

#: Opens what was counted anew, as the daemon does after a SIGKILL: nothing was closed.
Reopened = Callable[[], Accounting]


def _reading(source: str, received_bytes: int, sent_bytes: int) -> tuple[Reading, ...]:
    return (Reading(source=source, received_bytes=received_bytes, sent_bytes=sent_bytes),)


def _total(accounting: Accounting) -> tuple[int, int]:
    total = accounting.traffic().total
    return total.received_bytes, total.sent_bytes


def _same(seen: object, meant: object) -> None:
    # Not ``assert``: pytest explains those only where it rewrote the module.
    if seen != meant:
        raise AssertionError(f"{seen!r} was seen, {meant!r} was meant")


class AccountingContract:
    """Subclass it; give it ``accounting``, which has counted nothing, and ``reopened``."""

    pytestmark = pytest.mark.anyio

    async def test_nothing_was_carried_before_anything_is_read(
        self, accounting: Accounting
    ) -> None:
        """And there is nothing to tell."""
        _same((_total(accounting), accounting.notice), ((0, 0), None))

    async def test_a_counter_adds_what_it_has_moved(self, accounting: Accounting) -> None:
        """The first time all of it: it began with the tunnel."""
        await accounting.record(_reading("a", 1_000, 100))
        _same(_total(accounting), (1_000, 100))
        await accounting.record(_reading("a", 1_500, 100))
        _same(_total(accounting), (1_500, 100))

    async def test_a_counter_that_begins_anew_takes_nothing_back(
        self, accounting: Accounting
    ) -> None:
        """Whatever has zeroed it."""
        await accounting.record(_reading("a", 1_000, 100))
        await accounting.record(_reading("a", 10, 10))
        _same(_total(accounting), (1_010, 110))

    async def test_an_interface_made_anew_counts_whole(self, accounting: Accounting) -> None:
        """Even where it has carried more than the one before."""
        await accounting.record(_reading("a", 1_000, 100))
        await accounting.record(_reading("b", 1_500, 150))
        _same(_total(accounting), (2_500, 250))

    async def test_two_tunnels_count_at_once(self, accounting: Accounting) -> None:
        """As while switching."""
        await accounting.record((*_reading("a", 10, 1), *_reading("b", 20, 2)))
        await accounting.record((*_reading("a", 15, 1), *_reading("b", 25, 2)))
        _same(_total(accounting), (40, 3))

    async def test_what_was_counted_survives_a_crash(
        self, accounting: Accounting, reopened: Reopened
    ) -> None:
        """And an interface that is still there goes on from where it was."""
        await accounting.record(_reading("a", 1_000, 100))
        later = reopened()
        _same((_total(later), later.notice), ((1_000, 100), None))
        await later.record(_reading("a", 1_700, 100))
        _same(_total(later), (1_700, 100))

    async def test_closing_twice_keeps_once(
        self, accounting: Accounting, reopened: Reopened
    ) -> None:
        """The daemon may end in more than one way."""
        await accounting.record(_reading("a", 1_000, 100))
        await accounting.close()
        await accounting.close()
        _same(_total(reopened()), (1_000, 100))

    async def test_history_holds_what_was_just_counted(self, accounting: Accounting) -> None:
        """In its newest steps, each as long as it says."""
        await accounting.record(_reading("a", 1_000, 100))
        traffic = accounting.traffic()
        for history in (traffic.hour, traffic.day, traffic.month):
            carried = [step for step in history.steps if step != Volume()]
            _same(sum(step.received_bytes for step in carried), 1_000)
            _same(sum(step.sent_bytes for step in carried), 100)
        _same(traffic.last_second, traffic.minute.steps[-1])
