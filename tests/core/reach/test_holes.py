"""The node calls the server's ports, and guests from where they were seen: nobody else."""

from __future__ import annotations

from ipaddress import IPv4Address, ip_address
from typing import cast

import attrs
import pytest

from worldvpn_core.central.news import PunchNews
from worldvpn_core.central.replies import Listener
from worldvpn_core.reach.holes import Holes
from worldvpn_core.share.events import GuestInvited, ShareEvent
from worldvpn_core.share.plan import Guest, seated
from worldvpn_core.share.runner import ShareRunner
from worldvpn_core.share.states import Off, Serving, ShareState
from worldvpn_core.testing.samples import guest, share_states
from worldvpn_core.types import Endpoint

SERVER = IPv4Address("198.51.100.10")
LISTENER = Listener(key=b"l" * 32, port=8_443)
SEEN = Endpoint(host=ip_address("203.0.113.20"), port=40_000)
GUEST = guest(1)


@attrs.define(eq=False)
class Inbox:
    """Stands for the runner: its state, and what was posted to it."""

    state: ShareState
    posted: list[ShareEvent] = attrs.field(factory=list)

    def post(self, event: ShareEvent) -> None:
        self.posted.append(event)


def serving() -> Serving:
    return next(
        attrs.evolve(each, guests=()) for each in share_states() if isinstance(each, Serving)
    )


def holes(inbox: Inbox) -> Holes:
    return Holes(SERVER, cast("ShareRunner", inbox))


def called(inbox: Inbox) -> list[Guest]:
    return [event.guest for event in inbox.posted if isinstance(event, GuestInvited)]


def punch(endpoint: Endpoint = SEEN, key: bytes = GUEST.public_key) -> PunchNews:
    session = "00000000-0000-4000-8000-000000000001"
    return PunchNews(node_id=session, session_id=session, x25519=key, endpoint=endpoint)


def test_listeners_are_called_at_the_pinned_address_and_take_no_seat() -> None:
    inbox = Inbox(serving())

    assert holes(inbox).call((LISTENER,))

    (one,) = called(inbox)
    assert one.endpoint == Endpoint(host=SERVER, port=8_443)
    assert seated((one,), serving().plan.prefixes) == ()


def test_listener_that_is_called_already_is_not_called_anew() -> None:
    state = serving()
    known = Guest(public_key=LISTENER.key, addresses=(), endpoint=Endpoint(host=SERVER, port=8_443))
    inbox = Inbox(attrs.evolve(state, guests=(known,)))

    assert not holes(inbox).call((LISTENER,))
    assert inbox.posted == []


def test_guest_is_called_from_where_it_was_seen() -> None:
    inbox = Inbox(attrs.evolve(serving(), guests=(GUEST,)))

    holes(inbox).heard(punch())

    assert called(inbox) == [attrs.evolve(GUEST, endpoint=SEEN)]


@pytest.mark.parametrize(
    "news",
    [
        punch(key=b"s" * 32),
        punch(Endpoint(host=ip_address("224.0.0.1"), port=40_000)),
        punch(Endpoint(host=ip_address("127.0.0.1"), port=40_000)),
        punch(Endpoint(host=ip_address("203.0.113.20"), port=53)),
        punch(Endpoint(host=ip_address("2001:db8::1"), port=40_000)),
    ],
    ids=["stranger", "group", "loopback", "resolver", "IPv6"],
)
def test_nobody_else_is_called(news: PunchNews) -> None:
    inbox = Inbox(attrs.evolve(serving(), guests=(GUEST,)))

    holes(inbox).heard(news)

    assert inbox.posted == []


def test_node_that_does_not_serve_calls_nobody() -> None:
    inbox = Inbox(Off())

    holes(inbox).heard(punch())

    assert not holes(inbox).call((LISTENER,))
    assert inbox.posted == []


def test_guest_without_an_address_must_be_called() -> None:
    with pytest.raises(ValueError, match="address"):
        Guest(public_key=b"g" * 32, addresses=())
