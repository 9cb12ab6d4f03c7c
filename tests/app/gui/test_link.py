"""The link to the daemon, against the real server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6.QtNetwork import QLocalServer
from pytestqt.qtbot import QtBot

from tests.app.fake_daemon import HOME, FakeDaemon, a_snapshot
from worldvpn_app.gui.link import (
    Link,
    LinkState,
    Refusal,
    Result,
    is_whole,
    refusal_of,
    trouble_of,
)
from worldvpn_core.errors import BusyError


@pytest.fixture
def link(tmp_path: Path, qtbot: QtBot) -> Iterator[Link]:
    del qtbot  # it makes the application
    link = Link(str(tmp_path / "daemon.sock"))
    yield link
    link.close()


def test_it_shows_the_first_snapshot_and_each_change(
    daemon: FakeDaemon, link: Link, qtbot: QtBot
) -> None:
    link.open()
    qtbot.waitUntil(lambda: link.state is LinkState.CONNECTED)
    assert link.snapshot is not None
    assert link.snapshot["tunnel"]["state"] == "disconnected"
    daemon.show(state="connecting", profile=HOME)
    qtbot.waitUntil(
        lambda: link.snapshot is not None and link.snapshot["tunnel"]["state"] == "connecting"
    )


def test_an_answer_and_a_refusal_reach_whoever_asked(
    daemon: FakeDaemon, link: Link, qtbot: QtBot
) -> None:
    link.open()
    qtbot.waitUntil(lambda: link.state is LinkState.CONNECTED)
    results: list[Result] = []
    refusals: list[Refusal] = []
    link.call("profiles.list", done=results.append, refused=refusals.append)
    qtbot.waitUntil(lambda: bool(results))
    assert [each["id"] for each in results[0]["profiles"]] == ["home"]
    daemon.refuses = BusyError("busy with another")
    link.call("profiles.list", done=results.append, refused=refusals.append)
    qtbot.waitUntil(lambda: bool(refusals))
    assert len(results) == 1
    assert refusals[0].message == "busy with another"


def test_without_a_daemon_it_says_so_and_comes_back_when_there_is_one(
    tmp_path: Path, link: Link, qtbot: QtBot
) -> None:
    link.open()
    qtbot.waitUntil(lambda: link.state is LinkState.ABSENT)
    with FakeDaemon(tmp_path / "daemon.sock"):
        qtbot.waitUntil(lambda: link.state is LinkState.CONNECTED)


def test_what_was_asked_is_refused_when_nobody_answers(link: Link) -> None:
    refusals: list[Refusal] = []
    link.call("status", refused=refusals.append)
    assert [each.code for each in refusals] == ["no_daemon"]


def test_it_connects_again_when_the_daemon_starts_anew(
    daemon: FakeDaemon, link: Link, qtbot: QtBot
) -> None:
    link.open()
    qtbot.waitUntil(lambda: link.state is LinkState.CONNECTED)
    states: list[LinkState] = []
    link.state_changed.connect(lambda: states.append(link.state))
    daemon.restart()
    qtbot.waitUntil(lambda: states == [LinkState.ABSENT, LinkState.CONNECTED])


@pytest.mark.parametrize(
    "state", [LinkState.ABSENT, LinkState.TOO_OLD, LinkState.NO_RIGHTS, LinkState.STRANGER]
)
def test_every_trouble_has_a_sentence_and_a_command(state: LinkState) -> None:
    trouble = trouble_of(state, "/run/worldvpn/daemon.sock")
    assert trouble is not None
    assert trouble.sentence
    assert trouble.command


def test_what_speaks_another_language_is_left_and_tried_again(
    tmp_path: Path, link: Link, qtbot: QtBot
) -> None:
    listening = QLocalServer()
    assert listening.listen(str(tmp_path / "daemon.sock"))
    link.open()
    qtbot.waitUntil(listening.hasPendingConnections)
    connection = listening.nextPendingConnection()
    assert connection is not None
    connection.write(b"[]\nHTTP/1.1 400\n")
    qtbot.waitUntil(lambda: link.state is LinkState.ABSENT)
    qtbot.waitUntil(listening.hasPendingConnections)
    listening.close()


@pytest.mark.parametrize("part", ["tunnel", "sharing", "protection", "daemon", "notices"])
def test_a_snapshot_without_one_of_its_parts_is_of_another_version(part: str) -> None:
    whole = {**a_snapshot()}
    assert is_whole(whole)
    assert not is_whole({**whole, part: None})
    assert not is_whole([whole])


@pytest.mark.parametrize(
    ("error", "refusal"),
    [
        (
            {"message": "no", "data": {"code": "busy"}},
            Refusal(code="busy", message="no"),
        ),
        ({"message": "no", "data": None}, Refusal(code="internal", message="no")),
        ({}, Refusal(code="internal", message="")),
        ("no", Refusal(code="internal", message="")),
    ],
)
def test_a_refusal_that_says_little_is_one_all_the_same(error: object, refusal: Refusal) -> None:
    assert refusal_of(error) == refusal
