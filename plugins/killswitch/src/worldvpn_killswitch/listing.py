"""What nft lists of our tables, compared with what was meant: pure.

Order, names, verdicts, chain heads and sets are compared; conditions are not, for nft
writes them in its own words. That the text is ours is proved by the generation. Chains
are told apart by their heads: their order means something only among those of one head.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

import attrs

from worldvpn_killswitch.delta import Handles
from worldvpn_killswitch.rule import TABLE, Chain, Ruleset

_TABLE: Final = re.compile(r"table (\w+) (\S+) \{")
_CHAIN: Final = re.compile(r"\tchain (\S+) \{")
_SET: Final = re.compile(r"\t(?:set|map) (\S+) \{")
_COUNTER: Final = 'counter name "'
_HEAD: Final = re.compile(r"\t\ttype (.*); policy (\w+);")
#: nft quotes the name of one device, and not those of several.
_DEVICES: Final = re.compile(r' devices = \{ ([^}]*) \}| device "([^"]*)"')
_HANDLE: Final = " # handle "
_END: Final = "\t}"
#: Of what is no chain: elements of a set, the figures of a counter.
_INSIDE: Final = "\t\t"
_COUNT: Final = re.compile(r"\tcounter (\S+) \{\s*packets (\d+) bytes (\d+)")


@attrs.frozen(kw_only=True)
class Listed:
    """One line of a listing that matters: which table, which chain, what it says."""

    family: str
    chain: str
    text: str
    #: The kernel's, of a rule that was listed with it; what is meant has none.
    handle: int = attrs.field(default=0, eq=False)


def expected(ruleset: Ruleset) -> tuple[Listed, ...]:
    """Return what a listing of ``ruleset`` must say, in order."""
    lines: list[Listed] = []
    for table in ruleset.tables:
        family = table.family
        lines += (Listed(family=family, chain="", text=name) for name in sorted(table.sets))
        lines += _by_head(
            [
                Listed(family=family, chain=chain.name, text=text)
                for text in (
                    *((_head(chain),) if chain.hook else ()),
                    *(_said(rule.name, rule.action.text) for rule in chain.rules),
                )
            ]
            for chain in table.chains
        )
    return tuple(lines)


def parsed(listing: str) -> tuple[Listed, ...]:
    """Return the same of a stateless listing: whatever is not understood stays a line."""
    lines: list[Listed] = []
    sets: list[Listed] = []
    chains: list[list[Listed]] = []
    family = chain = ""
    for raw in listing.splitlines():
        line, handle = _numbered(raw)
        if chain and line != _END:
            said = _line(line)
            chains[-1].append(Listed(family=family, chain=chain, text=said, handle=handle))
        elif chain:
            chain = ""
        elif line.startswith(_INSIDE):
            continue
        elif match := _TABLE.fullmatch(line):
            lines += (*sorted(sets, key=_text), *_by_head(chains))
            sets, chains = [], []
            family = match[1]
        elif match := _SET.fullmatch(line):
            sets.append(Listed(family=family, chain="", text=match[1]))
        elif match := _CHAIN.fullmatch(line):
            chain = match[1]
            chains.append([])
    return (*lines, *sorted(sets, key=_text), *_by_head(chains))


def handles(found: tuple[Listed, ...]) -> Handles:
    """Return the handles of all rules of a listing that tells them, chain by chain."""
    told: dict[tuple[str, str], list[int]] = {}
    for line in found:
        if line.handle:
            told.setdefault((line.family, line.chain), []).append(line.handle)
    return {where: tuple(numbers) for where, numbers in told.items()}


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


def _by_head(chains: Iterable[list[Listed]]) -> Iterator[Listed]:
    """Yield the lines of ``chains``, those of one head in the order they have."""
    for chain in sorted(chains, key=lambda lines: lines[0].text if lines else ""):
        yield from chain


def _text(line: Listed) -> str:
    return line.text


def _where(line: Listed) -> str:
    place = f"{line.family} {TABLE} {line.chain}".rstrip()
    return f"{line.text!r} ({place})"


def _numbered(line: str) -> tuple[str, int]:
    """Return ``line`` without its handle, and that; 0: it has none."""
    said, _, handle = line.rpartition(_HANDLE)
    return (said, int(handle)) if handle.isdecimal() else (line, 0)


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
