"""One address cannot ask without end, and the others do not notice."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
from litestar import Litestar
from litestar.datastructures import State

from tests.server.conftest import LAB_RANGES
from worldvpn_server.errors import ApiError
from worldvpn_server.http import failures
from worldvpn_server.http.app import build
from worldvpn_server.http.flood import BURST, MOST_ADDRESSES, RATE_PER_S, Flood, FloodGate
from worldvpn_server.http.health import health
from worldvpn_server.services import Services


class Stopwatch:
    """A monotonic clock that stands still."""

    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def test_burst_is_let_through_and_then_the_rate_holds() -> None:
    watch = Stopwatch()
    flood = Flood(watch)

    assert [flood.take("192.0.2.1/32") for _ in range(BURST)] == [0.0] * BURST
    assert flood.take("192.0.2.1/32") == pytest.approx(1 / RATE_PER_S)
    assert flood.take("192.0.2.2/32") == 0.0

    watch.now_s += 1.0
    let_through = [flood.take("192.0.2.1/32") == 0.0 for _ in range(2 * RATE_PER_S)]
    assert sum(let_through) == pytest.approx(RATE_PER_S, abs=1)


def test_memory_is_bounded_and_forgets_who_was_quiet_longest() -> None:
    flood = Flood(Stopwatch())
    for number in range(MOST_ADDRESSES + 10):
        flood.take(str(number))

    assert len(flood._due_s) == MOST_ADDRESSES
    assert "0" not in flood._due_s


def _gated(address: str, burst: int) -> httpx.AsyncClient:
    nowhere = SimpleNamespace(config=SimpleNamespace(trusted_proxies=()))
    app = Litestar(
        route_handlers=[health],
        middleware=[FloodGate(LAB_RANGES, Flood(Stopwatch(), burst))],
        state=State({"services": nowhere}),
        exception_handlers={ApiError: failures.refused},
        openapi_config=None,
    )
    transport = httpx.ASGITransport(app=cast("Any", app), client=(address, 40_000))
    return httpx.AsyncClient(transport=transport, base_url="https://central.test")


@pytest.mark.anyio
async def test_flood_is_answered_with_429_and_when_to_come_back() -> None:
    async with _gated("9.9.9.9", burst=3) as http:
        answers = [await http.get("/health") for _ in range(4)]

    assert [each.status_code for each in answers] == [200, 200, 200, 429]
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert answers[-1].json().keys() == {"error"}


@pytest.mark.anyio
@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "203.0.113.7"])
async def test_this_machine_and_a_lab_are_not_one_client(address: str) -> None:
    async with _gated(address, burst=3) as http:
        answers = [(await http.get("/health")).status_code for _ in range(10)]

    assert set(answers) == {200}


@pytest.mark.anyio
async def test_server_has_its_gate(services: Services) -> None:
    assert any(isinstance(each, FloodGate) for each in build(services).middleware)
