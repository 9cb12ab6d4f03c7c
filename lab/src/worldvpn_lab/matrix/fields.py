"""Which fields the matrix has, how many cells that makes, and the run over them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import attrs

from worldvpn_lab.disturb.catalogue import CATALOGUE
from worldvpn_lab.disturb.scene import Disturbance
from worldvpn_lab.matrix import scenario
from worldvpn_lab.matrix.scenario import Outcome
from worldvpn_lab.matrix.states import (
    NOT_DISTURBED,
    NOT_ENTERED,
    PROTOCOL,
    STATES,
    StateCase,
    cells_of,
    state,
)

Field = tuple[StateCase, Disturbance]

#: The state in which every disturbance is tried even in the short run.
_THOROUGH: Final = "connected"
#: Fields of the short run whose disturbance finds nothing to disturb in that state.
_ALSO: Final = frozenset({"sharing/sigkill-node-engine"})
#: Exit code of wrong use, as everywhere in ``worldvpn``.
MISUSED: Final = 2


def fields(*, full: bool) -> tuple[Field, ...]:
    """Return the fields of the matrix.

    The short one: connected, each state undisturbed, and what connected cannot have.
    """
    every = [(case, disturbance) for case in STATES for disturbance in CATALOGUE]
    return tuple(each for each in every if full or _is_in_short(each))


def _is_in_short(field: Field) -> bool:
    case, disturbance = field
    return case.name == _THOROUGH or disturbance.name == "none" or name(field) in _ALSO


def expected_cells(chosen: Iterable[Field]) -> int:
    """Return how many cells the specification asks for: each field's probes and errands."""
    return sum(cells_of(case) for case, _ in chosen)


@attrs.frozen(kw_only=True)
class Result:
    """What came of a matrix."""

    outcomes: tuple[Outcome, ...]
    expected_cells: int

    @property
    def cells(self) -> int:
        """How many cells were run, or skipped for a reason that is given."""
        return sum(each.cells or _cells(each) for each in self.outcomes if not each.failed)

    @property
    def skipped_cells(self) -> int:
        """How many of them were skipped."""
        return sum(_cells(each) for each in self.outcomes if each.skipped)

    @property
    def leaks(self) -> int:
        """How many frames leaked."""
        return sum(len(each.leaks) for each in self.outcomes)

    @property
    def ok(self) -> bool:
        """Whether nothing leaked, every control was positive, and no cell is missing."""
        complete = self.cells == self.expected_cells
        return bool(self.outcomes) and complete and all(each.is_good for each in self.outcomes)

    def as_json(self) -> dict[str, Any]:
        """Return it all as plain values."""
        return {
            "ok": self.ok,
            "expected_cells": self.expected_cells,
            "cells": self.cells,
            "skipped_cells": self.skipped_cells,
            "leaked_packets": self.leaks,
            "protocol": PROTOCOL,
            "not_entered": NOT_ENTERED,
            "not_disturbed": NOT_DISTURBED,
            "fields": [attrs.asdict(each) for each in self.outcomes],
        }


def command(*, full: bool, only: str, as_json: bool) -> int:
    """Run the matrix as ``worldvpn lab leaks`` does; return its exit code."""
    chosen = [field for field in fields(full=full or bool(only)) if only in name(field)]
    if not chosen:
        sys.stderr.write(f"worldvpn lab leaks: no field's name has {only!r}: nothing was proved\n")
        return MISUSED

    def tell(outcome: Outcome) -> None:
        if not as_json:
            sys.stdout.write(line(outcome) + "\n")
            sys.stdout.writelines(
                f"    {leak.point} {leak.cell} {leak.what}\n" for leak in outcome.leaks[:9]
            )
            sys.stdout.flush()

    result = run(chosen, tell)
    if as_json:
        sys.stdout.write(json.dumps(result.as_json()) + "\n")
    else:
        sys.stdout.write(summary(result))
    return 0 if result.ok else 1


def name(field: Field) -> str:
    """Return how a field is called: ``state/disturbance``."""
    case, disturbance = field
    return f"{case.name}/{disturbance.name}"


def summary(result: Result) -> str:
    """Return the last lines of the table."""
    lines = [f"{state:<17} not entered: {why}" for state, why in NOT_ENTERED.items()]
    lines += [f"{name:<17} not made: {why}" for name, why in NOT_DISTURBED.items()]
    lines += [f"only {PROTOCOL}"]
    lines += [
        (
            f"{result.cells} of {result.expected_cells} cells, {result.skipped_cells} of them "
            f"skipped for a reason; {result.leaks} frames leaked"
        ),
        f"nothing leaked; {_controls(result)}" if result.ok else "NOT PROVED",
    ]
    return "\n".join(lines) + "\n"


def _controls(result: Result) -> str:
    """Return what is to be said of the controls; a run without any must not claim them."""
    names = {case.name for case in STATES if case.open}
    number = sum(each.state in names and not each.skipped for each in result.outcomes)
    return f"{number} controls, all positive" if number else "NO CONTROL was among these fields"


def run(chosen: Sequence[Field], tell: Callable[[Outcome], None]) -> Result:
    """Run ``chosen`` one after another, telling of each."""
    outcomes: list[Outcome] = []
    for case, disturbance in chosen:
        outcome = scenario.run(case, disturbance)
        tell(outcome)
        outcomes.append(outcome)
    return Result(outcomes=tuple(outcomes), expected_cells=expected_cells(chosen))


def line(outcome: Outcome) -> str:
    """Return one field as a line of the table."""
    if outcome.skipped:
        said = f"skipped: {outcome.skipped}"
    elif outcome.failed:
        said = f"FAILED: {outcome.failed}"
    elif outcome.leaks:
        said = f"LEAKED {len(outcome.leaks)}"
    else:
        said = f"seen {outcome.seen}/{outcome.cells}"
    if outcome.served:
        said += f", guests {'/'.join(map(str, outcome.served))}"
    classes = " ".join(f"{name}={count}" for name, count in sorted(outcome.by_class.items()))
    return f"{outcome.state:<17} {outcome.disturbance:<21} {said:<18} {classes} {outcome.ended_in}"


def _cells(outcome: Outcome) -> int:
    """Return how many cells a field of that state has, run or not."""
    return cells_of(state(outcome.state))
