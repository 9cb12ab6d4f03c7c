"""A process that holds a resolver, step by step, and says what it sees: one JSON value a line.

``holder.py RESOLV_CONF FOLDER STEP…``; steps are record, adopt (from standard
input), hold, release, wait.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from ipaddress import ip_address
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import attrs

from worldvpn_core.contracts import Change, HostServices, Services
from worldvpn_core.errors import WorldVpnError
from worldvpn_core.policy import DnsPolicy
from worldvpn_core.types import DnsUpstream
from worldvpn_dns.protector import HostDnsProtector


async def take(step: str, protector: HostDnsProtector) -> object:
    match step:
        case "record":
            return [attrs.asdict(change) for change in await protector.record()]
        case "adopt":
            protector.adopt(tuple(Change(**change) for change in json.loads(sys.stdin.readline())))
        case "hold":
            upstream = DnsUpstream(host=ip_address("10.64.0.1"))
            await protector.apply(DnsPolicy(held=True, upstreams=(upstream,), interface="wv0"))
        case "release":
            await protector.apply(DnsPolicy(held=False))
        case _:
            raise ValueError(step)
    return step


async def main(path: Path, folder: Path, steps: list[str]) -> None:
    services = Services(
        # Only what the plain file needs: nothing of the host.
        host=cast("HostServices", SimpleNamespace(links=None, helpers=None)),
        state_dir=folder / "state",
        run_dir=folder / "run",
        options={"resolv_conf": str(path), "system_bus": f"unix:path={folder}/no-bus"},
    )
    protector = HostDnsProtector(services)
    for step in steps:
        if step == "wait":
            signal.pause()
        try:
            said: object = await take(step, protector)
        except WorldVpnError as error:
            said = {"code": error.code, "error": str(error)}
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]))
