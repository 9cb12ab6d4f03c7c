"""Each half of the plugin stays out of the other's process."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points

import pytest

PARSERS = {"wg_quick", "wg_quick_lines", "reader", "profile_name"}
ENGINES = {"engines", "kernel", "userspace", "transport", "tunnel", "process", "uapi_socket"}


def modules_after(statement: str) -> set[str]:
    script = f"import sys\n{statement}\nprint(*sys.modules)"
    listed = subprocess.run(
        [sys.executable, "-c", script], check=True, stdout=subprocess.PIPE, text=True
    )
    return set(listed.stdout.split())


def ours(modules: set[str]) -> set[str]:
    package = "worldvpn_wireguard."
    return {name.removeprefix(package) for name in modules if name.startswith(package)}


def test_daemons_half_holds_no_parser_of_what_strangers_wrote() -> None:
    loaded = ours(modules_after("import worldvpn_wireguard.plugin"))
    assert loaded >= ENGINES
    assert not loaded & PARSERS


def test_agents_half_holds_no_engine() -> None:
    loaded = ours(modules_after("import worldvpn_wireguard.reader"))
    assert loaded >= PARSERS
    assert not loaded & ENGINES


def test_daemons_half_does_without_pyroute2() -> None:
    assert "pyroute2" not in modules_after("import worldvpn_wireguard.plugin")


@pytest.mark.parametrize(
    ("group", "module"), [("worldvpn.system", "plugin"), ("worldvpn.network", "reader")]
)
def test_each_half_is_found_in_its_group(group: str, module: str) -> None:
    (found,) = entry_points(group=group, name="wireguard")
    assert found.value == f"worldvpn_wireguard.{module}"
