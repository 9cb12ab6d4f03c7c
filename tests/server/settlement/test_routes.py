"""The receipts' routes: batches in, outcomes out, and figures of one's own sessions only."""

from __future__ import annotations

import base64
from uuid import UUID

import httpx
import pytest

from tests.server.conftest import MovingClock
from tests.server.settlement.rig import Rig
from worldvpn_core.credit.units import MEBIBYTE
from worldvpn_server.accounts.values import Audience
from worldvpn_server.ids import new_id
from worldvpn_server.services import Services

pytestmark = pytest.mark.anyio


def _signed_in(services: Services, account: UUID) -> dict[str, str]:
    token = services.tokens.issue(
        account=account, username="tester", sid=new_id(), audience=Audience.V1, device=None
    )
    return {"Authorization": f"Bearer {token}"}


def _text(signed: bytes) -> str:
    return base64.urlsafe_b64encode(signed).rstrip(b"=").decode()


async def test_both_ends_read_the_same_figures_and_a_stranger_none(
    client: httpx.AsyncClient, services: Services, rig: Rig, clock: MovingClock
) -> None:
    payer, owner, stranger = [await rig.person() for _ in range(3)]
    session = await rig.session(payer, await rig.node(owner), owner)
    clock.pass_by(minutes=1)
    receipts = [_text(each) for each in session.pair(MEBIBYTE)]

    sent = await client.post(
        "/v1/receipts", json={"receipts": receipts}, headers=_signed_in(services, owner)
    )
    read = [
        (await client.get("/v1/receipts", headers=_signed_in(services, each))).json()["sessions"]
        for each in (payer, owner, stranger)
    ]

    assert (sent.status_code, sent.json()) == (200, {"outcomes": ["accepted", "accepted"]})
    assert [[each["role"] for each in sessions] for sessions in read] == [["guest"], ["node"], []]
    assert read[0][0]["node"] == read[1][0]["guest"]
    assert read[0][0]["settled_bytes"] == MEBIBYTE
    assert str(owner) not in str(read[0])


@pytest.mark.parametrize(
    "body",
    [
        {"receipts": []},
        {"receipts": ["x"]},
        {"receipts": ["A" * 279] * 257},
        {"receipts": "A" * 279},
        {},
    ],
)
async def test_what_is_no_batch_is_refused_as_a_whole(
    client: httpx.AsyncClient, services: Services, rig: Rig, body: object
) -> None:
    headers = _signed_in(services, await rig.person())

    answer = await client.post("/v1/receipts", json=body, headers=headers)

    assert answer.status_code == 422


async def test_nobody_reads_or_sends_without_a_token(client: httpx.AsyncClient) -> None:
    assert (await client.get("/v1/receipts")).status_code == 401
    assert (await client.post("/v1/receipts", content=b"{")).status_code == 401
