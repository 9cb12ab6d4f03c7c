"""Network namespaces of ours: where a node's guests pass, apart from the host's own traffic."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Protocol, TypeVar, runtime_checkable

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


@attrs.frozen(kw_only=True)
class Share:
    """What one of several has, bytes a second: it is sure of some, and has never more than most."""

    sure_bytes_s: int = attrs.field(validator=validators.ge(1))
    most_bytes_s: int = attrs.field(validator=validators.ge(1))


@attrs.frozen(kw_only=True)
class Shaping:
    """How a rate is divided among places, in each direction; 0: only each has a limit.

    Whoever wants more than it is sure of has an equal part of what the others leave.
    """

    most_bytes_s: int = attrs.field(default=0, validator=validators.ge(0))
    shares: Mapping[int, Share] = attrs.field(factory=dict)


#: The first class that is a place's (tc(8)); those before are the whole.
_FIRST_CLASS: Final = 16


def class_number(place: int) -> int:
    """Return the class whose packets are those of ``place``: 1:number is their priority."""
    return _FIRST_CLASS + place


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


@runtime_checkable
class Shaped(Protocol):
    """What a namespace offers besides, where rates can be shared out in it."""

    async def shape(self, shaping: Shaping | None) -> None:
        """Let packets on their way to the host, and to the guests, have the rates of ``shaping``.

        They are told apart by their priority (``class_number``); those of no class have no limit,
        and None is no limit for anybody. What waits is not lost by a change.

        Raises:
            RoutingError: with the kernel's reason; it has no shaper, perhaps.
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
