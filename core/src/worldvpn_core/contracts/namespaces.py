"""Network namespaces of ours: where a node's guests pass, apart from the host's own traffic."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

import attrs
from attrs import validators

from worldvpn_core.contracts.host import Helpers, Links
from worldvpn_core.types import LINK_PREFIX, IpNetwork

_T = TypeVar("_T")

_OURS = validators.matches_re(LINK_PREFIX + r"[a-z0-9]{1,13}")


@attrs.frozen(kw_only=True)
class NamespacePlan:
    """A namespace and the pair of interfaces that joins it to the host.

    ``name`` is the namespace's and that of the host's end; ``uplink`` is the inner end.
    Of each of ``prefixes`` the first address is the host's, the second the inner end's;
    the whole of it is led inside.
    """

    name: str = attrs.field(validator=_OURS)
    uplink: str = attrs.field(validator=_OURS)
    prefixes: tuple[IpNetwork, ...] = attrs.field(validator=validators.min_len(1))


class Namespace(Protocol):
    """One network namespace of ours. What is made by its members is made inside it."""

    @property
    def name(self) -> str:
        """Its name, which ``ip netns`` knows, too."""

    @property
    def links(self) -> Links:
        """Its own interfaces."""

    @property
    def helpers(self) -> Helpers:
        """Starts processes inside it."""

    async def lead(self, interface: str) -> None:
        """Lead the plan's prefixes on into ``interface``, one of its own that is up.

        Raises:
            RoutingError: with the kernel's reason.
        """

    async def run(self, work: Callable[[], _T]) -> _T:
        """Do ``work``, which blocks for a moment at most, in it, and return what it returns.

        A socket that is opened there belongs to it, whoever uses it. Raises what ``work`` does.
        """


class Namespaces(Protocol):
    """Makes, finds and removes network namespaces of ours."""

    async def make(self, plan: NamespacePlan) -> Namespace:
        """Make what ``plan`` says; a leftover of that name goes first.

        It passes packets on, and holds no rules of its own yet. Leaves nothing behind
        when it raises or is cancelled.

        Raises:
            EngineError: this system gives us no namespace, with the reason.
        """

    def find(self, name: str) -> Namespace | None:
        """Return the namespace of that name which this process has made, if there is one."""

    async def remove(self, name: str) -> None:
        """Remove it with its interfaces, whoever made it; one that is gone is no error.

        Raises:
            RoutingError: with what could not be removed.
        """

    async def all(self) -> tuple[str, ...]:
        """Return the names of those that are there, left by a former run or not."""
