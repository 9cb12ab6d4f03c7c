"""The log that clients are told: what happened, and nothing of whom."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from typing import Any, cast

import pytest

from worldvpn_core.errors import CentralOfflineError, ConfigError
from worldvpn_core.told import MOST_LINES, Told, redacted

ID = "3f9a0c2e-71b0-4d55-8a55-0123456789ab"
KEY = "mJ5uG0p4m1cS2y7wV8xT3qR6nB9kL0zA1dF4hH7jK8E="
PRIVATE = [
    "203.0.113.10",
    "198.51.100.7:51820",
    "2001:db8::17",
    "52:54:00:12:34:56",
    ID,
    KEY,
    "https://central.example/v1",
    "mara@example.org",
    "/var/lib/worldvpn/profiles/home.json",
    "central.example",
    "'Mara at home'",
]


def record(message: str, *args: object, error: BaseException | None = None) -> logging.LogRecord:
    info = (type(error), error, None) if error is not None else None
    return logging.LogRecord("worldvpn_core.x", logging.INFO, "", 0, message, args, info)


@pytest.fixture
def told() -> Iterator[Told]:
    told = Told()
    logging.getLogger().addHandler(told)
    logging.getLogger().setLevel(logging.INFO)
    yield told
    logging.getLogger().removeHandler(told)


def lines(told: Told, after: int = 0) -> list[dict[str, Any]]:
    return cast("list[dict[str, Any]]", told.after(after)["lines"])


@pytest.mark.parametrize("private", PRIVATE)
def test_what_is_anybodys_is_left_out_wherever_it_stands(private: str) -> None:
    shown = (
        redacted(record("no answer from %s", private)),
        redacted(record(f"seen {private} now")),
    )
    assert shown == ("no answer from …", "seen … now")


def test_any_text_that_was_put_in_is_left_out_however_harmless_it_looks() -> None:
    assert redacted(record("the profile %s of %r", "Mara", "home")) == "the profile … of …"


def test_numbers_states_and_kinds_of_errors_stay() -> None:
    assert redacted(record("%s -> %s in %d ms", "Connecting", "Connected", 41)) == (
        "Connecting -> Connected in 41 ms"
    )
    refused = record("not followed: %s", CentralOfflineError("central.example is away"))
    assert redacted(refused) == "not followed: central.offline"
    assert redacted(record("%s", OSError(13, "denied", "/srv/x"))) == "PermissionError"


def test_words_of_our_own_stay() -> None:
    message = "the node is %slisted: %s"
    assert redacted(record(message, "not ", "home is away")) == "the node is not listed: …"
    assert redacted(record(message, "", "-")) == "the node is listed: …"


def test_an_exception_is_told_by_its_kind_alone() -> None:
    assert redacted(record("the exit failed", error=ValueError(KEY))) == (
        "the exit failed (ValueError)"
    )


def test_a_message_that_does_not_fit_its_values_is_told_all_the_same() -> None:
    assert redacted(record("%s and %s", 1)) == "1 and …"
    assert redacted(record("100 %% of %g s", 0.5)) == "100 % of 0.5 s"
    assert len(redacted(record("word " * 10_000))) == 200


def test_only_lines_of_ours_are_kept_the_newest_of_them(told: Told) -> None:
    logging.getLogger("h2.connection").warning("a stranger's")
    for number in range(MOST_LINES + 10):
        logging.getLogger("worldvpn_core.tunnel.watch").info("sample %d", number)
    kept = lines(told)
    assert len(kept) == MOST_LINES
    assert (kept[-1]["text"], kept[-1]["subject"]) == (f"sample {MOST_LINES + 9}", "tunnel")


def test_a_client_is_told_what_is_new_to_it(told: Told) -> None:
    log = logging.getLogger("worldvpn_killswitch.backend")
    log.info("first")
    log.warning("second %s", ConfigError("x"))
    assert [each["text"] for each in lines(told, after=1)] == ["second config"]
    assert lines(told)[1]["level"] == "trouble"
    assert told.after(2) == {"lines": [], "last": 2}


def test_a_failing_value_does_not_keep_the_line_from_being_told(told: Told) -> None:
    class Odd:
        def __str__(self) -> str:
            raise RuntimeError("no words")

    logging.getLogger("worldvpn_core.runner").handlers = [logging.NullHandler()]
    told.handle(record("saw %s", Odd()))
    assert lines(told)[-1]["text"] == "saw …"
    assert sys.exc_info() == (None, None, None)
