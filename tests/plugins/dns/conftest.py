"""A host's services, as far as the DNS plugin uses them, on real files and processes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import cast

import attrs
import pytest

from worldvpn_core.contracts import (
    Echo,
    Helper,
    HelperSpec,
    HostEvents,
    HostServices,
    Journal,
    LinkFacts,
    Links,
    Meter,
    Namespaces,
    Routing,
    Services,
    Uplinks,
)
from worldvpn_core.errors import EngineError
from worldvpn_dns.protector import HostDnsProtector


@attrs.define
class Process:
    process: asyncio.subprocess.Process

    @property
    def pid(self) -> int:
        return self.process.pid

    async def read_line(self) -> str | None:
        assert self.process.stdout is not None
        return (await self.process.stdout.readline()).decode() or None

    async def wait(self) -> int:
        return await self.process.wait()

    async def stop(self) -> None:
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()


class RealHelpers:
    async def spawn(self, spec: HelperSpec) -> Helper:
        try:
            return Process(
                await asyncio.create_subprocess_exec(
                    *spec.argv, env=dict(spec.environment), stdout=asyncio.subprocess.PIPE
                )
            )
        except OSError as error:
            raise EngineError(str(error)) from error


@attrs.define
class ListedLinks:
    links: list[LinkFacts]

    async def all(self) -> tuple[LinkFacts, ...]:
        return tuple(self.links)


@pytest.fixture
def links() -> list[LinkFacts]:
    return [
        LinkFacts(name="lo", index=1, is_loopback=True),
        LinkFacts(name="eth0", index=2),
        LinkFacts(name="wv0", index=7, kind="tun"),
        LinkFacts(name="wv1", index=8, kind="tun"),
    ]


@pytest.fixture
def resolv_conf(tmp_path: Path) -> Path:
    path = tmp_path / "etc" / "resolv.conf"
    path.parent.mkdir()
    path.write_text("# by hand\nnameserver 192.0.2.53\nsearch lan\n")
    return path


@pytest.fixture
def make_protector(
    tmp_path: Path, resolv_conf: Path, links: list[LinkFacts]
) -> Callable[..., HostDnsProtector]:
    def make(**options: str) -> HostDnsProtector:
        host = HostServices(
            links=cast("Links", ListedLinks(links)),
            echo=cast("Echo", None),
            routing=cast("Routing", None),
            events=cast("HostEvents", None),
            helpers=RealHelpers(),
            journal=cast("Journal", None),
            namespaces=cast("Namespaces", None),
            meter=cast("Meter", None),
            uplinks=cast("Uplinks", None),
        )
        nobody = f"unix:path={tmp_path}/no-bus"
        return HostDnsProtector(
            Services(
                host=host,
                state_dir=tmp_path / "state",
                run_dir=tmp_path / "run",
                options={"resolv_conf": str(resolv_conf), "system_bus": nobody, **options},
            )
        )

    return make
