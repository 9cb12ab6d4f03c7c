"""The agent can do nothing but answer: tried from inside, by a reader taken over."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import anyio
import pytest

from tests.core.agent.world import UID, Script, StartLink
from tests.core.crashing import end_of
from worldvpn_core.agent.launch import confined
from worldvpn_core.agent.link import AgentLink
from worldvpn_core.agent.spawn import kernel_status
from worldvpn_core.errors import AgentError, ConfigError

pytestmark = pytest.mark.anyio

CALL = "#canary\nimport ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"
CALL += "def call(name, *given):\n"
CALL += "    if getattr(libc, name)(*given) < 0:\n"
CALL += "        raise OSError(ctypes.get_errno(), name)\n"

PAIR = "import socket\npair = socket.socket(fileno=3)\n"

REFUSED = {
    "open_a_socket": "import socket; socket.socket()",
    "open_a_raw_socket": "import socket; socket.socket(socket.AF_PACKET, socket.SOCK_RAW)",
    "make_a_socket_pair": "import socket; socket.socketpair()",
    "connect": "call('connect', 3, b'\\1\\0/run/x', 10)",
    "bind": "call('bind', 3, b'\\1\\0/run/x', 10)",
    "send_to_an_address": "call('sendto', 3, b'x', 1, 0, b'\\1\\0/run/x', 10)",
    "send_a_message_that_may_have_an_address": PAIR
    + "try: pair.sendmsg([b'x'])\nfinally: pair.detach()",
    "set_a_socket_option": PAIR
    + "try: pair.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, 1)\nfinally: pair.detach()",
    "fork": "import os; os.fork()",
    "read_secrets": "open('/etc/shadow')",
    "read_what_anyone_may": "open('/etc/passwd')",
    "write_a_file": "open('/tmp/canary', 'w')",
    "list_a_directory": "import os; os.listdir('/')",
    "change_its_directory": "import os; os.chdir('/tmp')",
    "remove_a_file": "import os; os.unlink('/tmp/canary')",
    "signal_the_daemon": "import os; os.kill(os.getppid(), 0)",
    "raise_its_limits": "call('setrlimit', 1, b'\\0' * 16)",
    "become_dumpable_again": "call('prctl', 4, 1, 0, 0, 0)",
    "map_memory_it_can_execute": "import mmap; "
    "mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_EXEC)",
}

FATAL = {
    "execute_a_program": "import os; os.execv('/bin/true', ['true'])",
    "trace_the_daemon": "import os; call('ptrace', 16, os.getppid(), 0, 0)",
    "mount": "call('mount', b'none', b'/mnt', b'tmpfs', 0, None)",
    "become_root": "import os; os.setresuid(0, 0, 0)",
    "enter_another_namespace": "call('unshare', 0x10000000)",
    "change_its_root": "import os; os.chroot('/')",
}


async def tried(link: AgentLink, attempt: str) -> str:
    """What the kernel answers to ``attempt`` made in the agent; "done" if it let it."""
    try:
        await link.read_profile(CALL + attempt, "canary")
    except ConfigError as error:
        return str(error)
    return "done"


def descriptors_of(pid: int) -> list[str]:
    return [str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir()]


def core_limit_of(pid: int) -> str:
    lines = Path(f"/proc/{pid}/limits").read_text(encoding="ascii").splitlines()
    return next(line.split()[4] for line in lines if line.startswith("Max core"))


def owner_of_memory_of(pid: int) -> int:
    return Path(f"/proc/{pid}/mem").stat().st_uid


@pytest.mark.parametrize("attempt", REFUSED.values(), ids=REFUSED)
async def test_agent_may_not(attempt: str, start_link: StartLink) -> None:
    async with start_link() as link:
        answer = await tried(link, attempt)

        assert answer.startswith("PermissionError: [Errno 1]"), answer


@pytest.mark.parametrize("attempt", FATAL.values(), ids=FATAL)
async def test_agent_dies_of_an_attempt_to(
    attempt: str, start_link: StartLink, caplog: pytest.LogCaptureFixture
) -> None:
    async with start_link() as link:
        with pytest.raises(AgentError):
            await tried(link, attempt)

        assert await tried(link, "pass") == "done", "it was not started again"
        assert f"ended with -{signal.SIGSYS:d}" in caplog.text


async def test_agent_may_start_a_thread(start_link: StartLink) -> None:
    attempt = "import threading; t = threading.Thread(target=int); t.start(); t.join()"
    async with start_link() as link:
        assert await tried(link, attempt) == "done"


async def test_agent_imports_nothing_new(start_link: StartLink) -> None:
    async with start_link() as link:
        assert "ModuleNotFoundError" in await tried(link, "import wave")


async def test_agent_holds_what_it_was_given_and_nothing_else(start_link: StartLink) -> None:
    async with start_link() as link:
        assert link.pid is not None
        status = kernel_status(link.pid)
        held = descriptors_of(link.pid)
        facts = link.facts
        core_limit = core_limit_of(link.pid)

    assert facts is not None
    assert (facts.uid, facts.bounded, facts.readers) == (UID, True, ("canary",))
    assert status["Uid"].split() == status["Gid"].split() == [str(UID)] * 4
    assert status["Groups"] == ""
    assert {status[key] for key in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    assert (status["NoNewPrivs"], status["Seccomp"], status["Threads"]) == ("1", "2", "1")
    assert core_limit == "1"
    # Standard streams, the pair, and asyncio's own selector and wake-up pair.
    kinds = sorted(name.partition(":")[0] for name in held)
    assert kinds == ["/dev/null", "/dev/null", "anon_inode", "pipe", *["socket"] * 3]


async def test_agent_cannot_be_looked_into_by_its_own_uid(start_link: StartLink) -> None:
    async with start_link() as link:
        # What a process that may not be dumped has in /proc belongs to root (proc(5)).
        assert link.pid is not None
        assert owner_of_memory_of(link.pid) == 0


async def test_agent_that_crashes_is_not_dumped(start_link: StartLink) -> None:
    async with start_link() as link:
        assert link.pid is not None
        os.kill(link.pid, signal.SIGSEGV)
        # Seen here before the link's own loop can take note of it.
        how = end_of(link.pid)

    assert how == os.CLD_KILLED


async def test_agent_fits_in_its_memory(start_link: StartLink) -> None:
    async with start_link() as link:
        await tried(link, "pass")
        assert link.pid is not None
        resident_kib = int(kernel_status(link.pid)["VmRSS"].split()[0])

    assert resident_kib <= 40 * 1_024


DAEMON = """
import asyncio, sys
from pathlib import Path
from worldvpn_core.agent.link import AgentLink
from worldvpn_core.agent.spec import AgentSpec
async def main():
    link = AgentLink(AgentSpec(run_dir=Path(sys.argv[1]), uid=64_999), lambda _: None)
    await link.start()
    print(link.pid, link.facts.uid, link.facts.bounded, flush=True)
    await asyncio.sleep(float(sys.argv[2]))
    await link.stop()
asyncio.run(main())
"""


def test_agent_does_not_outlive_a_killed_daemon(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", DAEMON, str(tmp_path), "60"], stdout=subprocess.PIPE, text=True
    ) as daemon:
        assert daemon.stdout is not None
        agent = os.pidfd_open(int(daemon.stdout.readline().split()[0]))

        daemon.kill()

        assert select.select([agent], [], [], 5)[0], "it lives"
        os.close(agent)


@pytest.mark.netns
async def test_agent_whose_uid_is_not_mapped_is_confined_all_the_same(tmp_path: Path) -> None:
    done = await anyio.run_process(
        ["unshare", "--user", "--map-root-user", sys.executable, "-c", DAEMON, str(tmp_path), "0"],
        stderr=None,
    )

    assert done.stdout.decode().split()[1:] == ["0", "True"]


async def test_agent_without_an_account_is_confined_all_the_same(start_link: StartLink) -> None:
    async with start_link(uid=None) as link:
        assert link.facts is not None
        assert (link.facts.uid, link.facts.bounded) == (os.getuid(), True)
        assert "PermissionError" in await tried(link, "open('/etc/shadow')")


async def test_stand_in_that_only_says_it_is_confined_is_not_believed(
    start_link: StartLink, script: Script
) -> None:
    liar = script(
        "import socket, time\n"
        "from worldvpn_core.agent.codec import packed\n"
        "from worldvpn_core.agent.messages import Ready\n"
        "socket.socket(fileno=3).send(packed(Ready(readers=())))\n"
        "time.sleep(60)"
    )

    with pytest.raises(AgentError, match="not confined: CapPrm, CapEff capabilities"):
        async with start_link(python=liar):
            pass


@pytest.mark.parametrize(
    "wrong",
    [{"CapEff": "0" * 15 + "1"}, {"CapAmb": "1" * 16}, {"NoNewPrivs": "0"}, {"Seccomp": "0"}],
    ids=str,
)
def test_kernel_status_short_of_confinement_is_refused(wrong: dict[str, str]) -> None:
    none = dict.fromkeys(("CapInh", "CapPrm", "CapEff", "CapAmb", "CapBnd"), "0" * 16)
    status = {**none, "Uid": "5 5 5 5", "NoNewPrivs": "1", "Seccomp": "2"}
    assert confined(status, 1, ()).bounded

    with pytest.raises(AgentError, match="not confined"):
        confined(status | wrong, 1, ())
