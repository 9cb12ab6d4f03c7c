"""Who listens in these tests, and with what token."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from litestar import Litestar

from worldvpn_server.accounts.values import Audience
from worldvpn_server.http.app import build
from worldvpn_server.ids import new_id
from worldvpn_server.services import Services

#: Returns a token of an account, and perhaps of one of its devices and sign-ins.
Sign = Callable[..., str]


@pytest.fixture
def app(services: Services) -> Litestar:
    return build(services)


@pytest.fixture
def sign(services: Services) -> Sign:
    def signed(
        account: UUID,
        *,
        device: UUID | None = None,
        sid: UUID | None = None,
        audience: Audience = Audience.V1,
    ) -> str:
        return services.tokens.issue(
            account=account,
            username="tester",
            sid=sid or new_id(),
            audience=audience,
            device=device,
        )

    return signed
