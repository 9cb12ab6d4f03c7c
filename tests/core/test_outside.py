"""What left outside the tunnel is added up, rule by rule, and never more than left."""

from __future__ import annotations

from typing import Any, cast

import pytest

from worldvpn_core.outside import Outside, class_of
from worldvpn_core.policy import RuleCount
from worldvpn_core.testing.fakes import FakeFirewall


def count(rule: str, packets: int, size: int = 0) -> RuleCount:
    return RuleCount(rule=rule, packets=packets, bytes=size or packets * 100)


def sums(outside: Outside) -> dict[str, tuple[int, int]]:
    classes = cast("list[dict[str, Any]]", outside.shown()["classes"])
    return {each["class"]: (each["packets"], each["bytes"]) for each in classes if each["packets"]}


def test_each_rule_counts_for_its_class() -> None:
    outside = Outside(FakeFirewall())
    outside.take([count("endpoint-udp4", 3), count("central-tcp4", 2), count("dhcp-4", 1)])
    assert sums(outside) == {"node": (3, 300), "server": (2, 200), "lease": (1, 100)}


def test_what_was_counted_before_is_not_counted_twice() -> None:
    outside = Outside(FakeFirewall())
    outside.take([count("endpoint-udp4", 3)])
    outside.take([count("endpoint-udp4", 5)])
    assert sums(outside) == {"node": (5, 500)}


def test_a_rule_that_went_and_came_anew_keeps_what_it_had_counted() -> None:
    outside = Outside(FakeFirewall())
    outside.take([count("endpoint-udp4", 30)])
    outside.take([])
    outside.take([count("endpoint-udp4", 4)])
    outside.take([count("endpoint-udp4", 1)])
    assert sums(outside) == {"node": (35, 3_500)}


def test_frames_are_counted_on_the_devices_where_the_kernel_can() -> None:
    outside = Outside(FakeFirewall())
    outside.take([count("endpoint-udp4", 3), count("egress-endpoint-udp4", 4)])
    assert sums(outside) == {"node": (4, 400)}


@pytest.mark.parametrize(
    ("rule", "kind"),
    [
        ("egress-ndp-solicit", "neighbours"),
        ("lan-minus-4-tcp", "refused"),
        ("lan-4", "lan"),
        ("refused-tcp", "refused"),
        ("tunnel-wv0-4", None),
        ("loopback", None),
        ("in-established", None),
    ],
)
def test_a_rule_of_the_tunnel_is_of_no_class(rule: str, kind: str | None) -> None:
    assert class_of(rule) == kind


@pytest.mark.anyio
async def test_what_stands_in_the_firewall_is_read() -> None:
    class Counting(FakeFirewall):
        async def counters(self) -> tuple[RuleCount, ...]:
            return (count("bootstrap-tcp4", 7),)

    outside = Outside(Counting())
    await outside.read()
    assert sums(outside) == {"server": (7, 700)}
