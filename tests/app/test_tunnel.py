"""connect, disconnect, pause and resume: asked for, waited for, told, and ended by exit code."""

from __future__ import annotations

import pytest

from tests.app.command import Command
from tests.app.fake_daemon import FALLEN, HOME, SILENT, UP, FakeDaemon, a_profile, a_snapshot
from worldvpn_app.cli.exits import Exit
from worldvpn_core.errors import BusyError, RoutingError
from worldvpn_core.ipc.messages import (
    TunnelConnect,
    TunnelDisconnect,
    TunnelPause,
    TunnelResume,
)


def asked(daemon: FakeDaemon) -> list[object]:
    """Return what was asked to move the tunnel."""
    kinds = TunnelConnect | TunnelDisconnect | TunnelPause | TunnelResume
    return [request for request in daemon.requests if isinstance(request, kinds)]


def test_connect_waits_until_the_tunnel_is_up(daemon: FakeDaemon, worldvpn: Command) -> None:
    ended = worldvpn("connect", "home")
    assert (ended.code, ended.out, ended.err) == (Exit.OK, "Connected: Home.\n", "")
    assert asked(daemon) == [TunnelConnect(profile_id="home")]


def test_connect_takes_a_profile_by_its_name(daemon: FakeDaemon, worldvpn: Command) -> None:
    daemon.profiles = [a_profile("home", "Home"), a_profile("b", "Büro")]
    worldvpn("connect", "büro", "--no-wait", "--partial")
    assert asked(daemon) == [TunnelConnect(profile_id="b", partial=True)]


def test_connect_takes_the_only_profile(daemon: FakeDaemon, worldvpn: Command) -> None:
    assert worldvpn("connect").code == Exit.OK
    assert asked(daemon) == [TunnelConnect(profile_id="home")]


def test_connect_takes_the_last_used_profile(daemon: FakeDaemon, worldvpn: Command) -> None:
    daemon.profiles = [a_profile("home", "Home"), a_profile("office", "Office")]
    daemon.last_used = "office"
    worldvpn("connect", "--no-wait")
    assert asked(daemon) == [TunnelConnect(profile_id="office")]


def test_connect_asks_which_of_several_profiles(daemon: FakeDaemon, worldvpn: Command) -> None:
    daemon.profiles = [a_profile("home", "Home"), a_profile("office", "Office")]
    ended = worldvpn("connect")
    assert ended.code == Exit.USAGE
    assert ended.err == "worldvpn: say which profile to connect: home, office\n"


def test_connect_refuses_a_name_that_is_not_one_profile(
    daemon: FakeDaemon, worldvpn: Command
) -> None:
    daemon.profiles = [a_profile("one", "Twice"), a_profile("two", "twice")]
    ended = worldvpn("connect", "Twice")
    assert ended.code == Exit.USAGE
    assert "several profiles are called 'Twice': choose by id from one, two" in ended.err
    assert asked(daemon) == []


def test_connect_without_profiles_says_how_to_bring_one(
    daemon: FakeDaemon, worldvpn: Command
) -> None:
    daemon.profiles = []
    ended = worldvpn("connect")
    assert ended.code == Exit.FAILED
    assert "`worldvpn import FILE`" in ended.err


def test_connect_that_ends_blocked_says_so_and_what_to_do(
    daemon: FakeDaemon, worldvpn: Command
) -> None:
    daemon.scripts[TunnelConnect] = FALLEN
    ended = worldvpn("connect", "home")
    assert ended.code == Exit.BLOCKED
    assert ended.out.startswith("Blocked: no handshake from 203.0.113.10 in 10 s. Nothing leaves")
    assert "worldvpn disconnect" in ended.out


def test_connect_that_ends_blocked_is_an_error_in_json(
    daemon: FakeDaemon, worldvpn: Command
) -> None:
    daemon.scripts[TunnelConnect] = FALLEN
    ended = worldvpn("connect", "home", "--json")
    assert ended.code == Exit.BLOCKED
    assert ended.json["error"]["code"] == "transport.handshake_timeout"
    assert ended.json["snapshot"]["tunnel"]["state"] == "blocked"


def test_connect_that_ends_unprotected_is_an_alarm(daemon: FakeDaemon, worldvpn: Command) -> None:
    daemon.scripts[TunnelConnect] = ({"state": "blocked", "enforced": False, "cause": SILENT},)
    ended = worldvpn("connect", "home")
    assert ended.code == Exit.UNPROTECTED
    assert ended.out.startswith("UNPROTECTED: ")


def test_state_from_before_is_not_taken_for_the_answer(
    daemon: FakeDaemon, worldvpn: Command
) -> None:
    daemon.snapshot = a_snapshot(state="blocked", profile=HOME, cause=SILENT)
    daemon.scripts[TunnelConnect] = (
        {"state": "blocked", "retry_in_s": 1.0},
        {"state": "blocked", "retry_in_s": 0.5},
        *UP,
    )
    assert worldvpn("connect", "home").code == Exit.OK


def test_connect_to_what_is_connected_already_is_done(
    daemon: FakeDaemon, worldvpn: Command
) -> None:
    daemon.snapshot = a_snapshot(state="connected", profile=HOME)
    daemon.scripts[TunnelConnect] = ()
    assert worldvpn("connect", "home").code == Exit.OK


def test_switch_waits_for_the_new_profile(daemon: FakeDaemon, worldvpn: Command) -> None:
    daemon.snapshot = a_snapshot(state="connected", profile={"id": "old", "name": "Old"})
    daemon.scripts[TunnelConnect] = ({"state": "switching", "next": "Home"}, UP[-1])
    ended = worldvpn("connect", "home", "--json")
    assert ended.code == Exit.OK
    assert ended.json["tunnel"]["profile"] == HOME


def test_connect_that_somebody_else_undoes_has_failed(
    daemon: FakeDaemon, worldvpn: Command
) -> None:
    daemon.scripts[TunnelConnect] = (UP[0], {"state": "disconnected", "profile": None})
    ended = worldvpn("connect", "home")
    assert ended.code == Exit.FAILED
    assert ended.out.startswith("Disconnected.")


def test_connect_that_moves_nothing_ends(daemon: FakeDaemon, worldvpn: Command) -> None:
    daemon.scripts[TunnelConnect] = ()
    assert worldvpn("connect", "home").code == Exit.FAILED


def test_kill_switch_that_is_off_is_warned_of_after_a_connect(
    daemon: FakeDaemon, worldvpn: Command
) -> None:
    daemon.snapshot = a_snapshot(kill_switch=False)
    assert "Warning: the kill switch is off." in worldvpn("connect", "home").out


def test_disconnect_waits_until_the_tunnel_is_closed(daemon: FakeDaemon, worldvpn: Command) -> None:
    daemon.snapshot = a_snapshot(state="connected", profile=HOME)
    ended = worldvpn("disconnect")
    assert ended.code == Exit.OK
    assert ended.out.startswith("Disconnected. Your traffic is not protected.\n")
    assert asked(daemon) == [TunnelDisconnect()]


def test_disconnect_that_cannot_be_enforced_is_an_alarm(
    daemon: FakeDaemon, worldvpn: Command
) -> None:
    daemon.snapshot = a_snapshot(state="connected", profile=HOME)
    daemon.scripts[TunnelDisconnect] = ({"state": "blocked", "enforced": False},)
    assert worldvpn("disconnect").code == Exit.UNPROTECTED


@pytest.mark.parametrize(("typed", "duration_s"), [((), 300), (("15m",), 900), (("1h30m",), 5_400)])
def test_pause_lasts_as_long_as_was_said(
    daemon: FakeDaemon, worldvpn: Command, typed: tuple[str, ...], duration_s: int
) -> None:
    ended = worldvpn("pause", *typed)
    assert ended.code == Exit.OK
    assert ended.out.startswith("Paused until ")
    assert asked(daemon) == [TunnelPause(duration_s=duration_s)]


@pytest.mark.parametrize("typed", ["59s", "25h", "soon"])
def test_pause_of_no_possible_length_is_wrong_usage(
    daemon: FakeDaemon, worldvpn: Command, typed: str
) -> None:
    assert worldvpn("pause", typed).code == Exit.USAGE
    assert asked(daemon) == []


def test_resume_is_asked_for(daemon: FakeDaemon, worldvpn: Command) -> None:
    assert worldvpn("resume").code == Exit.OK
    assert asked(daemon) == [TunnelResume()]


@pytest.mark.parametrize("verb", ["connect", "disconnect", "pause"])
def test_no_wait_returns_once_it_is_asked(daemon: FakeDaemon, worldvpn: Command, verb: str) -> None:
    ended = worldvpn(verb, "--no-wait", "--json")
    assert (ended.code, ended.json) == (Exit.OK, {"accepted": True})
    assert len(asked(daemon)) == 1


@pytest.mark.parametrize("verb", ["connect", "disconnect", "pause", "resume"])
def test_refusal_keeps_its_code_and_sentence(
    daemon: FakeDaemon, worldvpn: Command, verb: str
) -> None:
    daemon.refuses = BusyError("already connecting: wait or cancel")
    ended = worldvpn(verb, "--json")
    assert ended.code == Exit.FAILED
    assert ended.json == {
        "error": {"code": "busy", "message": "already connecting: wait or cancel"}
    }


def test_refusal_for_want_of_protection_has_its_own_exit_code(
    daemon: FakeDaemon, worldvpn: Command
) -> None:
    daemon.refuses = RoutingError("the kernel refused the routes")
    ended = worldvpn("resume")
    assert (ended.code, ended.err) == (
        Exit.UNPROTECTED,
        "worldvpn: the kernel refused the routes\n",
    )
