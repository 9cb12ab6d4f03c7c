"""What the owner is shown of receipts: page by page, signed, and nothing that is not kept."""

from __future__ import annotations

import base64
from typing import Any
from uuid import UUID

import pytest

from tests.core.receipts.samples import ENDS_S, book, entry
from tests.core.receipts.test_tickets import opened, signed
from tests.core.vault.power import CuttableDisk
from worldvpn_core.credit.receipt import Role
from worldvpn_core.errors import ReceiptsError
from worldvpn_core.ipc.receipts import ReceiptsShow
from worldvpn_core.receipts.desk import Proofs, ReceiptsDesk

pytestmark = pytest.mark.anyio
ROOT = bytes(range(32))


async def desk(*, manifest: bytes | None = b"{}") -> ReceiptsDesk:
    """Return one with three sessions, of which the second was at both ends of this computer."""
    receipts = await book(CuttableDisk())
    for each in (
        entry(2, session=1, answered=True),
        entry(1, session=2, role=Role.GUEST, answered=True),
        entry(1, session=2),
        entry(1, session=3),
    ):
        await receipts.keep(entry(1, session=each.session.int, role=each.role))
        await receipts.keep(each)
    tickets = await opened(CuttableDisk())
    await tickets.keep(signed(1, session=1))
    await tickets.keep(signed(2, session=1))
    made = ReceiptsDesk()
    made.proofs = Proofs(book=receipts, tickets=tickets, root_key=ROOT, manifest=lambda: manifest)
    return made


async def answered(made: ReceiptsDesk, request: ReceiptsShow | None = None) -> Any:  # noqa: ANN401 - JSON
    return await made.answer(request or ReceiptsShow())


def text(*signed_: bytes | None) -> list[str]:
    return [base64.b64encode(each).decode() for each in signed_ if each is not None]


async def test_session_is_shown_with_all_that_was_signed_of_it() -> None:
    shown = (await answered(await desk()))["sessions"][0]
    one = entry(2, session=1, answered=True)
    assert shown == {
        "session": str(UUID(int=1)),
        "role": "node",
        "ends_s": ENDS_S,
        "waiting": 2,
        "tickets": text(signed(1, session=1), signed(2, session=1)),
        # The first is remembered: the book has held it since it was opened.
        "node": text(entry(1).signed, one.signed),
        "guest": text(one.kept.other),
    }


async def test_guests_own_receipts_stand_as_the_guests() -> None:
    shown = (await answered(await desk()))["sessions"]
    one = entry(1, session=2, role=Role.GUEST, answered=True)
    (guest,) = (each for each in shown if each["role"] == "guest")
    assert (guest["node"], guest["guest"]) == (text(one.kept.other), text(one.signed))
    assert (guest["waiting"], guest["tickets"]) == (1, [])


async def test_pages_hold_every_session_once_and_none_is_torn() -> None:
    made, after, pages = await desk(), None, []
    for _ in range(3):
        page = await answered(made, ReceiptsShow(limit=1, after=after))
        pages.append([(UUID(each["session"]).int, each["role"]) for each in page["sessions"]])
        after = page["next"]
    assert pages == [[(1, "node")], [(2, "node"), (2, "guest")], [(3, "node")]]
    assert after is None


async def test_root_and_manifest_come_with_them() -> None:
    page = await answered(await desk(manifest=b'{"signed": ""}'))
    assert page["root"] == ROOT.hex()
    assert base64.b64decode(page["manifest"]) == b'{"signed": ""}'
    assert (await answered(await desk(manifest=None)))["manifest"] is None


async def test_long_page_ends_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worldvpn_core.receipts.desk._PAGE_BYTES", 1)
    page = await answered(await desk())
    assert ([each["role"] for each in page["sessions"]], page["next"]) == (
        ["node"],
        str(UUID(int=1)),
    )


async def test_nobody_is_shown_receipts_while_no_account_is_open() -> None:
    made = await desk()
    made.proofs = None
    with pytest.raises(ReceiptsError, match="sign in"):
        await answered(made)


async def test_what_the_server_has_waits_no_more() -> None:
    made = await desk()
    assert made.proofs is not None
    made.proofs.book.handed(made.proofs.book.pending(9))
    assert {each["waiting"] for each in (await answered(made))["sessions"]} == {0}
