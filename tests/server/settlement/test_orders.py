"""Whatever happens to receipts on their way, everybody ends with the same balance."""

from __future__ import annotations

import asyncio
import random

import pytest

from tests.server.conftest import Fresh, MovingClock
from tests.server.settlement import process
from tests.server.settlement.process import Process
from tests.server.settlement.rig import CAP_BYTES
from worldvpn_core.credit.receipt import Role
from worldvpn_core.credit.units import MEBIBYTE

pytestmark = pytest.mark.anyio

_STEPS = 8
_ORDERS = 12


async def _lived(ours: Process, theirs: Process, clock: MovingClock, seed: int) -> object:
    """Let one session live with its receipts shuffled, doubled, late and by two servers."""
    rig = ours.rig
    payer, owner = await rig.person(available_credits=30), await rig.person()
    node = await rig.node(owner)
    # Part of the cap is promo, part is not: the split must not follow the order either.
    await rig.session(payer, node, owner, cap_bytes=93 * MEBIBYTE)
    session = await rig.session(payer, node, owner, subsidised_bytes=5 * MEBIBYTE)
    words = []
    for sequence in range(1, _STEPS + 1):
        carried = sequence * MEBIBYTE
        words.append(session.word(Role.NODE, carried * 11 // 10, sequence=sequence))
        words.append(session.word(Role.GUEST, carried * 9 // 10, sequence=sequence))
    last = session.word(Role.GUEST, _STEPS * MEBIBYTE, sequence=_STEPS + 1)
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    sent = words + chance.choices(words, k=5)
    chance.shuffle(sent)
    cuts = sorted(chance.choices(range(len(sent)), k=3))
    batches = [sent[: cuts[0]], sent[cuts[0] : cuts[1]], sent[cuts[1] : cuts[2]], sent[cuts[2] :]]
    goodbye = chance.randrange(len(batches))
    for number, batch in enumerate(batches):
        if number == goodbye:
            await rig.end(session)
            await theirs.settlement.finish(session.id, last)
        half = len(batch) // 2
        await asyncio.gather(
            ours.settlement.submit(batch[:half]), theirs.settlement.submit(batch[half:])
        )
        if chance.random() < 0.5:
            await ours.settlement.payouts.pay()
        clock.pass_by(minutes=chance.choice((1, 60, 300)))
    await ours.settlement.payouts.pay()
    return await rig.settled_bytes(session), await rig.wallets([payer, owner])


async def test_order_repetition_and_delay_change_no_balance(
    fresh: Fresh, clock: MovingClock
) -> None:
    async with process.opened(fresh.dsn, clock) as ours, process.opened(fresh.dsn, clock) as theirs:
        clock.pass_by(minutes=1)
        ends = [await _lived(ours, theirs, clock, seed) for seed in range(_ORDERS)]

    due = _STEPS * MEBIBYTE
    held = 93 * MEBIBYTE * 5
    # 7 MiB of what was starting credits, of which 5 are within the subsidy; 1 MiB of earned ones.
    payer = (0, 30 * 5 * MEBIBYTE - 5 * MEBIBYTE, held, 0, 0)
    owner = (100 * 5 * MEBIBYTE, 5 * MEBIBYTE, 0, 6 * 5 * MEBIBYTE, 0)
    assert due < CAP_BYTES
    assert ends == [(due, [payer, owner])] * _ORDERS
