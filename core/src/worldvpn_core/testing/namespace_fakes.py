"""Network namespaces in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from worldvpn_core.contracts import (
    Gateway,
    Helper,
    HelperSpec,
    LinkFacts,
    Namespace,
    NamespacePlan,
    Shaping,
)
from worldvpn_core.errors import EngineError

_T = TypeVar("_T")


class FakeLinks:
    """Interfaces in memory."""

    def __init__(self, *links: LinkFacts) -> None:
        self.present: dict[str, LinkFacts] = {link.name: link for link in links}

    async def all(self) -> tuple[LinkFacts, ...]:
        return tuple(self.present.values())

    async def add(self, name: str, kind: str) -> None:
        if name in self.present:
            raise EngineError(f"interface {name} exists")
        self.present[name] = LinkFacts(name=name, index=len(self.present) + 1, kind=kind)

    async def delete(self, name: str) -> None:
        self.present.pop(name, None)

    async def set_up(self, name: str) -> None:
        if name not in self.present:
            raise EngineError(f"there is no interface {name}")

    async def set_mtu(self, name: str, mtu_bytes: int) -> None:
        if name not in self.present:
            raise EngineError(f"there is no interface {name}, MTU {mtu_bytes} cannot be set")


class FakeHelpers:
    """Has no program installed."""

    async def spawn(self, spec: HelperSpec) -> Helper:
        raise EngineError(f"{spec.name} is not installed")


class FakeNamespace:
    """A namespace that remembers what was led where."""

    def __init__(self, plan: NamespacePlan) -> None:
        self.name = plan.name
        self.links = FakeLinks()
        self.helpers = FakeHelpers()
        self.led: list[str] = []
        self.shaped: list[Shaping | None] = []

    async def lead(self, interface: str) -> None:
        self.led.append(interface)

    async def shape(self, shaping: Shaping | None) -> None:
        self.shaped.append(shaping)

    async def run(self, work: Callable[[], _T]) -> _T:
        raise OSError(f"there is no kernel behind {self.name} for {work}")


class FakeNamespaces:
    """Namespaces in memory; ``left`` are those of a former run."""

    def __init__(self, *left: str) -> None:
        self.left = set(left)
        self.made: dict[str, FakeNamespace] = {}
        self.failure: Exception | None = None

    async def make(self, plan: NamespacePlan) -> Namespace:
        await self.remove(plan.name)
        if self.failure is not None:
            raise self.failure
        return self.made.setdefault(plan.name, FakeNamespace(plan))

    def find(self, name: str) -> Namespace | None:
        return self.made.get(name)

    async def remove(self, name: str) -> None:
        self.made.pop(name, None)
        self.left.discard(name)

    async def all(self) -> tuple[str, ...]:
        return tuple(sorted({*self.left, *self.made}))


class FakeUplinks:
    """A host whose router is ``found``."""

    def __init__(self, found: Gateway | None = None) -> None:
        self.found = found

    async def gateway(self) -> Gateway | None:
        return self.found
