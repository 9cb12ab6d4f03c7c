"""What the tests send, and how they judge what came of it."""

from __future__ import annotations

import json
import socket
import struct
import subprocess
from contextlib import suppress

from worldvpn_core.contracts import LinkFacts
from worldvpn_core.policy import FirewallPolicy, PolicySet
from worldvpn_core.testing.fakes import FakeLinks
from worldvpn_killswitch.backend import NftablesBackend
from worldvpn_killswitch.explain import deciding
from worldvpn_killswitch.match import Flow
from worldvpn_killswitch.rule import Rule, Ruleset

#: An IPv4 header (RFC 791) of an UDP packet from 192.168.1.5 to 8.8.8.8, without checksum.
RAW_UDP = struct.pack(
    "!BBHHHBBH4s4s", 0x45, 0, 28, 1, 0, 64, 17, 0, b"\xc0\xa8\x01\x05", b"\x08" * 4
) + struct.pack("!HHHH", 5_000, 9_999, 8, 0)


def held(policy: FirewallPolicy) -> PolicySet:
    return PolicySet(host=policy)


def send(sender: socket.socket, host: object, port: int, payload: bytes = b"probe") -> None:
    """Send, whatever the kernel says to it: the witness says what left."""
    with suppress(PermissionError, ConnectionRefusedError):
        sender.sendto(payload, (str(host), port))


def emit(sender: socket.socket, frame: bytes) -> None:
    """Send a whole frame; the kernel says ENOBUFS where egress drops it."""
    with suppress(OSError):
        sender.send(frame)


def probes(frames: list[bytes]) -> list[bytes]:
    """Return those of ``frames`` that a test sent, and not the kernel by itself."""
    return [frame for frame in frames if b"probe" in frame]


def framed(ethertype: int) -> bytes:
    there, here = bytes.fromhex("020000000001"), bytes.fromhex("020000000005")
    return there + here + struct.pack("!H", ethertype) + RAW_UDP


def summed(header: bytes) -> bytes:
    """Return the IPv4 ``header`` with its checksum (RFC 1071)."""
    total = sum(struct.unpack(f"!{len(header) // 2}H", header))
    total = (total & 0xFFFF) + (total >> 16)
    total = (total & 0xFFFF) + (total >> 16)
    return header[:10] + struct.pack("!H", total ^ 0xFFFF) + header[12:]


async def counts(backend: NftablesBackend) -> dict[str, int]:
    return {count.rule: count.packets for count in await backend.counters()}


def decided(rules: Ruleset, chain: str, flow: Flow) -> Rule:
    found = rules.chain(chain)
    assert found is not None
    rule = deciding(found, flow)
    assert rule is not None
    return rule


class KernelLinks(FakeLinks):
    """The links of this namespace, as iproute2 tells them."""

    async def all(self) -> tuple[LinkFacts, ...]:
        return _links()


def _links() -> tuple[LinkFacts, ...]:
    shown = subprocess.run(
        ["ip", "-json", "-details", "link", "show"], check=True, capture_output=True, text=True
    )
    raw = json.loads(shown.stdout)
    indexes = {link["ifname"]: link["ifindex"] for link in raw}
    return tuple(
        LinkFacts(
            name=link["ifname"],
            index=link["ifindex"],
            kind=link.get("linkinfo", {}).get("info_kind", ""),
            is_loopback=link["link_type"] == "loopback",
            master=indexes.get(link.get("master", ""), 0),
            lower=link.get("link_index", indexes.get(link.get("link", ""), 0)),
        )
        for link in raw
    )
