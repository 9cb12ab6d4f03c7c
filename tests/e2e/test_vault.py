"""The vault of a real worldvpnd: made, opened again by its key file at the next start, wiped."""

from __future__ import annotations

import pytest

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


def notices(daemon: Daemon) -> list[str]:
    return [one["text"] for one in daemon.status()["notices"] if one["code"] == "vault.locked"]


def _code(daemon: Daemon, opening: dict[str, str]) -> str:
    with pytest.raises(CommandError) as refused:
        daemon.call("vault.unlock", opening=opening)
    return refused.value.code
