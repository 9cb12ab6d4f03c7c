"""A guest's tunnel: a wireguard-go of its own, and datagrams that an echo server answers."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_network
from typing import Final

import attrs

from worldvpn_core.credit.figures import Figures
from worldvpn_core.errors import EngineError
from worldvpn_core.types import IpAddress
from worldvpn_lab.crowd.member import Admission
from worldvpn_wireguard.device import DeviceChange, PeerChange
from worldvpn_wireguard.uapi_socket import UapiSocket, socket_of

_MTU_BYTES: Final = 1_420
_FIRST_TABLE: Final = 1_000
_START_S: Final = 20.0
_POLL_S: Final = 0.01
#: Each watches its socket, and the kernel lets a user watch from 128 programs (inotify(7)).
_ENGINES_OF_A_USER: Final = 50
_FIRST_USER: Final = 20_000
_ECHO_PORT: Final = 7
#: IP and UDP headers, by the version of IP.
_HEADERS: Final = {4: 28, 6: 48}
_IPV4, _IPV6 = _HEADERS
_EVERYWHERE: Final = (ip_network("0.0.0.0/0"), ip_network("::/0"))
#: A call that is lost is made again after 5 s: nothing more waits for it meanwhile.
_FIRST_S: Final = 6.0
_FIRST_TRIES: Final = 5
_READ_BYTES: Final = 2_048


@attrs.define(kw_only=True, eq=False)
class Line:
    """One guest's tunnel and its flow.

    ``unproved_bytes`` is what was sent before the first answer of a flow: the node counts it from
    then on.
    """

    interface: str
    own: tuple[IpAddress, ...]
    target: IpAddress
    payload_bytes: int
    sent_bytes: int = 0
    received_bytes: int = 0
    unproved_bytes: int = 0
    _socket: socket.socket | None = attrs.field(default=None, repr=False)
    _answered: asyncio.Event = attrs.field(factory=asyncio.Event, repr=False)

    @property
    def counted(self) -> Figures:
        """What was carried by the guest's own count, inner bytes of IP packets."""
        return Figures(
            up_bytes=self.sent_bytes - self.unproved_bytes, down_bytes=self.received_bytes
        )

    def address(self, version: int) -> IpAddress:
        """Return its address of that version."""
        return next(one for one in self.own if one.version == version)

    def begin(self) -> None:
        """Open the flow, anew: one that was silent for a while is forgotten by the node.

        Raises:
            OSError: there is no tunnel.
        """
        self.close()
        self._answered.clear()
        family = socket.AF_INET if self.target.version == _IPV4 else socket.AF_INET6
        line = socket.socket(family, socket.SOCK_DGRAM)
        line.settimeout(0)
        line.bind((str(self.address(self.target.version)), 0))
        line.connect((str(self.target), _ECHO_PORT))
        asyncio.get_running_loop().add_reader(line, self._heard, line)
        self._socket = line

    async def answered(self) -> None:
        """Send until the first answer. Raises EngineError: none came."""
        for _ in range(_FIRST_TRIES):
            before_bytes = self.sent_bytes
            self.send()
            self.unproved_bytes += self.sent_bytes - before_bytes
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_FIRST_S):
                    await self._answered.wait()
                    return
        raise EngineError(f"{self.interface} got no answer to {_FIRST_TRIES} datagrams")

    def send(self) -> None:
        """Send one datagram. Raises OSError."""
        if self._socket is not None:
            self._socket.send(bytes(self.payload_bytes))
            self.sent_bytes += self.payload_bytes + _HEADERS[self.target.version]

    def close(self) -> None:
        """Close the flow. Idempotent."""
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
            self._socket = None

    def _heard(self, line: socket.socket) -> None:
        with contextlib.suppress(BlockingIOError, ConnectionRefusedError):
            self.received_bytes += len(line.recv(_READ_BYTES)) + _HEADERS[self.target.version]
            self._answered.set()


@asynccontextmanager
async def engine(number: int) -> AsyncIterator[UapiSocket]:
    """Run wireguard-go for the guest of that number. Raises EngineError."""
    interface = name_of(number)
    process = await asyncio.create_subprocess_exec(
        *_as_user(number // _ENGINES_OF_A_USER),
        *("wireguard-go", "-f", interface),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    uapi = UapiSocket(socket_of(interface))
    try:
        deadline_s = time.monotonic() + _START_S
        while not socket_of(interface).exists():
            if process.returncode is not None or time.monotonic() > deadline_s:
                raise EngineError(f"wireguard-go did not make {interface}")
            await asyncio.sleep(_POLL_S)
        yield uapi
    finally:
        uapi.close()
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


def _as_user(number: int) -> tuple[str, ...]:
    """Return what starts a program as another user who may make interfaces; 0: as this one."""
    if not number:
        return ()
    # The second is for the device that they are made by, and for the folder of sockets.
    rights = tuple(f"--{which}-caps=+net_admin,+dac_override" for which in ("inh", "ambient"))
    return ("setpriv", f"--reuid={_FIRST_USER + number}", "--clear-groups", *rights, "--")


async def opened(number: int, uapi: UapiSocket, admission: Admission) -> None:
    """Lead the guest's tunnel to its node. Raises EngineError."""
    granted = admission.granted
    interface, table = name_of(number), _FIRST_TABLE + number
    await _ip(_IPV4, [f"link set {interface} mtu {_MTU_BYTES} up"])
    for address in (granted.assigned4, granted.assigned6):
        lines = [
            f"address add {address} dev {interface}{' nodad' * (address.version == _IPV6)}",
            f"route add default dev {interface} table {table}",
            f"rule add from {address} lookup {table} priority {table}",
        ]
        await _ip(address.version, lines)
    # Last: whom the interface does not know it does not call, whatever the system has to say on it.
    peer = PeerChange(
        public_key=granted.node_x25519, endpoint=granted.endpoint, allowed_ips=_EVERYWHERE
    )
    await uapi.change(DeviceChange(private_key=admission.keys.x25519, peers=(peer,)))


async def _ip(version: int, lines: list[str]) -> None:
    process = await asyncio.create_subprocess_exec(
        *("ip", f"-{version}", "-batch", "-"),
        stdin=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate("\n".join([*lines, ""]).encode())
    if process.returncode:
        raise EngineError(f"ip failed: {said.decode(errors='replace').strip()}")


def name_of(number: int) -> str:
    """Return how the interface of that guest is called."""
    return f"wvcrowd{number}"
