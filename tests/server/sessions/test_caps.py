"""What a ticket grants, for any balance, rate and history; and which addresses are free."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network

from hypothesis import given
from hypothesis import strategies as st

from worldvpn_core.credit.units import CREDIT_TICKS, MEBIBYTE, PRICE_TICKS
from worldvpn_server.sessions import caps
from worldvpn_server.sessions.addresses import Pair, gateway, lowest_free
from worldvpn_server.sessions.caps import Standing

ticks = st.integers(min_value=0, max_value=2**50)
standings = st.builds(
    Standing,
    spendable_ticks=ticks,
    recent_bps=st.integers(min_value=0, max_value=10**11),
    good_minutes=st.integers(min_value=0, max_value=10_000),
    unanswered_bytes=st.integers(min_value=0, max_value=2**40),
)


@given(standings)
def test_cap_is_paid_for_at_most_half_and_never_under_ten_credits(standing: Standing) -> None:
    cap = caps.cap_bytes(standing)

    assert cap * PRICE_TICKS <= standing.spendable_ticks
    least = min(10 * CREDIT_TICKS, standing.spendable_ticks) // PRICE_TICKS
    assert cap >= least
    assert cap == least or cap * PRICE_TICKS * 2 <= standing.spendable_ticks
    assert cap <= max(least, 256 * MEBIBYTE, standing.recent_bps * 1_800 // 8)


def test_rich_and_slow_guest_gets_256_mebibytes_and_a_fast_one_half_an_hour() -> None:
    rich = Standing(spendable_ticks=10**15)

    assert caps.cap_bytes(rich) == 256 * MEBIBYTE
    assert caps.cap_bytes(Standing(spendable_ticks=10**15, recent_bps=100_000_000)) == (
        100_000_000 // 8 * 1_800
    )


@given(standings, st.integers(min_value=0, max_value=2**45))
def test_asking_again_gains_nothing(standing: Standing, left_bytes: int) -> None:
    extra = caps.extra_bytes(standing, left_bytes=left_bytes)
    spent = Standing(
        spendable_ticks=standing.spendable_ticks - extra * PRICE_TICKS,
        recent_bps=standing.recent_bps,
    )

    assert spent.spendable_ticks >= 0
    assert caps.extra_bytes(spent, left_bytes=left_bytes + extra) == 0


def test_who_needs_more_than_half_of_what_is_left_gets_it_but_for_another_session_s_start() -> None:
    standing = Standing(spendable_ticks=40 * CREDIT_TICKS)

    for missing, extra in ((25, 25), (30, 30), (31, 30), (0, 20), (-5, 20)):
        granted = caps.extra_bytes(standing, left_bytes=0, missing_bytes=missing * MEBIBYTE)
        assert granted == extra * MEBIBYTE


@given(standings, st.integers(0, 2**45), st.integers(-(2**45), 2**45))
def test_needing_more_again_and_again_gains_nothing(
    standing: Standing, left_bytes: int, missing_bytes: int
) -> None:
    extra = caps.extra_bytes(standing, left_bytes=left_bytes, missing_bytes=missing_bytes)
    spent = Standing(
        spendable_ticks=standing.spendable_ticks - extra * PRICE_TICKS,
        recent_bps=standing.recent_bps,
    )

    assert spent.spendable_ticks >= 0
    again = caps.extra_bytes(
        spent, left_bytes=left_bytes + extra, missing_bytes=missing_bytes - extra
    )
    assert again <= max(0, missing_bytes - extra)
    assert again * PRICE_TICKS <= max(0, spent.spendable_ticks - 10 * CREDIT_TICKS)


@given(standings)
def test_float_stays_within_its_bounds(standing: Standing) -> None:
    float_bytes = caps.float_bytes(standing)

    if standing.unanswered_bytes > 8 * MEBIBYTE:
        assert float_bytes == 256 * 1024
    else:
        assert 4 * MEBIBYTE <= float_bytes <= 64 * MEBIBYTE


def test_float_doubles_with_each_good_minute() -> None:
    floats = [
        caps.float_bytes(Standing(spendable_ticks=0, good_minutes=each)) // MEBIBYTE
        for each in range(6)
    ]

    assert floats == [4, 8, 16, 32, 64, 64]


def test_who_never_signs_gets_small_floats_and_then_no_tickets() -> None:
    trusted = [
        caps.trusted(Standing(spendable_ticks=0, unanswered_bytes=each * MEBIBYTE))
        for each in (8, 16, 17)
    ]

    assert trusted == [True, True, False]


@given(st.lists(st.integers(min_value=0, max_value=2**33), max_size=20), st.booleans())
def test_subsidy_of_a_pair_and_day_stays_within_2_gibibytes(
    grants: list[int],
    independent: bool,  # noqa: FBT001 - drawn
) -> None:
    today = 0
    for grant in grants:
        subsidised = caps.subsidised_bytes(grant, independent=independent, today_bytes=today)
        assert 0 <= subsidised <= grant
        today += subsidised

    assert today == (min(sum(grants), 2 * 1024 * MEBIBYTE) if independent else 0)


@given(
    st.integers(min_value=24, max_value=30),
    st.sets(st.integers(min_value=0, max_value=255)),
)
def test_address_is_the_lowest_free_one_and_never_reserved(prefix: int, taken: set[int]) -> None:
    inner4, inner6 = IPv4Network(f"10.64.0.0/{prefix}"), IPv6Network("fd57:5650::/64")
    last = inner4.num_addresses - 1
    used = {inner4[each] for each in taken if each <= last}

    pair = lowest_free(inner4, inner6, used)

    free = [each for each in range(4, last - 3) if each not in taken]
    assert pair == (Pair(v4=inner4[free[0]], v6=inner6[free[0]]) if free else None)
    assert gateway(inner4, inner6) == Pair(v4=inner4[2], v6=inner6[2])
