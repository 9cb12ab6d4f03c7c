"""Which fields the matrix has, how many cells that makes, and the run over them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from typing import Any, Final

import attrs

from worldvpn_lab.disturb.catalogue import CATALOGUE
from worldvpn_lab.disturb.scene import Disturbance
from worldvpn_lab.matrix import scenario
from worldvpn_lab.matrix.scenario import Outcome
from worldvpn_lab.matrix.states import NOT_DISTURBED, NOT_ENTERED, PROTOCOL, STATES, StateCase
from worldvpn_lab.probes.volley import ALL

Field = tuple[StateCase, Disturbance]

#: The state in which every disturbance is tried even in the short run.
_THOROUGH: Final = "connected"
#: Exit code of wrong use, as everywhere in ``worldvpn``.
MISUSED: Final = 2


def fields(*, full: bool) -> tuple[Field, ...]:
    """Return the fields of the matrix; the short one: connected, and each state undisturbed."""
    return tuple(
        (case, disturbance)
        for case in STATES
        for disturbance in CATALOGUE
        if full or case.name == _THOROUGH or disturbance.name == "none"
    )


def expected_cells(*, full: bool) -> int:
    """Return how many cells the specification asks for: fields times probes and destinations."""
    states, disturbances = len(STATES), len(CATALOGUE)
    number = states * disturbances if full else states + disturbances - 1
    return number * len(ALL)


@attrs.frozen(kw_only=True)
class Result:
    """What came of a matrix."""

    outcomes: tuple[Outcome, ...]
    expected_cells: int

    @property
    def cells(self) -> int:
        """How many cells were run, or skipped for a reason that is given."""
        return sum(each.cells or len(ALL) for each in self.outcomes if not each.failed)

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
            "skipped_cells": sum(len(ALL) for each in self.outcomes if each.skipped),
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
    expected = len(chosen) * len(ALL) if only else expected_cells(full=full)

    def tell(outcome: Outcome) -> None:
        if not as_json:
            sys.stdout.write(line(outcome) + "\n")
            sys.stdout.writelines(f"    {leak.point} {leak.what}\n" for leak in outcome.leaks[:9])
            sys.stdout.flush()

    result = run(chosen, tell, expected=expected)
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
    skipped = [each for each in result.outcomes if each.skipped]
    lines = [f"{state:<17} not entered: {why}" for state, why in NOT_ENTERED.items()]
    lines += [f"{name:<17} not made: {why}" for name, why in NOT_DISTURBED.items()]
    lines += [f"only {PROTOCOL}"]
    lines += [
        (
            f"{result.cells} of {result.expected_cells} cells, {len(skipped) * len(ALL)} of them "
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


def run(chosen: Iterable[Field], tell: Callable[[Outcome], None], *, expected: int) -> Result:
    """Run ``chosen`` one after another, telling of each."""
    outcomes: list[Outcome] = []
    for case, disturbance in chosen:
        outcome = scenario.run(case, disturbance)
        tell(outcome)
        outcomes.append(outcome)
    return Result(outcomes=tuple(outcomes), expected_cells=expected)


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
    classes = " ".join(f"{name}={count}" for name, count in sorted(outcome.by_class.items()))
    return f"{outcome.state:<17} {outcome.disturbance:<21} {said:<18} {classes} {outcome.ended_in}"
