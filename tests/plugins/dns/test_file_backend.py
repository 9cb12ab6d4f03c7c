"""The plain file: held, watched and given back, whoever else writes it."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path

import attrs
import pytest

from worldvpn_core.contracts import Change
from worldvpn_core.errors import DnsError
from worldvpn_core.policy import DnsPolicy
from worldvpn_core.testing.dns_contract import DnsProtectorContract
from worldvpn_core.types import DnsUpstream, IpAddress
from worldvpn_dns.protector import HostDnsProtector
from worldvpn_dns.resolv_conf import NOWHERE, nameservers

Make = Callable[..., HostDnsProtector]

INSIDE = DnsPolicy(
    held=True, upstreams=(DnsUpstream(host=ip_address("10.64.0.1")),), interface="wv0"
)
BLOCKED = DnsPolicy(held=True)
THEIRS = "nameserver 198.51.100.1\n"
RELEASED = DnsPolicy(held=False)


@attrs.frozen
class Etc:
    """The folder of resolv.conf, as the host's other software uses it."""

    path: Path

    def read(self) -> bytes:
        return self.path.read_bytes()

    def write(self, text: str) -> None:
        self.path.write_text(text)

    def write_bytes(self, content: bytes) -> None:
        self.path.write_bytes(content)

    def append(self, text: str) -> None:
        with self.path.open("a") as file:
            file.write(text)

    def move_in(self, text: str) -> None:
        new = self.path.with_name("resolv.conf.dhclient-new")
        new.write_text(text)
        new.rename(self.path)

    def write_beside(self, name: str, text: str) -> None:
        (self.path.parent / name).write_text(text)

    def remove(self) -> None:
        self.path.unlink()

    def replace_by(self, make_odd: Callable[[Path], None]) -> None:
        self.path.unlink()
        make_odd(self.path)

    def link_to(self, target: str) -> None:
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(target)

    def link(self) -> str | None:
        return str(self.path.readlink()) if self.path.is_symlink() else None

    def exists(self) -> bool:
        return os.path.lexists(self.path)

    def names(self) -> list[str]:
        return sorted(entry.name for entry in self.path.parent.iterdir())

    def mode(self) -> int:
        return stat.S_IMODE(self.path.stat().st_mode)

    def set_mode(self, mode: int) -> None:
        self.path.chmod(mode)


@pytest.fixture
def etc(resolv_conf: Path) -> Etc:
    return Etc(resolv_conf)


@attrs.frozen
class FileHost:
    make: Make
    etc: Etc
    interface: str = "wv0"

    def protector(self) -> HostDnsProtector:
        return self.make()

    async def servers(self) -> tuple[IpAddress, ...]:
        return nameservers(self.etc.read())

    async def disturb(self) -> None:
        self.etc.write(THEIRS)


class TestFileProtector(DnsProtectorContract):
    @pytest.fixture
    def resolver_host(self, make_protector: Make, etc: Etc) -> FileHost:
        return FileHost(make_protector, etc)


class TestLinkProtector(DnsProtectorContract):
    @pytest.fixture
    def resolver_host(self, make_protector: Make, etc: Etc, tmp_path: Path) -> FileHost:
        (tmp_path / "network-manager").write_bytes(etc.read())
        etc.link_to("../network-manager")
        return FileHost(make_protector, etc)


pytestmark = pytest.mark.anyio


async def test_nobody_is_asked_before_there_is_a_tunnel(make_protector: Make, etc: Etc) -> None:
    await make_protector().apply(BLOCKED)
    assert nameservers(etc.read()) == (NOWHERE,)
    assert NOWHERE.is_loopback


async def test_bytes_mode_and_owner_come_back(make_protector: Make, etc: Etc) -> None:
    content = b"nameserver 192.0.2.1\r\n# caf\xe9\n\n"
    etc.write_bytes(content)
    etc.set_mode(0o640)
    protector = make_protector()
    changes = await protector.record()
    await protector.apply(INSIDE)
    successor = make_protector()
    successor.adopt(changes)
    await successor.apply(RELEASED)
    assert etc.read() == content
    assert etc.mode() == 0o640
    assert etc.names() == ["resolv.conf"]


async def test_a_link_comes_back_as_it_was_written(make_protector: Make, etc: Etc) -> None:
    before = etc.read()
    etc.write_beside("../network-manager", before.decode())
    etc.link_to("../network-manager")
    protector = make_protector()
    changes = await protector.record()
    await protector.apply(INSIDE)
    assert etc.link() is None
    successor = make_protector()
    successor.adopt(changes)
    await successor.apply(RELEASED)
    assert etc.link() == "../network-manager"
    assert etc.read() == before


async def test_a_file_that_did_not_exist_is_gone_again(make_protector: Make, etc: Etc) -> None:
    etc.remove()
    protector = make_protector()
    assert await protector.record() == (Change(kind="resolv.conf", name=str(etc.path)),)
    await protector.apply(INSIDE)
    assert etc.exists()
    await protector.apply(RELEASED)
    assert not etc.exists()


async def test_what_others_wrote_while_held_is_kept_on_release(
    make_protector: Make, etc: Etc
) -> None:
    protector = make_protector()
    await protector.apply(INSIDE)
    etc.write(THEIRS)
    await protector.apply(RELEASED)
    assert etc.read() == THEIRS.encode()


async def test_what_we_overwrote_again_is_what_comes_back(make_protector: Make, etc: Etc) -> None:
    protector = make_protector()
    await protector.apply(INSIDE)
    etc.write(THEIRS)
    await protector.drifted()
    await protector.apply(INSIDE)
    await protector.apply(RELEASED)
    assert etc.read() == THEIRS.encode()


async def test_what_we_overwrote_again_survives_a_crash(make_protector: Make, etc: Etc) -> None:
    crashed = make_protector()
    changes = await crashed.record()
    await crashed.apply(INSIDE)
    etc.write(THEIRS)
    await crashed.apply(INSIDE)
    successor = make_protector()
    successor.adopt(changes)
    await successor.apply(RELEASED)
    assert etc.read() == THEIRS.encode()


async def test_an_older_displaced_value_does_not_outlive_its_run(
    make_protector: Make, etc: Etc
) -> None:
    first = make_protector()
    await first.record()
    await first.apply(INSIDE)
    etc.write(THEIRS)
    await first.apply(INSIDE)
    etc.write("nameserver 203.0.113.9\n")
    second = make_protector()
    changes = await second.record()
    await second.apply(INSIDE)
    third = make_protector()
    third.adopt(changes)
    await third.apply(RELEASED)
    assert etc.read() == b"nameserver 203.0.113.9\n"


async def test_a_link_put_there_while_held_is_what_comes_back(
    make_protector: Make, etc: Etc
) -> None:
    etc.write_beside("../other", THEIRS)
    protector = make_protector()
    await protector.apply(INSIDE)
    watching = asyncio.create_task(protector.drifted())
    await asyncio.sleep(0)
    etc.link_to("../other")
    await asyncio.wait_for(watching, 10)
    await protector.apply(INSIDE)
    assert nameservers(etc.read()) == (ip_address("10.64.0.1"),)
    await protector.apply(RELEASED)
    assert etc.link() == "../other"


async def test_our_file_edited_by_hand_is_not_taken_for_theirs(
    make_protector: Make, etc: Etc
) -> None:
    before = etc.read()
    protector = make_protector()
    await protector.apply(INSIDE)
    etc.append("options edns0\n")
    await protector.apply(RELEASED)
    assert etc.read() == before


async def test_a_file_moved_into_its_place_is_noticed(make_protector: Make, etc: Etc) -> None:
    protector = make_protector()
    await protector.apply(INSIDE)
    watching = asyncio.create_task(protector.drifted())
    await asyncio.sleep(0)
    etc.move_in(THEIRS)
    await asyncio.wait_for(watching, 10)


async def test_news_of_other_files_is_no_drift(make_protector: Make, etc: Etc) -> None:
    protector = make_protector()
    await protector.apply(INSIDE)
    watching = asyncio.create_task(protector.drifted())
    await asyncio.sleep(0)
    etc.write_beside("hosts", "127.0.0.1 localhost\n")
    done, _ = await asyncio.wait({watching}, timeout=0.3)
    watching.cancel()
    assert not done


@pytest.mark.parametrize("make_odd", [Path.mkdir, os.mkfifo], ids=["folder", "fifo"])
async def test_what_is_no_file_is_an_error_that_names_it(
    make_protector: Make, etc: Etc, make_odd: Callable[[Path], None]
) -> None:
    etc.replace_by(make_odd)
    with pytest.raises(DnsError, match=str(etc.path)):
        await make_protector().apply(INSIDE)


async def test_a_file_too_large_for_the_journal_is_refused(make_protector: Make, etc: Etc) -> None:
    etc.write_bytes(b"#" * 65_537)
    with pytest.raises(DnsError, match="longer than 65536 bytes"):
        await make_protector().record()


async def test_what_cannot_be_kept_is_not_overwritten(make_protector: Make, etc: Etc) -> None:
    protector = make_protector()
    await protector.record()
    await protector.apply(INSIDE)
    etc.write(THEIRS)
    etc.write_beside("../state", "not a folder")
    with pytest.raises(DnsError, match="cannot keep"):
        await protector.apply(INSIDE)
    assert etc.read() == THEIRS.encode()
