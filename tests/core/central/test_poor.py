"""What is done where there is too little credit for another session."""

from __future__ import annotations

import pytest

from tests.core.central.brokering import Brokering
from worldvpn_core.central.calls import End, Open
from worldvpn_core.errors import OutOfCreditError

pytestmark = pytest.mark.anyio

POOR = OutOfCreditError("4 credits are held, 0 can be spent")


async def test_switch_that_is_out_of_credit_is_told_the_ways_on_and_leaves_the_tunnel(
    case: Brokering,
) -> None:
    first = await case.connected("fastest")
    case.agent.fails[Open] = [POOR]

    with pytest.raises(OutOfCreditError, match="worldvpn share on"):
        await case.profile("DE")

    assert list(case.agent.open) == [first]


async def test_what_was_held_for_a_tunnel_that_fell_pays_for_the_next(case: Brokering) -> None:
    first = await case.connected("fastest")
    case.agent.fails[Open] = [POOR]

    await case.profile("fastest", again=True)

    assert [call.session_id for call in case.agent.of(End)] == [first]
    assert [call.replaces for call in case.agent.of(Open)[1:]] == [first, None]
    assert first not in case.agent.open


@pytest.mark.parametrize("former", [(), ("fastest",)], ids=["first", "retry"])
async def test_out_of_credit_is_told_where_there_is_nothing_to_give_up_for_it(
    case: Brokering, former: tuple[str, ...]
) -> None:
    for place in former:
        await case.profile(place)
    case.agent.fails[Open] = [POOR, POOR]

    with pytest.raises(OutOfCreditError):
        await case.profile("fastest", again=bool(former))

    assert len(case.agent.of(Open)) == 1 + 2 * len(former)
