"""Network namespaces of ours, each joined to the host by a pair of interfaces."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from ipaddress import ip_interface, ip_network
from pathlib import Path
from typing import Final, TypeVar

import attrs

from worldvpn_core.contracts import Helpers, Links, Namespace, NamespacePlan, Shaping
from worldvpn_core.errors import EngineError, RoutingError
from worldvpn_core.types import LINK_PREFIX, IpInterface, IpNetwork
from worldvpn_host import sysctls
from worldvpn_host.helpers import ProcessHelpers
from worldvpn_host.inside import Inside, forget
from worldvpn_host.link_codec import raise_link
from worldvpn_host.links import KernelLinks
from worldvpn_host.netlink import Request
from worldvpn_host.pair_codec import give_address, lead, make_pair
from worldvpn_host.route_socket import RouteSocket
from worldvpn_host.routes import family_of
from worldvpn_host.shaper import Shaper

_T = TypeVar("_T")

#: Where ip-netns(8) keeps names, so that an administrator finds ours there.
NAMES: Final = Path("/run/netns")
#: The pair's own network within a prefix: its first four addresses.
_PAIR_BITS: Final = 2
_OUTER_LINK_LOCAL: Final = ip_interface("fe80::5756:1/64")
_INNER_LINK_LOCAL: Final = ip_interface("fe80::5756:2/64")


@attrs.frozen(kw_only=True)
class Joint:
    """What a prefix means to the pair: both its addresses, and what lies behind."""

    prefix: IpNetwork
    outer: IpInterface
    inner: IpInterface


def joints(prefixes: Sequence[IpNetwork]) -> tuple[Joint, ...]:
    """Return what each of ``prefixes`` means to the pair. Pure."""
    found = []
    for prefix in prefixes:
        length = prefix.max_prefixlen - _PAIR_BITS
        outer, inner = (ip_interface((prefix[place].packed, length)) for place in (1, 2))
        found.append(Joint(prefix=prefix, outer=outer, inner=inner))
    return tuple(found)


class KernelNamespace:
    """One that this process has made."""

    def __init__(self, plan: NamespacePlan, path: Path, inside: Inside, sock: RouteSocket) -> None:
        self._plan = plan
        self._inside = inside
        self._socket = sock
        self._links = KernelLinks(sock, run=inside.run)
        self._helpers = ProcessHelpers(namespace=path)
        self._shaper = Shaper(sock)
        #: The interface that its prefixes are led on into, once they are.
        self._led: tuple[str, ...] = ()
        self._shaped = False

    @property
    def name(self) -> str:
        return self._plan.name

    @property
    def links(self) -> Links:
        return self._links

    @property
    def helpers(self) -> Helpers:
        return self._helpers

    async def lead(self, interface: str) -> None:
        index = await _index(self._links, interface)
        self._led = (interface,)
        carried = _carried(self._plan.prefixes)
        await _send(self._socket, [lead(prefix, index) for prefix in carried])

    async def shape(self, shaping: Shaping | None) -> None:
        if shaping is None and not self._shaped:
            return
        names = (self._plan.uplink, *self._led)
        try:
            indexes = tuple([await _index(self._links, name) for name in names])
        except RuntimeError as error:
            raise RoutingError(f"{self.name} has gone: {error}") from error
        self._shaped = True
        await self._shaper.shape(indexes, shaping)

    async def run(self, work: Callable[[], _T]) -> _T:
        return await self._inside.run(work)

    async def furnish(self) -> None:
        """Let it pass packets on, from and to the host."""
        await self._inside.run(sysctls.pass_on)
        await self._links.set_up(self._plan.uplink)
        index = await _index(self._links, self._plan.uplink)
        requests = [raise_link("lo"), *_link_local(index, _INNER_LINK_LOCAL)]
        for joint in joints(_carried(self._plan.prefixes)):
            everything = ip_network((bytes(len(joint.prefix.network_address.packed)), 0))
            requests += [
                give_address(index, joint.inner),
                lead(everything, index, joint.outer.ip),
            ]
        await _send(self._socket, requests)

    def close(self) -> None:
        """Let go of it."""
        self._socket.close()
        self._inside.close()


class KernelNamespaces:
    """Namespaces under ``names``, joined to the network of ``sock``."""

    def __init__(self, sock: RouteSocket, names: Path = NAMES) -> None:
        self._socket = sock
        self._links = KernelLinks(sock)
        self._names = names
        self._made: dict[str, KernelNamespace] = {}

    async def make(self, plan: NamespacePlan) -> Namespace:
        try:
            await self.remove(plan.name)
            # To its end, whoever waits: a thread that is at work cannot be called back.
            making = asyncio.ensure_future(self._make(plan))
            try:
                return await asyncio.shield(making)
            except BaseException:
                await asyncio.wait({making})
                await asyncio.shield(self.remove(plan.name))
                raise
        except (OSError, RoutingError) as error:
            raise EngineError(
                f"this system gives the node no network of its own ({error}): it needs root "
                "with CAP_SYS_ADMIN and CAP_NET_ADMIN"
            ) from error

    def find(self, name: str) -> Namespace | None:
        return self._made.get(name)

    async def remove(self, name: str) -> None:
        await self._links.delete(name)
        made = self._made.pop(name, None)
        if made is not None:
            made.close()
        path = self._names / name
        if not path.exists():
            return
        try:
            await self._empty(path)
            await asyncio.to_thread(forget, path)
        except OSError as error:
            raise RoutingError(f"the namespace {name} could not be removed: {error}") from error

    async def all(self) -> tuple[str, ...]:
        with suppress(OSError):
            names = (path.name for path in self._names.iterdir())
            return tuple(sorted(name for name in names if name.startswith(LINK_PREFIX)))
        return ()

    async def _make(self, plan: NamespacePlan) -> KernelNamespace:
        path = self._names / plan.name
        inside = await Inside.of_new(path)
        sock = RouteSocket()
        space = self._made[plan.name] = KernelNamespace(plan, path, inside, sock)
        # Opened there, it belongs there whoever uses it.
        await inside.run(lambda: sock.port)
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            await _send(self._socket, [make_pair(plan.name, plan.uplink, descriptor)])
        finally:
            os.close(descriptor)
        await space.furnish()
        await self._links.set_up(plan.name)
        index = await _index(self._links, plan.name)
        await _send(self._socket, list(_outer(plan, index)))
        return space

    async def _empty(self, path: Path) -> None:
        """Remove its interfaces of ours: an engine ends with the one it carries."""
        try:
            inside = await Inside.of(path)
        except OSError:
            # No more than a file: a crash came before there was anything in it.
            return
        sock = RouteSocket()
        try:
            await inside.run(lambda: sock.port)
            links = KernelLinks(sock, run=inside.run)
            for link in await links.all():
                if link.name.startswith(LINK_PREFIX):
                    await links.delete(link.name)
        finally:
            sock.close()
            inside.close()


def _link_local(index: int, interface: IpInterface) -> Iterator[Request]:
    """Give the pair what neighbours are looked for from on behalf of others: RFC 4861 7.2.2."""
    if sysctls.has_ipv6():
        yield give_address(index, interface)


def _outer(plan: NamespacePlan, index: int) -> Iterator[Request]:
    yield from _link_local(index, _OUTER_LINK_LOCAL)
    for joint in joints(_carried(plan.prefixes)):
        yield give_address(index, joint.outer)
        yield lead(joint.prefix, index, joint.inner.ip)


def _carried(prefixes: Sequence[IpNetwork]) -> tuple[IpNetwork, ...]:
    """Return those of ``prefixes`` whose family this kernel speaks."""
    has_ipv6 = sysctls.has_ipv6()
    return tuple(one for one in prefixes if has_ipv6 or family_of(one) == socket.AF_INET)


async def _index(links: KernelLinks, name: str) -> int:
    for link in await links.all():
        if link.name == name:
            return link.index
    raise RoutingError(f"there is no interface {name}")


async def _send(sock: RouteSocket, requests: list[Request]) -> None:
    refused = await asyncio.to_thread(sock.send, requests)
    if refused:
        raise RoutingError(str(refused[0]))
