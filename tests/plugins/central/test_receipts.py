"""Receipts of two real ends, handed in by either, are settled by the real server to the byte."""

from __future__ import annotations

import base64
import json
import time

import asyncpg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.core.credit.ends import Pair, Side
from tests.plugins.central.desk import Device, public
from tests.plugins.central.test_sessions import sharing, wish
from tests.server.operations.process import ServerProcess
from worldvpn_app.evidence import file
from worldvpn_app.evidence.judge import Verdict, judged
from worldvpn_central.keys import FILE
from worldvpn_core.central import calls, replies
from worldvpn_core.central.identity import DeviceKeys
from worldvpn_core.central.replies import Outcome
from worldvpn_core.central.server import CentralServer
from worldvpn_core.credit.guest_end import GuestEnd
from worldvpn_core.credit.lengths import RECEIPT_BYTES
from worldvpn_core.credit.node_state import CLAIM_MS, NodeEnd
from worldvpn_core.credit.ticket import Ticket
from worldvpn_core.share.tickets import believed, trusted
from worldvpn_server.database.making import dsn

pytestmark = pytest.mark.anyio

#: No more than the node can have carried at its rate before the first claim comes.
CARRIED_BYTES = 100_007


async def settled_bytes(server: ServerProcess, session: str) -> int:
    sql = await asyncpg.connect(dsn(server.data / "postgres", "worldvpn", "postgres"))
    try:
        found = await sql.fetchval("SELECT settled_bytes FROM session WHERE id = $1", session)
    finally:
        await sql.close()
    assert isinstance(found, int)
    return found


def signer(keys: DeviceKeys) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(keys.ed25519)


def exchanged(ticket: Ticket, node: DeviceKeys, guest: DeviceKeys) -> Pair:
    """Return both ends of a session that has carried ``CARRIED_BYTES``."""
    pair = Pair(
        node=Side(begin=NodeEnd.resumed, key=signer(node), ticket=ticket),
        guest=Side(begin=GuestEnd.resumed, key=signer(guest), ticket=ticket),
    )
    pair.passes(0)
    pair.opens()
    pair.carries(7, CARRIED_BYTES - 7)
    pair.passes(CLAIM_MS)
    pair.delivers()
    return pair


async def test_both_ends_receipts_settle_what_was_carried_once(
    server: ServerProcess, central: CentralServer, device: Device
) -> None:
    keys = DeviceKeys.fresh()
    await device.register("dorothea")
    async with sharing(server, central, "emil", "DE") as node, device.running():
        granted = await device.client.call(wish("DE", public(keys)))
        assert isinstance(granted, replies.Granted)
        kept = device.desk.files[FILE]
        manifest = trusted(kept, central.root_key, 0, time.time())
        ticket = believed(granted.ticket, manifest, time.time())
        pair = exchanged(ticket, node.private, keys)
        batch = calls.Submit(receipts=(pair.node.signed[-1], pair.guest.signed[-1]))

        first = await node.device.client.call(batch)
        again = await device.client.call(batch)

        assert first == replies.Submitted(outcomes=(Outcome.ACCEPTED,) * 2)
        assert again == replies.Submitted(outcomes=(Outcome.DUPLICATE,) * 2)
        assert await settled_bytes(server, granted.session_id) == CARRIED_BYTES
        assert pair.node.true.total_bytes == CARRIED_BYTES


async def test_what_is_exported_is_proved_by_the_root_and_is_what_the_server_settled(
    server: ServerProcess, central: CentralServer, device: Device
) -> None:
    keys = DeviceKeys.fresh()
    await device.register("gotthold")
    async with sharing(server, central, "heinrich", "DE") as node, device.running():
        granted = await device.client.call(wish("DE", public(keys)))
        assert isinstance(granted, replies.Granted)
        kept = device.desk.files[FILE]
        manifest = trusted(kept, central.root_key, 0, time.time())
        ticket = believed(granted.ticket, manifest, time.time())
        pair = exchanged(ticket, node.private, keys)
        both = calls.Submit(receipts=(pair.node.signed[-1], pair.guest.signed[-1]))
        await node.device.client.call(both)
        settled = await settled_bytes(server, granted.session_id)
    served = json.loads(kept)
    exported = file.written(
        file.Export(
            root=central.root_key,
            manifest=base64.b64decode(served["signed"]),
            manifest_signature=base64.b64decode(served["signature"]),
            sessions=(
                file.Session((granted.ticket,), tuple(pair.node.signed), tuple(pair.guest.signed)),
            ),
        )
    )
    (finding,) = judged(exported, central.root_key).findings
    assert {check.verdict for check in finding.checks} == {Verdict.PROVED}
    assert finding.newest is not None
    assert str(finding.newest.session) == granted.session_id
    assert finding.agreed_bytes == settled == CARRIED_BYTES


async def test_what_is_no_receipt_is_called_so(device: Device) -> None:
    await device.register("friedrich")
    call = calls.Submit(receipts=(bytes(RECEIPT_BYTES), b"\x01\x01" + bytes(RECEIPT_BYTES - 2)))
    async with device.running():
        reply = await device.client.call(call)
    assert reply == replies.Submitted(outcomes=(Outcome.MALFORMED, Outcome.MALFORMED))
