"""Each distribution, built as its users get it and installed alone in a clean environment."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.meta.tree import ROOT, Distribution, distributions, plugins

pytestmark = pytest.mark.packages

#: Loads every entry point as the daemon and the agent do, and checks every hook's arguments.
LOAD = """
import json, sys
import pluggy
from stevedore import NamedExtensionManager
from worldvpn_core import hookspecs

def refuse(manager, point, error):
    raise error

loaded = []
for group, names in json.loads(sys.argv[1]).items():
    found = NamedExtensionManager(
        group, names, on_load_failure_callback=refuse, warn_on_missing_entrypoint=False
    )
    hooks = pluggy.PluginManager(hookspecs.PROJECT)
    hooks.add_hookspecs(hookspecs)
    for one in found:
        hooks.register(one.plugin, one.name)
        assert hooks.get_hookcallers(one.plugin), one.name
        loaded.append([group, one.name])
    hooks.check_pending()
print(json.dumps(sorted(loaded)))
"""


@pytest.fixture(scope="session")
def wheelhouse() -> Path:
    """Return the folder of what requirements.lock names, fetched once, by hash."""
    lock = ROOT / "requirements.lock"
    folder = ROOT / ".cache" / "wheels" / hashlib.sha256(lock.read_bytes()).hexdigest()[:16]
    if not (folder / "complete").exists():
        _pip("download", "--quiet", "--no-deps", "--require-hashes", "-r", lock, "-d", folder)
        (folder / "complete").touch()
    return folder


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the wheel of each distribution, built without network or isolation."""
    return {one.name: _built(one, tmp_path_factory.mktemp(one.package)) for one in distributions()}


def _pip(*arguments: str | Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", *arguments],
        check=True,
    )


def _built(one: Distribution, folder: Path) -> Path:
    _pip("wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", folder, one.folder)
    (wheel,) = folder.glob("*.whl")
    return wheel


def _installed(folder: Path, wheelhouse: Path, *wheels: Path) -> Path:
    """Make a clean environment that holds ``wheels`` and what they require; return its Python."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = folder / "bin" / "python"
    options = ("--quiet", "--no-compile", "--no-index", "--find-links", wheelhouse)
    _pip("--python", python, "install", *options, *wheels)
    return python


def _output(*command: str | Path) -> str:
    done = subprocess.run(command, cwd="/", check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _ours(python: Path) -> set[str]:
    """Return those of our distributions that ``python`` sees."""
    script = "import importlib.metadata as m; print(*(d.name for d in m.distributions()))"
    return {name for name in _output(python, "-I", "-c", script).split() if "worldvpn" in name}


@pytest.mark.parametrize("plugin", plugins(), ids=lambda one: one.name)
def test_plugin_installs_and_loads_with_core_alone(
    plugin: Distribution, wheelhouse: Path, wheels: dict[str, Path], tmp_path: Path
) -> None:
    python = _installed(tmp_path / "env", wheelhouse, wheels["worldvpn-core"], wheels[plugin.name])
    groups: dict[str, list[str]] = {}
    for group, name, _ in plugin.entry_points:
        groups.setdefault(group, []).append(name)

    loaded = json.loads(_output(python, "-I", "-c", LOAD, json.dumps(groups)))

    assert _ours(python) == {"worldvpn-core", plugin.name}
    assert loaded == sorted([group, name] for group, name, _ in plugin.entry_points)
    assert loaded


def test_app_installs_and_starts_with_core_alone(
    wheelhouse: Path, wheels: dict[str, Path], tmp_path: Path
) -> None:
    python = _installed(
        tmp_path / "env", wheelhouse, wheels["worldvpn-core"], wheels["worldvpn-app"]
    )

    usage = _output(python.with_name("worldvpn"), "--help")

    assert _ours(python) == {"worldvpn-core", "worldvpn-app"}
    assert re.search(r"\bconnect\b", usage)


def test_every_wheel_carries_its_type_information(wheels: dict[str, Path]) -> None:
    listings = {
        name: _output(sys.executable, "-m", "zipfile", "-l", wheel)
        for name, wheel in wheels.items()
    }
    assert [name for name, listing in listings.items() if "/py.typed" not in listing] == []
