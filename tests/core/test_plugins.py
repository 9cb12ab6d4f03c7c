"""Loading plugins: what is enabled loads or stops the process by name; nothing else runs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from typing import cast

import pytest

from worldvpn_core import plugins
from worldvpn_core.errors import ConfigError, ContractError, PluginError
from worldvpn_core.hookspecs import hookimpl
from worldvpn_core.types import Profile

GROUP = "worldvpn.test"
LISTENER = """
from worldvpn_core.hookspecs import hookimpl
print("imported", __name__)
@hookimpl
def worldvpn_tunnel_state_changed(old, new):
    print("heard", old, new)
"""


def install(site: Path, modules: dict[str, str], distribution: str = "acme") -> None:
    folder = site / f"{distribution}-1.2.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.2\n")
    (folder / "entry_points.txt").write_text(
        f"[{GROUP}]\n" + "".join(f"{name} = {name}_{distribution}\n" for name in modules)
    )
    for name, source in modules.items():
        (site / f"{name}_{distribution}.py").write_text(source)


def run(site: Path, script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", f"from worldvpn_core import plugins\n{script}"],
        env={**os.environ, "PYTHONPATH": str(site), "XDG_CACHE_HOME": str(site / "default")},
        capture_output=True,
        text=True,
        check=False,
    )


def load(site: Path, *enabled: str) -> subprocess.CompletedProcess[str]:
    return run(site, f"plugins.load({GROUP!r}, {enabled!r})")


def test_only_enabled_plugins_are_imported(tmp_path: Path) -> None:
    install(tmp_path, {"wanted": LISTENER, "other": LISTENER})

    done = load(tmp_path, "wanted")

    assert done.stdout.split() == ["imported", "wanted_acme"], done.stderr


def test_enabled_plugin_that_is_not_installed_is_named(tmp_path: Path) -> None:
    install(tmp_path, {"wanted": LISTENER})

    done = load(tmp_path, "wanted", "absent")

    assert "PluginError: plugins enabled but not installed: absent" in done.stderr


def test_plugin_that_fails_to_import_is_named_with_its_reason(tmp_path: Path) -> None:
    install(tmp_path, {"broken": "raise RuntimeError('no licence')"})

    done = load(tmp_path, "broken")

    assert "PluginError: plugin 'broken' failed to load: no licence" in done.stderr


def test_plugin_with_a_misspelt_hook_is_refused(tmp_path: Path) -> None:
    misspelt = LISTENER.replace("state_changed", "state_chnged")
    install(tmp_path, {"typo": misspelt})

    done = load(tmp_path, "typo")

    assert "PluginError: unknown hook 'worldvpn_tunnel_state_chnged'" in done.stderr


def test_same_plugin_in_two_distributions_is_refused(tmp_path: Path) -> None:
    install(tmp_path, {"twice": LISTENER})
    install(tmp_path, {"twice": LISTENER}, distribution="evil")

    done = load(tmp_path, "twice")

    assert "PluginError: two installed distributions have a plugin 'twice'" in done.stderr


def test_map_of_entry_points_is_kept_where_the_daemon_says(tmp_path: Path) -> None:
    install(tmp_path, {"wanted": LISTENER})

    done = run(
        tmp_path,
        # stevedore keeps no map for an interpreter below /tmp, where this one may be.
        "import sys; sys.executable = '/opt/python'\n"
        "from pathlib import Path\n"
        f"plugins.own_cache(Path({str(tmp_path / 'own')!r}))\n"
        f"plugins.load({GROUP!r}, ['wanted'])",
    )

    assert done.returncode == 0, done.stderr
    assert list((tmp_path / "own" / "python-entrypoints").iterdir())
    assert not (tmp_path / "default").exists()


def test_plugin_cache_cannot_move_after_plugins_were_loaded(tmp_path: Path) -> None:
    done = run(
        tmp_path,
        "plugins.load('worldvpn.none', [])\nplugins.own_cache(__import__('pathlib').Path('/x'))",
    )

    assert "PluginError: the plugin cache cannot move to /x: plugins are loaded" in done.stderr


def test_importing_the_loader_does_not_import_stevedore(tmp_path: Path) -> None:
    done = run(tmp_path, "import sys; print('stevedore' in sys.modules)")

    assert done.stdout.strip() == "False", done.stderr


def test_installed_plugins_are_listed_without_being_imported(tmp_path: Path) -> None:
    install(tmp_path, {"wanted": LISTENER, "other": "raise SystemExit"})

    done = run(tmp_path, f"print(plugins.installed({GROUP!r}))")

    assert done.stdout.strip() == str(
        tuple(
            plugins.PluginFacts(name=name, distribution="acme", version="1.2", group=GROUP)
            for name in ("other", "wanted")
        )
    )


def test_plugin_that_wraps_the_hooks_of_others_is_refused() -> None:
    class Wrapper:
        @hookimpl(wrapper=True)
        def worldvpn_central(self) -> Generator[None, None, None]:
            return (yield)

    with pytest.raises(PluginError, match="plugin 'spy' wraps worldvpn_central"):
        plugins.register({"spy": Wrapper()})


class Reader:
    name = "toy"

    def __init__(self, answer: object) -> None:
        self.answer = answer

    def recognises(self, text: str) -> bool:
        return text.startswith("toy")

    def read(self, text: str, name: str) -> Profile:
        assert text
        assert name
        if isinstance(self.answer, Exception):
            raise self.answer
        return cast(Profile, self.answer)


def test_profile_in_no_known_format_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"'home' is in no format .* \(known: toy\)"):
        plugins.read_profile([Reader(None)], "[Interface]", "home")


def test_reader_that_refuses_says_why() -> None:
    with pytest.raises(ConfigError, match="line 3"):
        plugins.read_profile([Reader(ConfigError("line 3: no key"))], "toy", "home")


def test_reader_that_crashes_tells_nothing_of_the_profile() -> None:
    with pytest.raises(PluginError) as caught:
        plugins.read_profile([Reader(ValueError("c2VjcmV0"))], "toy", "home")

    assert "c2VjcmV0" not in str(caught.value)


def test_reader_that_returns_something_else_breaks_its_contract() -> None:
    with pytest.raises(ContractError):
        plugins.read_profile([Reader("profile")], "toy", "home")
