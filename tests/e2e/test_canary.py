"""No secret is shown anywhere, and the search that says so of every test finds what is."""

from __future__ import annotations

import contextlib
import os
import resource
import sys
from collections.abc import Mapping
from pathlib import Path

import attrs
import pytest

from tests.e2e.canary import Canary
from tests.e2e.held import PROFILE_KEY, VAULT_KEY, Secret, forms, in_profile
from tests.e2e.rig import STATE, Rig, Store, watched
from tests.e2e.sharing import WORLDVPN
from worldvpn_app.cli.exits import CommandError
from worldvpn_lab import nodes
from worldvpn_lab.daemon import Daemon, Part, Start
from worldvpn_lab.disturb.processes import running

pytestmark = pytest.mark.netns

#: Every question of the local API that has an answer without being connected to something.
QUESTIONS: Mapping[str, Mapping[str, object]] = {
    "status": {},
    "subscribe": {},
    "profiles.list": {},
    "settings.get": {},
    "firewall.counters": {},
    "firewall.outside": {},
    "log.tail": {},
    "firewall.why": {"destination": "1.1.1.1", "port": 443, "protocol": "udp"},
    "plugins.list": {},
    "profiles.remove": {"profile_id": "node1"},
    "no.such.method": {},
}
PLANTED = "planted-in-each-place"
_PATIENCE_S = 10.0


@pytest.fixture
def text(rig: Rig) -> str:
    return Path(rig.world.directory, nodes.PROFILES, "node1.conf").read_text("utf-8")


@pytest.fixture
def key(text: str) -> Secret:
    return next(each for each in in_profile(text) if each.kind == PROFILE_KEY)


def ask_everything(daemon: Daemon, text: str) -> None:
    """Ask everything, and what goes wrong with the key in it."""
    for method, params in QUESTIONS.items():
        with contextlib.suppress(CommandError):
            daemon.call(method, **params)
    for spoilt in (
        text.replace("[Peer]", "[Pear]"),
        text.replace("AllowedIPs = ", "AllowedIPs = nonsense, "),
        text.replace("PrivateKey = ", "PrivateKey = A"),
        text.replace("PrivateKey", "PostUp"),
        text.replace("PublicKey = ", "PublicKey = x"),
    ):
        with pytest.raises(CommandError):
            daemon.import_profile("spoilt", spoilt)
    with pytest.raises(CommandError):
        daemon.call("profiles.import", name="spoilt", text=text, txet=text)


def test_private_key_is_shown_nowhere(rig: Rig, canary: Canary, text: str, key: Secret) -> None:
    daemon = rig.start(attrs.evolve(rig.how, is_verbose=True))
    daemon.import_profile("node1", text)
    daemon.connect("node1")
    ask_everything(daemon, text)
    daemon.kill(Part.ENGINE)
    daemon.disconnect()
    canary.look()

    assert key in canary.secrets
    assert "DEBUG" in daemon.log()
    assert canary.judged() == set()


def test_secret_that_is_shown_is_found_in_each_place(rig: Rig, canary: Canary, text: str) -> None:
    how = attrs.evolve(
        rig.how, environment={"WORD": PLANTED}, state_dir=f"{STATE}/{PLANTED}", is_verbose=True
    )
    daemon = rig.start(how)
    # Known, as every other secret, because the daemon was told it.
    daemon.call("vault.create", opening={"kind": "passphrase", "secret": PLANTED})
    daemon.import_profile(PLANTED, text)
    daemon.connect(PLANTED)
    socket = ("--socket", f"{how.run_dir}/daemon.sock")
    rig.world.run("client", [WORLDVPN, *socket, "profiles"]).checked()
    canary.look()
    seen = canary.names()
    found = canary.judged()

    places = {each.removeprefix(f"{VAULT_KEY} in ").partition(" ")[0] for each in found}
    assert places == {"answer", "cmdline", "command", "environ", "file", "log"}
    for part in Part:
        assert {f"{file} of {part}" for file in ("cmdline", "environ")} <= seen


def test_profile_on_disk_is_for_root_alone_and_holds_the_key(rig: Rig, key: Secret) -> None:
    rig.store = Store(files={})
    daemon = rig.start()
    daemon.import_profile("node1")
    kept = rig.world.path("client", f"{rig.how.state_dir}/profiles/node1.json")

    assert any(form in kept.read_bytes() for form in forms(key.value))
    assert kept.stat().st_mode & 0o777 == 0o600
    for folder in (kept.parent, kept.parent.parent):
        assert folder.stat().st_mode & 0o777 == 0o700


def test_no_process_that_holds_keys_leaves_a_core_dump(rig: Rig, daemon: Daemon) -> None:
    daemon.connect("node1")

    held = [each for part in Part for each in running(rig.world, "client", part)]

    assert {word for each in held for word in Part if word in " ".join(each.argv)} == set(Part)
    for each in held:
        assert resource.prlimit(each.pid, resource.RLIMIT_CORE) == (1, 1), each.argv


def test_crash_that_is_dumped_is_seen(rig: Rig, tmp_path: Path) -> None:
    how = watched(Start(program=(sys.executable,)), tmp_path)
    argv = [*how.program, "-c", "import os; os.abort()"]
    with rig.world.spawn("client", argv, environment=how.environment) as program:
        assert program.wait(_PATIENCE_S) == os.CLD_DUMPED
