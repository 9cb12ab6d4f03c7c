"""The kernel's engine keeps every promise of a transport: run where it has WireGuard."""

from __future__ import annotations

from typing import ClassVar

import pytest

from tests.plugins.wireguard.contract import WireGuardContract

#: A processor that is emulated takes some twenty times as long for the same. The kernel holds
#: 128 packets while a handshake lasts: at this rate, for two and a half seconds.
EMULATED_PACKETS_PER_S = 50


@pytest.mark.netns
class TestKernelOverIpv4(WireGuardContract):
    engine: ClassVar = "kernel"
    packets_per_s: ClassVar = EMULATED_PACKETS_PER_S
    outer: ClassVar = "198.51.100.7"


@pytest.mark.netns
class TestKernelOverIpv6(WireGuardContract):
    engine: ClassVar = "kernel"
    packets_per_s: ClassVar = EMULATED_PACKETS_PER_S
    outer: ClassVar = "2001:db8:51::7"
