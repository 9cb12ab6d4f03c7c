"""The engine is what daemon.toml says, else the kernel's, else wireguard-go."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest

from worldvpn_core.contracts import HostServices
from worldvpn_core.errors import ConfigError, EngineError
from worldvpn_host.plugin import worldvpn_host
from worldvpn_wireguard.device import Device, DeviceChange, PeerState
from worldvpn_wireguard.engines import FirstThatWorks, engine_from
from worldvpn_wireguard.kernel import KernelEngine
from worldvpn_wireguard.userspace import UserspaceEngine


@attrs.define
class IdleDevice:
    engine: str

    async def change(self, change: DeviceChange) -> None:
        raise AssertionError(change)

    async def peers(self) -> tuple[PeerState, ...]:
        return ()

    async def wait_down(self) -> Exception | None:
        return None

    async def close(self) -> None:
        return None


@attrs.define
class FixedEngine:
    device: IdleDevice | None
    asked: list[str] = attrs.field(factory=list)

    async def make(self, interface: str) -> Device:
        self.asked.append(interface)
        if self.device is None:
            raise EngineError("it is not here")
        return self.device


@pytest.fixture
def host(tmp_path: Path) -> HostServices:
    found = worldvpn_host(platform="linux", state_dir=str(tmp_path))
    assert found is not None
    return found


@pytest.mark.anyio
async def test_kernel_comes_first() -> None:
    userspace = FixedEngine(IdleDevice("userspace"))
    device = await FirstThatWorks(FixedEngine(IdleDevice("kernel")), userspace).make("wv0")
    assert device.engine == "kernel"
    assert userspace.asked == []


@pytest.mark.anyio
async def test_userspace_takes_over_where_the_kernel_cannot() -> None:
    kernel, userspace = FixedEngine(None), FixedEngine(IdleDevice("userspace"))
    device = await FirstThatWorks(kernel, userspace).make("wv0")
    assert device.engine == "userspace"
    assert kernel.asked == userspace.asked == ["wv0"]


@pytest.mark.anyio
async def test_host_without_an_engine_is_told_about_both() -> None:
    with pytest.raises(EngineError, match=r"Kernel: it is not here.*Userspace: it is not here"):
        await FirstThatWorks(FixedEngine(None), FixedEngine(None)).make("wv0")


def test_engine_may_be_chosen(host: HostServices) -> None:
    assert isinstance(engine_from({}, host), FirstThatWorks)
    assert isinstance(engine_from({"engine": "kernel"}, host), KernelEngine)
    assert isinstance(engine_from({"engine": "userspace"}, host), UserspaceEngine)


def test_unknown_engine_is_refused(host: HostServices) -> None:
    with pytest.raises(ConfigError, match="'fast'; it must be one of auto, kernel, userspace"):
        engine_from({"engine": "fast"}, host)


@pytest.mark.anyio
async def test_engine_that_is_not_installed_is_named_with_its_package(
    host: HostServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worldvpn_wireguard.userspace._SEARCH_PATH", "/nonexistent")
    with pytest.raises(EngineError, match="install the package wireguard-go"):
        await engine_from({"engine": "userspace"}, host).make("wv0")
