"""What the document at /schema allows, and what it forbids, makes the server fail nowhere."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, Final

import attrs
import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import SearchStrategy
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok

from tests.server.accounts.people import PASSWORD, Phone
from tests.server.operations.process import ServerProcess, data_folder
from worldvpn_server.clock import SystemClock

_EXAMPLES: Final = 10
_TIMEOUT_S: Final = 20.0
_ROOT: Final = "root key (clients and nodes pin it): "


@attrs.frozen
class Served:
    """A real server, and tokens of somebody signed in to each generation of routes."""

    url: str
    compat: str
    v1: str

    def headers(self, path: str) -> dict[str, str]:
        token = self.v1 if path.startswith("/v1/") else self.compat
        return {"Authorization": f"Bearer {token}"}


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with data_folder() as data:
        server = ServerProcess.start(data, "--lab-ranges", "127.0.0.0/8")
        yield _signed_in(server)
        assert server.stop() == 0


def _signed_in(server: ServerProcess) -> Served:
    (root,) = (line.removeprefix(_ROOT) for line in server.said if line.startswith(_ROOT))
    old = {"username": "grace", "password": PASSWORD}
    phone = Phone(bytes.fromhex(root), SystemClock())
    with httpx.Client(base_url=server.url, timeout=_TIMEOUT_S) as http:
        http.post("/auth/register", json=old).raise_for_status()
        compat = http.post("/auth/login", json=old).raise_for_status().json()["token"]
        made = http.post("/v1/auth/register", json=phone.sign_in("ada")).raise_for_status().json()
    return Served(server.url, compat, made["signed_in"]["access_token"])


def _failures(served: Served, strategy: SearchStrategy[Any]) -> list[str]:
    """Return what the server failed at, as requests to send again."""
    found: list[str] = []

    @settings(
        max_examples=_EXAMPLES,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def call(case: Case[Any]) -> None:
        sent = case.as_transport_kwargs(base_url=served.url)
        answer = case.call(
            base_url=served.url, headers=served.headers(case.operation.path), timeout=_TIMEOUT_S
        )
        if answer.status_code >= 500 and answer.status_code != 503:
            found.append(f"{answer.status_code} {sent['method']} {sent['url']} {sent.get('json')}")

    with contextlib.suppress(Unsatisfiable):  # nothing of such a route can be against the document
        call()
    return found


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: str(mode.value))
def test_no_request_of_or_against_the_document_makes_the_server_fail(
    served: Served, mode: GenerationMode
) -> None:
    document = schemathesis.openapi.from_url(f"{served.url}/schema/openapi.json")
    operations = [each.ok() for each in document.get_all_operations() if isinstance(each, Ok)]
    failures = [
        failure
        for operation in operations
        for failure in _failures(served, operation.as_strategy(generation_mode=mode))
    ]

    assert len(operations) > 50
    assert failures == []
