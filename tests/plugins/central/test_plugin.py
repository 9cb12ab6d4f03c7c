"""What the entry point offers."""

from __future__ import annotations

from importlib.metadata import entry_points

from tests.plugins.central.desk import Desk, table
from tests.server.operations.process import ServerProcess
from worldvpn_central.client import HttpCentralClient
from worldvpn_central.plugin import worldvpn_central
from worldvpn_core.contracts import NetworkServices


def test_host_that_belongs_to_no_server_has_no_client() -> None:
    assert worldvpn_central(services=NetworkServices()) is None


def test_host_of_a_server_has_a_client(server: ServerProcess) -> None:
    central = table(server)
    services = NetworkServices(central=central, desk=Desk(central.root_key))

    assert isinstance(worldvpn_central(services=services), HttpCentralClient)


def test_it_is_found_by_its_name_among_network_plugins() -> None:
    (found,) = entry_points(group="worldvpn.network", name="central")

    assert found.load().worldvpn_central is worldvpn_central
