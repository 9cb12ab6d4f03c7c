"""A known private key is shown nowhere: logs, arguments, environments, answers, files, dumps."""

from __future__ import annotations

import base64
import contextlib
import json
import resource
from collections.abc import Iterator, Mapping
from pathlib import Path

import attrs
import pytest

from tests.e2e.rig import Rig, Store
from worldvpn_app.cli.exits import CommandError
from worldvpn_lab import nodes
from worldvpn_lab.daemon import Daemon, Part
from worldvpn_lab.disturb.processes import running

pytestmark = pytest.mark.netns

#: Every question of the local API that has an answer without being connected to something.
QUESTIONS: Mapping[str, Mapping[str, object]] = {
    "status": {},
    "subscribe": {},
    "profiles.list": {},
    "settings.get": {},
    "firewall.counters": {},
    "firewall.why": {"destination": "1.1.1.1", "port": 443, "protocol": "udp"},
    "plugins.list": {},
    "profiles.remove": {"profile_id": "node1"},
    "no.such.method": {},
}


@pytest.fixture
def text(rig: Rig) -> str:
    return Path(rig.world.directory, nodes.PROFILES, "node1.conf").read_text("utf-8")


@pytest.fixture
def forms(text: str) -> tuple[bytes, ...]:
    """Every form in which the private key could be written down."""
    key = text.partition("PrivateKey = ")[2].partition("\n")[0]
    raw = base64.b64decode(key)
    halves = (key.rstrip("=").encode(), raw.hex().encode(), raw.hex().upper().encode())
    return (*halves, json.dumps(list(raw)).encode(), repr(raw)[2:-1].encode(), raw)


def answers(daemon: Daemon, text: str) -> Iterator[bytes]:
    """Ask everything, and what goes wrong with the key in it."""
    for method, params in QUESTIONS.items():
        try:
            yield json.dumps(daemon.call(method, **params)).encode()
        except CommandError as error:
            yield str(error).encode()
    for spoilt in (
        text.replace("[Peer]", "[Pear]"),
        text.replace("AllowedIPs = ", "AllowedIPs = nonsense, "),
        text.replace("PrivateKey = ", "PrivateKey = A"),
        text.replace("PrivateKey", "PostUp"),
        text.replace("PublicKey = ", "PublicKey = x"),
    ):
        with pytest.raises(CommandError) as refused:
            daemon.import_profile("spoilt", spoilt)
        yield str(refused.value).encode()
    with pytest.raises(CommandError) as unknown:
        daemon.call("profiles.import", name="spoilt", text=text, txet=text)
    yield str(unknown.value).encode()


def shown_by_processes(rig: Rig) -> Iterator[tuple[str, bytes]]:
    for each in running(rig.world, "client"):
        for file in ("cmdline", "environ"):
            with contextlib.suppress(OSError):
                yield f"{file} of {each.argv[0]}", Path(f"/proc/{each.pid}/{file}").read_bytes()


def files_of(rig: Rig) -> Iterator[tuple[str, bytes]]:
    for folder in (rig.how.state_dir, rig.how.run_dir):
        for path in rig.world.path("client", folder).rglob("*"):
            if path.is_file() and path.parent.name != "profiles":
                yield str(path), path.read_bytes()


def test_private_key_is_shown_nowhere(rig: Rig, text: str, forms: tuple[bytes, ...]) -> None:
    daemon = rig.start(attrs.evolve(rig.how, is_verbose=True))
    daemon.import_profile("node1", text)
    daemon.connect("node1")
    shown = [*shown_by_processes(rig), *files_of(rig)]
    told = [("an answer", answer) for answer in answers(daemon, text)]
    daemon.kill(Part.ENGINE)
    daemon.disconnect()

    places = [*shown, *told, ("the log", daemon.log().encode())]

    assert len(shown) > 6
    assert "DEBUG" in daemon.log()
    assert [name for name, data in places if any(form in data for form in forms)] == []


def test_profile_on_disk_is_for_root_alone_and_holds_the_key(
    rig: Rig, forms: tuple[bytes, ...]
) -> None:
    rig.store = Store(files={})
    daemon = rig.start()
    daemon.import_profile("node1")
    kept = rig.world.path("client", f"{rig.how.state_dir}/profiles/node1.json")

    assert any(form in kept.read_bytes() for form in forms)
    assert kept.stat().st_mode & 0o777 == 0o600
    for folder in (kept.parent, kept.parent.parent):
        assert folder.stat().st_mode & 0o777 == 0o700


def test_no_process_that_holds_keys_leaves_a_core_dump(rig: Rig, daemon: Daemon) -> None:
    daemon.connect("node1")

    held = [each for part in Part for each in running(rig.world, "client", part)]

    assert {word for each in held for word in Part if word in " ".join(each.argv)} == set(Part)
    for each in held:
        assert resource.prlimit(each.pid, resource.RLIMIT_CORE) == (0, 0), each.argv
