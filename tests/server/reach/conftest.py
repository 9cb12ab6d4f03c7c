"""Real WireGuard servers in namespaces, and how a test opens sockets among them."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import attrs
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from worldvpn_lab.map import Node
from worldvpn_lab.nodes import DEVICE
from worldvpn_lab.world import World
from worldvpn_server.http.source import Address


@attrs.frozen
class Engines:
    """The lab's nodes, seen from the internet."""

    world: World

    def dial(self, address: Address, port: int) -> socket.socket:
        """Return a socket of the server's place in the world."""
        family = socket.AF_INET if address.version == 4 else socket.AF_INET6
        line = self.world.open_socket("internet", family, socket.SOCK_DGRAM)
        line.connect((str(address), port))
        return line

    def public(self, node: Node) -> bytes:
        """Return the public key of a node."""
        told = self._tell(node, "get=1\n\n")
        values = dict(line.split("=", 1) for line in told.splitlines() if "=" in line)
        private = X25519PrivateKey.from_private_bytes(bytes.fromhex(values["private_key"]))
        return private.public_key().public_bytes_raw()

    def admit(self, node: Node, peer: bytes, *inner: Address) -> None:
        """Let ``peer`` in, with those addresses inside."""
        allowed = "".join(f"allowed_ip={each}/{each.max_prefixlen}\n" for each in inner)
        said = f"set=1\npublic_key={peer.hex()}\nreplace_allowed_ips=true\n{allowed}\n"
        assert "errno=0" in self._tell(node, said)

    @contextmanager
    def also_at(self, node: Node, inner: Address) -> Iterator[None]:
        """Give the node that address inside, too, for as long as this lasts."""
        address = [f"{inner}/32", "dev", DEVICE]
        self.world.run(node.role, ["ip", "address", "add", *address]).checked()
        try:
            yield
        finally:
            self.world.run(node.role, ["ip", "address", "delete", *address]).checked()

    def _tell(self, node: Node, text: str) -> str:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.connect(str(self.world.path(node.role, f"/run/wireguard/{DEVICE}.sock")))
            line.sendall(text.encode())
            told = b""
            while not told.endswith(b"\n\n"):
                told += line.recv(1 << 16)
        return told.decode()


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engines]:
    with World.up(tmp_path_factory.mktemp("lab")) as standing:
        yield Engines(standing)
