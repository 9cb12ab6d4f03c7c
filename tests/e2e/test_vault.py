"""The vault of a real worldvpnd: made, opened again by its key file at the next start, wiped."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

from tests.app.keys.session import desktop_session, keyring_daemon
from tests.app.programs import run
from tests.e2e.held import forms
from tests.e2e.rig import Rig
from worldvpn_app.cli.exits import CommandError
from worldvpn_lab.daemon import Daemon, Part

pytestmark = pytest.mark.netns

BY_FILE = {"kind": "file"}
BY_PASSPHRASE = {"kind": "passphrase", "secret": "canary-passphrase"}


def test_vault_of_a_key_file_is_open_again_after_a_restart(rig: Rig) -> None:
    first = rig.start()
    made = first.call("vault.create", opening=BY_FILE)
    first.stop()
    again = rig.start()

    assert (made["open"], made["opened_by"], made["signed_in"]) == (True, "file", False)
    assert again.call("vault.status") == made
    key = rig.world.path("client", "/etc/worldvpn/vault.key")
    assert (key.stat().st_mode & 0o777, key.stat().st_uid) == (0o600, 0)
    assert not again.call("vault.wipe", confirm=True)["exists"]


def test_daemon_whose_key_file_is_open_to_others_says_so_and_protects(rig: Rig) -> None:
    first = rig.start()
    first.call("vault.create", opening=BY_FILE)
    first.stop()
    key = rig.world.path("client", "/etc/worldvpn/vault.key")
    key.chmod(0o644)
    again = rig.start()

    assert not again.call("vault.status")["open"]
    (text,) = notices(again)
    assert text.startswith("The vault stays locked: the key file")
    assert "chmod 600" in text
    again.connect("node1")
    key.chmod(0o600)
    assert again.call("vault.unlock", opening=BY_FILE)["open"]
    assert notices(again) == []


def test_passphrase_is_counted_across_a_kill(rig: Rig) -> None:
    daemon = rig.start()
    daemon.call("vault.create", opening=BY_PASSPHRASE)
    daemon.call("vault.lock")
    wrong = {"kind": "passphrase", "secret": "not this one"}
    codes = [_code(daemon, wrong) for _ in range(3)]
    daemon.kill(Part.DAEMON)
    again = rig.start()
    codes.append(_code(again, BY_PASSPHRASE))

    assert codes == ["vault.wrong_key"] * 3 + ["vault.wait"]
    assert again.call("vault.status")["retry_in_s"] > 0


def test_damaged_file_is_told_and_mended_by_what_comes_next(rig: Rig) -> None:
    first = rig.start()
    first.call("vault.create", opening=BY_FILE)
    first.stop()
    kept = rig.world.path("client", rig.how.state_dir)
    (kept / "vault").rename(kept / "vault.previous")
    (kept / "vault").write_bytes(b"torn")
    again = rig.start()

    assert again.call("vault.status")["open"]
    assert notices(again, "vault.former") == [
        "The vault was damaged: what it held before its last change is used."
    ]
    again.call("vault.change", opening=BY_FILE)
    assert notices(again, "vault.former") == []
    assert not (kept / "vault.previous").exists()


def test_command_line_and_a_real_keyring_open_it_after_a_restart(rig: Rig, tmp_path: Path) -> None:
    first = rig.start()
    with desktop_session(tmp_path) as session, keyring_daemon(session):

        def worldvpn(*typed: str) -> str:
            socket = str(first.socket_path)
            return run("--socket", socket, "vault", *typed, env=session.environment).stdout

        made = worldvpn("create")
        first.stop()
        rig.start()
        locked, opened, wiped = worldvpn(), worldvpn("unlock"), worldvpn("wipe", "--yes")

    assert "Opened by  a key in your keyring" in made
    assert locked.startswith("The vault is locked.")
    assert opened.startswith("The vault is open.")
    assert wiped == "Nothing of the vault is left on this computer.\n"
    kept = rig.world.path("client", rig.how.state_dir)
    assert [file.name for file in kept.iterdir() if file.name.startswith("vault")] == []


def shown_by(rig: Rig, daemon: Daemon) -> Iterator[tuple[str, bytes]]:
    for file in ("cmdline", "environ"):
        yield f"{file} of the daemon", (rig.folder_of(daemon) / file).read_bytes()
    yield "the log", daemon.log().encode()
    for folder in (rig.how.state_dir, rig.how.run_dir):
        for path in rig.world.path("client", folder).rglob("*"):
            if path.is_file():
                yield str(path), path.read_bytes()


def test_what_opens_the_vault_is_shown_nowhere(rig: Rig) -> None:
    words, other_words, key = "canary-passphrase", "canary-of-another", "c0ffee" + "5a" * 29
    by_words = {"kind": "passphrase", "secret": words}
    by_key = {"kind": "keyring", "secret": key, "key_id": "ab" * 16}
    calls: list[tuple[str, dict[str, object]]] = [
        ("vault.create", {"opening": by_words}),
        ("vault.change", {"opening": by_key, "passphrase": other_words}),
        ("vault.change", {"opening": by_key, "passphrase": words}),
        ("vault.unlock", {"opening": by_key}),
        ("vault.lock", {}),
        ("vault.unlock", {"opening": by_words}),
        ("vault.unlock", {"opening": {"kind": "keyring", "secret": key[:-2] + "00"}}),
        ("vault.unlock", {"opening": by_key}),
        ("vault.export", {"new_passphrase": other_words}),
        ("vault.change", {"opening": {"kind": "file"}}),
        ("vault.status", {}),
        ("vault.unlock", {"opening": {"kind": words, "secret": [key, words]}}),
        ("vault.export", {"new_passphrase": f"{words}\n", "passphrase": f"{key}\n"}),
        (words, {words: key}),
    ]
    daemon = rig.start(attrs.evolve(rig.how, is_verbose=True))
    told = []
    for number, (method, params) in enumerate(calls):
        try:
            told.append((f"answer {number}", json.dumps(daemon.call(method, **params)).encode()))
        except CommandError as error:
            told.append((f"error {number}", str(error).encode()))
    file = rig.world.path("client", "/etc/worldvpn/vault.key").read_text().strip()
    places = [*told, *shown_by(rig, daemon)]
    secrets = [
        *(form for text in (words, other_words, key, file) for form in forms(text)),
        *(forms(bytes.fromhex(key)) | forms(base64.b64decode(file))),
    ]

    assert [name.split()[0] for name, _ in told].count("answer") == 7
    assert any(name.endswith("/vault") for name, _ in places)
    assert "DEBUG" in daemon.log()
    assert [name for name, data in places if any(secret in data for secret in secrets)] == []


def notices(daemon: Daemon, code: str = "vault.locked") -> list[str]:
    return [one["text"] for one in daemon.status()["notices"] if one["code"] == code]


def _code(daemon: Daemon, opening: dict[str, str]) -> str:
    with pytest.raises(CommandError) as refused:
        daemon.call("vault.unlock", opening=opening)
    return refused.value.code
