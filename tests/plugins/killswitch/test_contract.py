"""The backend keeps what every firewall backend promises, by either engine."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

import pytest

from worldvpn_core.contracts import HelperSpec
from worldvpn_core.errors import EngineError, FirewallError
from worldvpn_core.policy import PolicySet
from worldvpn_core.testing.firewall_contract import CONNECTED, FirewallBackendContract
from worldvpn_killswitch.backend import NftablesBackend
from worldvpn_killswitch.program import NftProgram


class ProgramHelper:
    """A helper that has ended: nft prints and goes."""

    def __init__(self, spec: HelperSpec) -> None:
        self.done = subprocess.run(spec.argv, check=False, capture_output=True, text=True)
        self._lines = iter(self.done.stdout.splitlines())

    @property
    def pid(self) -> int:
        return 0

    async def read_line(self) -> str | None:
        await asyncio.sleep(0)
        return next(self._lines, None)

    async def wait(self) -> int:
        return self.done.returncode

    async def stop(self) -> None:
        pass


class Programs:
    """Starts what it is asked for; remembers the scripts it was given."""

    def __init__(self) -> None:
        self.argvs: list[tuple[str, ...]] = []

    async def spawn(self, spec: HelperSpec) -> ProgramHelper:
        self.argvs.append(spec.argv)
        return ProgramHelper(spec)


class NoPrograms:
    """A host without nft."""

    async def spawn(self, spec: HelperSpec) -> ProgramHelper:
        raise EngineError(f"{spec.argv[0]} is not installed")


@pytest.mark.netns
class TestWithTheLibrary(FirewallBackendContract):
    """libnftables."""


@pytest.mark.netns
class TestWithTheProgram(FirewallBackendContract):
    """The nft program."""

    @pytest.fixture
    def backend(self, backend: NftablesBackend, tmp_path: Path) -> NftablesBackend:
        return NftablesBackend(backend._links, NftProgram(Programs(), tmp_path))


@pytest.mark.netns
@pytest.mark.anyio
async def test_the_program_leaves_no_script_behind(
    backend: NftablesBackend, tmp_path: Path
) -> None:
    programs = Programs()
    by_program = NftablesBackend(backend._links, NftProgram(programs, tmp_path))

    await by_program.apply(PolicySet(host=CONNECTED))

    assert by_program.facts.engine == "nft"
    assert programs.argvs
    assert _held(tmp_path) == []


@pytest.mark.anyio
async def test_without_nftables_the_error_names_the_package(tmp_path: Path) -> None:
    program = NftProgram(NoPrograms(), tmp_path)

    with pytest.raises(FirewallError, match="install the package nftables"):
        await program.run("list tables")


def _held(folder: Path) -> list[Path]:
    return list(folder.iterdir())
