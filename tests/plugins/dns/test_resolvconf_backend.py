"""resolvconf(8): openresolv's and Debian's real programs, moved to a folder of the test's."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path

import attrs
import pytest

from worldvpn_core.testing.dns_contract import INSIDE, RELEASED, DnsProtectorContract, held
from worldvpn_core.types import IpAddress
from worldvpn_dns.protector import HostDnsProtector
from worldvpn_dns.resolv_conf import nameservers
from worldvpn_dns.resolvconf import RECORD

Make = Callable[..., HostDnsProtector]

LEASE = "nameserver 192.0.2.53\nsearch lan\n"
MOVED = ("/sbin/resolvconf", "/lib/resolvconf", "/run/resolvconf", "/etc/resolvconf")


def unpacked(package: str, folder: Path) -> Path:
    """Return ``folder`` with what Debian's ``package`` holds, unpacked and not installed."""
    folder.mkdir()
    subprocess.run(["apt-get", "-qq", "download", package], cwd=folder, check=True)
    (archive,) = folder.glob("*.deb")
    subprocess.run(["dpkg-deb", "-x", archive, folder], check=True)
    return folder


@pytest.fixture(scope="session")
def openresolv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpacked("openresolv", tmp_path_factory.mktemp("packages") / "openresolv")


@pytest.fixture(scope="session")
def debian_resolvconf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpacked("resolvconf", tmp_path_factory.mktemp("packages") / "resolvconf")


@attrs.frozen
class ResolvconfHost:
    make: Make
    root: Path
    interface: str = "wv0"

    @property
    def program(self) -> str:
        return f"{self.root}/sbin/resolvconf"

    def install(self, script: Path, name: str) -> None:
        """Put ``script`` where it belongs, with every path it names under our root."""
        text = script.read_text()
        for path in MOVED:
            text = text.replace(path, f"{self.root}{path}")
        text = text.replace("ETC=/etc", f"ETC={self.root}/etc")
        text = text.replace("SYSCONFDIR=/etc\n", f"SYSCONFDIR={self.root}/etc\n")
        target = self.root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        target.chmod(0o755)

    def lease(self, text: str = LEASE) -> None:
        """Do what a DHCP client does."""
        self.run("-a", "eth0.dhcp", text=text)

    def run(self, *arguments: str, text: str = "") -> None:
        subprocess.run([self.program, *arguments], input=text, text=True, check=True)

    def protector(self) -> HostDnsProtector:
        return self.make(resolvconf=self.program)

    def records(self, folder: str) -> set[str]:
        """Return the records its ``folder`` holds."""
        return {entry.name for entry in (self.root / "run/resolvconf" / folder).iterdir()}

    def now(self) -> str:
        return (self.root / "etc/resolv.conf").read_text()

    async def servers(self) -> tuple[IpAddress, ...]:
        return nameservers(self.now().encode())

    async def disturb(self) -> None:
        (self.root / "etc/resolv.conf").write_text("nameserver 198.51.100.1\n")


@pytest.fixture
def open_host(make_protector: Make, openresolv: Path, resolv_conf: Path) -> ResolvconfHost:
    resolv_conf.unlink()
    host = ResolvconfHost(make_protector, resolv_conf.parent.parent)
    host.install(openresolv / "sbin/resolvconf", "sbin/resolvconf")
    host.install(openresolv / "lib/resolvconf/libc", "lib/resolvconf/libc")
    # No service of this machine is to be restarted.
    settings = f"resolv_conf={resolv_conf}\nlibc_restart=true\n"
    (host.root / "etc/resolvconf.conf").write_text(settings)
    host.lease()
    return host


@pytest.fixture
def debian_host(make_protector: Make, debian_resolvconf: Path, resolv_conf: Path) -> ResolvconfHost:
    host = ResolvconfHost(make_protector, resolv_conf.parent.parent)
    for script in (
        "sbin/resolvconf",
        "lib/resolvconf/list-records",
        "lib/resolvconf/normalize-resolvconf",
        "etc/resolvconf/update.d/libc",
        "etc/resolvconf/resolv.conf.d/head",
        "etc/resolvconf/interface-order",
    ):
        host.install(debian_resolvconf / script, script)
    (host.root / "run/resolvconf").mkdir(parents=True)
    resolv_conf.unlink()
    resolv_conf.symlink_to("../run/resolvconf/resolv.conf")
    host.run("--enable-updates")
    host.lease()
    return host


class TestOpenresolvProtector(DnsProtectorContract):
    @pytest.fixture
    def resolver_host(self, open_host: ResolvconfHost) -> ResolvconfHost:
        return open_host


class TestDebianResolvconfProtector(DnsProtectorContract):
    @pytest.fixture
    def resolver_host(self, debian_host: ResolvconfHost) -> ResolvconfHost:
        return debian_host


pytestmark = pytest.mark.anyio


async def test_a_lease_renewed_while_held_is_what_comes_back(open_host: ResolvconfHost) -> None:
    protector = open_host.protector()
    await protector.apply(held(open_host, INSIDE))
    assert protector.name == "resolvconf"
    open_host.lease("nameserver 198.51.100.7\n")
    assert await open_host.servers() == (INSIDE,)
    await protector.apply(RELEASED)
    assert await open_host.servers() == (ip_address("198.51.100.7"),)


async def test_no_record_of_ours_stays_behind(open_host: ResolvconfHost) -> None:
    protector = open_host.protector()
    await protector.apply(held(open_host, INSIDE))
    assert RECORD in open_host.records("interfaces")
    await protector.apply(RELEASED)
    assert RECORD not in open_host.records("interfaces")


async def test_one_that_cannot_be_exclusive_gives_way_to_the_file(
    debian_host: ResolvconfHost,
) -> None:
    protector = debian_host.protector()
    await protector.apply(held(debian_host, INSIDE))
    assert protector.name == "resolv.conf"
    assert RECORD not in debian_host.records("interface")
    debian_host.lease("nameserver 198.51.100.7\n")
    assert await debian_host.servers() == (INSIDE,)
    await protector.apply(RELEASED)
    assert await debian_host.servers() == (ip_address("198.51.100.7"),)


@pytest.fixture
def broken_host(open_host: ResolvconfHost) -> ResolvconfHost:
    Path(open_host.program).write_text("#!/bin/sh\necho the disk is full\nexit 3\n")
    return open_host


async def test_one_that_fails_gives_way_to_the_file_and_says_why(
    broken_host: ResolvconfHost, caplog: pytest.LogCaptureFixture
) -> None:
    before = await broken_host.servers()
    protector = broken_host.protector()
    await protector.apply(held(broken_host, INSIDE))
    assert protector.name == "resolv.conf"
    assert "ended with 3: the disk is full" in caplog.text
    await protector.apply(RELEASED)
    assert await broken_host.servers() == before


@pytest.fixture
def bare_host(open_host: ResolvconfHost) -> ResolvconfHost:
    Path(open_host.program).unlink()
    return open_host


async def test_a_file_of_a_program_that_is_gone_is_held_itself(bare_host: ResolvconfHost) -> None:
    protector = bare_host.protector()
    await protector.apply(held(bare_host, INSIDE))
    assert protector.name == "resolv.conf"
    assert await bare_host.servers() == (INSIDE,)
