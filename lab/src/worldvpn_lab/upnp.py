"""A real miniupnpd in a role that routes: what most home routers run for UPnP, NAT-PMP and PCP."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import attrs

from worldvpn_core.errors import EngineError

if TYPE_CHECKING:
    from types import TracebackType

    from worldvpn_lab.program import Program
    from worldvpn_lab.world import World

_PROGRAM: Final = "miniupnpd"
_CONFIG: Final = "/run/miniupnpd.conf"
#: It takes no documentation range for a public address; what it says here, nobody is sent to.
TOLD_ADDRESS: Final = "44.128.0.77"
_START_S: Final = 10.0
_POLL_S: Final = 0.02
#: Where it answers once it has started.
CONTROL_PORT: Final = 5_000
_TABLES: Final = (
    "table inet miniupnpd {\n"
    " chain forward { type filter hook forward priority 0; policy accept; }\n"
    " chain prerouting { type nat hook prerouting priority -100; policy accept; }\n"
    " chain postrouting { type nat hook postrouting priority 100; policy accept; }\n"
    "}\n"
)


@attrs.define
class Router:
    """miniupnpd, running; ``protocols`` are those that it speaks ("upnp", "nat-pmp")."""

    world: World
    role: str = "lan"
    inside: str = "lan0"
    outside: str = "wan0"
    protocols: tuple[str, ...] = ("upnp", "nat-pmp")
    _program: Program | None = None

    def start(self) -> None:
        """Start it, knowing of no mapping. Raises EngineError."""
        if shutil.which(_PROGRAM) is None:
            raise EngineError(f"{_PROGRAM} is missing: install miniupnpd-nftables")
        self.world.write(self.role, {_CONFIG: self._config()})
        self.world.run(self.role, ["nft", "-f", "-"], stdin=_TABLES.encode()).checked()
        log = os.open(self._log, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
        null = os.open(os.devnull, os.O_RDWR)
        try:
            argv = [_PROGRAM, "-d", "-f", _CONFIG, "-P", "/run/miniupnpd.pid"]
            self._program = self.world.spawn(self.role, argv, stdio=(null, log, log))
        finally:
            os.close(log)
            os.close(null)
        self._wait(self._program)

    def stop(self) -> None:
        """End it, and all it led on: as a router that loses power. Idempotent."""
        program, self._program = self._program, None
        if program is not None:
            program.close()
            self.world.run(self.role, ["nft", "delete", "table", "inet", "miniupnpd"])

    def ports(self) -> str:
        """Return the rules by which it leads ports on now, as nft(8) lists them."""
        argv = ["nft", "list", "chain", "inet", "miniupnpd", "prerouting"]
        listed = self.world.run(self.role, argv).checked()
        return "\n".join(line.strip() for line in str(listed).splitlines() if "dnat" in line)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def _log(self) -> Path:
        return self.world.directory / f"{_PROGRAM}.log"

    def _config(self) -> str:
        def yes(protocol: str) -> str:
            return "yes" if protocol in self.protocols else "no"

        return (
            f"ext_ifname={self.outside}\nlistening_ip={self.inside}\nhttp_port={CONTROL_PORT}\n"
            f"ext_ip={TOLD_ADDRESS}\nenable_upnp={yes('upnp')}\nenable_natpmp={yes('nat-pmp')}\n"
            "secure_mode=yes\nsystem_uptime=no\nuuid=57560000-0000-4000-8000-000000000077\n"
            "upnp_table_name=miniupnpd\nupnp_nat_table_name=miniupnpd\n"
            "upnp_forward_chain=forward\nupnp_nat_chain=prerouting\n"
            "upnp_nat_postrouting_chain=postrouting\n"
            "allow 1024-65535 0.0.0.0/0 1024-65535\ndeny 0-65535 0.0.0.0/0 0-65535\n"
        )

    def _wait(self, program: Program) -> None:
        deadline_s = time.monotonic() + _START_S
        asked = ["sh", "-c", f"ss -Hlntu | grep -q -e ':{CONTROL_PORT} ' -e ':5351 '"]
        while self.world.run(self.role, asked).status != 0:
            if program.wait(_POLL_S) is not None or time.monotonic() > deadline_s:
                said = self._log.read_text(encoding="utf-8")[-600:]
                raise EngineError(f"{_PROGRAM} did not start: {said}")
