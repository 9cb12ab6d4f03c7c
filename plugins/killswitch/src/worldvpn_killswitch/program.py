"""The nft program: what runs the rules where its library is missing."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Final

from worldvpn_core.contracts import Helpers, HelperSpec
from worldvpn_core.errors import EngineError, FirewallError

_ADMIN_PATH: Final = "/usr/sbin:/sbin:/usr/bin:/bin"


class NftProgram:
    """Runs ``nft -f`` on a script in ``run_dir``, where only root can change it."""

    name: Final = "nft"

    def __init__(self, helpers: Helpers, run_dir: Path) -> None:
        self._helpers = helpers
        self._run_dir = run_dir

    async def run(self, commands: str, *, stateless: bool = True, handles: bool = False) -> str:
        script = _written(self._run_dir, commands)
        flags = (*(("--stateless",) if stateless else ()), *(("--handle",) if handles else ()))
        try:
            return await self._run(script, flags)
        finally:
            script.unlink(missing_ok=True)

    async def _run(self, script: Path, flags: tuple[str, ...]) -> str:
        program = shutil.which("nft", path=_ADMIN_PATH) or "nft"
        spec = HelperSpec(name="nft", argv=(program, *flags, "-f", str(script)))
        try:
            helper = await self._helpers.spawn(spec)
        except EngineError as error:
            raise FirewallError(
                "no firewall: neither libnftables nor the program nft can be used; install the "
                f"package nftables ({error})"
            ) from error
        lines: list[str] = []
        try:
            while (line := await helper.read_line()) is not None:
                lines.append(line.rstrip("\n") + "\n")
            status = await helper.wait()
        except BaseException:
            await helper.stop()
            raise
        if status != 0:
            raise FirewallError(f"nft refused the rules with status {status}: the log says why")
        return "".join(lines)


def _written(run_dir: Path, commands: str) -> Path:
    with tempfile.NamedTemporaryFile(
        "w", dir=run_dir, prefix="rules-", suffix=".nft", delete=False
    ) as file:
        file.write(commands)
    return Path(file.name)
