"""Liars, lost packets, lost streams and kills: the server pays no honest end's count more.

What would be paid is the server's own function over every receipt that either end ever signed.
"""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.core.credit.ends import TICKET, Pair, Side
from tests.core.credit.server_pays import paid_bytes
from worldvpn_core.credit.allowance import MOST_GROWN_BYTES
from worldvpn_core.credit.exchange import Finish
from worldvpn_core.credit.figures import Figures
from worldvpn_core.credit.frames import Answer, Claim, written
from worldvpn_core.credit.node_state import NodeEnd
from worldvpn_core.credit.receipt import Receipt, Role, open_receipt
from worldvpn_core.credit.units import MEBIBYTE

sides = st.sampled_from(("node", "guest"))
amounts = st.integers(0, 3 * MEBIBYTE)
MISHAPS = (
    *("closed", "opened", "killed", "doomed 0", "doomed 1", "doomed 2", "disk full"),
    *("disk slow", "disk well", "disk well", "counters reset", "finished"),
)
lies = st.integers(0, 50 * MEBIBYTE)


class Exchange(RuleBasedStateMachine):
    @initialize(node_lies=st.booleans(), guest_lies=st.booleans())
    def begin(self, *, node_lies: bool, guest_lies: bool) -> None:
        self.pair = Pair()
        self.lies = {"node": node_lies, "guest": guest_lies}
        self.sent: list[bytes] = []
        #: What the node had carried and not claimed when it was killed.
        self.unclaimed_bytes = 0
        self.most_float_bytes = TICKET.float_bytes
        for side in self._sides():
            self._counting(side)
        self.pair.passes(0)
        self.open()
        self.pair.delivers()

    @rule(up=amounts, down=amounts, lost_share=st.integers(0, 20))
    def carry(self, up: int, down: int, lost_share: int) -> None:
        """Let packets pass, of which each end misses what was lost on the way to it."""
        node, guest = self.pair.node, self.pair.guest
        if not self.lies["node"]:
            room = max(0, node.allowed_bytes - self._counted(node).total_bytes)
            up = min(up, 0 if node.stopped else room)
            down = min(down, 0 if node.stopped else room - up)
        lost_up, lost_down = up * lost_share // 100, down * lost_share // 100
        node.true = Figures(
            up_bytes=node.true.up_bytes + up - lost_up, down_bytes=node.true.down_bytes + down
        )
        guest.true = Figures(
            up_bytes=guest.true.up_bytes + up,
            down_bytes=guest.true.down_bytes + down - lost_down,
        )
        for side in self._sides():
            side.counts()

    @rule(up=amounts, down=amounts, seconds=st.sampled_from((1, 11, 61)), times=st.integers(1, 5))
    def trade(self, up: int, down: int, seconds: int, times: int) -> None:
        """Let things go as they mostly do."""
        if not self.pair.is_open:
            self.open()
        for _ in range(times):
            self.carry(up, down, 0)
            self.wait(1_000 * seconds)
            self.pair.delivers()

    @rule(milliseconds=st.sampled_from((1, 500, 2_000, 11_000, 61_000)))
    def wait(self, milliseconds: int) -> None:
        for side in self._sides():
            side.now_ms += milliseconds
            side.counts()

    @rule(who=sides, cut=st.integers(1, 700), is_lost=st.booleans())
    def deliver(self, who: str, cut: int, *, is_lost: bool) -> None:
        """Deliver some of what one end sent; a piece that is lost takes the stream with it."""
        sender, receiver = self._of(who), self._other(who)
        if not self.pair.is_open or not sender.outbox:
            return
        data = b"".join(sender.outbox)
        sender.outbox[:] = [data[cut:]] if data[cut:] else []
        self.sent.append(data)
        if is_lost:
            self.pair.closes()
            return
        receiver.reads(data[:cut])
        if receiver.hung:
            self.pair.closes()

    @rule(who=sides, mishap=st.sampled_from(MISHAPS))
    def suffer(self, who: str, mishap: str) -> None:
        """Let one of the things happen that happen to an honest end."""
        side = self._of(who)
        match mishap:
            case "closed":
                self.pair.closes()
            case "opened":
                self.open()
            case "killed":
                self._restarted(side)
            case "doomed 0" | "doomed 1" | "doomed 2":
                side.disk.left = int(mishap[-1])
            case "disk full":
                side.disk.is_full = True
            case "disk slow":
                side.disk.is_slow = True
            case "disk well":
                side.disk.is_full = side.disk.is_slow = False
                side.stores()
            case "counters reset":
                says, side.says = side.says, lambda _true: Figures()
                side.counts()
                side.says = says
            case "finished":
                side.hears(Finish(now_ms=side.now_ms))
                self.pair.delivers()
            case _:
                raise AssertionError(mishap)

    @rule(factor=st.integers(0, 300), who=sides)
    def lie_of_counts(self, who: str, factor: int) -> None:
        """Let a liar go by the book with a false count."""
        if self.lies[who]:
            self._of(who).says = lambda true: Figures(
                up_bytes=true.up_bytes * factor // 100, down_bytes=true.down_bytes * factor // 100
            )
            self.trade(up=MEBIBYTE, down=MEBIBYTE, seconds=11, times=1)

    @rule(
        who=sides,
        number=st.integers(0, 4),
        figures=st.builds(Figures, up_bytes=lies, down_bytes=lies),
        elapsed_ms=st.integers(0, 10**9),
        follows=st.booleans(),
        as_other=st.booleans(),
    )
    def lie_of_receipts(  # noqa: PLR0913 - what a liar can choose
        self,
        who: str,
        number: int,
        figures: Figures,
        elapsed_ms: int,
        *,
        follows: bool,
        as_other: bool,
    ) -> None:
        """Let a liar sign whatever it likes, and send it; to the server, too."""
        if not self.lies[who]:
            return
        side, honest = self._of(who), self._other(who)
        role = Role.NODE if (who == "node") is not as_other else Role.GUEST
        former = side.disk.kept.own if side.disk.kept and follows else None
        receipt = Receipt(
            role=role,
            ticket=TICKET.hash(),
            sequence=number if former is None else former.sequence + 1,
            previous=bytes(32) if former is None else former.hash(),
            up_bytes=figures.up_bytes,
            down_bytes=figures.down_bytes,
            elapsed_ms=elapsed_ms,
        )
        signed = side.sign(receipt)
        self._say(honest, written(Claim(signed) if who == "node" else Answer(signed)))

    @precondition(lambda self: self.sent)
    @rule(who=sides, at=st.integers(0, 10**6))
    def replay(self, who: str, at: int) -> None:
        self._say(self._of(who), self.sent[at % len(self.sent)])

    @rule(who=sides, data=st.binary(max_size=64))
    def babble(self, who: str, data: bytes) -> None:
        self._say(self._of(who), data)

    @invariant()
    def nobody_is_paid_more_than_an_honest_end_counted(self) -> None:
        # Later the guest's word may stand alone: it is its own money then.
        paid = paid_bytes(self.pair, is_past=not self.lies["guest"])
        for who in self._honest():
            assert paid <= self._of(who).true.total_bytes

    @invariant()
    def honest_end_never_signs_a_number_twice_or_goes_back(self) -> None:
        for who in self._honest():
            side = self._of(who)
            public = side.key.public_key().public_bytes_raw()
            former = None
            for signed in side.signed:
                receipt = open_receipt(signed, public)
                assert receipt.sequence == (1 if former is None else former.sequence + 1)
                assert former is None or receipt.previous == former.hash()
                assert Figures.of(receipt) == Figures.of(receipt).highest(Figures.of(former))
                assert receipt.elapsed_ms >= (0 if former is None else former.elapsed_ms)
                former = receipt

    @invariant()
    def honest_node_loses_one_float_and_what_honest_loss_explains(self) -> None:
        node = self.pair.node
        if self.lies["node"]:
            return
        assert isinstance(node.end, NodeEnd)
        self.most_float_bytes = max(self.most_float_bytes, node.end.float.size_bytes)
        assert self.most_float_bytes <= MOST_GROWN_BYTES
        kept = node.disk.kept
        answered_bytes = 0 if kept is None else kept.answered_bytes
        carried_bytes = node.true.total_bytes - self.unclaimed_bytes
        assert carried_bytes - answered_bytes <= self.most_float_bytes
        answer = None if kept is None or kept.other is None else kept.other
        signed_bytes = (
            0 if answer is None else Figures.of(open_receipt(answer, TICKET.guest_ed25519))
        )
        if not (node.stopped or node.is_dead) and isinstance(signed_bytes, Figures):
            tolerated_bytes = answered_bytes // 20 + MEBIBYTE
            assert answered_bytes - signed_bytes.total_bytes <= tolerated_bytes

    def teardown(self) -> None:
        """Both honest: whatever happened, the next stream settles all that both know of."""
        pair = getattr(self, "pair", None)
        if pair is None or any(self.lies.values()) or pair.node.stopped or pair.guest.stopped:
            return
        if pair.guest.end.over or pair.guest.end.finishing_ms is not None:
            return
        if pair.node.end.finishing_ms is not None:
            return
        for side in self._sides():
            side.disk.is_full = side.disk.is_slow = False
            self._restarted(side)
        for _ in range(3):
            pair.opens()
            pair.passes(11_000)
            pair.delivers()
        if pair.node.stopped is None:
            claimed = Figures.of(pair.node.disk.kept.own if pair.node.disk.kept else None)
            assert claimed == self._counted(pair.node)
            assert pair.node.end.is_answered

    def open(self) -> None:
        self.pair.closes()
        for side in self._sides():
            if side.is_dead:
                self._restarted(side)
        self.pair.opens()

    def _sides(self) -> tuple[Side, Side]:
        return self.pair.node, self.pair.guest

    def _of(self, who: str) -> Side:
        return self.pair.node if who == "node" else self.pair.guest

    def _other(self, who: str) -> Side:
        return self.pair.guest if who == "node" else self.pair.node

    def _honest(self) -> list[str]:
        return [who for who, is_liar in self.lies.items() if not is_liar]

    def _say(self, receiver: Side, data: bytes) -> None:
        """Let a liar in front of ``receiver`` say ``data`` on the stream it has."""
        if not self.pair.is_open:
            return
        receiver.reads(data)
        if receiver.hung:
            self.pair.closes()

    def _counting(self, side: Side) -> None:
        """Let ``side`` count from what it had kept: what it had seen since then is lost."""
        base = Figures() if side.disk.kept is None else side.disk.kept.counted
        begun = side.true
        side.says = lambda true: Figures(
            up_bytes=base.up_bytes + true.up_bytes - begun.up_bytes,
            down_bytes=base.down_bytes + true.down_bytes - begun.down_bytes,
        )

    def _counted(self, side: Side) -> Figures:
        return side.says(side.true)

    def _restarted(self, side: Side) -> None:
        self.pair.closes()
        side.disk.left = None
        side.start()
        self._counting(side)
        if side is self.pair.node:
            self.unclaimed_bytes = side.true.total_bytes - self._counted(side).total_bytes
        side.counts()


Exchange.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestExchange = Exchange.TestCase
