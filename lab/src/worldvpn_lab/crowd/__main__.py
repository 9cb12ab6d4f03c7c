"""``python -m worldvpn_lab.crowd PLAN``: the guests themselves, in the role they live in.

PLAN is a ``Plan`` as JSON. What is to be done comes as lines, and each is answered with a line of
JSON: ``register``, ``open``, ``carry SECONDS``, ``leave``.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from ipaddress import ip_address
from typing import Any, Final

import attrs

from worldvpn_core.central.broker import LET_IN_S
from worldvpn_core.central.server import CentralServer, central_server
from worldvpn_core.credit.figures import Figures
from worldvpn_core.receipts.guest_side import node_addresses
from worldvpn_lab.crowd.answers import Answers
from worldvpn_lab.crowd.line import Line, engine, name_of, opened
from worldvpn_lab.crowd.member import SESSIONS, Admission, Member
from worldvpn_lab.crowd.plan import Plan

#: So many guests come at the same time.
_AT_ONCE: Final = 4
_TICK_S: Final = 1.0
_AGAIN_S: Final = 1.0
#: What is under way when the last datagram was sent arrives meanwhile.
_SETTLE_S: Final = 1.0


@attrs.define(eq=False)
class _Guest:
    member: Member
    admission: Admission
    line: Line
    answers: Answers

    async def follow(self) -> None:
        """Have a stream to the node as long as this lasts."""
        own, (node, _) = self.line.address(4), node_addresses(self.admission.granted)
        while True:
            with contextlib.suppress(OSError):
                await self.answers.follow(own, node)
            await asyncio.sleep(_AGAIN_S)

    def told(self, since: Figures | None = None) -> dict[str, Any]:
        """Return what it has carried after ``since``, by its own count; and what is signed."""
        since, counted = since or Figures(), self.line.counted
        return {
            "address": str(self.line.address(self.line.target.version)),
            "up_bytes": counted.up_bytes - since.up_bytes,
            "down_bytes": counted.down_bytes - since.down_bytes,
            "signed_bytes": self.answers.signed.total_bytes,
            "answered": self.answers.answered,
            "stopped": self.answers.stopped,
        }


class _Crowd:
    def __init__(self, plan: Plan, server: CentralServer, stack: AsyncExitStack) -> None:
        self._plan = plan
        self._server = server
        self._stack = stack
        self._members: list[Member] = []
        self._guests: list[_Guest] = []
        self._streams: list[asyncio.Task[None]] = []
        self._gate = asyncio.Semaphore(_AT_ONCE)

    async def do(self, words: Sequence[str]) -> object:
        """Do what a line asks for; return what is answered."""
        match words:
            case ["register"]:
                for name in self._plan.accounts:
                    self._members.append(await Member.registered(self._server, name))
                return len(self._members)
            case ["open"]:
                numbers = range(self._plan.guests)
                admitted = await asyncio.gather(*map(self._admitted, numbers))
                # As a daemon waits: a first call that is lost is made again after five seconds.
                await asyncio.sleep(LET_IN_S)
                opening = (self._opened(*each) for each in enumerate(admitted))
                self._guests = await asyncio.gather(*opening)
                self._streams = [asyncio.create_task(each.follow()) for each in self._guests]
                return len(self._guests)
            case ["carry", seconds]:
                before = [each.line.counted for each in self._guests]
                await self._carry(float(seconds))
                return [each.told(was) for each, was in zip(self._guests, before, strict=True)]
            case ["leave"]:
                await asyncio.gather(*map(self._leave, self._guests))
                for stream in self._streams:
                    stream.cancel()
                return [each.told() for each in self._guests]
            case _:
                raise ValueError(f"nobody knows what {words} is")

    async def _admitted(self, number: int) -> Admission:
        async with self._gate:
            return await self._member(number).admitted(self._plan.node_id)

    async def _opened(self, number: int, admission: Admission) -> _Guest:
        plan = self._plan
        line = Line(
            interface=name_of(number),
            own=(admission.granted.assigned4, admission.granted.assigned6),
            # Every other one by the other family.
            target=ip_address(plan.targets[number % len(plan.targets)]),
            payload_bytes=plan.payload_bytes,
        )
        self._stack.callback(line.close)
        async with self._gate:
            uapi = await self._stack.enter_async_context(engine(number))
            await opened(number, uapi, admission)
            line.begin()
            await line.answered()
        answers = Answers.of(admission, lambda: line.counted)
        return _Guest(self._member(number), admission, line, answers)

    def _member(self, number: int) -> Member:
        return self._members[number // SESSIONS]

    async def _carry(self, seconds: float) -> None:
        """Have every guest send at its pace, spread over the time between two of its packets."""
        for guest in self._guests:
            guest.line.begin()
        await asyncio.gather(*(each.line.answered() for each in self._guests))
        began_s = time.monotonic()
        async with asyncio.TaskGroup() as tasks:
            for number, guest in enumerate(self._guests):
                late_s = self._plan.every_s * number / len(self._guests)
                tasks.create_task(self._send(guest, began_s + late_s, began_s + seconds))
            tasks.create_task(self._tick(began_s + seconds))
        await asyncio.sleep(_SETTLE_S)

    async def _send(self, guest: _Guest, next_s: float, end_s: float) -> None:
        while next_s < end_s:
            await asyncio.sleep(max(0.0, next_s - time.monotonic()))
            guest.line.send()
            next_s += self._plan.every_s

    async def _tick(self, end_s: float) -> None:
        while time.monotonic() < end_s:
            for guest in self._guests:
                guest.answers.tick()
            await asyncio.sleep(_TICK_S)

    async def _leave(self, guest: _Guest) -> None:
        last_word = await guest.answers.finish()
        async with self._gate:
            await guest.member.end(guest.admission.granted.session_id, last_word)


async def _main(plan: Plan) -> None:
    async with AsyncExitStack() as stack:
        crowd = _Crowd(plan, central_server(plan.central), stack)
        while line := await asyncio.to_thread(sys.stdin.readline):
            sys.stdout.write(json.dumps(await crowd.do(line.split())) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(_main(Plan(**json.loads(sys.argv[1]))))
