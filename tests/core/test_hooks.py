"""Every hook means what its docstring says: one test a hook, named after it."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from worldvpn_core import hookspecs, plugins
from worldvpn_core.contracts import HostServices, NetworkServices, Services
from worldvpn_core.errors import PluginError
from worldvpn_core.hookspecs import hookimpl
from worldvpn_core.tunnel.states import Disconnected, Paused
from worldvpn_core.types import Refusal, SessionRequest, UsageSample

REQUEST = SessionRequest(profile_id="home", transport="toy", uid=1_000)
SAMPLE = UsageSample(profile_id="home", received_bytes=1, sent_bytes=2, elapsed_s=10.0)
NETWORK = NetworkServices()


class Thing:
    """Stands for any object a plugin may offer: hooks hand it over unread, but for its name."""

    def __init__(self, name: str = "toy") -> None:
        self.name = name


def host_services() -> HostServices:
    things: dict[str, Any] = {
        part: Thing()
        for part in (
            *("links", "echo", "routing", "events", "helpers", "journal", "namespaces"),
            "meter",
            "uplinks",
        )
    }
    return HostServices(**things)


SERVICES = Services(host=host_services(), state_dir=Path("/state"), run_dir=Path("/run"))


class Implementation:
    """A plugin that implements one hook: it returns ``answer``, or raises it."""

    def __init__(self, hook: str, answer: object) -> None:
        self.heard: list[tuple[object, ...]] = []

        # pluggy matches arguments by name, and unwraps to find them.
        @functools.wraps(getattr(hookspecs, hook))
        def reply(*given: object) -> object:
            self.heard.append(given)
            if isinstance(answer, Exception):
                raise answer
            return answer

        setattr(self, hook, hookimpl(reply))


def asked_first(hook: str, *answers: object, **asked: object) -> object:
    """Ask plugins that answer so, the first named being asked first."""
    held = {f"p{9 - at}": Implementation(hook, answer) for at, answer in enumerate(answers)}
    return plugins.first(getattr(plugins.register(held).hook, hook), **asked)


def assert_first_answer_wins(hook: str, answer: object, **asked: object) -> None:
    late = Implementation(hook, Thing("late"))
    manager = plugins.register(
        {"p3": Implementation(hook, None), "p2": Implementation(hook, answer), "p1": late}
    )

    assert plugins.first(getattr(manager.hook, hook), **asked) is answer
    assert late.heard == []
    assert asked_first(hook, None, **asked) is None
    with pytest.raises(PluginError, match=f"plugin 'p9' failed in {hook}: broken"):
        asked_first(hook, OSError("broken"), answer, **asked)


def assert_gathered_without_doubles(
    hook: str, gather: Callable[..., object], services: object
) -> None:
    some, more = [Thing("a"), Thing("b")], [Thing("c")]
    doubled = plugins.register(
        {"x": Implementation(hook, some), "y": Implementation(hook, [Thing("a")])}
    )
    manager = plugins.register(
        {"x": Implementation(hook, some), "y": Implementation(hook, iter(more))}
    )
    broken = plugins.register({"x": Implementation(hook, OSError("no"))})
    lazy = plugins.register({"x": Implementation(hook, (1 // 0 for _ in "1"))})

    assert gather(manager, services) == {thing.name: thing for thing in some + more}
    assert gather(plugins.register({}), services) == {}
    with pytest.raises(PluginError, match=r"two plugins offer the .* 'a'"):
        gather(doubled, services)
    with pytest.raises(PluginError, match="plugin 'x' failed"):
        gather(broken, services)
    with pytest.raises(PluginError, match="plugin 'x' failed"):
        gather(lazy, services)


def assert_news_is_isolated(hook: str, caplog: pytest.LogCaptureFixture, **news: object) -> None:
    before, after = Implementation(hook, None), Implementation(hook, None)
    manager = plugins.register(
        {"a": after, "b": Implementation(hook, OSError("deaf")), "c": before}
    )

    with caplog.at_level(logging.ERROR):
        plugins.notify(getattr(manager.hook, hook), **news)

    assert before.heard == after.heard == [tuple(news.values())]
    assert f"plugin b failed in {hook}" in caplog.text


def test_worldvpn_host_first_answer_wins_and_silence_is_none() -> None:
    assert_first_answer_wins(
        "worldvpn_host", host_services(), platform="linux", state_dir="/s", run_dir="/r"
    )


def test_worldvpn_firewall_backend_first_answer_wins_and_silence_is_none() -> None:
    assert_first_answer_wins(
        "worldvpn_firewall_backend", Thing(), services=SERVICES, platform="linux"
    )


def test_worldvpn_meters_first_answer_wins_and_silence_is_none() -> None:
    assert_first_answer_wins("worldvpn_meters", Thing(), services=SERVICES, firewall=Thing())


def test_worldvpn_dns_protector_first_answer_wins_and_silence_is_none() -> None:
    assert_first_answer_wins("worldvpn_dns_protector", Thing(), services=SERVICES, platform="linux")


def test_worldvpn_transports_are_gathered_and_doubles_refused() -> None:
    assert_gathered_without_doubles("worldvpn_transports", plugins.transports, SERVICES)


def test_worldvpn_obfuscators_are_gathered_and_doubles_refused() -> None:
    assert_gathered_without_doubles("worldvpn_obfuscators", plugins.obfuscators, SERVICES)


def test_worldvpn_exits_are_gathered_and_doubles_refused() -> None:
    assert_gathered_without_doubles("worldvpn_exits", plugins.exits, SERVICES)


def test_worldvpn_central_first_answer_wins_and_silence_is_none() -> None:
    assert_first_answer_wins("worldvpn_central", Thing(), services=NETWORK)


def test_worldvpn_port_mapper_first_answer_wins_and_silence_is_none() -> None:
    assert_first_answer_wins("worldvpn_port_mapper", Thing(), services=NETWORK)


def test_worldvpn_resolver_first_answer_wins_and_silence_is_none() -> None:
    assert_first_answer_wins("worldvpn_resolver", Thing(), services=NETWORK)


def test_worldvpn_accounting_first_answer_wins_and_silence_is_none() -> None:
    assert_first_answer_wins("worldvpn_accounting", Thing(), services=SERVICES)


def test_worldvpn_profile_readers_are_gathered_and_doubles_refused() -> None:
    assert_gathered_without_doubles("worldvpn_profile_readers", plugins.profile_readers, NETWORK)


def test_worldvpn_session_refusal_first_refusal_wins_and_a_raise_refuses() -> None:
    hook = "worldvpn_session_refusal"
    refusal = Refusal(code="credit", detail="no credit left")

    def asked(answer: object) -> Refusal | None:
        return plugins.refusal(plugins.register({"gate": Implementation(hook, answer)}), REQUEST)

    assert_first_answer_wins(hook, refusal, request=REQUEST)
    assert asked(refusal) is refusal
    assert asked(None) is None
    assert asked(OSError("gate is broken")) == Refusal(
        code="denied", detail=f"plugin 'gate' failed in {hook}: gate is broken"
    )
    assert asked("yes") == Refusal(
        code="denied", detail=f"a plugin answered {hook} with no refusal"
    )


def test_worldvpn_tunnel_state_changed_reaches_everyone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert_news_is_isolated("worldvpn_tunnel_state_changed", caplog, old=Disconnected(), new=Paused)


def test_worldvpn_usage_sampled_reaches_everyone(caplog: pytest.LogCaptureFixture) -> None:
    assert_news_is_isolated("worldvpn_usage_sampled", caplog, sample=SAMPLE)


def test_every_hook_has_a_test_named_after_it() -> None:
    hooks = [name for name in vars(hookspecs) if name.startswith("worldvpn_")]
    tests = [name for name in globals() if name.startswith("test_worldvpn_")]

    untested = [hook for hook in hooks if not any(t.startswith(f"test_{hook}_") for t in tests)]

    assert len(hooks) == 15
    assert untested == []
