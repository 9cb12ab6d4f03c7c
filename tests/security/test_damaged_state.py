"""Files of the daemon's own that are damaged, or on a disk that has become read-only."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import attrs
import pytest

from worldvpn_core.settings import Settings, SettingsFile

SAVED = {"version": 1, **attrs.asdict(Settings(lockdown=True, owner_uid=1_000))}


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({**SAVED, "version": 2}),
        json.dumps({**SAVED, "owner_uid": "me"}),
        json.dumps(SAVED, indent=2)[:-9],
        json.dumps(SAVED) + "\0\0\0",
    ],
    ids=["newer", "malformed", "cut off", "followed by rubbish"],
)
def test_lockdown_outlives_a_damaged_settings_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "settings.json").write_text(text)
    file = SettingsFile(tmp_path / "settings.json")

    assert file.load().lockdown
    assert "but for lockdown" in str(file.notice)


#: Mounts the directory read-only in a namespace of its own, then reads what is broken in it.
READ_ONLY = """
import subprocess, sys
from pathlib import Path
from worldvpn_core.profiles import ProfileStore
from worldvpn_core.settings import SettingsFile
state = Path(sys.argv[1])
mount = ["mount", "-o", "bind", state, state], ["mount", "-o", "remount,bind,ro", state, state]
for words in mount:
    subprocess.run(words, check=True)
assert SettingsFile(state / "settings.json").load().lockdown
store = ProfileStore(state / "profiles")
store.load()
assert store.notices and not store.all()
"""


@pytest.mark.netns
def test_broken_files_on_a_read_only_disk_do_not_keep_the_daemon_from_starting(
    tmp_path: Path,
) -> None:
    (tmp_path / "settings.json").write_text('{"lockdown": true')
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "home.json").write_text("{")

    done = subprocess.run(
        ["unshare", "--mount", sys.executable, "-c", READ_ONLY, tmp_path],
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"]},
        check=False,
    )

    assert done.returncode == 0, done.stderr
