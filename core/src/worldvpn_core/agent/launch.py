"""Starting one agent, and believing only the kernel about its confinement."""

from __future__ import annotations

import asyncio
import json
import os
import time
from typing import Final

import attrs

from worldvpn_core.agent.pair import Pair
from worldvpn_core.agent.session import Session
from worldvpn_core.agent.sockets import Admit
from worldvpn_core.agent.spawn import Child, kernel_status, spawn
from worldvpn_core.agent.spec import AgentFacts, AgentSpec
from worldvpn_core.errors import AgentError

START_TIMEOUT_S: Final = 15.0
_NO_CAPABILITIES: Final = "0" * 16
_SECCOMP_FILTER: Final = "2"


@attrs.frozen(kw_only=True)
class Life:
    """A running agent."""

    child: Child
    session: Session
    facts: AgentFacts
    began_monotonic_s: float


async def launch(spec: AgentSpec, admit: Admit) -> Life:
    """Start an agent and return once it is confined and reads.

    Raises:
        AgentError: it did not start, with its own last words, or is not confined; no
            process is left.
    """
    child, sock = spawn(_argv(spec), _environment(spec))
    session = Session(Pair(sock), admit)
    try:
        async with asyncio.timeout(START_TIMEOUT_S):
            readers = await session.ready()
        facts = confined(kernel_status(child.pid), child.pid, readers)
    except (AgentError, TimeoutError) as error:
        why = str(error) or f"it was not ready in {START_TIMEOUT_S:g} s"
        await abandon(child, session)
        raise AgentError(f"worldvpn-agent did not start: {child.last_words or why}") from error
    except BaseException:
        await abandon(child, session)
        raise
    return Life(child=child, session=session, facts=facts, began_monotonic_s=time.monotonic())


def confined(status: dict[str, str], pid: int, readers: tuple[str, ...]) -> AgentFacts:
    """Return the facts of an agent whose kernel status is ``status``.

    Raises:
        AgentError: it holds a capability, could regain one, or has no filter: whatever
            it says of itself, it is not given anything to read.
    """
    held = [
        key for key in ("CapInh", "CapPrm", "CapEff", "CapAmb") if status[key] != _NO_CAPABILITIES
    ]
    if held or status["NoNewPrivs"] != "1" or status["Seccomp"] != _SECCOMP_FILTER:
        raise AgentError(
            f"worldvpn-agent is not confined: {', '.join(held) or 'no'} capabilities, "
            f"no_new_privs {status['NoNewPrivs']}, seccomp {status['Seccomp']}"
        )
    return AgentFacts(
        pid=pid,
        uid=int(status["Uid"].split()[0]),
        bounded=status["CapBnd"] == _NO_CAPABILITIES,
        readers=readers,
    )


async def abandon(child: Child, session: Session) -> int:
    """End an agent at once, whatever it does; return its exit status. Idempotent."""
    child.kill()
    await session.end()
    return await child.wait()


def _argv(spec: AgentSpec) -> list[str]:
    options = {
        "plugins": spec.plugins,
        "uid": spec.uid,
        "gid": spec.gid if spec.gid is not None else spec.uid,
        "daemon": os.getpid(),
        "ca_file": str(spec.ca_file) if spec.ca_file else None,
        "central": spec.central.table() if spec.central else None,
    }
    # -I: neither the environment nor the working directory chooses what is imported.
    return [spec.python, "-I", "-m", "worldvpn_core.agent.main", json.dumps(options)]


def _environment(spec: AgentSpec) -> dict[str, str]:
    return {"LANG": "C.UTF-8", "XDG_CACHE_HOME": str(spec.run_dir)}
