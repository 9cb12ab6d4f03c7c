"""What a rule asks of a packet: each match writes itself for nft, and judges a flow.

The two halves stand side by side, so that what is loaded and what ``explain`` says
cannot drift apart.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import Protocol

import attrs

from worldvpn_core.types import MARK_MASK, IpAddress


@attrs.frozen(kw_only=True)
class Flow:
    """The first packet of an ordinary program on its way out of ``device``.

    Its source port is any, its source address (None: unknown, but of this host) is
    what the kernel chooses. ``protocol`` is as nft names it, or a number.
    """

    device: str
    destination: IpAddress
    protocol: str
    port: int | None = None
    source: IpAddress | None = None
    mark: int = 0
    uid: int = 1_000


@attrs.frozen(kw_only=True)
class NamedSet:
    """A set of a table: what can be changed alone, without loading the rules anew.

    A map where its elements lead to ``data``, nft's name of a type.
    """

    name: str
    type: str
    elements: tuple[str, ...]
    interval: bool = False
    data: str = ""


class Match(Protocol):
    """One condition of a rule. Frozen and comparable."""

    @property
    def text(self) -> str:
        """The condition as nft(8) reads it."""

    @property
    def named(self) -> str | None:
        """The name of the set that ``text`` refers to, if any."""

    def named_set(self) -> NamedSet:
        """Return that set; only where there is a name."""

    def holds(self, flow: Flow, /) -> bool:
        """Say whether ``flow`` fulfils it."""


class Side(enum.StrEnum):
    """Where an interface is looked for."""

    IN = "iifname"
    OUT = "oifname"


def braced(items: Iterable[str]) -> str:
    """Write ``items`` as nft's anonymous set, or as the one item they are."""
    texts = list(items)
    return texts[0] if len(texts) == 1 else "{ " + ", ".join(texts) + " }"


class _Inline:
    """A match that refers to no set."""

    @property
    def named(self) -> None:
        return None

    def named_set(self) -> NamedSet:
        raise LookupError("this match refers to no set")


@attrs.frozen
class Device:
    """The interface is one of ``names``; ``named``: by a set of that name."""

    side: Side
    names: tuple[str, ...]
    named: str | None = attrs.field(default=None, kw_only=True)
    negated: bool = attrs.field(default=False, kw_only=True)

    @property
    def text(self) -> str:
        what = f"@{self.named}" if self.named else braced(map(_quoted, self.names))
        return f"{self.side} {'!= ' if self.negated else ''}{what}"

    def named_set(self) -> NamedSet:
        elements = tuple(map(_quoted, self.names))
        return NamedSet(name=str(self.named), type="ifname", elements=elements)

    def holds(self, flow: Flow, /) -> bool:
        here = self.side is Side.OUT and flow.device in self.names
        return here is not self.negated


@attrs.frozen
class Port(_Inline):
    """TCP or UDP (or only ``protocol``) to one of ``ports``."""

    ports: tuple[int, ...]
    protocol: str | None = None

    @property
    def text(self) -> str:
        to = braced(map(str, self.ports))
        if self.protocol is not None:
            return f"{self.protocol} dport {to}"
        return f"meta l4proto {{ tcp, udp }} th dport {to}"

    def holds(self, flow: Flow, /) -> bool:
        protocols = ("tcp", "udp") if self.protocol is None else (self.protocol,)
        return flow.protocol in protocols and flow.port in self.ports


@attrs.frozen
class Ports(_Inline):
    """TCP or UDP to a port in one of ``spans``, each its first and last."""

    spans: tuple[tuple[int, int], ...]

    @property
    def text(self) -> str:
        written = (f"{first}-{last}" if last > first else f"{first}" for first, last in self.spans)
        return f"meta l4proto {{ tcp, udp }} th dport {braced(written)}"

    def holds(self, flow: Flow, /) -> bool:
        port = flow.port
        return (
            flow.protocol in {"tcp", "udp"}
            and port is not None
            and any(first <= port <= last for first, last in self.spans)
        )


@attrs.frozen
class Layer4(_Inline):
    """The protocol above IP is one of ``protocols``, as nft names them."""

    protocols: tuple[str, ...]

    @property
    def text(self) -> str:
        return f"meta l4proto {braced(self.protocols)}"

    def holds(self, flow: Flow, /) -> bool:
        return flow.protocol in self.protocols


@attrs.frozen
class Family(_Inline):
    """The packet is of IP ``version``; only in tables of the family inet."""

    version: int

    @property
    def text(self) -> str:
        return f"meta nfproto ipv{self.version}"

    def holds(self, flow: Flow, /) -> bool:
        return flow.destination.version == self.version


@attrs.frozen
class Mark(_Inline):
    """Our bits of the packet mark are those of ``value``; others' bits do not count."""

    value: int

    @property
    def text(self) -> str:
        return f"meta mark & {MARK_MASK:#x} == {self.value & MARK_MASK:#x}"

    def holds(self, flow: Flow, /) -> bool:
        return flow.mark & MARK_MASK == self.value & MARK_MASK


@attrs.frozen
class Owner(_Inline):
    """The sending socket was opened by ``uid``."""

    uid: int

    @property
    def text(self) -> str:
        return f"meta skuid {self.uid}"

    def holds(self, flow: Flow, /) -> bool:
        return flow.uid == self.uid


@attrs.frozen
class Special(_Inline):
    """Written for nft alone: what no first packet of an ordinary program ever is.

    ``always`` turns it round: a condition that each of them fulfils.
    """

    text: str
    always: bool = False

    def holds(self, _flow: Flow, /) -> bool:
        return self.always


def _quoted(name: str) -> str:
    return f'"{name}"'
