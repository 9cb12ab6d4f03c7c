"""The link to an honest agent: answers come back, and a lost agent comes back."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from ipaddress import ip_address
from pathlib import Path

import pytest

from tests.core.agent.world import Script, StartLink
from worldvpn_core.agent.link import AgentLink
from worldvpn_core.agent.spec import MOST_PROFILE_BYTES, SystemResolvers
from worldvpn_core.errors import AgentError, ConfigError
from worldvpn_core.types import Profile

pytestmark = pytest.mark.anyio


async def read_again(link: AgentLink) -> Profile:
    """Read a profile, twice where the first attempt is what shows that the agent is gone."""
    with contextlib.suppress(AgentError):
        return await link.read_profile("#canary", "home")
    return await link.read_profile("#canary", "home")


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_profile_is_read_by_the_agent(start_link: StartLink) -> None:
    async with start_link() as link:
        profile = await link.read_profile("#canary", "at home \u00fc")

    assert (profile.name, profile.transport) == ("at home \u00fc", "toy")
    assert profile.options == (("key", "c2VjcmV0"),)


async def test_text_that_no_plugin_knows_is_refused(start_link: StartLink) -> None:
    async with start_link() as link:
        with pytest.raises(ConfigError, match=r"no format .* \(known: canary\)"):
            await link.read_profile("[Interface]", "home")


async def test_reader_that_crashes_does_not_take_the_agent_along(start_link: StartLink) -> None:
    async with start_link() as link:
        before = link.pid
        with pytest.raises(ConfigError, match="ZeroDivisionError"):
            await link.read_profile("#canary\n1 / 0", "home")

        assert link.pid == before


async def test_profile_beyond_the_limits_is_refused_with_what_is_too_much(
    start_link: StartLink,
) -> None:
    many = "#canary\nfrom worldvpn_core.types import *\nfrom ipaddress import *\n"
    many += "import canary_reader as c\n"
    many += "c.Server = lambda **_: Server(host='two words', port=1)"
    async with start_link() as link:
        with pytest.raises(ConfigError, match="no name and no address"):
            await link.read_profile(many, "home")


async def test_text_over_the_limit_is_refused_before_it_is_sent(start_link: StartLink) -> None:
    async with start_link() as link:
        with pytest.raises(ConfigError, match="65,537 bytes: at most 65,536"):
            await link.read_profile("x" * (MOST_PROFILE_BYTES + 1), "home")


@pytest.mark.parametrize("name", ["", "x" * 65, "a\nb"])
async def test_name_that_no_profile_can_have_is_refused(name: str, start_link: StartLink) -> None:
    async with start_link() as link:
        with pytest.raises(ConfigError, match="1 to 64 printable"):
            await link.read_profile("#canary", name)


async def test_address_is_its_own_answer(start_link: StartLink) -> None:
    async with start_link() as link:
        found = await link.resolve("2001:db8::1", SystemResolvers())

    assert found == (ip_address("2001:db8::1"),)


async def test_killed_agent_is_started_again(start_link: StartLink) -> None:
    async with start_link() as link:
        first = link.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)

        profile = await read_again(link)

        assert profile.name == "home"
        assert link.pid not in (None, first)


async def test_request_under_way_fails_with_the_agent_and_may_be_retried(
    start_link: StartLink,
) -> None:
    async with start_link() as link:
        assert link.pid is not None
        os.kill(link.pid, signal.SIGSTOP)
        asking = asyncio.create_task(link.read_profile("#canary", "home"))
        await asyncio.sleep(0.01)
        os.kill(link.pid, signal.SIGKILL)

        with pytest.raises(AgentError) as caught:
            await asking
        assert caught.value.retryable


async def test_many_requests_at_once_are_all_answered(start_link: StartLink) -> None:
    names = [f"profile {number}" for number in range(200)]
    async with start_link() as link:
        profiles = await asyncio.gather(*(link.read_profile("#canary", name) for name in names))

    assert [profile.name for profile in profiles] == names


async def test_stopped_link_leaves_no_process_and_no_descriptor(start_link: StartLink) -> None:
    before = open_descriptors()
    async with start_link() as link:
        pid = link.pid
        await link.read_profile("#canary", "home")
    await link.stop()

    assert pid is not None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert open_descriptors() == before
    assert (link.pid, link.facts) == (None, None)


async def test_killed_agents_leave_no_descriptors(start_link: StartLink) -> None:
    async with start_link() as link:
        before = open_descriptors()
        assert link.pid is not None
        os.kill(link.pid, signal.SIGKILL)
        await read_again(link)

        assert open_descriptors() == before


async def test_request_to_a_link_that_was_stopped_fails(
    start_link: StartLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worldvpn_core.agent.link.RESTART_WAIT_S", 0.01)
    async with start_link() as link:
        pass

    with pytest.raises(AgentError, match="try again"):
        await link.read_profile("#canary", "home")


async def test_agent_without_its_plugin_does_not_start_and_names_it(
    start_link: StartLink,
) -> None:
    with pytest.raises(
        AgentError, match="did not start: plugins enabled but not installed: absent"
    ):
        async with start_link(plugins=("absent",)):
            pass


async def test_agent_without_a_program_does_not_start(start_link: StartLink) -> None:
    with pytest.raises(AgentError, match="/none/python"):
        async with start_link(python="/none/python"):
            pass


async def test_agent_that_crashes_at_start_says_why(start_link: StartLink, script: Script) -> None:
    with pytest.raises(AgentError, match="did not start: no luck"):
        async with start_link(python=script("sys.exit('no luck')")):
            pass


def test_daemons_half_imports_no_parser_of_strangers_data() -> None:
    script = "import sys, worldvpn_core.agent.link; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-I", "-c", script], capture_output=True, check=True, text=True
    )
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    ours = {name for name in done.stdout.split() if name.startswith("worldvpn_core.agent.")}

    assert loaded.isdisjoint({"dns", "httpx", "h2", "http", "email", "xml", "pyseccomp"})
    assert ours.isdisjoint(
        f"worldvpn_core.agent.{name}"
        for name in ("wire", "http2", "tls", "lookup", "resolv_conf", "serving", "main")
    )
