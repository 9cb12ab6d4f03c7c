"""The nftables backend: renders, loads in one transaction, reads back, and keeps watch."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
from collections.abc import Callable

import attrs

from worldvpn_core.contracts import Links
from worldvpn_core.errors import FirewallError
from worldvpn_core.policy import (
    Explanation,
    FirewallFacts,
    FirewallPolicy,
    Packet,
    PolicySet,
    RuleCount,
)
from worldvpn_killswitch import listing
from worldvpn_killswitch.changes import Changes
from worldvpn_killswitch.delta import Handles, delta, is_of_elements
from worldvpn_killswitch.explain import explain
from worldvpn_killswitch.generation import Generation, follows
from worldvpn_killswitch.libnftables import Engine
from worldvpn_killswitch.links import Topology, topology
from worldvpn_killswitch.node_rules import NodeRules
from worldvpn_killswitch.rule import FAMILIES, TABLE, Ruleset, script
from worldvpn_killswitch.ruleset import ruleset

_log = logging.getLogger(__name__)


@attrs.frozen(kw_only=True)
class _Loaded:
    """What stands in the kernel as of ``generation``.

    ``digest``: of its listing; None: not listed since. ``handles``: of its rules; None:
    others may have changed something between our loading and our listing.
    """

    rules: Ruleset
    topology: Topology
    generation: int
    digest: bytes | None
    handles: Handles | None


class NftablesBackend:
    """FirewallBackend over nftables, one table of our name in each of two families."""

    def __init__(
        self,
        links: Links,
        engine: Engine,
        *,
        outside: frozenset[str] = frozenset(),
        generation: Callable[[], int] | None = None,
        node_rules: NodeRules | None = None,
    ) -> None:
        #: The rules of the node's namespace, where there are any.
        self.node_rules = node_rules
        self._egress_hook = True
        self._links = links
        self._engine = engine
        self._outside = outside
        self._generation = Generation().read if generation is None else generation
        self._loaded: _Loaded | None = None
        self._has_held_egress = False
        self._one_at_a_time = asyncio.Lock()
        self._changes: Changes | None = None

    @property
    def facts(self) -> FirewallFacts:
        return FirewallFacts(
            name="nftables", engine=self._engine.name, egress_hook=self._egress_hook
        )

    async def apply(self, policy: PolicySet) -> None:
        async with self._one_at_a_time:
            now = await self._topology(policy.host)
            wanted = ruleset(policy.host, now)
            if not await self._change(wanted, now):
                await self._replace(policy.host, wanted, now)
        if self.node_rules is None:
            return
        if policy.node is None:
            self.node_rules.forget()
        else:
            await self.node_rules.apply(policy.node)

    async def disturbed(self) -> None:
        if self._changes is None:
            self._changes = _listening()
        while True:
            try:
                await self.check()
            except FirewallError as error:
                _log.warning("%s", error)
                return
            await self._changes.heard()

    async def check(self) -> None:
        """Compare what stands with what was loaded; costs a generation while nothing moved.

        Raises:
            FirewallError: someone changed or removed our rules.
        """
        async with self._one_at_a_time:
            loaded = self._loaded
            if loaded is None or self._generation() == loaded.generation:
                return
            text, seen = await self._list(loaded.rules)
            if loaded.digest is None or _digest(text) != loaded.digest:
                _compare(loaded.rules, text)
                raise FirewallError(
                    "our rules are no longer as they were loaded: a condition, an element or a "
                    "device of theirs was changed; they must be applied again"
                )
            self._loaded = attrs.evolve(loaded, generation=seen)

    async def counters(self) -> tuple[RuleCount, ...]:
        async with self._one_at_a_time:
            if self._loaded is None or not self._loaded.rules.tables:
                return ()
            commands = [
                f"list counters table {table.family} {TABLE}" for table in self._loaded.rules.tables
            ]
            text = await self._run_each(commands, stateless=False)
        return tuple(
            RuleCount(rule=rule, packets=packets, bytes=size)
            for rule, packets, size in listing.counts(text)
        )

    async def explain(self, policy: PolicySet, packet: Packet) -> Explanation:
        now = await self._topology(policy.host)
        answer = explain(policy.host, now, ruleset(policy.host, now), packet)
        counted = (each.packets for each in await self.counters() if each.rule == answer.rule)
        return attrs.evolve(answer, packets=next(counted, 0))

    async def _topology(self, policy: FirewallPolicy) -> Topology:
        node = None if policy.node is None else policy.node.interface
        return topology(await self._links.all(), node=node, outside=self._outside)

    async def _change(self, wanted: Ruleset, now: Topology) -> bool:
        """Change only what differs; return False, where all must be loaded anew.

        So it must where others touched rules since ours were last seen, or may have.
        """
        loaded = self._loaded
        if loaded is None or loaded.handles is None or loaded.topology != now:
            return False
        commands = delta(loaded.rules, wanted, loaded.handles)
        if commands is None or loaded.generation != self._generation():
            return False
        try:
            return await self._changed(loaded, wanted, commands)
        except FirewallError as error:
            _log.info("the rules could not be changed in part, all is loaded anew: %s", error)
            return False

    async def _changed(self, loaded: _Loaded, wanted: Ruleset, commands: str) -> bool:
        """Run ``commands`` on what stands, and read it back; say whether it is ``wanted``.

        One transaction from a generation known to be ours to the very next one: what
        lies between can only be this change. Elements alone need no listing then.
        """
        reached = await self._load(commands, loaded.generation)
        if reached is None:
            return False
        if is_of_elements(commands):
            self._loaded = attrs.evolve(loaded, rules=wanted, generation=reached, digest=None)
            return True
        self._loaded = None
        read = await self._read_back(wanted, loaded.topology, reached)
        if read.handles is None or (not commands and loaded.digest not in (None, read.digest)):
            return False
        self._loaded = read
        return True

    async def _replace(self, policy: FirewallPolicy, wanted: Ruleset, now: Topology) -> None:
        """Load all anew and read it back."""
        egress_hook = True
        try:
            reached = await self._load(script(wanted))
        except FirewallError:
            # A device may have gone between looking and loading: Linux 6.1 refuses then.
            now = await self._topology(policy)
            wanted = ruleset(policy, now)
            try:
                reached = await self._load(script(wanted))
            except FirewallError as error:
                egress_hook = False
                wanted, reached = await self._replace_without_egress(wanted, error)
        self._egress_hook = egress_hook
        self._loaded = None
        self._loaded = await self._read_back(wanted, now, reached)
        self._has_held_egress |= wanted.has_egress

    async def _load(self, commands: str, since: int | None = None) -> int | None:
        """Run ``commands``; return the generation they led to, None: not they alone."""
        before = since
        if before is None:
            # Where it cannot be asked for, nft says better what is missing.
            with contextlib.suppress(FirewallError):
                before = self._generation()
        if not commands:
            return before
        await self._engine.run(commands)
        reached = self._generation()
        return reached if before is not None and follows(before, reached) else None

    async def _read_back(self, wanted: Ruleset, now: Topology, reached: int | None) -> _Loaded:
        """Compare what stands with ``wanted``, which alone led to the generation ``reached``."""
        text, seen = await self._list(wanted)
        found = _compare(wanted, text)
        return _Loaded(
            rules=wanted,
            topology=now,
            generation=seen,
            digest=_digest(text),
            handles=listing.handles(found) if seen == reached else None,
        )

    async def _replace_without_egress(
        self, wanted: Ruleset, reason: FirewallError
    ) -> tuple[Ruleset, int | None]:
        """Load what this kernel can hold; raises ``reason`` when it is not the egress hook."""
        if self._has_held_egress:
            # The hook is not what is missing; what is loaded now is better than half of it.
            raise reason
        rest = wanted.without_egress()
        try:
            reached = await self._load(script(rest, FAMILIES[:1]))
        except FirewallError:
            raise reason from None
        _log.warning("frames are not judged, only IP packets: no egress hook here (%s)", reason)
        return rest, reached

    async def _list(self, rules: Ruleset) -> tuple[str, int]:
        """Return a stateless listing of our tables and the generation it belongs to."""
        families = [table.family for table in rules.tables]
        commands = [f"list table {family} {TABLE}" for family in families]
        for _ in range(3):
            before = self._generation()
            try:
                text = await self._run_each(commands or ["list tables"], handles=bool(commands))
            except FirewallError as error:
                raise FirewallError(f"our rules are gone: {error}") from error
            if self._generation() == before:
                return text if families else _ours(text), before
        raise FirewallError("other programs change rules faster than ours can be read back")

    async def _run_each(
        self, commands: list[str], *, stateless: bool = True, handles: bool = False
    ) -> str:
        """Run lists one by one: nft 1.0.6 finds only the last table of several."""
        parts = [
            await self._engine.run(each, stateless=stateless, handles=handles) for each in commands
        ]
        return "".join(parts)


def _listening() -> Changes:
    try:
        return Changes()
    except OSError as error:
        raise FirewallError(f"the kernel does not tell of changed rules: {error}") from error


def _compare(rules: Ruleset, text: str) -> tuple[listing.Listed, ...]:
    """Return what ``text`` lists, which is ``rules``. Raises FirewallError: it is not."""
    if not rules.tables and text:
        raise FirewallError(f"the host was to be open, but there is still {text}")
    found = listing.parsed(text)
    wrong = listing.difference(listing.expected(rules), found)
    if wrong is not None:
        raise FirewallError(f"the kernel does not hold the rules it was given: {wrong}")
    return found


def _ours(tables: str) -> str:
    """Return the lines of ``list tables`` that name one of ours."""
    names = {f"table {family} {TABLE}" for family in FAMILIES}
    return ", ".join(line for line in tables.splitlines() if line in names)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
