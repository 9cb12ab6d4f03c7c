"""Loads the node's rules in its own namespace, and reads them back."""

from __future__ import annotations

from collections.abc import Callable

from worldvpn_core.contracts import Namespace, Namespaces
from worldvpn_core.errors import FirewallError, ShareError
from worldvpn_core.policy import NodePolicy
from worldvpn_killswitch import listing
from worldvpn_killswitch.libnftables import Engine
from worldvpn_killswitch.node import node_ruleset
from worldvpn_killswitch.rule import FAMILIES, TABLE, script

_FAMILY = FAMILIES[:1]


class NodeRules:
    """The rules of the namespace that serves guests."""

    def __init__(self, namespaces: Namespaces, engine_in: Callable[[Namespace], Engine]) -> None:
        self._namespaces = namespaces
        self._engine_in = engine_in
        self._loaded: tuple[Namespace, NodePolicy] | None = None

    async def apply(self, policy: NodePolicy) -> None:
        """Replace the rules there by ``policy`` in one step, and read them back.

        Raises:
            ShareError: they are not what they should be; those before may still stand.
        """
        space = self._namespaces.find(policy.link.interface)
        if space is None:
            raise ShareError(f"there is no namespace {policy.link.interface} to protect")
        if self._loaded == (space, policy):
            # Nothing of the host's own is in them: a tunnel that connects need not wait.
            return
        self._loaded = None
        engine, rules = self._engine_in(space), node_ruleset(policy)
        try:
            await engine.run(script(rules, _FAMILY))
            text = await engine.run(f"list table {_FAMILY[0]} {TABLE}")
        except FirewallError as error:
            raise ShareError(f"the node's rules could not be loaded: {error}") from error
        wrong = listing.difference(listing.expected(rules), listing.parsed(text))
        if wrong is not None:
            raise ShareError(f"the node does not hold the rules it was given: {wrong}")
        self._loaded = (space, policy)
