"""The WireGuard exit: guests of this host, in a network namespace of their own."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from ipaddress import ip_network
from pathlib import Path
from typing import Final

from worldvpn_core.contracts import (
    Guest,
    Invitation,
    Listener,
    ListenerInfo,
    Namespace,
    NamespacePlan,
    Namespaces,
    SharePlan,
)
from worldvpn_core.types import NODE, NODE_GUESTS, NODE_UPLINK, Endpoint, IpAddress, Server
from worldvpn_wireguard.closing import Closing
from worldvpn_wireguard.device import Device, DeviceChange, Engine, PeerChange
from worldvpn_wireguard.invitation import invitation
from worldvpn_wireguard.node_key import node_key, public_key_of
from worldvpn_wireguard.transport import DEFAULT_MTU_BYTES
from worldvpn_wireguard.tunnel_link import TunnelLink
from worldvpn_wireguard.userspace import UserspaceEngine

#: Which address of each inner network is the node's own.
_OWN: Final = 2
#: How often a router is reminded: they forget UDP after 30 s (RFC 4787 allows no less than 120).
CALL_S: Final = 20


class WireGuardExit:
    """Serves guests by WireGuard; ``key_file`` keeps the key they know this node by."""

    def __init__(
        self,
        namespaces: Namespaces,
        key_file: Path,
        engine_in: Callable[[Namespace], Engine] | None = None,
    ) -> None:
        self._namespaces = namespaces
        self._key_file = key_file
        self._engine_in = engine_in or _userspace

    @property
    def name(self) -> str:
        return "wireguard"

    async def serve(self, plan: SharePlan) -> Listener:
        undo = AsyncExitStack()
        try:
            return await self._serve(plan, undo)
        except BaseException:
            await Closing(undo).run()
            raise

    def invite(
        self,
        node: ListenerInfo,
        remote: Server,
        addresses: tuple[IpAddress, ...],
        dns: tuple[IpAddress, ...],
    ) -> Invitation:
        return invitation(node, remote, addresses, dns)

    async def _serve(self, plan: SharePlan, undo: AsyncExitStack) -> Listener:
        key = node_key(self._key_file)
        undo.push_async_callback(self._namespaces.remove, NODE)
        space = await self._namespaces.make(
            NamespacePlan(name=NODE, uplink=NODE_UPLINK, prefixes=plan.prefixes)
        )
        device = await self._engine_in(space).make(NODE_GUESTS)
        undo.push_async_callback(device.close)
        await device.change(DeviceChange(private_key=key, listen_port=plan.listen_port))
        await TunnelLink(space.links, NODE_GUESTS).bring_up(DEFAULT_MTU_BYTES)
        await space.lead(NODE_GUESTS)
        own = tuple(prefix[_OWN] for prefix in plan.prefixes)
        info = ListenerInfo(
            public_key=public_key_of(key),
            listen=tuple(Endpoint(host=host, port=plan.listen_port) for host in own),
            addresses=own,
            engine=device.engine,
        )
        return WireGuardListener(info, device, undo)


class WireGuardListener:
    """A WireGuard interface whose peers are guests."""

    def __init__(self, info: ListenerInfo, device: Device, undo: AsyncExitStack) -> None:
        self.info = info
        self._device = device
        self._closing = Closing(undo)

    async def admit(self, guest: Guest) -> None:
        await self._device.change(
            DeviceChange(
                peers=(
                    PeerChange(
                        public_key=guest.public_key,
                        preshared_key=guest.preshared_key,
                        endpoint=guest.endpoint,
                        keepalive_s=None if guest.endpoint is None else CALL_S,
                        allowed_ips=tuple(map(ip_network, guest.addresses)),
                    ),
                )
            )
        )

    async def dismiss(self, public_key: bytes) -> None:
        await self._device.change(
            DeviceChange(peers=(PeerChange(public_key=public_key, removed=True),))
        )

    async def wait_down(self) -> Exception | None:
        return await self._device.wait_down()

    async def close(self) -> None:
        await self._closing.run()


def _userspace(space: Namespace) -> Engine:
    return UserspaceEngine(space.links, space.helpers)
