"""The backend notices what is not as it loaded it, and touches nothing of others."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import attrs
import pytest

from tests.plugins.killswitch.street import Street
from worldvpn_core.contracts import LinkFacts, Services
from worldvpn_core.errors import FirewallError
from worldvpn_core.policy import FirewallPolicy, OuterRule, PolicySet
from worldvpn_core.testing.fakes import FakeLinks, fake_host
from worldvpn_core.testing.firewall_contract import BLOCKED, CONNECTED, CONNECTING, ENDPOINT, OPEN
from worldvpn_killswitch.backend import NftablesBackend
from worldvpn_killswitch.generation import follows, parse
from worldvpn_killswitch.libnftables import LibNftables
from worldvpn_killswitch.plugin import worldvpn_firewall_backend

anyio = pytest.mark.anyio
netns = pytest.mark.netns

OTHERS = "table inet othervpn {\n\tchain output {\n\t\ttcp dport 51999 drop\n\t}\n}\n"
ONE = FirewallPolicy(outer=(OuterRule(endpoint=ENDPOINT),))
ANOTHER = FirewallPolicy(outer=(OuterRule(endpoint=attrs.evolve(ENDPOINT, port=51_999)),))


def held(policy: FirewallPolicy) -> PolicySet:
    return PolicySet(host=policy)


class Recording:
    """nft's library, with every script it was given; refuses those that hold a word."""

    name = "recording"

    def __init__(self, *, refused: str = "", times: int = 1_000) -> None:
        self.scripts: list[str] = []
        self._engine = LibNftables()
        self._refused = refused
        self._times = times

    async def run(self, commands: str, *, stateless: bool = True, handles: bool = False) -> str:
        self.scripts.append(commands)
        if self._refused and self._refused in commands and self._times:
            self._times -= 1
            raise FirewallError("Could not process rule: Operation not supported")
        return await self._engine.run(commands, stateless=stateless, handles=handles)


class Changing(FakeLinks):
    """Links of which one is gone the second time they are asked for."""

    def __init__(self) -> None:
        super().__init__()
        self._asked = 0

    async def all(self) -> tuple[LinkFacts, ...]:
        self._asked += 1
        uplink = LinkFacts(name="eth0", index=2, kind="veth")
        gone = LinkFacts(name="usb0", index=9)
        return (uplink, gone) if self._asked == 1 else (uplink,)


CHANGES = {
    "a rule added": "add rule inet worldvpn output accept",
    "a rule put first": "insert rule inet worldvpn output udp dport 53 accept",
    "a rule added to egress": "insert rule netdev worldvpn egress accept",
    "a chain emptied": "flush chain inet worldvpn output",
    "an element added": 'add element inet worldvpn uplinks { "tun9" }',
    "a policy turned": "add chain inet worldvpn output { policy accept; }",
    "a chain added": "add chain inet worldvpn more",
    "a table removed": "delete table netdev worldvpn",
    "all removed": "flush ruleset",
}


@netns
@anyio
@pytest.mark.parametrize("change", CHANGES)
async def test_foreign_change_of_our_rules_is_seen(
    street: Street, backend: NftablesBackend, change: str
) -> None:
    assert street
    await backend.apply(held(CONNECTED))
    await LibNftables().run(CHANGES[change])

    with pytest.raises(FirewallError):
        await backend.check()

    await backend.apply(held(CONNECTED))
    await backend.check()


@netns
@anyio
async def test_rules_flushed_by_someone_else_are_missed_at_once(
    backend: NftablesBackend,
) -> None:
    await backend.apply(held(CONNECTED))
    waiting = asyncio.create_task(backend.disturbed())
    await asyncio.sleep(0)
    await backend.apply(held(BLOCKED))

    assert not waiting.done()

    await LibNftables().run("flush ruleset")
    async with asyncio.timeout(5):
        await waiting


@netns
@anyio
async def test_change_between_two_looks_is_seen_by_the_second(
    backend: NftablesBackend,
) -> None:
    await backend.apply(held(CONNECTED))
    await LibNftables().run("flush ruleset")

    await asyncio.wait_for(backend.disturbed(), 5)


@netns
@anyio
async def test_foreign_change_elsewhere_is_no_matter_of_ours(
    street: Street, backend: NftablesBackend
) -> None:
    assert street
    await backend.apply(held(CONNECTED))
    other = LibNftables()
    await other.run(OTHERS)
    with suppress(PermissionError):
        street.udp().sendto(b"probe", ("8.8.8.8", 53))

    await backend.check()
    await backend.apply(held(BLOCKED))
    await backend.apply(held(OPEN))

    assert await other.run("list table inet othervpn") == OTHERS


@netns
@anyio
async def test_tables_of_an_earlier_run_are_replaced(
    street: Street, backend: NftablesBackend
) -> None:
    assert street
    await backend.apply(held(CONNECTED))
    later = NftablesBackend(backend._links, LibNftables())

    await later.apply(held(OPEN))

    assert await LibNftables().run("list tables") == ""


@netns
@anyio
async def test_another_endpoint_changes_elements_only(street: Street) -> None:
    assert street
    engine = Recording()
    backend = NftablesBackend(Changing(), engine)
    await backend.apply(held(BLOCKED))
    await backend.apply(held(ONE))
    engine.scripts.clear()

    await backend.apply(held(ANOTHER))

    (script,) = engine.scripts
    assert {line.split()[1] for line in script.splitlines()} == {"element"}
    await backend.check()
    listed = await LibNftables().run("list set inet worldvpn endpoint_udp4")
    assert "203.0.113.10 . 51999" in listed
    assert "51820" not in listed


@netns
@anyio
async def test_rules_touched_by_others_are_loaded_whole(
    street: Street, backend: NftablesBackend
) -> None:
    assert street
    await backend.apply(held(ONE))
    await LibNftables().run("insert rule inet worldvpn output accept")

    await backend.apply(held(ANOTHER))

    chain = await LibNftables().run("list chain inet worldvpn output")
    assert "\t\taccept" not in chain
    await backend.check()


@netns
@anyio
async def test_foreign_change_after_elements_changed_alone_is_seen(
    street: Street, backend: NftablesBackend
) -> None:
    assert street
    await backend.apply(held(ONE))
    await backend.apply(held(ANOTHER))
    await LibNftables().run("add element inet worldvpn endpoint_udp4 { 8.8.8.8 . 53 }")

    with pytest.raises(FirewallError):
        await backend.check()


@netns
@anyio
async def test_refused_rules_leave_the_old_ones_standing(street: Street) -> None:
    assert street
    engine = Recording(refused="central_tcp4")
    backend = NftablesBackend(Changing(), engine)
    await backend.apply(held(CONNECTED))

    with pytest.raises(FirewallError, match="not supported"):
        await backend.apply(held(BLOCKED))

    await backend.check()
    assert "tunnel-wv0-4" in {count.rule for count in await backend.counters()}


@netns
@anyio
async def test_device_gone_between_looking_and_loading_is_looked_up_again(street: Street) -> None:
    assert street
    engine = Recording(refused='"usb0"')
    backend = NftablesBackend(Changing(), engine)

    await backend.apply(held(CONNECTED))

    assert backend.facts.egress_hook
    assert "usb0" not in await LibNftables().run("list ruleset")


@netns
@anyio
async def test_kernel_without_egress_hook_is_told_and_logged(
    street: Street, caplog: pytest.LogCaptureFixture
) -> None:
    assert street
    backend = NftablesBackend(Changing(), Recording(refused="netdev"))

    await backend.apply(held(CONNECTED))

    assert not backend.facts.egress_hook
    assert "frames are not judged" in caplog.text
    await backend.check()
    await backend.apply(held(OPEN))
    assert await LibNftables().run("list tables") == ""


@netns
@anyio
async def test_egress_hook_once_held_is_not_given_up(street: Street) -> None:
    assert street
    engine = Recording(refused="central_tcp4")
    backend = NftablesBackend(Changing(), engine)
    await backend.apply(held(CONNECTED))

    with pytest.raises(FirewallError):
        await backend.apply(held(CONNECTING))

    assert backend.facts.egress_hook
    assert "egress-refused" in {count.rule for count in await backend.counters()}


@pytest.fixture
def services(tmp_path: Path) -> Services:
    return Services(host=fake_host(), state_dir=tmp_path, run_dir=tmp_path)


def test_plugin_passes_on_other_platforms(services: Services) -> None:
    assert worldvpn_firewall_backend(services, "win32") is None


def test_plugin_offers_nftables_on_linux(services: Services) -> None:
    backend = worldvpn_firewall_backend(services, "linux")

    assert backend is not None
    assert backend.facts.name == "nftables"


@pytest.mark.parametrize(
    "answer",
    [b"", b"\0" * 16, bytes.fromhex("24000000020000000000000000000000eaffffff") + b"\0" * 16],
    ids=["nothing", "zeros", "an error"],
)
def test_answer_without_a_generation_is_an_error(answer: bytes) -> None:
    with pytest.raises(FirewallError, match="generation"):
        parse(answer)


def test_generation_follows_across_the_wrap() -> None:
    assert follows(7, 8)
    assert follows(2**32 - 1, 1)
    assert not follows(7, 9)
    assert not follows(7, 7)
