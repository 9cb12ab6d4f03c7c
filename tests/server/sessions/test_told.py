"""What a node is told of its guest: an alias for a day, and a country only among several."""

from __future__ import annotations

import pytest

from tests.server.sessions.street import Guest, Json, Node, Street

pytestmark = pytest.mark.anyio


async def come(guest: Guest, node: Node, country: str | None = None) -> Json:
    """Let ``guest`` come to the node and leave it; return what the node was offered."""
    before = len(node.heard)
    opened = await guest.open(node_id=str(node.id), client_country=country)
    assert opened.status_code == 201, opened.text
    offer = next(each for each in node.heard[before:] if each["action"] == "offer")
    ended = await guest.call("DELETE", f"/v1/sessions/{opened.json()['session_id']}")
    assert ended.status_code < 300, ended.text
    return offer


async def test_an_alias_is_the_same_for_a_day_at_one_node_and_nobodys_elsewhere(
    street: Street, ada: Guest
) -> None:
    node, other, bob = await street.node(), await street.node(), await street.guest()
    first, second = await come(ada, node), await come(ada, node)
    elsewhere, somebody = await come(ada, other), await come(bob, node)
    street.pass_by(days=1)
    for each in (node, other):
        await street.beat(each)
    tomorrow = await come(ada, node)

    aliases = [each["alias"] for each in (first, elsewhere, somebody, tomorrow)]
    assert second["alias"] == first["alias"]
    assert len({*aliases}) == 4
    assert all(len(alias) == 32 for alias in aliases)


async def test_a_session_keeps_its_alias_over_midnight_and_loses_it_with_the_key(
    street: Street, ada: Guest
) -> None:
    node = await street.node()
    await ada.open(node_id=str(node.id))
    alias = node.offer()["alias"]

    async def listed() -> Json:
        answer = await node.owner.call("GET", f"/v1/nodes/{node.id}/guests")
        (guest,) = answer.json()["guests"]
        return dict(guest)

    mine = (await ada.call("GET", "/v1/privacy")).json()["now"]
    assert [each["alias"] for each in mine] == [alias]
    assert (await listed())["alias"] == alias
    async with street.services.database.transaction() as tx:
        await tx.sql.execute("DELETE FROM alias_key")
    assert (await listed()).get("alias") is None


async def test_a_country_is_told_from_the_fifth_guest_on(street: Street) -> None:
    node = await street.node()
    people = [await street.guest() for _ in range(6)]
    told = [(await come(each, node, "NL"))["country"] for each in people[:4]]
    again = (await come(people[0], node, "NL"))["country"]
    fifth = (await come(people[4], node, "NL"))["country"]
    alone = (await come(people[5], node, "BE"))["country"]

    assert told == ["XX"] * 4
    assert (again, fifth, alone) == ("XX", "NL", "XX")
