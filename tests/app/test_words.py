"""Amounts, times, switches and packets: to words and back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldvpn_app.cli.exits import UsageError
from worldvpn_app.cli.packet import Question, question
from worldvpn_app.cli.wording import amount, moment, seconds, setting, span

NOW = datetime(2026, 1, 2, 13, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("count_bytes", "words"),
    [
        (0, "0 B"),
        (1_023, "1023 B"),
        (1_024, "1.0 KiB"),
        (1_536, "1.5 KiB"),
        (1_024**3, "1.0 GiB"),
        (5_000 * 1_024**4, "5000.0 TiB"),
    ],
)
def test_amount_is_in_the_largest_fitting_unit(count_bytes: int, words: str) -> None:
    assert amount(count_bytes) == words


@pytest.mark.parametrize(
    ("duration_s", "words"),
    [
        (-1, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (3_599, "59 min"),
        (3_660, "1 h 1 min"),
        (90_000, "1 d 1 h"),
    ],
)
def test_span_is_in_its_two_largest_units(duration_s: float, words: str) -> None:
    assert span(duration_s) == words


def test_moment_of_another_day_has_its_date() -> None:
    assert moment("2026-01-02T09:05:00+00:00", NOW) == "09:05"
    assert moment("2026-01-01T09:05:00+00:00", NOW) == "2026-01-01 09:05"


@pytest.mark.parametrize(
    ("text", "duration_s"),
    [("90s", 90), ("5m", 300), ("1h", 3_600), ("1h30m", 5_400), ("1h1m1s", 3_661)],
)
def test_duration_is_read(text: str, duration_s: int) -> None:
    assert seconds(text) == duration_s


@pytest.mark.parametrize(
    "text", ["", "5", "m", "5 m", "-5m", "1m1h", "1.5h", "5min", "\N{ARABIC-INDIC DIGIT FIVE}m"]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no duration: write 90s, 5m, 1h or 1h30m"):
        seconds(text)


@pytest.mark.parametrize(
    ("text", "present", "value"),
    [
        ("on", False, True),
        ("OFF", True, False),
        ("yes", False, True),
        ("0", True, False),
        ("home", None, "home"),
        ("on", "home", "on"),
        ("none", "home", None),
        ("-5", 1, -5),
        ("none", [25], []),
        ("25, 465", [], [25, 465]),
        ("Web,p2p", [], ["web", "p2p"]),
        ("9.9.9.9, 2620:FE::9", [], ["9.9.9.9", "2620:fe::9"]),
        ("mon,tue 08:00-09:00;sat 1:00", [], ["mon,tue 08:00-09:00", "sat 1:00"]),
        ("0192F7A0-1b2c-7def-8abc-0123456789ab", [], ["0192f7a0-1b2c-7def-8abc-0123456789ab"]),
    ],
)
def test_setting_takes_the_type_it_has(text: str, present: object, value: object) -> None:
    assert setting(text, present) is value or setting(text, present) == value


@pytest.mark.parametrize(
    ("text", "present"), [("maybe", True), ("none", True), ("x", 1), ("x", [])]
)
def test_setting_of_another_type_is_refused(text: str, present: object) -> None:
    with pytest.raises(UsageError):
        setting(text, present)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("192.0.2.1:443/tcp", Question("192.0.2.1", 443, "tcp")),
        ("192.0.2.1:53/udp", Question("192.0.2.1", 53, "udp")),
        ("192.0.2.1:443", Question("192.0.2.1", 443, "tcp")),
        ("192.0.2.1/icmp", Question("192.0.2.1", None, "icmp")),
        ("192.0.2.1", Question("192.0.2.1", None, "icmp")),
        ("192.0.2.1/47", Question("192.0.2.1", None, "47")),
        ("[2001:db8::1]:53/udp", Question("2001:db8::1", 53, "udp")),
        ("[2001:db8::1]/icmp", Question("2001:db8::1", None, "icmp")),
        ("2001:db8::1/icmp", Question("2001:db8::1", None, "icmp")),
        ("::1", Question("::1", None, "icmp")),
    ],
)
def test_question_is_read(text: str, expected: Question) -> None:
    assert question(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "example.org:443/tcp",
        "192.0.2.1:443/",
        "192.0.2.1:0/tcp",
        "192.0.2.1:65536/tcp",
        "192.0.2.1/tcp",
        "192.0.2.1:443/icmp",
        "[2001:db8::1",
        "192.0.2.1:443/tcp/udp",
    ],
)
def test_what_is_no_question_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        question(text)


@given(st.text())
def test_arbitrary_text_is_a_question_or_wrong_usage(text: str) -> None:
    try:
        asked = question(text)
    except UsageError:
        return
    assert asked.destination
