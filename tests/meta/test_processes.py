"""What each process carries in memory, by importing all of it in a fresh interpreter."""

from __future__ import annotations

import subprocess
import sys

from tests.meta.tree import ROOT, distributions

#: What reads or fetches what strangers wrote. The daemon runs as root and holds none of it.
STRANGERS = {
    "dns",
    "html",
    "http",
    "httpcore",
    "httpx",
    "xml",
}

#: What reaches the keyring of a user's session: for the app and the command line.
KEYRINGS = {"jeepney", "keyring", "keyrings", "secretstorage", "worldvpn_app"}

#: What touches the system or draws: core decides, and needs none of it.
SYSTEM = {
    "PyQt6",
    "dbus_fast",
    "httpx",
    "pyroute2",
    *(one.package for one in distributions() if one.package != "worldvpn_core"),
}


def _modules_of(package: str) -> list[str]:
    (one,) = (one for one in distributions() if one.package == package)
    names = [file.relative_to(one.source).with_suffix("").parts for file in one.modules()]
    return [".".join((package, *name)).removesuffix(".__init__") for name in names]


def _entry_points(group: str) -> list[str]:
    points = [point for one in distributions() for point in one.entry_points]
    return [value.partition(":")[0] for found, _, value in points if found == group]


def _loaded_after_importing(*modules: str) -> set[str]:
    script = "import sys\n" + "".join(f"import {name}\n" for name in modules)
    done = subprocess.run(
        [sys.executable, "-I", "-c", f"{script}print(*sys.modules)"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def _packages(modules: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules}


def test_importing_all_of_core_imports_no_system_library() -> None:
    modules = [name for name in _modules_of("worldvpn_core") if ".testing" not in name]
    assert _packages(_loaded_after_importing(*modules)) & SYSTEM == set()


def test_i9_daemon_holds_no_parser_of_what_strangers_wrote() -> None:
    daemon = _loaded_after_importing("worldvpn_core.daemon", *_entry_points("worldvpn.system"))
    readers = set(_entry_points("worldvpn.network"))
    assert _packages(daemon) & STRANGERS == set()
    assert daemon & readers == set()


def test_only_a_process_of_its_own_asks_the_keyring_of_a_session() -> None:
    daemon = _loaded_after_importing("worldvpn_core.daemon", *_entry_points("worldvpn.system"))
    command = _loaded_after_importing("worldvpn_app.cli.vault")
    worker = _loaded_after_importing("worldvpn_app.keys.worker")
    assert _packages(daemon) & KEYRINGS == set()
    assert _packages(command) & KEYRINGS == {"worldvpn_app"}
    assert {"keyring", "worldvpn_app"} <= _packages(worker)


def test_i9_control_agent_does_hold_those_parsers() -> None:
    agent = _loaded_after_importing(
        *_modules_of("worldvpn_core"), *_entry_points("worldvpn.network")
    )
    assert {"dns", *_entry_points("worldvpn.network")} <= agent
