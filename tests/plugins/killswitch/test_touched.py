"""Rules that others touch are made anew, whenever they do it; those that stay go on counting."""

from __future__ import annotations

import attrs
import pytest

from tests.plugins.killswitch.others import LINKS, WHOLE, Meddled, Silent, anew, standing
from tests.plugins.killswitch.probe import held, send
from tests.plugins.killswitch.street import Street
from worldvpn_core.errors import FirewallError
from worldvpn_core.policy import FirewallPolicy, OuterRule
from worldvpn_core.testing.fakes import FakeLinks
from worldvpn_core.testing.firewall_contract import BLOCKED, CONNECTED, CONNECTING, ENDPOINT
from worldvpn_killswitch.backend import NftablesBackend
from worldvpn_killswitch.delta import is_of_elements
from worldvpn_killswitch.libnftables import LibNftables
from worldvpn_killswitch.links import topology
from worldvpn_killswitch.ruleset import ruleset

anyio = pytest.mark.anyio
netns = pytest.mark.netns

HOST = topology(LINKS)
ONE = FirewallPolicy(outer=(OuterRule(endpoint=ENDPOINT),))
ANOTHER = FirewallPolicy(outer=(OuterRule(endpoint=attrs.evolve(ENDPOINT, port=51_999)),))
MEDDLING = {
    "a rule put first": "insert rule inet worldvpn output accept",
    "a rule put into a chain that stays": "insert rule inet worldvpn input accept",
    "a rule taken away": "flush chain inet worldvpn forward",
    "a chain of theirs at our hook": (
        "add chain inet worldvpn more { type filter hook output priority 0; }"
    ),
    "a table removed": "delete table netdev worldvpn",
    "all removed": "flush ruleset",
    "an element added": 'add element inet worldvpn uplinks { "tun9" }',
    "a chain of theirs inside": "add chain inet worldvpn more",
}
#: What the read-back alone sees: names, verdicts and heads, not elements.
SEEN = tuple(MEDDLING)[:6]


class Refusing:
    """nft, without the right to load anything."""

    name = "refusing"

    async def run(self, commands: str, *, stateless: bool = True, handles: bool = False) -> str:
        del commands, stateless, handles
        raise FirewallError("loading rules needs root with CAP_NET_ADMIN")


def untold() -> int:
    raise FirewallError("the kernel does not tell the generation")


@netns
@anyio
@pytest.mark.parametrize("when", ["earlier", "before", "after", "listed"])
@pytest.mark.parametrize("change", MEDDLING)
async def test_rules_touched_by_others_are_made_anew(
    street: Street, change: str, when: str
) -> None:
    assert street
    engine = Meddled()
    backend = NftablesBackend(FakeLinks(*LINKS), engine)
    await backend.apply(held(CONNECTING))
    if when == "earlier":
        await LibNftables().run(MEDDLING[change])
    else:
        setattr(engine, when, MEDDLING[change])

    await backend.apply(held(CONNECTED))

    assert await standing() == await anew(CONNECTED)


@netns
@anyio
@pytest.mark.parametrize("change", MEDDLING)
async def test_rules_touched_while_elements_change_are_made_anew(
    street: Street, change: str
) -> None:
    assert street
    engine = Meddled()
    backend = NftablesBackend(FakeLinks(*LINKS), engine)
    await backend.apply(held(ONE))
    engine.before = MEDDLING[change]

    await backend.apply(held(ANOTHER))

    assert is_of_elements(engine.scripts[1])
    assert await standing() == await anew(ANOTHER)


@netns
@anyio
@pytest.mark.parametrize("policy", [CONNECTING, CONNECTED], ids=["the same", "another"])
@pytest.mark.parametrize("change", SEEN)
async def test_what_the_generation_did_not_tell_the_read_back_does(
    street: Street, change: str, policy: FirewallPolicy
) -> None:
    assert street
    generation = Silent()
    backend = NftablesBackend(FakeLinks(*LINKS), LibNftables(), generation=generation)
    await backend.apply(held(CONNECTING))
    await generation.run(MEDDLING[change])

    await backend.apply(held(policy))

    assert await standing() == await anew(policy)


@netns
@anyio
async def test_same_policy_again_sees_every_element(street: Street) -> None:
    assert street
    generation = Silent()
    backend = NftablesBackend(FakeLinks(*LINKS), LibNftables(), generation=generation)
    await backend.apply(held(CONNECTED))
    await generation.run(MEDDLING["an element added"])

    await backend.apply(held(CONNECTED))

    assert await standing() == await anew(CONNECTED)


@netns
@anyio
async def test_same_policy_again_is_read_and_not_loaded(street: Street) -> None:
    assert street
    engine = Meddled()
    backend = NftablesBackend(FakeLinks(*LINKS), engine)
    await backend.apply(held(CONNECTED))
    engine.scripts.clear()

    await backend.apply(held(CONNECTED))

    assert engine.scripts == []


@netns
@anyio
async def test_change_by_others_while_ours_is_read_makes_the_next_one_whole(street: Street) -> None:
    assert street
    engine = Meddled()
    backend = NftablesBackend(FakeLinks(*LINKS), engine)
    engine.listed = 'add element inet worldvpn uplinks { "tun9" }'
    await backend.apply(held(CONNECTING))

    await backend.apply(held(CONNECTED))

    assert engine.scripts[-1].startswith(WHOLE)
    assert await standing() == await anew(CONNECTED)


@netns
@anyio
async def test_change_in_part_that_is_refused_is_tried_whole(street: Street) -> None:
    assert street
    engine = Meddled()
    backend = NftablesBackend(FakeLinks(*LINKS), engine)
    await backend.apply(held(CONNECTING))
    engine.before = "add counter inet worldvpn tunnel-wv0-4 { packets 7 bytes 7 }"

    await backend.apply(held(CONNECTED))

    assert engine.scripts[-1].startswith(WHOLE)
    assert await standing() == await anew(CONNECTED)


@anyio
async def test_nft_says_what_is_missing_where_the_generation_is_not_told() -> None:
    backend = NftablesBackend(FakeLinks(*LINKS), Refusing(), generation=untold)

    with pytest.raises(FirewallError, match="CAP_NET_ADMIN"):
        await backend.apply(held(CONNECTED))


@netns
@anyio
async def test_rules_that_stay_go_on_counting(street: Street) -> None:
    backend = NftablesBackend(FakeLinks(*LINKS), LibNftables())
    await backend.apply(held(CONNECTING))
    for port in range(1, 9):
        send(street.udp(), "8.8.8.8", port)
    before = await refused(backend)

    await backend.apply(held(CONNECTED))

    assert await refused(backend) >= before >= 8


async def refused(backend: NftablesBackend) -> int:
    counts = {count.rule: count.packets for count in await backend.counters()}
    return counts["refused"]


@netns
@anyio
async def test_counters_are_those_of_the_rules_that_stand(street: Street) -> None:
    assert street
    backend = NftablesBackend(FakeLinks(*LINKS), LibNftables())
    for policy in (CONNECTED, BLOCKED, CONNECTING):
        await backend.apply(held(policy))

        names = {count.rule for count in await backend.counters()}
        assert names == {rule.name for rule in ruleset(policy, HOST).rules()}
