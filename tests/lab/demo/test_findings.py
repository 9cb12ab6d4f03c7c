"""What a demo says of what it found: true when all holds, and which promise does not."""

from __future__ import annotations

import json

import attrs
import pytest

from worldvpn_lab.demo.findings import (
    Census,
    Control,
    Durations,
    ExitAddresses,
    Findings,
    Network,
    Settlement,
    as_json,
    failures,
)
from worldvpn_lab.demo.table import table
from worldvpn_lab.oracle.judge import Verdict

EXITS = ExitAddresses(
    before="192.0.2.77",
    first="203.0.113.10",
    first6="2001:db8:a1::10",
    again="203.0.113.10",
    second="203.0.113.20",
    after="192.0.2.77",
)
PAID = Settlement(
    settled_bytes=1_000_000,
    spent_ticks=5_000_000,
    earned_available_ticks=0,
    earned_vesting_ticks=6_000_000,
    receipts_verified=2,
    ledger_audit="ok",
)
GOOD = Findings(
    engine="wireguard-go 0.0.20230223",
    protocol="wireguard",
    exits=EXITS,
    expected=EXITS,
    durations=Durations(connect_ms=120.04, reconnect_ms=231.6, switch_ms=82.0),
    throughput_mbps=1_377.8,
    census=Census(packets={Verdict.ENDPOINT: 1_104, Verdict.NDP: 1}, leaks=(), lost=0),
    attempts=1_064,
    control=Control(packets=431, unseen=()),
    network=Network(
        nodes_seen=2,
        connect_ms=188.3,
        failover_ms=4_664.6,
        held_credits=50,
        settlement=PAID,
        exits=("203.0.113.10", "203.0.113.20"),
        expected=("203.0.113.10", "203.0.113.20"),
    ),
    network_leaked_packets=0,
    elapsed_s=3.3,
)
LEAK = "IP protocol 17 from 192.168.77.10 to 198.51.100.53 port 53, seen at isp:lan"

BROKEN = {
    "after disconnecting the web server saw 203.0.113.20": attrs.evolve(
        GOOD, exits=attrs.evolve(EXITS, after="203.0.113.20")
    ),
    "1 packets left outside the tunnel": attrs.evolve(
        GOOD, census=attrs.evolve(GOOD.census, leaks=(LEAK,))
    ),
    "proves nothing": attrs.evolve(GOOD, control=Control(packets=430, unseen=("tcp→internet",))),
    "the witness missed 3 packets": attrs.evolve(GOOD, census=attrs.evolve(GOOD.census, lost=3)),
    "watched the wrong wires": attrs.evolve(GOOD, census=attrs.evolve(GOOD.census, packets={})),
    "nothing could be downloaded": attrs.evolve(GOOD, throughput_mbps=0.0),
    "after that user's computer lost power the web server saw 203.0.113.10": attrs.evolve(
        GOOD, network=attrs.evolve(GOOD.network, exits=("203.0.113.10", "203.0.113.10"))
    ),
    "1 nodes were listed": attrs.evolve(GOOD, network=attrs.evolve(GOOD.network, nodes_seen=1)),
    "no credit was held": attrs.evolve(GOOD, network=attrs.evolve(GOOD.network, held_credits=0)),
    **{
        sentence: attrs.evolve(GOOD, network=attrs.evolve(GOOD.network, settlement=wrong))
        for sentence, wrong in {
            "nothing was paid": attrs.evolve(PAID, settled_bytes=0),
            "no session's receipts": attrs.evolve(PAID, receipts_verified=0),
            "the ledger's audit: failed": attrs.evolve(PAID, ledger_audit="failed: journal 7"),
        }.items()
    },
}


def test_what_holds_is_said_to_hold() -> None:
    assert list(failures(GOOD)) == []
    assert as_json(GOOD)["ok"] is True
    assert "All of it holds" in table(GOOD)


@pytest.mark.parametrize("sentence", BROKEN)
def test_each_broken_promise_is_named(sentence: str) -> None:
    found = BROKEN[sentence]

    (said,) = failures(found)

    assert sentence in said
    assert as_json(found)["ok"] is False
    assert f"  - {said}" in table(found)
    assert "All of it holds" not in table(found)


def test_object_is_flat_and_plain() -> None:
    answer = json.loads(json.dumps(as_json(GOOD)))

    assert answer["exit_address_before"] == "192.0.2.77"
    assert answer["exit_address_after"] == "203.0.113.10"
    assert answer["connect_ms"] == 120.0
    assert answer["leaked_packets"] == 0
    assert answer["outside_packets"] == {"endpoint": 1_104, "ndp": 1}
