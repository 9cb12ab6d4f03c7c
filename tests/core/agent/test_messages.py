"""What is read from the pair is one of our values, or an AgentError: nothing in between."""

from __future__ import annotations

import json
from ipaddress import IPv4Address, ip_address, ip_interface, ip_network
from typing import Any
from uuid import UUID

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldvpn_core.agent.codec import from_agent, from_daemon, packed
from worldvpn_core.agent.frame_messages import (
    FrameGiven,
    FrameRead,
    FramesOver,
    ReadFrames,
    StreamHung,
)
from worldvpn_core.agent.limits import refuse_beyond_limits
from worldvpn_core.agent.messages import (
    AgentMessage,
    AskCentral,
    AskRouter,
    CentralAnswered,
    DaemonMessage,
    Failed,
    ProfileRead,
    ReadProfile,
    Ready,
    Resolve,
    Resolved,
    RouterAnswered,
    SignatureAsked,
    SignatureGiven,
    SignatureRefused,
    SocketAsked,
    SocketGiven,
    SocketRefused,
)
from worldvpn_core.agent.pair import MOST_PACKET_BYTES
from worldvpn_core.agent.spec import SocketKind, SocketWanted
from worldvpn_core.central.calls import (
    MOST_NODES,
    MOST_SUBMITTED,
    Find,
    Open,
    PublicKeys,
    Submit,
)
from worldvpn_core.central.place import Place, PlaceKind
from worldvpn_core.central.replies import Outcome, Submitted
from worldvpn_core.central.statement import Purpose, Statement
from worldvpn_core.central.tried import MOST_LATENCY_US, MOST_TRIED, Measured
from worldvpn_core.config import BootstrapResolver
from worldvpn_core.credit.frames import Bye, Hello, written
from worldvpn_core.credit.lengths import RECEIPT_BYTES
from worldvpn_core.errors import AgentError, ConfigError
from worldvpn_core.reach.values import (
    ControlNeeded,
    Mapped,
    MapPort,
    NotMapped,
    Protocol,
    Unmapped,
)
from worldvpn_core.types import Carrier, Endpoint, Profile, Server

ADDRESS, ADDRESS_6 = ip_address("192.0.2.1"), ip_address("2001:db8::1")
OPTION = "c2VjcmV0"
PROFILE = Profile(
    id="home",
    name="Zu Hause \u00fc",
    transport="toy",
    servers=(Server(host="vpn.example", port=443, carrier=Carrier.TCP),),
    addresses=(ip_interface("10.0.0.2/24"), ip_interface("fd00::2/64")),
    dns_servers=(ADDRESS,),
    dns_search=("example",),
    mtu_bytes=1_420,
    options=(("private_key", OPTION),),
    known_hosts=(("vpn.example", (ADDRESS, ADDRESS_6)),),
    notes=("PostUp was left out",),
)
FROM_AGENT: tuple[AgentMessage, ...] = (
    Ready(readers=("wg-quick",)),
    ProfileRead(id=1, profile=PROFILE),
    Resolved(id=2, addresses=(ADDRESS, ADDRESS_6)),
    Failed(id=3, code="config", message="line 3"),
    CentralAnswered(id=8, reply=Submitted(outcomes=tuple(Outcome))),
    SignatureAsked(
        id=5,
        request=2,
        statement=Statement(purpose=Purpose.SIGN_IN, time_s=1, nonce=bytes(16), about=bytes(32)),
    ),
    RouterAnswered(
        id=9,
        answer=Mapped(
            protocol=Protocol.PCP,
            public_port=51_821,
            lifetime_s=600,
            address=IPv4Address("192.0.2.77"),
            epoch_s=7,
        ),
    ),
    RouterAnswered(id=10, answer=NotMapped(reason=Unmapped.REFUSED)),
    RouterAnswered(id=11, answer=ControlNeeded(port=5_000)),
    SocketAsked(
        id=4,
        request=2,
        wanted=SocketWanted(kind=SocketKind.DNS, endpoint=Endpoint(host=ADDRESS_6, port=53)),
    ),
    FrameRead(request=9, data=written(Hello(bytes(32), bytes(RECEIPT_BYTES)))),
    FramesOver(id=9),
)
FROM_DAEMON: tuple[DaemonMessage, ...] = (
    AskRouter(
        id=9,
        wanted=MapPort(
            router=IPv4Address("192.168.77.1"),
            client=IPv4Address("192.168.77.10"),
            port=51_820,
            public_port=51_821,
            lifetime_s=600,
            nonce=b"n" * 12,
            protocol=Protocol.UPNP,
            control_port=5_000,
        ),
    ),
    AskCentral(id=8, call=Submit(receipts=(b"r" * RECEIPT_BYTES,) * MOST_SUBMITTED)),
    ReadProfile(id=1, name="home"),
    Resolve(id=2, name="vpn.example"),
    Resolve(id=3, name="x", resolvers=(BootstrapResolver(host=ADDRESS, server_name="d"),)),
    SocketGiven(id=4),
    SocketRefused(id=5, reason="no"),
    SignatureGiven(id=6, signature=b"s" * 64),
    SignatureRefused(id=7, reason="no"),
    ReadFrames(id=9, is_nodes=True),
    FrameGiven(request=9, data=written(Bye())),
    StreamHung(request=9),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=12,
)
PATHS = st.sampled_from([*json.loads(packed(ProfileRead(id=1, profile=PROFILE)))["profile"]])


@pytest.mark.parametrize("message", FROM_AGENT, ids=lambda each: type(each).__name__)
def test_agents_message_survives_the_pair(message: AgentMessage) -> None:
    assert from_agent(packed(message)) == message


@pytest.mark.parametrize("message", FROM_DAEMON, ids=lambda each: type(each).__name__)
def test_daemons_message_survives_the_pair(message: DaemonMessage) -> None:
    assert from_daemon(packed(message)) == message


def test_largest_wishes_fit_a_packet() -> None:
    ids = tuple(str(UUID(int=(1 << 128) - 1 - number)) for number in range(MOST_TRIED))
    measured = tuple(
        Measured(node_id=each, latency_us=MOST_LATENCY_US, failing_percent=100) for each in ids
    )
    keys = PublicKeys(x25519=bytes(32), ed25519=bytes(32))
    wish = Open(
        place=Place(kind=PlaceKind.CITY, country="DE", city="\u6771" * 64),
        protocol="p" * 64,
        keys=keys,
        key="k" * 64,
        avoided=ids[:MOST_NODES],
        favourites=ids[:MOST_NODES],
        measured=measured,
        replaces=ids[0],
    )
    for call in (wish, Find(favourites=ids[:MOST_NODES], measured=measured)):
        packet = packed(AskCentral(id=1 << 31, call=call))
        assert len(packet) <= MOST_PACKET_BYTES
        assert from_daemon(packet) == AskCentral(id=1 << 31, call=call)


def checked(data: bytes) -> None:
    """Read ``data`` as the agent's: it is refused, or is a message that stays what it is."""
    try:
        message = from_agent(data)
    except AgentError:
        return
    assert from_agent(packed(message)) == message


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_refused(data: bytes) -> None:
    checked(data)


@given(st.sampled_from([type(each).__name__ for each in FROM_AGENT]), JSON)
def test_any_json_is_a_message_or_refused(name: str, fields: object) -> None:
    raw = {"id": 1, **(fields if isinstance(fields, dict) else {"fields": fields}), "say": name}
    checked(json.dumps(raw).encode())


@given(st.sampled_from(FROM_AGENT), st.data())
def test_any_message_with_one_field_replaced_is_a_message_or_refused(
    message: AgentMessage, data: st.DataObject
) -> None:
    raw = json.loads(packed(message))
    raw[data.draw(st.sampled_from([*raw]))] = data.draw(JSON)
    checked(json.dumps(raw).encode())


@given(PATHS, JSON)
def test_any_profile_with_one_field_replaced_is_within_limits_or_refused(
    field: str, value: object
) -> None:
    raw = json.loads(packed(ProfileRead(id=1, profile=PROFILE)))
    raw["profile"][field] = value
    checked(json.dumps(raw).encode())


def test_refusal_does_not_quote_what_was_sent() -> None:
    packet = packed(ProfileRead(id=1, profile=PROFILE)).replace(b'"port":443', b'"port":"x"')

    with pytest.raises(AgentError) as caught:
        from_agent(packet)
    assert OPTION not in str(caught.value)
    assert caught.value.__cause__ is None


BEYOND = {
    "too_many_servers": {"servers": PROFILE.servers * 17},
    "too_many_networks": {"allowed": (ip_network("10.0.0.0/8"),) * 1_025},
    "too_many_options": {"options": (("a", "b"),) * 129},
    "too_many_addresses_of_a_host": {"known_hosts": (("h", (ADDRESS,) * 33),)},
    "an_mtu_below_ipv6": {"mtu_bytes": 1_279},
    "an_mtu_beyond_any_network": {"mtu_bytes": 9_001},
    "a_host_that_is_no_host": {"servers": (Server(host="a b", port=1),)},
    "a_search_domain_that_is_none": {"dns_search": ("a\nnameserver 6.6.6.6",)},
    "a_note_that_drives_the_terminal": {"notes": ("\x1b[2J",)},
    "an_option_without_end": {"options": (("a", "b" * 4_097),)},
    "an_option_that_is_no_text": {"options": (("a", "\ud800"),)},
    "a_transport_with_a_path": {"transport": "../toy"},
    "an_address_with_a_scope": {"dns_servers": (ip_address("fe80::1%lo"),)},
}


@pytest.mark.parametrize("change", BEYOND.values(), ids=BEYOND)
def test_profile_is_refused_with(change: dict[str, Any]) -> None:
    refuse_beyond_limits(PROFILE)

    with pytest.raises(ConfigError) as caught:
        refuse_beyond_limits(attrs.evolve(PROFILE, **change))
    assert OPTION not in str(caught.value)
