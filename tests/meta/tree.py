"""The repository as the meta tests see it: its distributions, modules and imports."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import attrs

ROOT = Path(__file__).resolve().parents[2]


@attrs.frozen(kw_only=True)
class Distribution:
    """One distribution of the workspace."""

    folder: Path
    name: str
    license: str
    dependencies: tuple[str, ...]
    #: What only its extras need.
    extras: tuple[str, ...]
    #: Entry points as (group, name, value).
    entry_points: tuple[tuple[str, str, str], ...]

    @property
    def package(self) -> str:
        """Return its import name."""
        return self.name.replace("-", "_")

    @property
    def source(self) -> Path:
        """Return the folder of its package."""
        return self.folder / "src" / self.package

    def modules(self) -> tuple[Path, ...]:
        """Return every module's file."""
        return tuple(sorted(self.source.rglob("*.py")))


@attrs.frozen(kw_only=True)
class Import:
    """``module`` (and perhaps a name from it) imported in ``file`` at ``line``."""

    module: str
    file: Path
    line: int

    def __str__(self) -> str:
        return f"{self.file.relative_to(ROOT)}:{self.line} imports {self.module}"


@cache
def distributions() -> tuple[Distribution, ...]:
    """Return the distributions that have a package: all but the root."""
    projects = [ROOT / name / "pyproject.toml" for name in ("core", "app", "server", "lab")]
    projects += sorted(ROOT.glob("plugins/*/pyproject.toml"))
    return tuple(_distribution(path) for path in projects if path.exists())


def plugins() -> tuple[Distribution, ...]:
    """Return the distributions under plugins/."""
    return tuple(one for one in distributions() if one.folder.parent.name == "plugins")


def _distribution(path: Path) -> Distribution:
    project = tomllib.loads(path.read_text())["project"]
    points = project.get("entry-points", {})
    return Distribution(
        folder=path.parent,
        name=project["name"],
        license=project["license"],
        dependencies=tuple(project["dependencies"]),
        extras=tuple(
            name for names in project.get("optional-dependencies", {}).values() for name in names
        ),
        entry_points=tuple(
            (group, name, value) for group in points for name, value in points[group].items()
        ),
    )


@cache
def python_files() -> tuple[Path, ...]:
    """Return every Python file we wrote, tests and benchmarks too."""
    folders = [one.folder for one in distributions()] + [ROOT / "tests", ROOT / "benchmarks"]
    return tuple(sorted(path for folder in folders for path in folder.rglob("*.py")))


@cache
def parsed(file: Path) -> ast.Module:
    """Return the syntax tree of ``file``."""
    return ast.parse(file.read_text(), str(file))


def imports(file: Path) -> Iterator[Import]:
    """Yield what ``file`` imports anywhere, in functions too, as dotted names."""
    for node in ast.walk(parsed(file)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(module=alias.name, file=file, line=node.lineno)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                module = f"{node.module}.{alias.name}"
                yield Import(module=module, file=file, line=node.lineno)
