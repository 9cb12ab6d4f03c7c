"""When a silent tunnel has fallen: pure, fed with counters and a clock.

With traffic outstanding and nothing heard for a while, the remote is asked three
times to prove itself; if it does not, the tunnel is down. A remote that proves
itself but sends nothing (a one-way flow) is asked less and less often.
Figures and why: docs/architecture.md, "Falling".
"""

from __future__ import annotations

import enum
from typing import Final

import attrs

from worldvpn_core.types import Counters

PATIENCE_S: Final = 1.5
#: WireGuard answers one-way data after ten seconds (whitepaper §6.5): no need to ask before.
MOST_PATIENCE_S: Final = 10.5
PROBE_INTERVAL_S: Final = 0.5
PROBES: Final = 3
#: What an answer to a probe may itself weigh: more than this was real traffic.
PROOF_BYTES: Final = 512
#: How often to look while nothing is outstanding, and while something is.
IDLE_POLL_S: Final = 1.0
BUSY_POLL_S: Final = 0.5
#: After so many looks at which nothing had moved, how often to look: each wakes the host.
QUIET_LOOKS: Final = 10
QUIET_POLL_S: Final = 2.5


class Verdict(enum.Enum):
    """What to do about the tunnel now."""

    WAIT = "wait"
    PROBE = "probe"
    FALLEN = "fallen"


@attrs.frozen(kw_only=True)
class Vigil:
    """What has been seen of one tunnel, and since when its remote owes an answer."""

    counters: Counters = attrs.field(factory=Counters)
    silent_since_monotonic_s: float | None = None
    patience_s: float = PATIENCE_S
    proved_monotonic_s: float = float("-inf")
    probes: int = 0
    quiet_looks: int = 0

    @property
    def poll_s(self) -> float:
        """How long to wait before looking again."""
        # What carries traffic is looked at as often: half of how soon silence is noticed.
        if self.silent_since_monotonic_s is not None or not self.quiet_looks:
            return BUSY_POLL_S
        return IDLE_POLL_S if self.quiet_looks < QUIET_LOOKS else QUIET_POLL_S


def look(vigil: Vigil, counters: Counters | None, now_monotonic_s: float) -> tuple[Vigil, Verdict]:
    """Return what is known after reading ``counters`` (None: they did not answer)."""
    if counters is None:
        since = vigil.silent_since_monotonic_s
        started = now_monotonic_s if since is None else since
        return _judge(attrs.evolve(vigil, silent_since_monotonic_s=started), now_monotonic_s)
    before = vigil.counters
    quiet_looks = vigil.quiet_looks + 1 if counters == before else 0
    seen = attrs.evolve(vigil, counters=counters, quiet_looks=quiet_looks)
    proved = counters.proof != before.proof
    received_bytes = counters.received_bytes - before.received_bytes
    if received_bytes > (PROOF_BYTES if proved else 0):
        fresh = attrs.evolve(seen, silent_since_monotonic_s=None, patience_s=PATIENCE_S, probes=0)
        return fresh, Verdict.WAIT
    if proved:
        return _proved(seen, now_monotonic_s), Verdict.WAIT
    if vigil.silent_since_monotonic_s is not None:
        return _judge(seen, now_monotonic_s)
    if counters.sent_bytes > before.sent_bytes:
        return attrs.evolve(seen, silent_since_monotonic_s=now_monotonic_s), Verdict.WAIT
    return seen, Verdict.WAIT


def _proved(vigil: Vigil, now_monotonic_s: float) -> Vigil:
    again_soon = now_monotonic_s - vigil.proved_monotonic_s < 2 * MOST_PATIENCE_S
    doubled = min(2 * vigil.patience_s, MOST_PATIENCE_S)
    return attrs.evolve(
        vigil,
        silent_since_monotonic_s=None,
        patience_s=doubled if again_soon else PATIENCE_S,
        proved_monotonic_s=now_monotonic_s,
        probes=0,
    )


def _judge(vigil: Vigil, now_monotonic_s: float) -> tuple[Vigil, Verdict]:
    since = vigil.silent_since_monotonic_s
    if since is None or now_monotonic_s < _due_monotonic_s(vigil, since):
        return vigil, Verdict.WAIT
    if vigil.probes == PROBES:
        return vigil, Verdict.FALLEN
    return attrs.evolve(vigil, probes=vigil.probes + 1), Verdict.PROBE


def _due_monotonic_s(vigil: Vigil, since_monotonic_s: float) -> float:
    return since_monotonic_s + vigil.patience_s + vigil.probes * PROBE_INTERVAL_S
