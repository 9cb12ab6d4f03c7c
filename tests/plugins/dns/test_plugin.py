"""The plugin as the daemon meets it: its hook, its weight, what it refuses."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from worldvpn_core.contracts import HostServices, Services
from worldvpn_core.errors import DnsError
from worldvpn_core.policy import DnsPolicy
from worldvpn_core.types import DnsSecurity, DnsUpstream
from worldvpn_dns.plugin import worldvpn_dns_protector
from worldvpn_dns.protector import HostDnsProtector

Make = Callable[..., HostDnsProtector]


@pytest.fixture
def services(tmp_path: Path) -> Services:
    host = cast("HostServices", SimpleNamespace(links=None, helpers=None))
    return Services(host=host, state_dir=tmp_path, run_dir=tmp_path)


def content(path: Path) -> bytes:
    return path.read_bytes()


def test_worldvpn_dns_protector_is_offered_on_linux(services: Services) -> None:
    assert isinstance(worldvpn_dns_protector(services, "linux"), HostDnsProtector)


def test_worldvpn_dns_protector_passes_elsewhere(services: Services) -> None:
    assert worldvpn_dns_protector(services, "win32") is None


def test_importing_the_plugin_does_not_import_the_bus_library() -> None:
    script = "import sys, worldvpn_dns.plugin; print('dbus_fast' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert done.stdout == b"False\n"


@pytest.mark.anyio
@pytest.mark.parametrize("security", [DnsSecurity.TLS, DnsSecurity.HTTPS])
async def test_encrypted_upstreams_are_refused_and_nothing_changes(
    make_protector: Make, resolv_conf: Path, security: DnsSecurity
) -> None:
    before = content(resolv_conf)
    upstream = DnsUpstream(host=ip_address("9.9.9.9"), security=security)
    with pytest.raises(DnsError, match=f"9.9.9.9 is to be asked by {security.value}"):
        await make_protector().apply(DnsPolicy(held=True, upstreams=(upstream,)))
    assert content(resolv_conf) == before


def test_a_relative_path_is_refused(make_protector: Make) -> None:
    with pytest.raises(DnsError, match=r"absolute path, not etc/resolv\.conf"):
        make_protector(resolv_conf="etc/resolv.conf")
