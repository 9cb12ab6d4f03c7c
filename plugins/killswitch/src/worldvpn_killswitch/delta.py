"""What turns the rules that stand into those that are wanted, as one transaction: pure.

Rules can be taken away by their handles, and added at the end of their chain. So of each
chain as many of the first rules as possible stay, and what follows them is written anew:
nft would list all rules first to put one between others (1.0.6: ``position``, ``index``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

import attrs

from worldvpn_killswitch.match import NamedSet
from worldvpn_killswitch.rule import TABLE, Chain, Ruleset, Table, definitions

#: The kernel's handles of the rules of a chain, in order, by family and name of the chain.
Handles: TypeAlias = Mapping[tuple[str, str], tuple[int, ...]]


class _WholeError(Exception):
    """There is no way but to load all anew."""


@attrs.frozen
class _Steps:
    """Commands of one table, by when they come: nothing can go while it is used."""

    first: list[str] = attrs.field(factory=list)
    block: list[str] = attrs.field(factory=list)
    last: list[str] = attrs.field(factory=list)

    def script(self, at: str) -> str:
        """Return them for the table ``at``, as nft reads them."""
        block = [f"table {at} {{", *self.block, "}"] if self.block else []
        return "".join(f"{line}\n" for line in (*self.first, *block, *self.last))


def delta(old: Ruleset, new: Ruleset, handles: Handles) -> str | None:
    """Return what turns ``old``, whose rules have ``handles``, into ``new``.

    Empty where they are the same. None where all must be loaded anew: tables come or
    go, what a chain or a set is changes, or a chain would come to stand elsewhere among
    those of its hook and priority than where a whole load puts it; and where rules
    change whose handles are not known.
    """
    if not new.tables or [t.family for t in old.tables] != [t.family for t in new.tables]:
        return None
    try:
        return "".join(
            _table(before, after, handles).script(f"{after.family} {TABLE}")
            for before, after in zip(old.tables, new.tables, strict=True)
        )
    except _WholeError:
        return None


def is_of_elements(script: str) -> bool:
    """Say whether ``script``, a delta, changes nothing but elements of sets."""
    return bool(script) and all(
        line.startswith(("add element ", "delete element ")) for line in script.splitlines()
    )


def _table(before: Table, after: Table, handles: Handles) -> _Steps:
    at, steps = f"{after.family} {TABLE}", _Steps()
    old, new = ({rule.name: None for rule in table.rules()} for table in (before, after))
    sets = [each for name, each in after.sets.items() if name not in before.sets]
    steps.block.extend(definitions(sets, [name for name in new if name not in old]))
    for name, had in before.sets.items():
        if name in after.sets:
            steps.first.extend(_elements(f"{at} {name}", had, after.sets[name]))
    _chains(before, after, handles, steps)
    steps.last.extend(f"delete counter {at} {name}" for name in old if name not in new)
    steps.last.extend(f"delete set {at} {name}" for name in before.sets if name not in after.sets)
    return steps


def _chains(before: Table, after: Table, handles: Handles, steps: _Steps) -> None:
    at = f"{after.family} {TABLE}"
    old, new = ({chain.name: chain for chain in table.chains} for table in (before, after))
    places = [chain.place for chain in after.chains]
    lost = [name for name in old if name not in new]
    steps.first.extend(f"flush chain {at} {name}" for name in lost)
    steps.last.extend(f"delete chain {at} {name}" for name in lost)
    for name, chain in new.items():
        had = old.get(name)
        if had is None:
            if chain.hook and places.count(chain.place) > 1:
                raise _WholeError
            steps.block.extend(chain.lines)
            continue
        if had.header != chain.header:
            raise _WholeError
        if had.texts == chain.texts:
            continue
        numbers = handles.get((after.family, name), ())
        if len(numbers) != len(had.texts):
            raise _WholeError
        staying, gone = _stay(had, chain, numbers)
        steps.first.extend(f"delete rule {at} {name} handle {handle}" for handle in gone)
        if come := chain.texts[staying:]:
            steps.block.extend((f"chain {name} {{", *come, "}"))


def _stay(old: Chain, new: Chain, handles: tuple[int, ...]) -> tuple[int, list[int]]:
    """Return how many of the first rules of ``new`` stand in ``old``; handles of the others."""
    staying, gone = 0, []
    for text, handle in zip(old.texts, handles, strict=True):
        if new.texts[staying : staying + 1] == (text,):
            staying += 1
        else:
            gone.append(handle)
    return staying, gone


def _elements(where: str, had: NamedSet, wanted: NamedSet) -> Iterator[str]:
    if (had.type, had.data, had.interval) != (wanted.type, wanted.data, wanted.interval):
        raise _WholeError
    before, after = set(had.elements), set(wanted.elements)
    gone = [each for each in had.elements if each not in after]
    come = [each for each in wanted.elements if each not in before]
    if (gone or come) and wanted.interval:
        # Overlapping intervals conflict while both are there.
        raise _WholeError
    for verb, elements in (("add", come), ("delete", gone)):
        if elements:
            yield f"{verb} element {where} {{ {', '.join(elements)} }}"
