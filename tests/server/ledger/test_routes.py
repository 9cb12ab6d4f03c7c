"""What clients are told about money: the ledger's word, in the forms that they know."""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Final

import pytest

from tests.server.ledger.conftest import SignedIn
from tests.server.ledger.test_postgres import grant
from worldvpn_core.credit.manifest import Use
from worldvpn_core.credit.units import CREDIT_TICKS
from worldvpn_server.database.pool import Tx
from worldvpn_server.ids import new_id
from worldvpn_server.ledger.merkle import leaf_hash
from worldvpn_server.ledger.note import key_hash, opened
from worldvpn_server.ledger.proof import consistent, included
from worldvpn_server.ledger.snapshot import BalanceSnapshot
from worldvpn_server.ledger.values import Bucket, Held, Journal, Kind, Release
from worldvpn_server.services import Services

pytestmark = pytest.mark.anyio


async def sealed(services: Services) -> None:
    """Run the job that seals, as the server does every second."""
    (work,) = (each.work for each in services.jobs if each.name == "ledger-seal")
    await work()


async def held(services: Services, ada: SignedIn, ticks: int) -> Held:
    return await services.database.run(
        lambda tx: services.ledger.hold(tx, ada.account, b"hold", ticks)
    )


async def test_balance_shown_is_the_ledger_s_with_what_is_held_rounded_down(
    services: Services, ada: SignedIn
) -> None:
    await held(services, ada, 3 * CREDIT_TICKS + 1)
    spent = Held(promo_ticks=1, available_ticks=0)
    await services.database.run(lambda tx: services.ledger.settle(tx, ada.account, b"s", spent))

    assert (await ada.http.get("/credits/balance")).json() == {"credits": 99}
    assert (await ada.http.get("/v1/wallet")).json() == {
        "credits": 99,
        "promo_ticks": 97 * CREDIT_TICKS - 1,
        "available_ticks": 0,
        "held_ticks": 3 * CREDIT_TICKS,
        "vesting_ticks": 0,
        "debt_ticks": 0,
    }


async def _posted(services: Services, journal: Journal, tx: Tx) -> bool:
    return await services.ledger.post(tx, journal)


def earning(ada: SignedIn, key: bytes, available: int, vesting: int) -> Journal:
    lines = (
        (Bucket.CLEARING, -available),
        (Bucket.SUBSIDY, -vesting),
        (Bucket.AVAILABLE, available),
        (Bucket.VESTING, vesting),
    )
    return Journal(account=ada.account, key=key, kind=Kind.EARN, lines=lines)


async def test_what_was_earned_is_told_by_where_it_went(services: Services, ada: SignedIn) -> None:
    penalty = Journal(
        account=ada.account,
        key=b"penalty",
        kind=Kind.PENALTY,
        lines=((Bucket.AVAILABLE, -101 * CREDIT_TICKS), (Bucket.PENALTY, 101 * CREDIT_TICKS)),
    )
    before = int((services.clock.now() - timedelta(days=1)).timestamp())
    for each in (earning(ada, b"one", 500, 100), penalty, earning(ada, b"two", 70, 14)):
        await services.database.run(partial(_posted, services, each))
    told = (await ada.http.get("/v1/wallet/earned", params={"since_s": before})).json()
    later = int((services.clock.now() + timedelta(days=1)).timestamp())
    nothing = (await ada.http.get("/v1/wallet/earned", params={"since_s": later})).json()

    assert {name: told[f"{name}_ticks"] for name in ("available", "vesting", "repaid")} == {
        "available": 500,
        "vesting": 114,
        "repaid": 70,
    }
    assert [nothing[f"{name}_ticks"] for name in ("available", "vesting", "repaid")] == [0, 0, 0]


@pytest.mark.parametrize("since", ["", "yesterday", "-1", str(2**33 + 1)])
async def test_time_that_is_none_is_refused(ada: SignedIn, since: str) -> None:
    answer = await ada.http.get("/v1/wallet/earned", params={"since_s": since})
    assert answer.status_code == 422


async def test_claims_move_no_money_however_often(services: Services, ada: SignedIn) -> None:
    claims = [(10**12, 0), (0, 10**9), (1_048_575, 1)] * 2

    answers = [
        await ada.http.post(
            "/credits/sync", json={"shared_bytes": shared, "consumed_bytes": consumed}
        )
        for shared, consumed in claims
    ]

    assert {each.status_code for each in answers} == {200}
    assert {each.json()["credits_change"] for each in answers} == {0}
    assert (await ada.http.get("/credits/balance")).json() == {"credits": 100}
    async with services.database.read() as sql:
        noted = await sql.fetch("SELECT shared_bytes, consumed_bytes FROM claim")
    assert sorted(tuple(each) for each in noted) == sorted(claims)


SENSELESS: Final = (
    {"shared_bytes": -1, "consumed_bytes": 0},
    {"shared_bytes": 0, "consumed_bytes": -(2**70)},
    {"shared_bytes": 2**50 + 1, "consumed_bytes": 0},
    {"shared_bytes": 2**63, "consumed_bytes": 0},
    {"shared_bytes": 1.5, "consumed_bytes": 0},
    {"shared_bytes": "1", "consumed_bytes": 0},
    {"shared_bytes": True, "consumed_bytes": 0},
    {"shared_bytes": 1},
)


async def test_senseless_claims_are_refused_and_not_noted(
    services: Services, ada: SignedIn
) -> None:
    answers = [await ada.http.post("/credits/sync", json=each) for each in SENSELESS]

    assert [each.status_code for each in answers] == [422] * len(SENSELESS)
    async with services.database.read() as sql:
        assert await sql.fetchval("SELECT count(*) FROM claim") == 0


async def test_old_history_has_fifty_changes_newest_first_without_holds(
    services: Services, ada: SignedIn
) -> None:
    journals = [grant(ada.account, each * CREDIT_TICKS, bytes([each])) for each in range(1, 61)]
    await services.database.run(lambda tx: services.ledger.post_many(tx, journals))
    back = await held(services, ada, CREDIT_TICKS)
    release = Release(account=ada.account, key=b"r", back=back)
    await services.database.run(lambda tx: services.ledger.release(tx, release))

    entries = (await ada.http.get("/credits/history")).json()

    assert [each["amount"] for each in entries] == list(range(60, 10, -1))
    assert entries[0] | {"id": 0} == {
        "id": 0,
        "amount": 60,
        "transaction_type": "bonus",
        "description": "Credits granted",
        "created_at": "2027-01-04T12:00:00Z",
    }


async def test_statement_pages_and_csv_have_every_journal_once_and_add_up(
    services: Services, ada: SignedIn
) -> None:
    await held(services, ada, 7)
    await services.database.run(
        lambda tx: services.ledger.post_many(
            tx, [grant(ada.account, each, bytes([each])) for each in range(1, 8)]
        )
    )
    entries, before = [], None
    while True:
        query = {"limit": 4} | ({"before": before} if before else {})
        page = (await ada.http.get("/v1/wallet/history", params=query)).json()
        entries += page["entries"]
        before = page["next"]
        if before is None:
            break
    answer = await ada.http.get("/v1/wallet/history.csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))

    assert answer.headers["content-type"].startswith("text/csv")
    assert [each["id"] for each in rows] == [each["id"] for each in entries]
    assert len({each["id"] for each in entries}) == 9
    wallet = (await ada.http.get("/v1/wallet")).json()
    for field in ("promo_ticks", "available_ticks", "held_ticks"):
        assert sum(each[field] for each in entries) == wallet[field]
        assert sum(int(each[field]) for each in rows) == wallet[field]
    assert entries[-1]["credits"] == "100.000000"


async def test_owner_of_a_journal_can_prove_that_it_is_in_the_signed_tree(
    services: Services, ada: SignedIn
) -> None:
    other = new_id()
    await sealed(services)
    await services.database.run(
        lambda tx: services.ledger.post_many(
            tx, [grant(other, each + 1, each.to_bytes(2)) for each in range(300)]
        )
    )
    await sealed(services)
    (entry,) = (await ada.http.get("/credits/history")).json()
    stranger_s = (await services.ledger.history(other, before=None, limit=1))[0].id

    found = (await ada.http.get(f"/v1/wallet/history/{entry['id']}/proof")).json()
    refused = await ada.http.get(f"/v1/wallet/history/{stranger_s}/proof")

    head = opened(found["checkpoint"]["note"], _believed(services))
    path = [base64.b64decode(each) for each in found["inclusion"]["path"]]
    leaf = base64.b64decode(found["leaf_bytes"])
    assert included(found["inclusion"]["leaf"], leaf_hash(leaf), head.size, path, head.root)
    assert head.size == 301
    assert refused.status_code == 404


async def test_anybody_can_follow_the_tree(services: Services, ada: SignedIn) -> None:
    for number in range(5):
        async with services.database.transaction() as tx:
            await services.ledger.post(tx, grant(ada.account, 1, bytes([number])))
        await sealed(services)
    get = ada.http.get

    first = (await get("/v1/ledger/checkpoints", params={"limit": 3})).json()
    rest = (await get("/v1/ledger/checkpoints", params={"after": first["next"]})).json()
    newest = (await get("/v1/ledger/checkpoint")).text
    heads = [
        opened(each["note"], _believed(services))
        for each in (*first["checkpoints"], *rest["checkpoints"])
    ]
    sizes = {"from": heads[0].size, "to": heads[-1].size}
    found = (await get("/v1/ledger/consistency", params=sizes)).json()

    assert rest["next"] is None
    assert opened(newest, _believed(services)) == heads[-1]
    assert consistent(
        heads[0].size,
        heads[0].root,
        heads[-1].size,
        heads[-1].root,
        [base64.b64decode(each) for each in found["path"]],
    )
    for leaf in range(heads[-1].size):
        one = (await get("/v1/ledger/proof", params={"leaf": leaf})).json()
        path = [base64.b64decode(each) for each in one["path"]]
        hash_ = base64.b64decode(one["leaf_hash"])
        assert included(leaf, hash_, one["size"], path, heads[-1].root)


#: Asked when one journal is sealed.
NOT_THERE: Final = (
    ("/v1/ledger/proof?leaf=1", 404),
    ("/v1/ledger/proof?leaf=0&size=9", 404),
    ("/v1/ledger/proof?leaf=-1", 422),
    ("/v1/ledger/proof?leaf=x", 422),
    ("/v1/ledger/proof", 422),
    ("/v1/ledger/proof?leaf=99999999999999999999999", 422),
    ("/v1/ledger/consistency?from=1&to=2", 404),
    ("/v1/ledger/consistency?from=0&to=1", 422),
    ("/v1/ledger/checkpoints?limit=0", 422),
    ("/v1/ledger/checkpoints?after=-1", 422),
    ("/v1/wallet/history?limit=201", 422),
    ("/v1/wallet/history?before=x", 422),
    ("/v1/wallet/history/00000000-0000-7000-8000-000000000000/proof", 404),
)


async def test_question_about_what_is_not_there_is_refused(
    services: Services, ada: SignedIn
) -> None:
    await sealed(services)

    answered = [(path, (await ada.http.get(path)).status_code) for path, _ in NOT_THERE]

    assert answered == list(NOT_THERE)


async def test_stream_begins_with_the_balance(services: Services, ada: SignedIn) -> None:
    (balance,) = (each for each in services.snapshots if isinstance(each, BalanceSnapshot))

    ((kind, said),) = await balance(ada.caller)

    assert kind == "balance"
    assert said == (await ada.http.get("/v1/wallet")).content


def _believed(services: Services) -> Callable[[str, bytes], bytes | None]:
    public = services.keys.signer(Use.CHECKPOINT).key.public_key().public_bytes_raw()
    return lambda origin, hash_: public if hash_ == key_hash(origin, public) else None
