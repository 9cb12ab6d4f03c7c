"""The kernel's own WireGuard, and the firewall on an older kernel than this one may be."""

from __future__ import annotations

import re

import pytest

from tests.qemu.guest import Outcome, run_in_guest

pytestmark = pytest.mark.qemu

#: Needs a kernel with WireGuard, which this host need not have.
ENGINE = ("tests/plugins/wireguard/kernel_contract.py",)
#: What kernels differ in: egress hooks, devices that vanish, later fragments, transactions.
FIREWALL = tuple(
    f"tests/plugins/killswitch/{name}"
    for name in (
        "test_backend.py::test_another_endpoint_changes_elements_only",
        "test_backend.py::test_device_gone_between_looking_and_loading_is_looked_up_again",
        "test_backend.py::test_refused_rules_leave_the_old_ones_standing",
        "test_delta.py::test_states_of_a_connection_are_changed_in_part",
        "test_touched.py::test_counters_are_those_of_the_rules_that_stand",
        "test_uplink.py::test_blocked_host_lets_nothing_leave",
        "test_uplink.py::test_frames_of_af_packet_are_stopped_below_ip",
        "test_uplink.py::test_later_fragments_of_outer_packets_leave",
    )
)
FEWEST_TESTS = 52 + 9


def _passed(outcome: Outcome) -> int:
    """Return how many tests passed, by pytest's last line; none may have ended otherwise."""
    assert outcome.status == 0, f"{outcome.output}\n{outcome.console}"
    summary = outcome.output.strip().splitlines()[-1]
    found = re.fullmatch(r"(\d+) passed in .*", summary)
    assert found, summary
    return int(found[1])


def test_guest_is_a_real_kernel_and_reports_the_status_of_its_command() -> None:
    script = """
        set -e
        ip link add wg0 type wireguard
        nft 'table netdev t { chain c {
            type filter hook egress device wg0 priority 0; policy drop;
        }; }'
        ip -d link show wg0
        nft list ruleset
        exit 7
    """
    outcome = run_in_guest(["sh", "-c", script])
    assert outcome.status == 7, f"{outcome.output}\n{outcome.console}"
    assert re.search(r"wireguard.*hook egress", outcome.output, re.DOTALL)


def test_kernel_engine_keeps_its_contract_and_the_firewall_holds_on_an_older_kernel() -> None:
    pytest_command = (".venv/bin/python", "-m", "pytest", "-q", "--tb=short")
    options = ("-p", "no:cacheprovider", *ENGINE, *FIREWALL)
    outcome = run_in_guest(["env", "CI=true", *pytest_command, *options], timeout_s=600)
    assert _passed(outcome) >= FEWEST_TESTS
