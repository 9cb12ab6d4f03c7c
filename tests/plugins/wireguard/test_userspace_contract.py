"""The userspace engine keeps every promise of a transport, to a real wireguard-go peer."""

from __future__ import annotations

from typing import ClassVar

import pytest

from tests.plugins.wireguard.contract import WireGuardContract


@pytest.mark.netns
class TestUserspaceOverIpv4(WireGuardContract):
    engine: ClassVar = "userspace"
    packets_per_s: ClassVar = 1_000
    outer: ClassVar = "198.51.100.7"


@pytest.mark.netns
class TestUserspaceOverIpv6(WireGuardContract):
    engine: ClassVar = "userspace"
    packets_per_s: ClassVar = 1_000
    outer: ClassVar = "2001:db8:51::7"
