"""A vault lives through any order of writes, changes, restarts, power cuts and refusing disks."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.core.vault.power import CuttableDisk, PowerCut, refusal
from tests.core.vault.samples import KEY, OTHER_KEY, OTHER_PASSPHRASE, PASSPHRASE, keeping, secrets
from worldvpn_core.errors import BusyError, VaultError, VaultKeyError
from worldvpn_core.vault.contents import Secrets
from worldvpn_core.vault.keeping import Held, Keeping
from worldvpn_core.vault.opening import Opening, Passphrase

OPENINGS = (KEY, OTHER_KEY, PASSPHRASE, OTHER_PASSPHRASE)
tokens = st.sampled_from(["one", "two", "three", "four"])
#: Which of the disks that may be found it is: how many there are depends on the nonces.
disks = st.integers(min_value=0, max_value=10_000)
steps = st.integers(min_value=0, max_value=60)

#: What the vault may be: who opens it and what is in it; None for no vault.
Truth = tuple[Opening, Secrets | None] | None


class AnyLife(RuleBasedStateMachine):
    """Keeps beside the disk every truth that may hold; whatever is found must be among them."""

    def __init__(self) -> None:
        super().__init__()
        self.disk = CuttableDisk()
        self.may_be: set[Truth] = {None}
        self.held: Held | None = None

    def _do(
        self, act: Callable[[Keeping], Held | None], after: Truth, fails_at: int | None
    ) -> None:
        """Act; an act that a refusing disk ended may have been done, or not."""
        if fails_at is not None:
            self.disk.fails_at = self.disk.steps + fails_at
            self.disk.failure = refusal
        try:
            self.held = act(keeping(self.disk))
        except VaultError:
            assert fails_at is not None
            self.may_be.add(after)
            self.held = None
        else:
            self.may_be = {after}
        finally:
            self.disk.fails_at = None

    @precondition(lambda self: self.may_be == {None})
    @rule(opening=st.sampled_from(OPENINGS), fails_at=st.none() | steps)
    def creates(self, opening: Opening, fails_at: int | None) -> None:
        self._do(lambda kept: kept.created(opening, None), (opening, None), fails_at)

    @precondition(lambda self: self.held is not None)
    @rule(token=tokens, fails_at=st.none() | steps)
    def stores(self, token: str, fails_at: int | None) -> None:
        held, opening = self._held()
        after = (opening, secrets(token))
        self._do(lambda kept: kept.stored(held, secrets(token)), after, fails_at)

    @precondition(lambda self: self.held is not None)
    @rule(new=st.sampled_from(OPENINGS), fails_at=st.none() | steps)
    def changes(self, new: Opening, fails_at: int | None) -> None:
        held, opening = self._held()
        proof = opening if isinstance(opening, Passphrase) else None
        self._do(lambda kept: kept.changed(held, new, proof), (new, held.secrets), fails_at)

    @precondition(lambda self: self.may_be != {None})
    @rule(fails_at=st.none() | steps)
    def wipes(self, fails_at: int | None) -> None:
        def wiped(kept: Keeping) -> None:
            kept.wipe()

        self._do(wiped, None, fails_at)

    @rule()
    def restarts(self) -> None:
        self.held = None
        for opening in OPENINGS:
            with contextlib.suppress(VaultKeyError, BusyError):
                self.held = keeping(self.disk).opened(opening)
                self.may_be = {(opening, self.held.secrets)}
                return

    @precondition(lambda self: self.held is not None)
    @rule(which=disks, token=tokens, new=st.sampled_from((*OPENINGS, None)), step=steps)
    def loses_power(self, which: int, token: str, new: Opening | None, step: int) -> None:
        """Cut the power within a store or a change; go on with one of the disks it may leave."""
        held, opening = self._held()
        proof = opening if isinstance(opening, Passphrase) else None
        self.disk.fails_at, self.disk.failure = self.disk.steps + step, PowerCut
        after: Truth = (new or opening, held.secrets if new else secrets(token))
        kept = keeping(self.disk)
        try:
            if new is None:
                kept.stored(held, secrets(token))
            else:
                kept.changed(held, new, proof)
            self.may_be = {after}
        except PowerCut:
            self.may_be.add(after)
        left = list(self.disk.cut())
        self.disk = left[which % len(left)]
        self.held = None

    @precondition(lambda self: self.held is not None)
    @rule(which=disks, step=steps)
    def loses_power_while_it_is_wiped(self, which: int, step: int) -> None:
        self.disk.fails_at, self.disk.failure = self.disk.steps + step, PowerCut
        try:
            keeping(self.disk).wipe()
            self.may_be = {None}
        except PowerCut:
            self.may_be.add(None)
        left = list(self.disk.cut())
        self.disk = left[which % len(left)]
        self.held = None

    @invariant()
    def what_opens_is_what_was_kept(self) -> None:
        found: list[Truth] = []
        for opening in OPENINGS:
            probe = CuttableDisk(
                {name: raw for name, raw in self.disk.files.items() if "failures" not in name}
            )
            with contextlib.suppress(VaultKeyError, BusyError):
                found.append((opening, keeping(probe).opened(opening).secrets))
        assert len(found) <= 1
        assert (found[0] if found else None) in self.may_be

    def _held(self) -> tuple[Held, Opening]:
        assert self.held is not None
        (truth,) = self.may_be
        assert truth is not None
        return self.held, truth[0]


TestAnyLife = AnyLife.TestCase
TestAnyLife.settings = settings(max_examples=200, stateful_step_count=20, deadline=None)
