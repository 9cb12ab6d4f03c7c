"""daemon.toml's table [central]: root's word on which server it is."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldvpn_core.central.server import CentralServer, central_server
from worldvpn_core.config import DaemonConfig, read_config
from worldvpn_core.errors import ConfigError
from worldvpn_core.types import Carrier, Endpoint

ROOT, PIN = "01" * 32, "ab" * 32
WHOLE: dict[str, object] = {
    "url": "https://central.example:8443",
    "addresses": ["192.0.2.1:8443", "[2001:db8::1]:8443"],
    "root_key": ROOT,
    "spki_sha256": PIN,
}


def written(folder: Path, text: str) -> Path:
    path = folder / "daemon.toml"
    path.write_text(text)
    return path


def test_host_without_the_table_has_no_central_server(tmp_path: Path) -> None:
    assert read_config(written(tmp_path, "")) == DaemonConfig()
    assert DaemonConfig().central is None


def test_table_is_read_from_daemon_toml(tmp_path: Path) -> None:
    lines = [f"{name} = {value!r}" for name, value in WHOLE.items()]

    central = read_config(written(tmp_path, "\n".join(["[central]", *lines]))).central

    assert central == CentralServer(
        url="https://central.example:8443",
        addresses=tuple(
            Endpoint(host=ip_address(host), port=8443, carrier=Carrier.TCP)
            for host in ("192.0.2.1", "2001:db8::1")
        ),
        root_key=bytes.fromhex(ROOT),
        spki_sha256=bytes.fromhex(PIN),
    )
    assert central.server_name == "central.example"


def test_authorities_may_stand_in_place_of_a_pin() -> None:
    table = {name: value for name, value in WHOLE.items() if name != "spki_sha256"}

    assert central_server({**table, "ca_file": "/etc/ca.pem"}).ca_file == Path("/etc/ca.pem")


def test_central_server_is_reachable_without_a_tunnel_beside_the_resolvers() -> None:
    central = central_server(WHOLE)
    config = DaemonConfig(central=central)

    resolvers = DaemonConfig().reachable_without_tunnel

    assert config.reachable_without_tunnel == resolvers + central.addresses
    assert len(resolvers) == len(config.bootstrap)


WRONG: dict[str, dict[str, object]] = {
    "plain_http": {"url": "http://central.example"},
    "a_path": {"url": "https://central.example/v1"},
    "a_password": {"url": "https://user:secret@central.example"},
    "a_query": {"url": "https://central.example?x"},
    "no_host": {"url": "https://"},
    "port_zero": {"url": "https://central.example:0"},
    "a_port_out_of_range": {"url": "https://central.example:65536"},
    "no_address": {"addresses": []},
    "too_many_addresses": {"addresses": ["192.0.2.1:1"] * 17},
    "a_name_for_an_address": {"addresses": ["central.example:443"]},
    "an_address_without_port": {"addresses": ["192.0.2.1"]},
    "an_address_with_port_zero": {"addresses": ["192.0.2.1:0"]},
    "an_address_with_the_port_of_dns": {"addresses": ["192.0.2.1:53"]},
    "an_address_with_the_port_of_dns_over_tls": {"addresses": ["192.0.2.1:853"]},
    "a_multicast_address": {"addresses": ["224.0.0.1:443"]},
    "addresses_in_one_text": {"addresses": "192.0.2.1:443"},
    "a_short_root": {"root_key": "01"},
    "a_root_that_is_no_hex": {"root_key": "zz" * 32},
    "a_short_pin": {"spki_sha256": "ab"},
    "both_pin_and_authorities": {"ca_file": "/etc/ca.pem"},
    "neither_pin_nor_authorities": {"spki_sha256": None},
    "relative_authorities": {"spki_sha256": None, "ca_file": "ca.pem"},
    "an_unknown_key": {"adresses": []},
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
def test_table_is_refused_with(change: dict[str, object]) -> None:
    with pytest.raises((ValueError, TypeError)):
        central_server({**WHOLE, **change})


@pytest.mark.parametrize("name", ["url", "addresses", "root_key"])
def test_daemon_does_not_start_without(name: str, tmp_path: Path) -> None:
    lines = [f"{key} = {value!r}" for key, value in WHOLE.items() if key != name]

    with pytest.raises(ConfigError, match=name):
        read_config(written(tmp_path, "\n".join(["[central]", *lines])))


@given(st.text(), st.text())
def test_any_url_and_address_is_read_or_refused(url: str, address: str) -> None:
    for change in ({"url": url}, {"addresses": [address]}):
        try:
            central_server({**WHOLE, **change})
        except ValueError:
            continue
