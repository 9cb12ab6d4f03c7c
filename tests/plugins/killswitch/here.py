"""The namespace that a test is in, as if it were the node's."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_network
from typing import TypeVar

from worldvpn_core.contracts import Namespace, NamespacePlan
from worldvpn_core.testing.namespace_fakes import FakeNamespace, FakeNamespaces
from worldvpn_core.types import NODE, NODE_UPLINK

_T = TypeVar("_T")


class Here(FakeNamespace):
    """The namespace that the test is in, as the node's."""

    def __init__(self) -> None:
        super().__init__(
            NamespacePlan(name=NODE, uplink=NODE_UPLINK, prefixes=(ip_network("10.66.0.0/24"),))
        )

    async def run(self, work: Callable[[], _T]) -> _T:
        return work()


class OnlyHere(FakeNamespaces):
    """Namespaces, of which there is one at most."""

    def __init__(self) -> None:
        super().__init__()
        self.here: Here | None = Here()

    def find(self, name: str) -> Namespace | None:
        del name
        return self.here
