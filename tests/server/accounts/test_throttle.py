"""Attempts are counted in all processes together, by pseudonyms only."""

from __future__ import annotations

from collections.abc import AsyncIterator
from ipaddress import ip_address
from pathlib import Path

import asyncpg
import pytest

from tests.server.conftest import LAB_RANGES, Fresh, MovingClock
from worldvpn_server.accounts.counters import PostgresCounters
from worldvpn_server.accounts.pseudonyms import Pseudonyms
from worldvpn_server.accounts.throttle import (
    LOGIN_ACCOUNT,
    LOGIN_ADDRESS,
    MOST_SIGNUPS,
    Throttle,
)
from worldvpn_server.database.pool import Database
from worldvpn_server.errors import StartError, ThrottledError

pytestmark = pytest.mark.anyio

HOME = ip_address("9.9.9.9")


@pytest.fixture
async def processes(
    fresh: Fresh, clock: MovingClock, tmp_path: Path
) -> AsyncIterator[tuple[Throttle, Throttle]]:
    """Two processes of one server."""
    pools = [await Database.open(fresh.dsn) for _ in range(2)]
    one, other = (
        Throttle(
            counters=PostgresCounters(pool, clock),
            pseudonyms=Pseudonyms.open(tmp_path / "keys"),
            clock=clock,
            lab_ranges=LAB_RANGES,
        )
        for pool in pools
    )
    yield one, other
    for pool in pools:
        await pool.close()


async def test_limit_holds_across_processes_and_ends_with_its_window(
    processes: tuple[Throttle, Throttle], clock: MovingClock
) -> None:
    one, other = processes
    for _ in range(10):
        await one.hit(LOGIN_ACCOUNT, "ada")
        await other.hit(LOGIN_ACCOUNT, "ada")

    with pytest.raises(ThrottledError) as refused:
        await one.hit(LOGIN_ACCOUNT, "ada")
    with pytest.raises(ThrottledError):
        await other.hit(LOGIN_ACCOUNT, "ada")
    await one.hit(LOGIN_ACCOUNT, "bob")

    assert refused.value.retry_after_s == 15 * 60
    clock.pass_by(seconds=refused.value.retry_after_s)
    await one.hit(LOGIN_ACCOUNT, "ada")


async def test_addresses_of_one_host_count_as_one(processes: tuple[Throttle, Throttle]) -> None:
    one, other = processes
    for number in range(LOGIN_ADDRESS.limit.amount):
        await one.hit_address(LOGIN_ADDRESS, ip_address(f"2606:4700::{number:x}"))

    with pytest.raises(ThrottledError):
        await other.hit_address(LOGIN_ADDRESS, ip_address("2606:4700::ffff:1"))
    await other.hit_address(LOGIN_ADDRESS, ip_address("2606:4700:0:1::1"))


async def test_network_makes_three_accounts_a_day(
    processes: tuple[Throttle, Throttle], clock: MovingClock
) -> None:
    one, other = processes
    for number in range(MOST_SIGNUPS):
        async with (one, other)[number % 2].counters._database.transaction() as tx:
            await one.sign_up(tx, ip_address(f"9.9.9.{number}"))

    with pytest.raises(ThrottledError) as refused:
        async with other.counters._database.transaction() as tx:
            await other.sign_up(tx, ip_address("9.9.9.200"))
    async with other.counters._database.transaction() as tx:
        await other.sign_up(tx, ip_address("9.9.8.1"))

    assert refused.value.retry_after_s == 12 * 3600
    clock.pass_by(seconds=refused.value.retry_after_s)
    async with other.counters._database.transaction() as tx:
        await other.sign_up(tx, ip_address("9.9.9.200"))


async def test_laboratory_is_not_one_customer(processes: tuple[Throttle, Throttle]) -> None:
    one, _ = processes
    for _ in range(LOGIN_ADDRESS.limit.amount + 5):
        await one.hit_address(LOGIN_ADDRESS, ip_address("203.0.113.7"))


async def test_no_address_or_name_is_stored(
    processes: tuple[Throttle, Throttle], fresh: Fresh
) -> None:
    one, _ = processes
    await one.hit_address(LOGIN_ADDRESS, HOME)
    await one.hit(LOGIN_ACCOUNT, "adalovelace")
    async with one.counters._database.transaction() as tx:
        await one.sign_up(tx, HOME)

    sql = await asyncpg.connect(fresh.dsn)
    stored = str(await sql.fetch("SELECT * FROM throttle")) + str(
        await sql.fetch("SELECT encode(network, 'escape') FROM signup")
    )
    await sql.close()
    assert "login" in stored
    assert "9.9.9" not in stored
    assert "adalovelace" not in stored


async def test_windows_that_are_over_are_forgotten(
    processes: tuple[Throttle, Throttle], clock: MovingClock, fresh: Fresh
) -> None:
    one, _ = processes
    await one.hit(LOGIN_ACCOUNT, "ada")
    await one.counters.forget()
    kept = await _count(fresh)
    clock.pass_by(minutes=16)
    await one.counters.forget()

    assert (kept, await _count(fresh)) == (1, 0)


async def _count(fresh: Fresh) -> int:
    sql = await asyncpg.connect(fresh.dsn)
    found = int(await sql.fetchval("SELECT count(*) FROM throttle"))
    await sql.close()
    return found


def test_damaged_key_of_pseudonyms_stops_the_start(tmp_path: Path) -> None:
    Pseudonyms.open(tmp_path / "keys")
    (tmp_path / "keys" / "pseudonyms.key").write_bytes(b"short")

    with pytest.raises(StartError, match=r"pseudonyms\.key"):
        Pseudonyms.open(tmp_path / "keys")


def test_two_processes_share_one_key_of_pseudonyms(tmp_path: Path) -> None:
    one, other = Pseudonyms.open(tmp_path / "keys"), Pseudonyms.open(tmp_path / "keys")

    assert one.of("signup", HOME) == other.of("signup", HOME)
    assert one.of("signup", HOME) != one.of("login", HOME)
    assert str(HOME) not in repr(one)
