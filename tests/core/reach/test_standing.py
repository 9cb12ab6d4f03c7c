"""What is said of the way in: one reason of a closed list, and what to do."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from worldvpn_core.reach.standing import SENTENCES, Standing, Trouble, Way, led_port, told
from worldvpn_core.share.plan import ListenerInfo
from worldvpn_core.share.states import Draining, Off, Opening, Serving
from worldvpn_core.testing.samples import node_link, share_plan
from worldvpn_core.types import Endpoint

CLOSED = Standing(way=Way.CLOSED, trouble=Trouble.ROUTER_SILENT)
MANUAL = Endpoint(host=ip_address("192.0.2.77"), port=4_000)


def test_every_reason_has_a_sentence_and_something_to_do() -> None:
    assert set(SENTENCES) == set(Trouble)
    assert all(why and advice for why, advice in SENTENCES.values())


@pytest.mark.parametrize(
    ("standing", "server", "manual", "reason"),
    [
        (CLOSED, "reached", None, None),
        (CLOSED, "no-answer", None, "router-silent"),
        (CLOSED, "no-echo", None, "no-echo"),
        (CLOSED, "", None, "router-silent"),
        (Standing(way=Way.MAPPED), "no-answer", None, "no-answer"),
        (Standing(way=Way.MAPPED), "", None, None),
        (Standing(way=Way.MANUAL), "no-answer", MANUAL, "no-answer"),
        (Standing(way=Way.MANUAL), "address-refused", MANUAL, "address-refused"),
        (Standing(way=Way.MAPPED), "words of a newer server", None, None),
    ],
)
def test_reason_is_the_routers_where_that_explains_what_the_server_saw(
    standing: Standing, server: str, manual: Endpoint | None, reason: str | None
) -> None:
    assert told(standing, server, 51_820, manual)["reason"] == reason


def test_advice_names_the_port() -> None:
    assert "51820" in str(told(CLOSED, "no-answer", 51_820, None)["advice"])


def test_way_in_stays_open_while_a_node_that_serves_opens_anew() -> None:
    plan, link = share_plan(), node_link()
    node = ListenerInfo(public_key=bytes(32), listen=link.listen, addresses=())
    port, states = None, []
    for state in (
        Off(),
        Opening(plan=plan, link=link),
        Serving(plan=plan, link=link, node=node),
        Draining(plan=plan, link=link, node=node, is_closing=True),
        Opening(plan=plan, link=link),
        Serving(plan=plan, link=link, node=node),
        Off(),
    ):
        port = led_port(state, port)
        states.append(port)

    led = plan.listen_port
    assert states == [None, None, led, led, led, led, None]


def test_way_in_by_a_port_that_is_given_up_closes() -> None:
    plan, link = share_plan(), node_link()

    assert led_port(Opening(plan=plan, link=link), plan.listen_port + 1) is None
