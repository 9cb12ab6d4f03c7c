"""``worldvpn receipts``: what the daemon keeps, as a list and as a file that proves it."""

from __future__ import annotations

import base64
import stat
from collections.abc import Mapping
from pathlib import Path
from uuid import UUID

import attrs
import pytest

from tests.app.command import Command
from tests.app.evidence.exports import (
    KEYS,
    MIB,
    ROOT,
    TICKET,
    chain,
    export,
    key,
    manifest,
    public,
    session,
    signed,
    tickets,
)
from tests.app.fake_daemon import FakeDaemon
from worldvpn_app.cli.exits import Exit
from worldvpn_app.evidence.file import written
from worldvpn_app.evidence.judge import Verdict, judged
from worldvpn_core.credit.exchange import Kept
from worldvpn_core.credit.figures import Figures
from worldvpn_core.credit.receipt import Role
from worldvpn_core.errors import ReceiptsError
from worldvpn_core.ipc.receipts import ReceiptsShow
from worldvpn_core.receipts import desk
from worldvpn_core.receipts.entry import Entry


def kept(number: int, role: Role, count: int = 3, *, answered: bool = True) -> Entry:
    """Return what is kept of one end of a session after so many receipts of each."""
    other = Role.GUEST if role is Role.NODE else Role.NODE
    own, others = chain(role, count), chain(other, count)
    return Entry(
        session=UUID(int=number),
        role=role,
        kept=Kept(
            own=own[-1],
            other=others[-1].sign(KEYS[other]) if answered else None,
            counted=Figures.of(own[-1]),
        ),
        signed=own[-1].sign(KEYS[role]),
        ends_s=TICKET.not_after_s + number,
        handed_own=count if number == 1 else 0,
        handed_other=count if number == 1 else 0,
    )


class Shelf:
    """A daemon's book: what it answers is made by the daemon's own code."""

    def __init__(self, *entries: Entry) -> None:
        self.entries = entries
        self.manifest: bytes | None = manifest().sign(key("root"))
        self.page = 200
        self.former: dict[UUID, list[bytes]] = {}
        self.tickets = {
            each.session: tuple(
                one.sign(key("server"))
                for one in tickets(2, attrs.evolve(TICKET, session=each.session))
            )
            for each in entries
        }

    def __call__(self, asked: ReceiptsShow) -> Mapping[str, object]:
        after = None if asked.after is None else UUID(asked.after)
        kept = desk.Kept(entries=self.entries, former=self.former, tickets=self.tickets)
        sessions, following = desk.page(kept, after, min(asked.limit, self.page))
        return {
            "root": public("root").hex(),
            "manifest": None if self.manifest is None else base64.b64encode(self.manifest).decode(),
            "sessions": sessions,
            "next": None if following is None else str(following),
        }


@pytest.fixture
def shelf(daemon: FakeDaemon) -> Shelf:
    """Let the daemon keep the session that the exports of the tests are of."""
    made = Shelf(kept(1, Role.GUEST), kept(2, Role.NODE, answered=False))
    daemon.answers[ReceiptsShow] = made
    return made


def test_list_shows_what_each_end_has_signed_and_what_waits(
    daemon: FakeDaemon, shelf: Shelf, worldvpn: Command
) -> None:
    lines = [line.split() for line in worldvpn("receipts").out.splitlines()]
    assert lines[0] == ["Session", "As", "Until", "Node", "Guest", "Both", "Server"]
    assert [(line[0], line[1], *line[-7:]) for line in lines[2:]] == [
        (str(UUID(int=1)), "guest", "MiB", "9.0", "MiB", "9.0", "MiB", "handed", "in")
    ]
    assert (
        lines[1][-7:] == ["9.0", "MiB", "\N{EN DASH}", "\N{EN DASH}", "1", "to", "hand", "in"][1:]
    )
    assert shelf.entries
    assert daemon.requests == [ReceiptsShow(limit=200)]


def test_list_in_json_is_exact(shelf: Shelf, worldvpn: Command) -> None:
    newest, oldest = worldvpn("receipts", "list", "--json").json["sessions"]
    assert oldest == {
        "session_id": str(UUID(int=1)),
        "role": "guest",
        "ends_s": TICKET.not_after_s + 1,
        "node_bytes": 9 * MIB,
        "guest_bytes": 9 * MIB,
        "agreed_bytes": 9 * MIB,
        "tickets": 2,
        "waiting": 0,
    }
    assert (newest["guest_bytes"], newest["agreed_bytes"], newest["waiting"]) == (None, None, 1)
    assert len(shelf.entries) == 2


def test_list_of_nothing_says_so(daemon: FakeDaemon, worldvpn: Command) -> None:
    daemon.answers[ReceiptsShow] = Shelf()
    assert worldvpn("receipts").out == "No receipts are kept: there was no session of late.\n"
    daemon.refuses = ReceiptsError("receipts are kept for an account: sign in")
    assert worldvpn("receipts").code == Exit.FAILED


def test_export_is_what_a_stranger_can_check(
    tmp_path: Path, daemon: FakeDaemon, worldvpn: Command
) -> None:
    # Receipts of its own ticket, as the daemon keeps them: the newest of each end.
    entry = kept(1, Role.NODE)
    daemon.answers[ReceiptsShow] = Shelf(entry)
    file = tmp_path / "out"
    done = worldvpn("receipts", "export", str(file))
    assert done.code == Exit.OK, done
    assert done.out.splitlines() == [
        f"{file} has 1 sessions.",
        f"Nothing fails: both ends signed for {9 * MIB:,} bytes in 1 of 1 sessions.",
    ]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    daemon.stop()
    checked = worldvpn("receipts", "verify", str(file), "--root", ROOT.hex())
    assert checked.code == Exit.OK
    assert f"  + agreement         both signed for {9 * MIB:,} bytes" in checked.out


def test_export_takes_every_page_and_merges_both_ends_of_a_session(
    tmp_path: Path, daemon: FakeDaemon, worldvpn: Command
) -> None:
    shelf = Shelf(kept(1, Role.NODE, 3, answered=False), kept(1, Role.GUEST, 2))
    shelf.page = 1
    daemon.answers[ReceiptsShow] = shelf
    file = tmp_path / "out"
    assert worldvpn("receipts", "export", str(file), "--json").json["sound"] is True
    (finding,) = judged(file.read_bytes()).findings
    assert (finding.node, finding.guest) == ((3 * MIB, 6 * MIB), (2 * MIB, 4 * MIB))
    (check,) = (each for each in finding.checks if each.name == "node-chain")
    assert check.detail == "1 of 2 links can be checked"


def test_export_has_the_former_receipts_that_are_remembered(
    tmp_path: Path, daemon: FakeDaemon, worldvpn: Command
) -> None:
    entry = kept(1, Role.GUEST)
    shelf = Shelf(entry)
    shelf.former = {entry.session: [each for role in Role for each in signed(chain(role, 2))]}
    daemon.answers[ReceiptsShow] = shelf
    assert worldvpn("receipts", "export", str(tmp_path / "out")).code == Exit.OK
    (finding,) = judged((tmp_path / "out").read_bytes()).findings
    assert {check.verdict for check in finding.checks} == {Verdict.PROVED}


def test_export_of_what_does_not_hold_says_so_at_once(
    tmp_path: Path, daemon: FakeDaemon, worldvpn: Command
) -> None:
    shelf = Shelf(kept(1, Role.NODE))
    shelf.tickets = {}
    daemon.answers[ReceiptsShow] = shelf
    done = worldvpn("receipts", "export", str(tmp_path / "out"))
    assert (done.code, done.out.splitlines()[-1]) == (Exit.FAILED, "1 of 1 sessions fail.")


def test_export_without_the_servers_keys_is_none(
    tmp_path: Path, shelf: Shelf, worldvpn: Command
) -> None:
    shelf.manifest = None
    done = worldvpn("receipts", "export", str(tmp_path / "out"), "--json")
    assert (done.code, done.json["error"]["code"]) == (Exit.FAILED, "receipts")
    assert not (tmp_path / "out").exists()


def test_export_overwrites_nothing(tmp_path: Path, shelf: Shelf, worldvpn: Command) -> None:
    file = tmp_path / "out"
    file.write_text("mine")
    assert worldvpn("receipts", "export", str(file)).code == Exit.FAILED
    assert file.read_text() == "mine"
    assert shelf.entries


def test_verify_says_exactly_what_fails(tmp_path: Path, worldvpn: Command) -> None:
    file = tmp_path / "out"
    whole = session()
    spoiled = whole._replace(guest=(whole.guest[0], whole.guest[2], whole.guest[1]))
    file.write_bytes(written(export(spoiled)))
    done = worldvpn("receipts", "verify", str(file))
    assert done.code == Exit.FAILED
    assert "  ! guest-sequence    number 2 comes after 3\n" in done.out
    answer = worldvpn("receipts", "verify", str(file), "--json").json
    (one,) = answer["sessions"]
    failed = [each for each in one["checks"] if each["verdict"] == "failed"]
    assert (answer["sound"], one["agreed_bytes"]) == (False, None)
    assert failed == [
        {"name": "guest-sequence", "verdict": "failed", "detail": "number 2 comes after 3"}
    ]


@pytest.mark.parametrize("raw", [b"", b"{}\n", b"\xff" * 99])
def test_verify_of_something_else_fails_and_asks_no_daemon(
    tmp_path: Path, worldvpn: Command, raw: bytes
) -> None:
    file = tmp_path / "out"
    file.write_bytes(raw)
    done = worldvpn("receipts", "verify", str(file), "--json")
    assert (done.code, done.json["sound"]) == (Exit.FAILED, False)


@pytest.mark.parametrize(
    "typed",
    [
        ("export",),
        ("verify",),
        ("list", "FILE"),
        ("export", "FILE", "--root", "00"),
        ("verify", "/dev/null", "--root", "00"),
        ("verify", "/dev/null", "--root", "zz" * 32),
        ("burn",),
    ],
)
def test_receipts_typed_without_sense_are_refused(
    worldvpn: Command, typed: tuple[str, ...]
) -> None:
    assert worldvpn("receipts", *typed).code == Exit.USAGE


def test_verify_of_a_file_that_is_not_there_says_so(tmp_path: Path, worldvpn: Command) -> None:
    done = worldvpn("receipts", "verify", str(tmp_path / "none"))
    assert (done.code, "cannot read" in done.err) == (Exit.FAILED, True)
