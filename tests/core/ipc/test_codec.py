"""Lines to calls and faults, for good, bad and arbitrary bytes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.ipc import account_lines, share_lines, tunnel_lines, vault_lines
from tests.core.ipc.wire import line
from worldvpn_core.errors import HandshakeTimeoutError
from worldvpn_core.ipc.codec import (
    Call,
    Fault,
    decode,
    encode_fault,
    encode_notification,
    encode_result,
    fault_of,
)
from worldvpn_core.ipc.firewall import FirewallCounters, FirewallOutside, FirewallWhy, LogTail
from worldvpn_core.ipc.messages import (
    METHODS,
    Hello,
    HostReset,
    PluginsList,
    ProfilesImport,
    ProfilesList,
    ProfilesRemove,
    Request,
    SettingsGet,
    SettingsSet,
    Status,
    Subscribe,
)
from worldvpn_core.ipc.protocol import MAX_PROFILE_BYTES
from worldvpn_core.ipc.receipts import ReceiptsShow
from worldvpn_core.ipc.traffic import TrafficShow, TrafficWatch
from worldvpn_core.types import IpAddress

GOOD: list[tuple[str, dict[str, object], Request]] = [
    ("hello", {"version": 1}, Hello(version=1)),
    ("status", {}, Status()),
    ("subscribe", {}, Subscribe()),
    ("profiles.list", {}, ProfilesList()),
    (
        "profiles.import",
        {"name": "Ünser Büro", "text": "x" * MAX_PROFILE_BYTES},
        ProfilesImport(name="Ünser Büro", text="x" * MAX_PROFILE_BYTES),
    ),
    (
        "profiles.import",
        {"name": "a", "text": "\t" * MAX_PROFILE_BYTES, "replace": True},
        ProfilesImport(name="a", text="\t" * MAX_PROFILE_BYTES, replace=True),
    ),
    ("profiles.remove", {"profile_id": "home"}, ProfilesRemove(profile_id="home")),
    ("settings.get", {}, SettingsGet()),
    (
        "settings.set",
        {"changes": {"auto_connect": None}, "confirm": True},
        SettingsSet(changes={"auto_connect": None}, confirm=True),
    ),
    ("firewall.counters", {}, FirewallCounters()),
    ("firewall.outside", {}, FirewallOutside()),
    ("log.tail", {"after": 41}, LogTail(after=41)),
    ("plugins.list", {}, PluginsList()),
    ("host.reset", {"confirm": True}, HostReset(confirm=True)),
    ("traffic.show", {}, TrafficShow()),
    ("traffic.watch", {}, TrafficWatch()),
    ("receipts.show", {"limit": 200}, ReceiptsShow(limit=200)),
    *share_lines.GOOD,
    *tunnel_lines.GOOD,
    *account_lines.GOOD,
    *vault_lines.GOOD,
]

BAD: list[tuple[str, dict[str, object], str]] = [
    ("hello", {}, "version is missing"),
    ("hello", {"version": "1"}, "version must be a whole number"),
    ("hello", {"version": 1.0}, "version must be a whole number"),
    ("hello", {"version": True}, "version must be a whole number"),
    ("status", {"extra": 1}, "there is no field extra"),
    ("profiles.import", {"name": "", "text": "x"}, "name must be 1 to 64 printable"),
    ("profiles.import", {"name": " a", "text": "x"}, "name must be 1 to 64 printable"),
    ("profiles.import", {"name": "a\x1b[2J", "text": "x"}, "name must be 1 to 64 printable"),
    ("profiles.import", {"name": "a", "text": ""}, "text must be 1 to 65536 bytes"),
    (
        "profiles.import",
        {"name": "a", "text": "ä" * (MAX_PROFILE_BYTES // 2) + "x"},
        "text must be 1 to 65536 bytes",
    ),
    ("settings.set", {"changes": {}}, "changes must be an object of 1 to 64"),
    ("settings.set", {"changes": []}, "changes must be an object"),
    ("settings.set", {"changes": {str(n): n for n in range(65)}}, "changes must be an object"),
    ("firewall.why", {"destination": "host", "protocol": "udp"}, "destination must be an IPv4"),
    ("firewall.why", {"destination": 1, "protocol": "udp"}, "destination must be an IPv4"),
    ("firewall.why", {"destination": "::1", "protocol": "256"}, "protocol must be tcp"),
    (
        "firewall.why",
        {"destination": "::1", "protocol": "udp", "port": 0},
        "port must be 1 to 65535",
    ),
    (
        "firewall.why",
        {"destination": "::1", "protocol": "udp", "port": True},
        "port must be a whole number",
    ),
    ("host.reset", {}, "confirm is missing"),
    ("host.reset", {"confirm": "yes"}, "confirm must be true or false"),
    *tunnel_lines.BAD,
    ("receipts.show", {"after": "home"}, "after must be a UUID in lower case"),
    ("receipts.show", {"limit": 0}, "limit must be 1 to 200"),
    *account_lines.BAD,
    *vault_lines.BAD,
]

GARBAGE = [
    b"",
    b"\xff\xfe",
    b"{",
    b"null x",
    b'{"jsonrpc":"2.0","id":1,"id":2,"method":"status"}',
    b'{"jsonrpc":"2.0","id":NaN,"method":"status"}',
    b'{"jsonrpc":"2.0","id":1,"method":"settings.set","params":{"changes":{"a":Infinity}}}',
    b'{"jsonrpc":"2.0","id":1,"method":"settings.set","params":{"changes":{"a":["\\ud800"]}}}',
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b"1" * 5_000,
]
NO_REQUEST = [
    b"1",
    b"[]",
    b"[" + line("status").strip() + b"]",
    b"{}",
    b'{"jsonrpc":"2.0","method":"status"}',
    b'{"jsonrpc":"2.0","id":null,"method":"status"}',
    b'{"jsonrpc":"2.0","id":1.5,"method":"status"}',
    b'{"jsonrpc":"2.0","id":true,"method":"status"}',
    b'{"jsonrpc":"2.0","id":"","method":"status"}',
    b'{"jsonrpc":"2.0","id":1e400,"method":"status"}',
    b'{"jsonrpc":"2.0","id":99999999999999999999,"method":"status"}',
    b'{"jsonrpc":"1.0","id":1,"method":"status"}',
    b'{"id":1,"method":"status"}',
    b'{"jsonrpc":"2.0","id":1,"method":7}',
    b'{"jsonrpc":"2.0","id":1,"method":"status","params":[]}',
    b'{"jsonrpc":"2.0","id":1,"method":"status","params":null}',
    b'{"jsonrpc":"2.0","id":1,"method":"status","token":"x"}',
]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(("method", "params", "request_"), GOOD)
def test_good_params_become_their_request(
    method: str, params: dict[str, object], request_: Request
) -> None:
    call = decode(line(method, params, "a"))
    assert call == Call(id="a", name=method, method=METHODS[method], request=request_)


def test_every_method_has_a_good_line() -> None:
    assert {method for method, _, _ in GOOD} | {"firewall.why"} == set(METHODS)


@given(st.ip_addresses(), st.sampled_from(["tcp", "udp", "icmp", "0", "47", "255"]))
def test_any_address_can_be_asked_about(address: IpAddress, protocol: str) -> None:
    call = decode(line("firewall.why", {"destination": str(address), "protocol": protocol}))
    assert isinstance(call, Call)
    assert call.request == FirewallWhy(destination=address, protocol=protocol)


@pytest.mark.parametrize(("method", "params", "sentence"), BAD)
def test_bad_params_are_refused_by_field(
    method: str, params: dict[str, object], sentence: str
) -> None:
    fault = decode(line(method, params))
    assert isinstance(fault, Fault)
    assert (fault.number, fault.code, fault.id) == (-32_602, "rpc.params", 1)
    assert fault.message.startswith(f"{method}: {sentence}")


@pytest.mark.parametrize("garbage", GARBAGE, ids=range(len(GARBAGE)))
def test_what_is_no_json_is_a_parse_error(garbage: bytes) -> None:
    fault = decode(garbage)
    assert isinstance(fault, Fault)
    assert (fault.number, fault.code, fault.id) == (-32_700, "rpc.parse", None)


@pytest.mark.parametrize("raw", NO_REQUEST)
def test_json_that_is_no_request_is_refused(raw: bytes) -> None:
    fault = decode(raw)
    assert isinstance(fault, Fault)
    assert (fault.number, fault.code) == (-32_600, "rpc.request")


def test_unknown_method_is_refused() -> None:
    fault = decode(line("tunnel.open"))
    assert isinstance(fault, Fault)
    assert (fault.number, fault.code, fault.id) == (-32_601, "rpc.method", 1)


@pytest.mark.parametrize("method", METHODS)
def test_line_longer_than_its_method_may_have_is_refused(method: str) -> None:
    padding = b" " * METHODS[method].max_bytes
    fault = decode(padding + line(method))
    assert isinstance(fault, Fault)
    assert fault.code == "rpc.too_large"


def test_refused_secret_is_not_repeated() -> None:
    canary = "c2VjcmV0LWtleS1jYW5hcnk="
    lines = [
        line("profiles.import", {"name": "a", "text": {"key": canary}}),
        line("profiles.import", {"name": canary * 9, "text": canary}),
        line("tunnel.connect", {"profile_id": canary}),
        line("firewall.why", {"destination": canary, "protocol": canary}),
        *(line(method, params) for method, params in account_lines.with_secret(canary)),
        *(line(method, params) for method, params in vault_lines.with_secret(canary)),
    ]
    assert [canary in repr(decode(each)) for each in lines] == [False] * len(lines)


def test_no_password_is_in_the_repr_of_its_request() -> None:
    reprs = [repr(decode(line(method, params))) for method, params in account_lines.kept("canary")]
    assert [("canary" in each, each.startswith("Call(")) for each in reprs] == [
        (False, True)
    ] * len(reprs)


def test_secret_of_an_import_is_not_in_its_repr() -> None:
    call = decode(line("profiles.import", {"name": "a", "text": "PrivateKey = canary"}))
    assert isinstance(call, Call)
    assert "canary" not in repr(call)


@given(st.binary(max_size=400))
def test_arbitrary_bytes_give_a_call_or_a_fault(raw: bytes) -> None:
    assert isinstance(decode(raw), Call | Fault)


@given(st.sampled_from(sorted(METHODS)), st.dictionaries(st.text(), json_values, max_size=4))
def test_arbitrary_params_give_a_call_or_a_fault(method: str, params: dict[str, object]) -> None:
    assert isinstance(decode(line(method, params)), Call | Fault)


@given(st.sampled_from(sorted(METHODS)), json_values)
def test_arbitrary_field_values_give_a_call_or_a_fault(method: str, value: object) -> None:
    fields = METHODS[method].request.__annotations__
    assert isinstance(decode(line(method, dict.fromkeys(fields, value))), Call | Fault)


@given(st.text(), st.sampled_from([1, "a"]))
def test_whatever_is_encoded_is_one_line_of_json(text: str, request_id: int | str) -> None:
    fault = Fault(number=-1, code="x", message=text, id=request_id)
    lines = [
        encode_fault(fault),
        encode_result(request_id, {"text": text}),
        encode_notification("snapshot", {"text": text}),
    ]
    assert all(each.count(b"\n") == 1 for each in lines)
    assert [json.loads(each)["jsonrpc"] for each in lines] == ["2.0"] * 3


def test_error_of_ours_crosses_with_code_and_whether_to_retry() -> None:
    fault = fault_of(HandshakeTimeoutError("no handshake from 198.51.100.7 in 10 s"), 7)
    error = {
        "code": -32_000,
        "message": "no handshake from 198.51.100.7 in 10 s",
        "data": {"code": "transport.handshake_timeout", "retryable": True},
    }
    assert json.loads(encode_fault(fault)) == {"jsonrpc": "2.0", "id": 7, "error": error}
