"""Logs say what happened, never to whom."""

from __future__ import annotations

import io
import json
import logging
import os

import pytest

from worldvpn_server.operations.access import AccessLog
from worldvpn_server.operations.logs import JsonLines, fields, stamp


def _logged(error: BaseException) -> dict[str, object]:
    record = logging.LogRecord(
        "worldvpn_server.test",
        logging.ERROR,
        __file__,
        1,
        "it failed",
        None,
        (type(error), error, error.__traceback__),
    )
    found: dict[str, object] = json.loads(JsonLines().format(record))
    return found


def _fail() -> None:
    try:
        os.environ["ALICE"]
    except KeyError as inner:
        raise ValueError("198.51.100.7 said hunter2") from inner


def test_an_error_is_logged_by_its_kinds_and_places_not_its_words() -> None:
    with pytest.raises(ValueError, match="hunter2") as caught:
        _fail()
    line = _logged(caught.value)

    text = json.dumps(line)
    assert "ValueError" in text
    assert "KeyError" in text
    assert not any(secret in text for secret in ("ALICE", "hunter2", "198.51.100.7"))


def test_fields_are_keys_of_the_line() -> None:
    record = logging.LogRecord("x", logging.INFO, __file__, 1, "done", None, None)
    record.__dict__ |= fields(job="payout")

    assert json.loads(JsonLines().format(record))["job"] == "payout"


def test_line_break_in_a_value_cannot_forge_a_second_line() -> None:
    record = logging.LogRecord("x", logging.INFO, __file__, 1, 'a\n{"level":"info"}', None, None)

    assert "\n" not in JsonLines().format(record)


def test_time_is_utc_to_the_millisecond() -> None:
    assert stamp(1_800_000_000.1239) == "2027-01-15T08:00:00.123Z"


@pytest.mark.anyio
async def test_access_log_writes_each_request_once() -> None:
    output = io.StringIO()
    log = AccessLog(output)
    log.add("a1", "GET", "/v1/sessions/{id:uuid}", 200, 0.0123)
    log.add("a2", "GET", "(none)", 404, 0.001)
    log.flush()
    log.flush()

    lines = [json.loads(line) for line in output.getvalue().splitlines()]
    assert [line["request"] for line in lines] == ["a1", "a2"]
    assert (lines[0]["route"], lines[0]["status"], lines[0]["ms"]) == (
        "/v1/sessions/{id:uuid}",
        200,
        12.3,
    )
