"""From an owner's request to a listed node, and how nobody is probed who did not ask for it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import attrs
import pytest

from tests.server.conftest import MovingClock
from tests.server.reach.conftest import Engines
from tests.server.reach.street import HOME, End, House, settle_in
from worldvpn_lab.map import NODES
from worldvpn_server.http.source import Address
from worldvpn_server.ids import new_id
from worldvpn_server.reach import admission, exchange
from worldvpn_server.services import Services
from worldvpn_server.sessions.addresses import GATEWAY

pytestmark = pytest.mark.anyio


class Engine(End):
    """The lab's first node instead of one that the test plays."""

    def __init__(self, engines: Engines) -> None:
        super().__init__()
        self._engines = engines

    @property
    def public(self) -> bytes:
        return self._engines.public(NODES[0])

    def admit(self, peer: bytes, inner: Address) -> None:
        self._engines.admit(NODES[0], peer, inner)


@pytest.fixture
async def house(services: Services) -> AsyncIterator[House]:
    loop = asyncio.get_running_loop()
    line, end = await loop.create_datagram_endpoint(End, local_addr=("127.0.0.1", 0))
    prober = attrs.evolve(services.prober, dial=end.dial)
    house = await settle_in(attrs.evolve(services, prober=prober), end)
    listening = asyncio.create_task(house.listen())
    yield house
    listening.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await listening
    line.close()


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nodes that answer have the time that a busy machine takes."""
    monkeypatch.setattr(admission, "ADMIT_S", 30.0)


@pytest.fixture
def silent(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The node answers nothing."""
    house.admits = False
    monkeypatch.setattr(admission, "ADMIT_S", 1.0)


@pytest.fixture
def swift(monkeypatch: pytest.MonkeyPatch) -> None:
    """Probes that fail fail sooner: that they take their time is shown elsewhere."""
    monkeypatch.setattr(exchange, "PROBE_S", 0.3)
    monkeypatch.setattr(exchange, "_AGAIN_S", 0.1)


async def test_node_that_is_reached_is_listed(house: House, clock: MovingClock) -> None:
    await house.offer(HOME)
    assert not (await house.see())["listed"]

    answer = await house.reach()

    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "reason": "reached",
        "listed": True,
        "endpoints": [{"host": HOME, "port": 51820, "carrier": "udp"}],
    }
    node = await house.see()
    assert (node["listed"], node["reach_reason"]) == (True, "reached")
    assert node["reached_at"] == clock.now()
    (news,) = house.news
    assert news["node_id"] == str(house.node)
    assert news["assigned_ip"].split(".")[3] in {"252", "253", "254"}


@pytest.mark.usefixtures("swift")
async def test_node_that_is_no_longer_reached_is_no_longer_listed(
    house: House, clock: MovingClock
) -> None:
    await house.offer(HOME)
    await house.reach()
    house.end.echoes = False

    answer = await house.reach()

    assert answer.json() == {"reason": "no-echo", "listed": False, "endpoints": []}
    assert not (await house.see())["listed"]
    async with house.services.database.read() as sql:
        assert await sql.fetchval("SELECT count(reached_at) FROM node_endpoint") == 0
    clock.pass_by(hours=1)
    house.end.echoes = True
    assert await house.services.prober.check_waiting() == 1
    assert (await house.see())["listed"]


@pytest.mark.usefixtures("silent")
async def test_nothing_is_sent_before_the_node_has_admitted_the_prober(house: House) -> None:
    await house.offer(HOME)

    answer = await house.reach()

    assert answer.json()["reason"] == "node-silent"
    assert house.end.datagrams == 0


async def test_refused_addresses_are_alike_and_nothing_is_sent(
    house: House, clock: MovingClock
) -> None:
    own, victim = "127.0.0.1", "198.51.100.80"
    answers = []
    for source, host in (
        *(("10.0.0.1", "10.0.0.1"), ("169.254.169.254", "169.254.169.254"), (own, own)),
        *((HOME, victim), (HOME, "8.8.8.8"), ("fe80::1", "fe80::1"), ("fd00::1", "fd00::1")),
        *(("224.0.0.1", "224.0.0.1"), (HOME, "2606:4700::1111")),
    ):
        house.source = source
        await house.offer(host)
        answers.append((await house.reach()).text)
        clock.pass_by(minutes=1)

    assert set(answers) == {'{"reason":"address-refused","listed":false,"endpoints":[]}'}
    assert house.news == []
    assert house.end.datagrams == 0


async def test_other_address_is_proven_by_a_nonce_from_there(
    house: House, clock: MovingClock
) -> None:
    other = "198.51.100.7"
    await house.offer(other)
    assert (await house.reach()).json()["reason"] == "address-refused"
    nonce = (await house.call("GET", f"/v1/nodes/{house.node}/nonce")).json()["nonce"]
    path = f"/v1/nodes/{house.node}/address"

    here = await house.call("POST", path, {"nonce": nonce})
    house.source = other
    stranger = await house.call("POST", f"/v1/nodes/{new_id()}/address", {"nonce": nonce})
    forged = await house.call("POST", path, {"nonce": nonce[:-2] + "AA"})
    there = await house.call("POST", path, {"nonce": nonce})

    assert here.json() == {"address": HOME, "proven": False}
    assert (stranger.status_code, forged.status_code) == (404, 403)
    assert there.json() == {"address": other, "proven": True}
    assert (await house.reach()).json()["reason"] == "reached"
    clock.pass_by(seconds=60)
    assert (await house.call("POST", path, {"nonce": nonce})).status_code == 403


async def test_address_stays_proven_while_the_node_is_reached_there(
    house: House, clock: MovingClock
) -> None:
    await house.offer(HOME)
    assert (await house.reach()).json()["reason"] == "reached"
    house.source = "198.51.100.7"
    found = []
    for _ in range(3):
        clock.pass_by(hours=40)
        await house.offer(HOME)
        found.append((await house.reach()).json()["reason"])
    clock.pass_by(hours=49)
    found.append((await house.reach()).json()["reason"])

    assert found == ["reached", "reached", "reached", "address-refused"]


async def test_node_of_tcp_carriers_is_told_so(house: House) -> None:
    await house.offer(HOME, carrier="tls")

    assert (await house.reach()).json()["reason"] == "carrier-unproven"
    assert house.end.datagrams == 0


async def test_account_is_checked_three_times_in_any_minute(
    house: House, clock: MovingClock
) -> None:
    await house.offer("10.0.0.1")
    answers = []
    for _ in range(8):
        answers.append((await house.reach()).status_code)
        clock.pass_by(seconds=15)

    assert answers == [200, 200, 200, 429, 200, 200, 200, 429]


async def test_network_is_checked_three_times_whoever_asks(house: House) -> None:
    for number in range(3):
        neighbour = await settle_in(house.services, house.end)
        neighbour.source = f"203.0.113.{20 + number}"
        listening = asyncio.create_task(neighbour.listen())
        await neighbour.offer(neighbour.source)
        assert (await neighbour.reach()).json()["reason"] == "reached"
        listening.cancel()
    await house.offer(HOME)
    before = house.end.datagrams

    answer = await house.reach()

    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 60
    assert house.end.datagrams == before


async def test_check_that_is_refused_takes_nothing_of_what_the_account_may_ask(
    house: House,
) -> None:
    for number in range(3):
        neighbour = await settle_in(house.services, house.end)
        neighbour.source = f"203.0.113.{20 + number}"
        listening = asyncio.create_task(neighbour.listen())
        await neighbour.offer(neighbour.source)
        await neighbour.reach()
        listening.cancel()
    await house.offer(HOME)
    refused = [(await house.reach()).status_code for _ in range(3)]

    house.source = "198.51.100.7"
    await house.offer(house.source)
    elsewhere = await house.reach()

    assert refused == [429, 429, 429]
    assert elsewhere.json()["reason"] == "reached"


async def test_changed_node_is_checked_again_without_being_asked(house: House) -> None:
    await house.offer(HOME)

    assert await house.services.prober.check_waiting() == 1

    assert (await house.see())["listed"]
    assert await house.services.prober.check_waiting() == 0


async def test_only_the_device_of_a_node_may_speak_for_it(house: House) -> None:
    await house.offer(HOME)
    stranger = await settle_in(house.services, house.end)
    sibling = attrs.evolve(house, device=new_id())

    for other in (stranger, sibling):
        for method, path in (
            ("POST", f"/v1/nodes/{house.node}/reach"),
            ("GET", f"/v1/nodes/{house.node}/nonce"),
            ("POST", f"/v1/nodes/{house.node}/probes/{new_id()}"),
        ):
            assert (await other.call(method, path)).status_code == 404


@pytest.mark.usefixtures("silent")
async def test_stranger_who_answers_for_a_node_is_not_believed(house: House) -> None:
    await house.offer(HOME)
    stranger = await settle_in(house.services, house.end)
    await stranger.offer(HOME)
    asking = asyncio.create_task(house.reach())
    await house.heard.wait()

    probe = house.news[0]["probe_id"]
    answered = await stranger.call("POST", f"/v1/nodes/{stranger.node}/probes/{probe}")

    assert answered.status_code == 200
    assert (await asking).json()["reason"] == "node-silent"
    assert house.end.datagrams == 0


@pytest.mark.netns
async def test_real_engine_is_reached_from_request_to_list(
    services: Services, engines: Engines
) -> None:
    engine = NODES[0]
    prober = attrs.evolve(services.prober, dial=engines.dial)
    house = await settle_in(attrs.evolve(services, prober=prober), Engine(engines))
    house.source = str(engine.endpoint)
    await house.offer(house.source)
    inner4 = engine.gateway.network
    async with services.database.transaction() as tx:
        await tx.sql.execute("UPDATE node SET inner4 = $2 WHERE id = $1", house.node, inner4)
    listening = asyncio.create_task(house.listen())

    with engines.also_at(engine, inner4[GATEWAY]):
        answer = await house.reach()

    listening.cancel()
    assert answer.json()["reason"] == "reached"
