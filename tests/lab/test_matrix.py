"""The leak matrix itself: which fields it has, and that its short form proves what it should.

``worldvpn lab leaks --full`` runs every state with every disturbance.
"""

from __future__ import annotations

from ipaddress import ip_address

import attrs
import pytest

from worldvpn_lab.disturb.catalogue import CATALOGUE, disturbance
from worldvpn_lab.matrix import fields, scenario
from worldvpn_lab.matrix.fields import Field, Result
from worldvpn_lab.matrix.party import unserved
from worldvpn_lab.matrix.scenario import Burst, Leak, Outcome
from worldvpn_lab.matrix.states import STATES, cells_of, state
from worldvpn_lab.probes.errands import NUMBER, errands
from worldvpn_lab.probes.volley import ALL, Shot

#: From docs/security.md: 15 probes to 17 destinations, 5 multicast groups, 2 broadcasts, mDNS and
#: joins in both families.
CELLS = 15 * 17 + 5 + 2 + 2 + 2
#: Of the node there: 4 ways to the internet and names, in both families; by 3 ways 20 targets
#: that guests must not reach; 4 sources that are the owner's; mail in both families.
ERRANDS = 2 * (4 + 1) + 3 * 20 + 4 + 2
OWN = (ip_address("10.0.0.5"), ip_address("fd00::5"))
#: How many of them may leave.
OPEN = 10
GOOD = Outcome(state="connected", disturbance="none", cells=len(ALL))


@pytest.mark.netns
@pytest.mark.parametrize("field", fields.fields(full=False), ids=fields.name)
def test_nothing_leaks_and_every_control_is_positive(field: Field) -> None:
    outcome = scenario.run(*field)

    assert (outcome.failed, outcome.leaks, outcome.lost) == ("", (), 0)
    assert outcome.skipped or outcome.cells == cells_of(field[0])


def test_burst_has_the_cells_the_specification_names() -> None:
    assert len(ALL) == CELLS
    assert len({cell.name for cell in ALL}) == CELLS


def test_guest_has_the_errands_the_specification_names() -> None:
    every = errands(OWN, OWN)

    assert NUMBER == len(every) == len({each.name for each in every}) == ERRANDS
    assert sum(each.may for each in every) == OPEN


def test_control_of_a_guest_that_was_not_served_says_what_did_not_get_out() -> None:
    every = errands(OWN, OWN)
    may = frozenset(each.index for each in every if each.may)

    assert unserved(every, may) == ""
    assert unserved(every, may - {0}) == f"guests did not get out: {every[0].name}"


def test_full_matrix_has_every_state_with_every_disturbance() -> None:
    names = {fields.name(field) for field in fields.fields(full=True)}

    assert len(names) == len(STATES) * len(CATALOGUE)
    assert fields.expected_cells(fields.fields(full=True)) == (
        len(names) * CELLS + 2 * len(CATALOGUE) * ERRANDS
    )


def test_short_matrix_has_every_state_and_makes_every_disturbance_once() -> None:
    short = fields.fields(full=False)
    run = {each.name for case, each in short if not each.needs or each.needs in case.runs}

    assert {case.name for case, _ in short} == {case.name for case in STATES}
    assert run == {each.name for each in CATALOGUE}


def test_result_without_blemish_is_good() -> None:
    assert Result(outcomes=(GOOD,), expected_cells=CELLS).ok


@pytest.mark.parametrize(
    "outcome",
    [
        attrs.evolve(GOOD, leaks=(Leak(point="lan:lan0", cell="", what="x"),)),
        attrs.evolve(GOOD, lost=1),
        attrs.evolve(GOOD, failed="control saw no tcp→internet"),
        attrs.evolve(GOOD, cells=CELLS - 1),
    ],
)
def test_result_with_one_blemish_is_not(outcome: Outcome) -> None:
    assert not Result(outcomes=(outcome,), expected_cells=CELLS).ok


def test_result_with_a_missing_field_is_not_good() -> None:
    assert not Result(outcomes=(GOOD,), expected_cells=2 * CELLS).ok


def test_empty_result_proves_nothing() -> None:
    assert not Result(outcomes=(), expected_cells=0).ok


def test_summary_claims_no_control_that_was_not_run() -> None:
    control = attrs.evolve(GOOD, state="paused")

    without = fields.summary(Result(outcomes=(GOOD,), expected_cells=CELLS))
    with_one = fields.summary(Result(outcomes=(GOOD, control), expected_cells=2 * CELLS))

    assert "NO CONTROL" in without
    assert "1 controls, all positive" in with_one


def test_choice_that_fits_no_field_is_misuse(capsys: pytest.CaptureFixture[str]) -> None:
    status = fields.command(full=True, only="no-such-field", as_json=False)

    assert status == fields.MISUSED
    assert "nothing was proved" in capsys.readouterr().err


def test_control_that_saw_a_probe_only_after_the_disturbance_has_not_seen_it() -> None:
    both = frozenset({0, 1})
    bursts = [
        Burst(shot=Shot(burst=number, refused={}, elapsed_ms=1.0), cells=both)
        for number in (1, 2, 3)
    ]

    said = scenario.unseen(bursts, [both, frozenset({0}), both])

    assert said == f"control did not see burst 2: {ALL[1].name}"
    assert scenario.unseen(bursts, [both, both, both]) == ""


@pytest.mark.netns
def test_field_whose_state_was_not_reached_proves_nothing() -> None:
    elsewhere = attrs.evolve(state("disconnected"), shows="connected", open=False)

    outcome = scenario.run(elsewhere, disturbance("none"))

    assert "the state is disconnected, not connected" in outcome.failed
    assert not outcome.is_good


def test_skipped_field_counts_and_says_why() -> None:
    skipped = Outcome(state="lockdown", disturbance="sigkill-engine", skipped="no engine runs")

    assert Result(outcomes=(skipped,), expected_cells=CELLS).ok
    assert "skipped: no engine runs" in fields.line(skipped)
