"""``worldvpn nodes``: what is asked of the directory, and how it is shown."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import time

import pytest

from tests.app.central_daemon import CentralDaemon, Watching, a_node
from tests.app.command import Command
from tests.app.programs import PATIENCE_S, WORLDVPN
from worldvpn_app.cli import countries
from worldvpn_app.cli.exits import Exit
from worldvpn_core.errors import CentralOfflineError
from worldvpn_core.ipc.account import DirectoryNodes

ID = "0b9f1b7e-0000-4e0c-8a55-{:012x}"


def test_nodes_are_a_table_with_words_for_what_are_numbers(
    central: CentralDaemon, worldvpn: Command
) -> None:
    central.nodes = [
        a_node(1, favourite=True),
        a_node(2, country="CI", city="", load=1, latency_ms=None, reputation=5),
        a_node(3, load=2, protocols=["openvpn", "wireguard"], bandwidth_mbps=10),
        a_node(4, load=3, country="ZZ", on_probation=True, public=True),
        a_node(5, measured_ms=21.3, failing_percent=30),
        a_node(6, latency_ms=None, measured_ms=0.4, failing_percent=19),
    ]
    ended = worldvpn("nodes")
    # fmt: off
    assert (ended.code, ended.out.splitlines()) == (Exit.OK, [
        "   Country           City    Mbit/s  Load      Latency  Trust  By                  Node",
        f"*  DE Germany        Berlin    1000  free        12 ms     97  wireguard           {ID.format(1)}",  # noqa: E501 - a row
        f"   CI Côte d'Ivoire  –         1000  in use          –      5  wireguard           {ID.format(2)}",  # noqa: E501, RUF001 - a row as it is shown
        f"   DE Germany        Berlin      10  busy        12 ms     97  openvpn, wireguard  {ID.format(3)}",  # noqa: E501 - a row
        f"   ZZ ZZ             Berlin    1000  full        12 ms     97  wireguard           {ID.format(4)}  new, public",  # noqa: E501 - a row
        f"   DE Germany        Berlin    1000  free    own 21 ms     97  wireguard           {ID.format(5)}  failing",  # noqa: E501 - a row
        f"   DE Germany        Berlin    1000  free     own 0 ms     97  wireguard           {ID.format(6)}",  # noqa: E501 - a row
        "6 nodes",
        "Connect: worldvpn connect COUNTRY, COUNTRY/CITY or NODE",
    ])
    # fmt: on


def test_nodes_in_json_are_one_object(central: CentralDaemon, worldvpn: Command) -> None:
    answer = worldvpn("nodes", "--json").json
    assert answer == {"nodes": central.nodes, "total": 2, "age_s": 3}


@pytest.mark.parametrize(
    ("typed", "request_"),
    [
        ((), DirectoryNodes()),
        (("--country", "de"), DirectoryNodes(place="DE")),
        (("--country", "germany"), DirectoryNodes(place="DE")),
        (
            ("--country", "United States", "--city", "New York"),
            DirectoryNodes(place="US/New York"),
        ),
        (
            ("--protocol", "wireguard", "--min-bandwidth", "500", "--limit", "7"),
            DirectoryNodes(protocol="wireguard", min_bandwidth_mbps=500, limit=7),
        ),
        (("--all",), DirectoryNodes(limit=1_000)),
    ],
)
def test_what_is_typed_is_what_is_asked(
    central: CentralDaemon, worldvpn: Command, typed: tuple[str, ...], request_: DirectoryNodes
) -> None:
    assert worldvpn("nodes", *typed).code == Exit.OK
    assert central.asked(DirectoryNodes) == [request_]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (("--country", "Atlantis"), "'Atlantis' is no country: write DE, or Germany"),
        (("--city", "Berlin"), "say in which country the city is"),
        (("--limit", "0"), "--limit is 1 to 1000000"),
        (("--limit", "x"), "invalid int value"),
        (("--all", "--limit", "3"), "not allowed with argument"),
    ],
)
def test_what_makes_no_sense_is_not_asked(
    central: CentralDaemon, worldvpn: Command, typed: tuple[str, ...], sentence: str
) -> None:
    ended = worldvpn("nodes", *typed)
    assert (ended.code, sentence in ended.err) == (Exit.USAGE, True)
    assert central.asked(DirectoryNodes) == []


def test_what_the_daemon_refuses_is_said_by_its_field(
    central: CentralDaemon, worldvpn: Command
) -> None:
    ended = worldvpn("nodes", "--min-bandwidth", "-1")
    assert (ended.code, "min_bandwidth_mbps must be 0 to" in ended.err) == (Exit.FAILED, True)
    assert central.requests == []


def test_ten_thousand_nodes_are_listed_whole(central: CentralDaemon, worldvpn: Command) -> None:
    central.nodes = [a_node(number) for number in range(10_000)]
    in_json = worldvpn("nodes", "--all", "--json").json["nodes"]
    lines = worldvpn("nodes", "--all").out.splitlines()

    assert in_json == central.nodes
    assert (len(lines), lines[-2]) == (10_003, "10,000 nodes")
    assert [asked.offset for asked in central.asked(DirectoryNodes)] == [
        *range(0, 10_000, 1_000)
    ] * 2


def test_pages_shorter_than_asked_are_followed(central: CentralDaemon, worldvpn: Command) -> None:
    central.nodes = [a_node(number) for number in range(100)]
    central.page_nodes = 40
    listed = worldvpn("nodes", "--limit", "90", "--json").json["nodes"]

    assert listed == central.nodes[:90]
    assert [(asked.offset, asked.limit) for asked in central.asked(DirectoryNodes)] == [
        (0, 90),
        (40, 50),
        (80, 10),
    ]


def test_best_of_many_say_how_many_there_are(central: CentralDaemon, worldvpn: Command) -> None:
    central.nodes = [a_node(number) for number in range(1_234)]
    lines = worldvpn("nodes", "--limit", "1").out.splitlines()
    assert lines[2] == "1 node of 1,234; all: worldvpn nodes --all"


def test_directory_that_is_old_says_so(central: CentralDaemon, worldvpn: Command) -> None:
    page = {"nodes": [a_node(1)], "total": 1, "next": None, "age_s": 300}
    central.answers[DirectoryNodes] = lambda _: {"json": json.dumps(page)}
    assert "1 node, as of 5 min ago\n" in worldvpn("nodes").out


def test_directory_without_a_node_that_fits_says_so(
    central: CentralDaemon, worldvpn: Command
) -> None:
    central.nodes = []
    assert worldvpn("nodes").out == "No node fits. See all: worldvpn nodes --all\n"
    assert worldvpn("nodes", "--json").json == {"nodes": [], "total": 0, "age_s": 3}


def test_city_of_a_stranger_moves_no_cursor(central: CentralDaemon, worldvpn: Command) -> None:
    central.nodes = [a_node(1, city="\x1b[2JX")]
    assert "\ufffd[2JX" in worldvpn("nodes").out


def test_watched_nodes_end_cleanly(central: CentralDaemon, env: dict[str, str]) -> None:
    watching = Watching(central.path, "nodes", "--watch", "--json", env=env)
    assert json.loads(watching.line())["nodes"] == central.nodes
    assert watching.interrupt() == (Exit.INTERRUPTED, "")


def interrupt() -> None:
    raise KeyboardInterrupt


def test_watch_of_nodes_outlives_a_refusal_and_a_restart(
    central: CentralDaemon, worldvpn: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = dict(central.answers)
    meanwhile = iter(
        [
            lambda: central.refuse(CentralOfflineError("no answer in 10 s")),
            lambda: central.answers.update(known),
            central.restart,
            lambda: None,
            interrupt,
        ]
    )
    monkeypatch.setattr(time, "sleep", lambda _s: next(meanwhile)())
    ended = worldvpn("nodes", "--watch")
    away, gone = ended.err.splitlines()

    assert ended.code == Exit.INTERRUPTED
    assert ended.out.splitlines().count("2 nodes") == 3
    assert away.startswith("no answer in 10 s. Try again once it can be reached")
    assert gone.endswith("closed the connection; looking for it")


def test_watched_nodes_are_redrawn_on_a_terminal(
    central: CentralDaemon, env: dict[str, str]
) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen([str(WORLDVPN), "nodes", "--watch"], env=env, stdout=theirs)
    os.close(theirs)
    shown = b""
    while b"Connect:" not in shown:
        shown += os.read(ours, 4_096)
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE_S) == Exit.INTERRUPTED
    os.close(ours)
    assert shown.startswith(b"\x1b[")
    assert len(central.asked(DirectoryNodes)) == 1


def test_country_is_known_by_code_and_name() -> None:
    assert [countries.code_of(text) for text in ("de", "GERMANY", "côte d'ivoire", "xk")] == [
        *("DE", "DE", "CI", "XK")
    ]
    assert [countries.code_of(text) for text in ("", "D", "Deutsch", "ZZ")] == [None] * 4
    assert (countries.name_of("TR"), countries.name_of("ZZ")) == ("Türkiye", "ZZ")


def test_table_of_countries_is_whole() -> None:
    names = dict(countries._names())
    assert (len(names), len({*names.values()})) == (250, 250)
    assert all(len(code) == 2 and code.isascii() and code.isupper() for code in names)
    assert all(name == name.strip() != "" and name.isprintable() for name in names.values())
