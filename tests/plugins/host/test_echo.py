"""Echoes: which sizes come back, through which interface, and what is no answer."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.plugins.host.conftest import Host
from worldvpn_core.types import IpAddress
from worldvpn_host.echo import V4, V6, Family, SocketEcho, answered, checksum, request

FAMILIES = st.sampled_from([V4, V6])
TOKENS = st.binary(min_size=8, max_size=8)
#: For answers that must not come: kernel to kernel takes microseconds.
PATIENCE_S = 0.4


async def met(target: IpAddress) -> IpAddress:
    """Return ``target`` once it has been heard: a new link may lose its first packets."""
    assert await SocketEcho().burst("eth0", target, (1_280,), 30) == {1_280}
    return target


@pytest.mark.anyio
@pytest.mark.netns
class TestBurst:
    @pytest.mark.parametrize("target", ["192.168.1.1", "fd00:1::1"])
    async def test_sizes_that_fit_the_path_are_answered_and_others_are_not(
        self, host: Host, target: str
    ) -> None:
        host.far("ip link set far0 mtu 1400")
        sizes = (1_280, 1_400, 1_408, 1_500, 1_501, 9_000)
        heard = await SocketEcho().burst("eth0", await met(ip_address(target)), sizes, PATIENCE_S)
        assert heard == {1_280, 1_400}

    @pytest.mark.parametrize("target", ["192.168.1.1", "fd00:1::1"])
    async def test_what_is_larger_than_the_link_is_not_sent_in_pieces(
        self, host: Host, target: str
    ) -> None:
        assert host
        sizes = (1_500, 1_501, 3_000)
        heard = await SocketEcho().burst("eth0", await met(ip_address(target)), sizes, PATIENCE_S)
        assert heard == {1_500}

    async def test_it_returns_once_all_have_answered(self, host: Host) -> None:
        assert host
        heard = await SocketEcho().burst("eth0", ip_address("192.168.1.1"), (1_280, 1_312), 3_600)
        assert heard == {1_280, 1_312}

    async def test_another_interface_is_not_used(self, host: Host) -> None:
        host.tun("wv0")
        target = ip_address("192.168.1.1")
        assert await SocketEcho().burst("wv0", target, (1_280,), PATIENCE_S) == frozenset()

    async def test_an_interface_that_is_gone_answers_nothing(self, host: Host) -> None:
        assert host
        target = ip_address("192.168.1.1")
        assert await SocketEcho().burst("wv9", target, (1_280,), PATIENCE_S) == frozenset()


@given(FAMILIES, TOKENS, st.integers(0, 65_535), st.integers(64, 9_000))
def test_an_answer_names_its_request(family: Family, token: bytes, number: int, size: int) -> None:
    asked = request(family, token, number, size)
    assert len(asked) + family.ip_bytes == size
    header = b"\x45" + bytes(19) if family is V4 else b""
    reply = header + bytes([family.reply]) + asked[1:]
    assert answered(family, token, reply) == number
    assert answered(family, bytes(8) if token != bytes(8) else b"x" * 8, reply) is None


@given(FAMILIES, TOKENS, st.binary(max_size=64))
def test_nothing_that_was_not_asked_is_an_answer(
    family: Family, token: bytes, packet: bytes
) -> None:
    assert token in packet or answered(family, token, packet) is None


@given(TOKENS, st.integers(64, 1_500))
def test_a_request_sums_to_nothing(token: bytes, size: int) -> None:
    assert checksum(request(V4, token, 1, size)) == 0
