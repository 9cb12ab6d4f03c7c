"""Others who change rules beside us, and what then stands."""

from __future__ import annotations

import re

from tests.plugins.killswitch.probe import held
from worldvpn_core.contracts import LinkFacts
from worldvpn_core.policy import FirewallPolicy
from worldvpn_core.testing.fakes import FakeLinks
from worldvpn_killswitch.backend import NftablesBackend
from worldvpn_killswitch.generation import Generation
from worldvpn_killswitch.libnftables import LibNftables

LINKS = (LinkFacts(name="eth0", index=2, kind="veth"),)
#: How a script begins that loads all anew.
WHOLE = "table inet worldvpn\ndelete table"
#: Sets, counters and chains of a listing, each with what it holds.
PARTS = re.compile(r"^\t\w.*?^\t\}$", re.DOTALL | re.MULTILINE)
HEAD = re.compile(r"type .* hook .*;")


class Meddled:
    """nft's library, and others who use it once: before or after we load, or before we list."""

    name = "meddled"

    def __init__(self) -> None:
        self.scripts: list[str] = []
        self.before = self.after = self.listed = ""
        self._engine = LibNftables()

    async def run(self, commands: str, *, stateless: bool = True, handles: bool = False) -> str:
        if commands.startswith("list"):
            await self._meddle("listed")
            return await self._engine.run(commands, stateless=stateless, handles=handles)
        self.scripts.append(commands)
        await self._meddle("before")
        said = await self._engine.run(commands)
        await self._meddle("after")
        return said

    async def _meddle(self, when: str) -> None:
        commands = getattr(self, when)
        setattr(self, when, "")
        if commands:
            await self._engine.run(commands)


class Silent:
    """The kernel's generation, less what was done while nobody was to notice."""

    def __init__(self) -> None:
        self._real = Generation()
        self._hidden = 0

    def __call__(self) -> int:
        return self._real.read() - self._hidden

    async def run(self, commands: str) -> None:
        """Run ``commands`` as if the kernel did not count it."""
        before = self._real.read()
        await LibNftables().run(commands)
        self._hidden += self._real.read() - before


async def standing() -> list[list[str]]:
    """Return what our tables hold: in any order, but for chains of one head."""
    engine = LibNftables()
    tables = (await engine.run("list tables")).splitlines()
    listed = [await engine.run(f"list {table}") for table in tables if "worldvpn" in table]
    return [sorted(PARTS.findall(each), key=_identity) for each in listed]


def _identity(part: str) -> tuple[str, str]:
    head = HEAD.search(part)
    return ("chain", head[0]) if head else ("", part)


async def anew(policy: FirewallPolicy) -> list[list[str]]:
    """Return what a backend that knows nothing makes of ``policy``."""
    await NftablesBackend(FakeLinks(*LINKS), LibNftables()).apply(held(policy))
    return await standing()
