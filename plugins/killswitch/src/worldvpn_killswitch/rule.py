"""Rules, chains and tables as values, and their text for nft: pure.

A rule's name is its counter's: it is what people, ``explain`` and the read-back know
it by, and it is unique over both tables.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Final

import attrs

from worldvpn_core.errors import FirewallError
from worldvpn_core.types import MARK_MASK
from worldvpn_killswitch.match import Match, NamedSet, braced

TABLE: Final = "worldvpn"
#: inet has no egress hook, so the rules live in two tables of one name.
FAMILIES: Final = ("inet", "netdev")


class Fate(enum.Enum):
    """What an action means for the packet."""

    ALLOWED = "allowed"
    REFUSED = "refused"
    #: The packet goes on to the next rule, or to the next chain.
    GOES_ON = "goes on"


@attrs.frozen
class Action:
    """What a rule does, as nft writes it; ``sets_mark``: and which mark it gives.

    ``verdicts``: the map in which it finds where to go.
    """

    text: str
    fate: Fate
    sets_mark: int | None = attrs.field(default=None, kw_only=True)
    verdicts: NamedSet | None = attrs.field(default=None, kw_only=True)


ACCEPT: Final = Action("accept", Fate.ALLOWED)
DROP: Final = Action("drop", Fate.REFUSED)
REJECT: Final = Action("reject", Fate.REFUSED)
RESET: Final = Action("reject with tcp reset", Fate.REFUSED)
RETURN: Final = Action("return", Fate.ALLOWED)


def marked(mark: int) -> Action:
    """Accept with ``mark`` in our bits of the packet's mark, the others as they are."""
    others = MARK_MASK ^ 0xFFFFFFFF
    text = f"meta mark set mark & {others:#010x} | {mark & MARK_MASK:#x} accept"
    return Action(text, Fate.ALLOWED, sets_mark=mark)


@attrs.frozen
class Rule:
    """One rule: all of ``matches``, then ``action``. ``why`` is for people."""

    name: str
    matches: tuple[Match, ...]
    action: Action
    why: str = attrs.field(kw_only=True)

    @property
    def text(self) -> str:
        """The rule as nft reads it."""
        conditions = "".join(f"{match.text} " for match in self.matches)
        return f'{conditions}counter name "{self.name}" {self.action.text}'


@attrs.frozen(kw_only=True, slots=False)
class Chain:
    """A base chain; ``hook`` is its ``type … priority …`` as nft lists it.

    Without a hook it is one to which a rule leads.
    """

    name: str
    rules: tuple[Rule, ...]
    type: str = ""
    hook: str = ""
    priority: str = ""
    policy: Action = ACCEPT
    devices: tuple[str, ...] = ()

    @property
    def header(self) -> str:
        """The first line of a base chain, as nft reads it; "" of another."""
        if not self.hook:
            return ""
        names = braced(f'"{device}"' for device in self.devices) if self.devices else ""
        names = f"{{ {names} }}" if len(self.devices) == 1 else names
        devices = f" devices = {names}" if names else ""
        hook = f"type {self.type} hook {self.hook}{devices}"
        return f"{hook} priority {self.priority}; policy {self.policy.text};"

    @property
    def place(self) -> tuple[str, str]:
        """Where packets pass it: chains of one place are asked in the order they came."""
        return self.hook, self.priority

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """Its rules, as nft reads them."""
        return tuple(rule.text for rule in self.rules)

    @property
    def lines(self) -> tuple[str, ...]:
        """The whole chain, as nft reads it in its table."""
        header = (self.header,) if self.hook else ()
        return f"chain {self.name} {{", *header, *self.texts, "}"


@attrs.frozen(kw_only=True, slots=False)
class Table:
    """One table; its sets and counters are those its rules speak of."""

    family: str
    chains: tuple[Chain, ...]

    def rules(self) -> Iterator[Rule]:
        """Yield every rule, chain by chain."""
        for chain in self.chains:
            yield from chain.rules

    @cached_property
    def sets(self) -> dict[str, NamedSet]:
        """The sets the rules refer to, by name, in order of first use."""
        found: dict[str, NamedSet] = {}
        for rule in self.rules():
            for match in rule.matches:
                if match.named is not None and match.named not in found:
                    found[match.named] = match.named_set()
            if (verdicts := rule.action.verdicts) is not None:
                found.setdefault(verdicts.name, verdicts)
        return found


@attrs.frozen(kw_only=True)
class Ruleset:
    """All that is to be loaded; without tables: nothing of ours."""

    tables: tuple[Table, ...] = ()

    @property
    def has_egress(self) -> bool:
        """Whether frames are judged too, and not only IP packets."""
        return any(table.family == "netdev" for table in self.tables)

    def without_egress(self) -> Ruleset:
        """Return the same rules for a kernel without the egress hook."""
        return Ruleset(tables=tuple(t for t in self.tables if t.family != "netdev"))

    def rules(self) -> Iterator[Rule]:
        """Yield every rule of every table."""
        for table in self.tables:
            yield from table.rules()

    def chain(self, name: str) -> Chain | None:
        """Return the chain called ``name``, if there is one."""
        chains = (chain for table in self.tables for chain in table.chains)
        return next((chain for chain in chains if chain.name == name), None)


def removal(families: tuple[str, ...] = FAMILIES) -> str:
    """Return what removes our tables: deleting needs them, adding twice is harmless."""
    lines = [f"table {family} {TABLE}\ndelete table {family} {TABLE}\n" for family in families]
    return "".join(lines)


def script(ruleset: Ruleset, families: tuple[str, ...] = FAMILIES) -> str:
    """Return what replaces all of ours in ``families`` by ``ruleset``, as one transaction."""
    parts = [removal(families)]
    for table in ruleset.tables:
        lines = [f"table {table.family} {TABLE} {{"]
        lines += definitions(table.sets.values(), (rule.name for rule in table.rules()))
        lines += (line for chain in table.chains for line in chain.lines)
        parts += ["\n".join(lines), "\n}\n"]
    return "".join(parts)


def definitions(sets: Iterable[NamedSet], counters: Iterable[str]) -> Iterator[str]:
    """Yield what a table's rules refer to, as nft reads it, before them."""
    for named in sets:
        flags = " flags interval;" if named.interval else ""
        elements = f" elements = {{ {', '.join(named.elements)} }}" if named.elements else ""
        what, kind = ("map", f"{named.type} : {named.data}") if named.data else ("set", named.type)
        yield f"{what} {named.name} {{ type {kind};{flags}{elements} }}"
    for counter in counters:
        yield f"counter {counter} {{ }}"


def checked_name(name: str) -> str:
    """Return ``name``, an interface's, if it can stand between quotes in a rule.

    Raises:
        FirewallError: it holds what nft would read as a pattern or as its own syntax.
    """
    if not name or not all(letter.isalnum() or letter in "_.@:+-" for letter in name):
        raise FirewallError(
            f"the interface name {name!r} cannot stand in a rule: rename it (ip link set … name …)"
        )
    return name
