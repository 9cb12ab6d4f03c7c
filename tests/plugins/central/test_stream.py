"""Events as bytes: cut anywhere, of any line end, and never without an end."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldvpn_central import telling
from worldvpn_central.stream import MOST_EVENT_BYTES, Event, Reader
from worldvpn_core.central import news
from worldvpn_core.errors import CentralOfflineError

BODY = b"""retry: 900

event: snapshot
data: {}

:
id: 7-1

id: 8-2
event: notice
data: {"code": "a",
data:  "text": "b"}

"""
READ = [
    (None, None),
    (Event("snapshot", "{}"), None),
    (None, "7-1"),
    (Event("notice", '{"code": "a",\n "text": "b"}'), "8-2"),
]
NODE = "00000000-0000-4000-8000-000000000001"


@given(st.lists(st.integers(0, len(BODY)), max_size=8), st.booleans())
def test_events_are_the_same_wherever_the_bytes_are_cut(cuts: list[int], windows: bool) -> None:  # noqa: FBT001 - drawn
    places = [0, *sorted(cuts), len(BODY)]
    reader, found = Reader(), []
    for begin, end in itertools.pairwise(places):
        part = BODY[begin:end]
        found += list(reader.feed(part.replace(b"\n", b"\r\n") if windows else part))
    assert (found, reader.retry_ms) == (READ, 900)


@pytest.mark.parametrize("endless", [b"data: ", b"data: x\n" * 4, b":\n" * 4])
def test_event_without_an_end_is_refused(endless: bytes) -> None:
    reader = Reader()
    with pytest.raises(CentralOfflineError, match="without an end"):
        list(reader.feed(endless * MOST_EVENT_BYTES))


@given(st.binary(max_size=300))
def test_no_bytes_do_more_than_be_refused(data: bytes) -> None:
    for event, _ in Reader().feed(data + b"\n\n"):
        assert event is None or isinstance(event.data, str)


GUEST = {
    "action": "offer",
    "session_id": NODE,
    "node_id": NODE,
    "protocol": "WireGuard",
    "assigned_ip": "10.64.0.2",
    "assigned_ipv6": "fd57::2",
    "rate_bps": 1,
    "expires_at": "2026-11-28T08:00:00+00:00",
}
PROBE = {
    "node_id": NODE,
    "probe_id": NODE,
    "public_key": "A" * 43 + "=",
    "assigned_ip": "10.64.0.254",
    "assigned_ipv6": "fd57::2",
    "expires_at": "2026-11-28T08:00:00+00:00",
}
WRONG: tuple[object, ...] = (None, [], "\n")


def test_probe_is_read() -> None:
    found = telling.read("probe", json.dumps(PROBE))

    assert isinstance(found, news.ProbeNews)
    assert (found.x25519, found.expires_s) == (bytes(32), 1_795_852_800)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        *(("guest", {**GUEST, name: wrong}) for name in GUEST for wrong in WRONG),
        *(("probe", {**PROBE, name: wrong}) for name in PROBE for wrong in WRONG),
        ("guest", {**GUEST, "public_key": "AAAA"}),
        ("guest", {**GUEST, "ticket": "!"}),
        ("balance", {}),
        ("notice", {"code": "two words", "text": "x"}),
    ],
)
def test_event_that_makes_no_sense_is_refused(kind: str, body: dict[str, object]) -> None:
    with pytest.raises(CentralOfflineError, match="makes no sense"):
        telling.read(kind, json.dumps(body))


@given(st.sampled_from(["guest", "session", "balance", "probe", "notice"]), st.text(max_size=50))
def test_no_text_does_more_than_be_refused(kind: str, data: str) -> None:
    with pytest.raises(CentralOfflineError):
        telling.read(kind, data)


def test_kind_that_is_not_the_daemons_is_passed_over() -> None:
    assert telling.read("directory", "{}") is None


def test_notice_is_one_printable_line() -> None:
    found = telling.read("notice", json.dumps({"code": "a", "text": "x\x1b[31m\n y"}))

    assert found == news.Notice(code="a", text="x [31m y")
