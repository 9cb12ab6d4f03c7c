"""What nft lists of our tables, compared with what was meant: pure.

Order, names, verdicts, chain heads and sets are compared; conditions are not, for nft
writes them in its own words. That the text is ours is proved by the generation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import attrs

from worldvpn_killswitch.rule import TABLE, Chain, Ruleset

_TABLE: Final = re.compile(r"table (\w+) (\S+) \{")
_CHAIN: Final = re.compile(r"\tchain (\S+) \{")
_SET: Final = re.compile(r"\tset (\S+) \{")
_COUNTER: Final = 'counter name "'
_HEAD: Final = re.compile(r"\t\ttype (.*); policy (\w+);")
#: nft quotes the name of one device, and not those of several.
_DEVICES: Final = re.compile(r' devices = \{ ([^}]*) \}| device "([^"]*)"')
_COUNT: Final = re.compile(r"\tcounter (\S+) \{\s*packets (\d+) bytes (\d+)")


@attrs.frozen(kw_only=True)
class Listed:
    """One line of a listing that matters: which table, which chain, what it says."""

    family: str
    chain: str
    text: str


def expected(ruleset: Ruleset) -> tuple[Listed, ...]:
    """Return what a listing of ``ruleset`` must say, in order."""
    lines: list[Listed] = []
    for table in ruleset.tables:
        family = table.family
        names = sorted(ruleset.sets[family])
        lines += (Listed(family=family, chain="", text=name) for name in names)
        for chain in table.chains:
            lines.append(Listed(family=family, chain=chain.name, text=_head(chain)))
            lines += (
                Listed(family=family, chain=chain.name, text=_said(rule.name, rule.action.text))
                for rule in chain.rules
            )
    return tuple(lines)


def parsed(listing: str) -> tuple[Listed, ...]:
    """Return the same of a stateless listing: whatever is not understood stays a line."""
    lines: list[Listed] = []
    sets: list[Listed] = []
    family = chain = ""
    for line in listing.splitlines():
        if match := _TABLE.fullmatch(line):
            lines += sorted(sets, key=lambda each: each.text)
            sets = []
            family, chain = match[1], ""
        elif match := _SET.fullmatch(line):
            sets.append(Listed(family=family, chain="", text=match[1]))
        elif match := _CHAIN.fullmatch(line):
            lines += sorted(sets, key=lambda each: each.text)
            sets = []
            chain = match[1]
        elif line == "\t}":
            chain = ""
        elif chain:
            lines.append(Listed(family=family, chain=chain, text=_line(line)))
    return (*lines, *sorted(sets, key=lambda each: each.text))


def difference(meant: tuple[Listed, ...], found: tuple[Listed, ...]) -> str | None:
    """Return in words where ``found`` first departs from ``meant``; None: nowhere."""
    for wanted, got in zip(meant, found, strict=False):
        if wanted != got:
            return f"{_where(got)} where {_where(wanted)} should be"
    if len(meant) > len(found):
        return f"{_where(meant[len(found)])} is missing"
    if len(found) > len(meant):
        return f"{_where(found[len(meant)])} is not ours"
    return None


def counts(listing: str) -> Iterator[tuple[str, int, int]]:
    """Yield name, packets and bytes of each counter of a listing with state."""
    for match in _COUNT.finditer(listing):
        yield match[1], int(match[2]), int(match[3])


def _where(line: Listed) -> str:
    place = f"{line.family} {TABLE} {line.chain}".rstrip()
    return f"{line.text!r} ({place})"


def _line(line: str) -> str:
    _, counter, said = line.partition(_COUNTER)
    if counter:
        name, _, action = said.partition('" ')
        return _said(name, action)
    if match := _HEAD.fullmatch(line):
        return _headed(match[1], match[2])
    return line.strip()


def _said(name: str, action: str) -> str:
    """Return name and verdict: nft adds to a reject how, which follows from the rule."""
    verdict = action if action == "reject with tcp reset" else action.split(maxsplit=1)[0]
    return f"{name} {verdict}"


def _head(chain: Chain) -> str:
    devices = "".join(sorted(f'"{name}"' for name in chain.devices))
    kind = f"{chain.type} hook {chain.hook} priority {chain.priority}"
    return f"{kind} {chain.policy.text} {devices}".rstrip()


def _headed(hook: str, policy: str) -> str:
    match = _DEVICES.search(hook)
    names = (match[1] or match[2]).split(", ") if match else []
    devices = "".join(sorted(f'"{name.strip(chr(34))}"' for name in names))
    return f"{_DEVICES.sub('', hook)} {policy} {devices}".rstrip()
