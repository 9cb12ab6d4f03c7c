"""A whole session between two accounts, both by this client: one of them has the node."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_address
from uuid import uuid4

import asyncpg
import attrs
import pytest

from tests.plugins.central.desk import CLIENTS, Device, public
from tests.server.operations.process import ServerProcess
from worldvpn_central.client import HttpCentralClient
from worldvpn_core.central import calls, news, node_calls, replies
from worldvpn_core.central.identity import DeviceKeys
from worldvpn_core.central.place import Place
from worldvpn_core.central.server import CentralServer
from worldvpn_core.errors import CentralBusyError, CentralRefusedError, OutOfCreditError
from worldvpn_core.types import Endpoint
from worldvpn_server.database.making import dsn

pytestmark = pytest.mark.anyio


def announcement(node_id: str, country: str, keys: calls.PublicKeys) -> calls.Announce:
    return calls.Announce(
        node_id=node_id,
        country=country,
        city="Berlin",
        protocols=("WireGuard",),
        x25519=keys.x25519,
        listen=(Endpoint(host=ip_address("198.51.100.7"), port=51_820),),
        bandwidth_mbps=100,
        most_guests=100,
        daily_bytes=10**12,
        reach=False,
    )


async def reached(server: ServerProcess, node_id: str) -> None:
    """Note that the node was reached, and is on trial no more.

    No address of this machine may be probed, by design.
    """
    sql = await asyncpg.connect(dsn(server.data / "postgres", "worldvpn", "postgres"))
    try:
        await sql.execute(
            "UPDATE node_endpoint SET proven_at = now(), reached_at = now() WHERE node = $1",
            node_id,
        )
        await sql.execute(
            "UPDATE node SET listed = true, settled_sessions = 20 WHERE id = $1", node_id
        )
    finally:
        await sql.close()


@attrs.define(eq=False)
class Node:
    """A device that shares: it lets in whoever is offered to it, with keys of that session."""

    device: Device
    node_id: str
    keys: calls.PublicKeys
    private: DeviceKeys
    refuses: bool = False
    tickets: list[replies.NextTicket] = attrs.field(factory=list)

    async def answer_offers(self) -> None:
        seen = set()
        while True:
            for offer in self.device.desk.heard(news.GuestNews):
                if offer.action == "offered" and offer.session_id not in seen:
                    seen.add(offer.session_id)
                    given = await self.device.client.call(
                        calls.Answer(
                            node_id=self.node_id,
                            session_id=offer.session_id,
                            keys=None if self.refuses else self.keys,
                        )
                    )
                    if isinstance(given, replies.NextTicket):
                        self.tickets.append(given)
            await asyncio.sleep(0.02)


@asynccontextmanager
async def sharing(
    server: ServerProcess, central: CentralServer, username: str, country: str
) -> AsyncIterator[Node]:
    device = Device.made(central)
    await device.register(username)
    private = DeviceKeys.fresh()
    node = Node(device, str(uuid4()), public(private), private)
    async with device.running():
        standing = await device.client.call(announcement(node.node_id, country, node.keys))
        assert isinstance(standing, replies.NodeStanding)
        assert not standing.listed
        await reached(server, node.node_id)
        answering = asyncio.create_task(node.answer_offers())
        try:
            yield node
        finally:
            answering.cancel()
            await asyncio.wait({answering})


def wish(place: str, keys: calls.PublicKeys) -> calls.Open:
    return calls.Open(place=Place.parse(place), protocol="WireGuard", keys=keys, key=str(uuid4()))


async def test_session_is_opened_topped_up_and_ended_and_both_sides_hear_of_it(
    server: ServerProcess, central: CentralServer, device: Device
) -> None:
    keys = public(DeviceKeys.fresh())
    await device.register("anna")
    async with sharing(server, central, "benno", "DE") as node, device.running():
        call = wish("DE", keys)
        granted = await device.client.call(call)
        assert isinstance(granted, replies.Granted)
        assert (granted.node_id, granted.node_x25519) == (node.node_id, node.keys.x25519)
        assert str(granted.endpoint) == "198.51.100.7:51820/udp"
        assert granted.country == "DE"

        assert await device.client.call(call) == granted
        more = await device.client.call(calls.More(session_id=granted.session_id))
        assert isinstance(more, replies.NextTicket)
        assert [each.session_id for each in node.tickets] == [granted.session_id]
        (offer,) = [each for each in node.device.desk.heard(news.GuestNews) if each.x25519][:1]
        assert (offer.x25519, offer.ed25519) == (keys.x25519, keys.ed25519)

        assert await device.client.call(calls.End(session_id=granted.session_id)) == replies.Done()

        mine, theirs = device.desk, node.device.desk
        await mine.hears(lambda: "ended" in {each.action for each in mine.heard(news.SessionNews)})
        await theirs.hears(
            lambda: "ended" in {each.action for each in theirs.heard(news.GuestNews)}
        )


async def test_session_takes_over_from_another(
    server: ServerProcess, central: CentralServer, device: Device
) -> None:
    await device.register("switches")
    async with (
        sharing(server, central, "fromhere", "AT") as here,
        sharing(server, central, "tothere", "CH") as there,
        device.running(),
    ):
        first = await device.client.call(wish("AT", public(DeviceKeys.fresh())))
        assert isinstance(first, replies.Granted)
        second = await device.client.call(
            attrs.evolve(wish("CH", public(DeviceKeys.fresh())), replaces=first.session_id)
        )

        assert isinstance(second, replies.Granted)
        assert (first.node_id, second.node_id) == (here.node_id, there.node_id)
        ended = news.SessionNews(session_id=first.session_id, action="ended", reason="replaced")
        await device.desk.hears(lambda: ended in device.desk.told)


async def test_node_that_is_avoided_is_not_taken(
    server: ServerProcess, central: CentralServer, device: Device
) -> None:
    await device.register("avoids")
    keys = public(DeviceKeys.fresh())
    async with sharing(server, central, "avoided", "FR") as node, device.running():
        for place in ("FR", "FR/Berlin"):
            # Others may come: it is tried again.
            with pytest.raises(CentralBusyError, match="avoided"):
                await device.client.call(attrs.evolve(wish(place, keys), avoided=(node.node_id,)))
        with pytest.raises(CentralRefusedError, match="avoided"):
            await device.client.call(
                attrs.evolve(wish(node.node_id, keys), avoided=(node.node_id,))
            )


async def test_next_candidate_is_tried_where_a_node_refuses(
    server: ServerProcess, central: CentralServer, device: Device
) -> None:
    @attrs.frozen
    class Known:
        """A directory of two nodes."""

        nodes: tuple[str, ...]

        def candidates(self, call: calls.Open) -> tuple[str, ...]:
            assert str(call.place) == "IT"
            return self.nodes

        async def find(self, call: calls.Find) -> replies.Text:
            raise AssertionError(f"nobody was to be found: {call}")

    await device.register("tries")
    async with (
        sharing(server, central, "refuses", "IT") as one,
        sharing(server, central, "accepts", "IT") as other,
        device.running(),
    ):
        one.refuses = True
        chooser = Known((one.node_id, other.node_id))
        client = HttpCentralClient(central, device.desk, chooser=chooser)
        CLIENTS.append(client)
        client._mine.become(device.account())
        granted = await client.call(wish("IT", public(DeviceKeys.fresh())))

        assert isinstance(granted, replies.Granted)
        assert granted.node_id == other.node_id


async def test_ticket_is_held_ahead_of_need(
    server: ServerProcess, central: CentralServer, device: Device
) -> None:
    await device.register("ahead")
    async with sharing(server, central, "later", "ES"), device.running():
        granted = await device.client.call(
            attrs.evolve(wish("ES", public(DeviceKeys.fresh())), ahead=True)
        )

        assert isinstance(granted, replies.Granted)
        assert (await device.client.call(calls.End(session_id=granted.session_id))) == (
            replies.Done()
        )


async def test_account_without_credit_is_told_so(
    server: ServerProcess, central: CentralServer, device: Device
) -> None:
    await device.register("poor")
    async with sharing(server, central, "rich", "PT"), device.running():

        async def spend() -> None:
            for _ in range(40):
                await device.client.call(wish("PT", public(DeviceKeys.fresh())))

        with pytest.raises(OutOfCreditError):
            await spend()


async def test_node_is_checked_answered_for_and_withdrawn(
    server: ServerProcess, central: CentralServer
) -> None:
    async with sharing(server, central, "leaves", "NL") as node:
        checked = await node.device.client.call(
            attrs.evolve(announcement(node.node_id, "NL", node.keys), reach=True)
        )
        assert isinstance(checked, replies.NodeStanding)
        assert checked.reason
        with pytest.raises(CentralRefusedError):
            await node.device.client.call(
                calls.Answer(node_id=node.node_id, session_id=str(uuid4()), keys=node.keys)
            )
        probed = node_calls.Probed(node_id=node.node_id, probe_id=str(uuid4()))
        assert await node.device.client.call(probed) == replies.Done()
        for call in (
            node_calls.SendAway(node_id=node.node_id, session_id=str(uuid4()), for_s=60),
            node_calls.LastClaim(node_id=node.node_id, session_id=str(uuid4())),
        ):
            with pytest.raises(CentralRefusedError):
                await node.device.client.call(call)

        done = await node.device.client.call(calls.Withdraw(node_id=node.node_id))

        assert done == replies.Done()


async def test_place_where_there_is_no_node_is_refused(device: Device) -> None:
    await device.register("lonely")
    async with device.running():
        with pytest.raises(CentralRefusedError):
            await device.client.call(wish("JP", public(DeviceKeys.fresh())))
        with pytest.raises(CentralRefusedError, match="no node is known at JP/Kyoto"):
            await device.client.call(wish("JP/Kyoto", public(DeviceKeys.fresh())))
