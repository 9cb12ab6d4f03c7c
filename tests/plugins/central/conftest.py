"""A real central server over TLS, one a module."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.plugins.central.desk import CLIENTS, Device, table
from tests.server.operations.process import ServerProcess, data_folder
from worldvpn_core.central.server import CentralServer


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    with data_folder() as made:
        started = ServerProcess.start(made, "--workers", "1", tls=True)
        yield started
        started.stop()


@pytest.fixture
def central(server: ServerProcess) -> CentralServer:
    return table(server)


@pytest.fixture
def device(central: CentralServer) -> Device:
    return Device.made(central)


@pytest.fixture(autouse=True)
async def _closed(anyio_backend: str) -> AsyncIterator[None]:  # noqa: ARG001 - it makes this anyio's
    yield
    while CLIENTS:
        await CLIENTS.pop().aclose()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
