"""Signatures of hooks and contracts, read the same way from code and from documentation."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.meta.tree import ROOT, parsed

CORE = ROOT / "core" / "src" / "worldvpn_core"
APP = ROOT / "app" / "src" / "worldvpn_app"
GUIDE = ROOT / "docs" / "plugins.md"


def hooks() -> tuple[str, ...]:
    """Return the signature of every hook, the daemon's and agent's first."""
    nodes = [node for folder in (CORE, APP) for node in parsed(folder / "hookspecs.py").body]
    return tuple(
        _signature(node)
        for node in nodes
        if isinstance(node, ast.FunctionDef) and node.name.startswith("worldvpn_")
    )


def contracts() -> dict[str, frozenset[str]]:
    """Return every contract: a Protocol of worldvpn_core.contracts, and its members."""
    files = sorted((CORE / "contracts").glob("*.py"))
    return {
        node.name: members
        for file in files
        for node, members in _classes(parsed(file))
        if any(ast.unparse(base) == "Protocol" for base in node.bases)
    }


def documented_functions() -> frozenset[str]:
    """Return the signatures in the Python blocks of docs/plugins.md, methods aside."""
    trees = [tree for tree in _blocks() if isinstance(tree, ast.Module)]
    return frozenset(_members(node for tree in trees for node in tree.body))


def documented_classes() -> dict[str, frozenset[str]]:
    """Return the classes in the Python blocks of docs/plugins.md, and their members."""
    found: dict[str, frozenset[str]] = {}
    for tree in _blocks():
        if isinstance(tree, ast.Module):
            for node, members in _classes(tree):
                found[node.name] = found.get(node.name, frozenset()) | members
    return found


def broken_blocks() -> tuple[str, ...]:
    """Return the Python blocks of docs/plugins.md that are not Python, with the error."""
    return tuple(tree for tree in _blocks() if isinstance(tree, str))


def _blocks() -> Iterator[ast.Module | str]:
    """Yield each fenced Python block, parsed, or what is wrong with it."""
    for text in re.findall(r"^```python\n(.*?)^```", GUIDE.read_text(), re.DOTALL | re.MULTILINE):
        try:
            yield ast.parse(text)
        except SyntaxError as error:
            yield f"{error}\n{text}"


def _classes(tree: ast.Module) -> Iterator[tuple[ast.ClassDef, frozenset[str]]]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield node, frozenset(_members(node.body))


def _members(nodes: Iterable[ast.stmt]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield _signature(node)


def _signature(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """Return ``def name(arguments) -> result`` in one spelling, whatever the layout."""
    prefix = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
    is_property = any(ast.unparse(one) == "property" for one in node.decorator_list)
    result = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    mark = "@property " if is_property else ""
    return f"{mark}{prefix} {node.name}({ast.unparse(node.args)}){result}"


def names_of_tests(folder: Path) -> frozenset[str]:
    """Return the name of every test function under ``folder``."""
    return frozenset(
        node.name
        for file in folder.rglob("test_*.py")
        for node in ast.walk(parsed(file))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test")
    )
