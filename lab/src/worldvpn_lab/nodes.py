"""The two WireGuard servers: real engines, configured over their own control socket.

wireguard-go's protocol: https://www.wireguard.com/xplatform/. Where no TUN device can be
opened the kernel's engine is used, configured by wg(8).
"""

from __future__ import annotations

import base64
import fcntl
import os
import select
import shutil
import signal
import socket
import struct
import time
from typing import TYPE_CHECKING, Final

import attrs
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from worldvpn_core.errors import EngineError, RoutingError
from worldvpn_lab import netlink
from worldvpn_lab.disturb.processes import running
from worldvpn_lab.map import NODES, Node, node

if TYPE_CHECKING:
    from worldvpn_lab.world import World

DEVICE: Final = "wg0"
PROFILES: Final = "profiles"
_ENGINE: Final = "wireguard-go"
_TUN: Final = "/dev/net/tun"
_SOCKET: Final = f"/run/wireguard/{DEVICE}.sock"
_CONFIGURATION: Final = "/run/wireguard/{role}.uapi"
_START_S: Final = 20.0
_POLL_S: Final = 0.002
_SIOCGIFINDEX: Final = 0x8933


@attrs.frozen(kw_only=True)
class Keys:
    """Private keys of a node and of its one guest, 32 bytes each."""

    node: bytes = attrs.field(repr=False)
    guest: bytes = attrs.field(repr=False)

    @classmethod
    def fresh(cls) -> Keys:
        """Draw new ones."""
        return cls(
            node=X25519PrivateKey.generate().private_bytes_raw(),
            guest=X25519PrivateKey.generate().private_bytes_raw(),
        )


def public(private: bytes) -> bytes:
    """Return the public key of a private one."""
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def configuration(of: Node, keys: Keys) -> str:
    """Return the engine's whole configuration, as its control socket takes it."""
    return (
        f"set=1\nprivate_key={keys.node.hex()}\nlisten_port={of.port}\nreplace_peers=true\n"
        f"public_key={public(keys.guest).hex()}\nreplace_allowed_ips=true\n"
        f"allowed_ip={of.guest}\nallowed_ip={of.guest6}\n\n"
    )


def profile(of: Node, keys: Keys, host: str) -> str:
    """Return a wg-quick(8) file for the guest, reaching the node at ``host``."""
    return (
        "[Interface]\n"
        f"PrivateKey = {base64.b64encode(keys.guest).decode()}\n"
        f"Address = {of.guest}, {of.guest6}\n"
        f"DNS = {of.gateway.ip}, {of.gateway6.ip}\n"
        "\n[Peer]\n"
        f"PublicKey = {base64.b64encode(public(keys.node)).decode()}\n"
        "AllowedIPs = 0.0.0.0/0, ::/0\n"
        f"Endpoint = {host}:{of.port}\n"
    )


def hosts(of: Node) -> dict[str, str]:
    """Return the ways to name a node's endpoint, by the name of the profile that does."""
    return {
        of.role: str(of.endpoint),
        f"{of.role}-v6": f"[{of.endpoint6}]",
        f"{of.role}-name": f"{of.role}.example",
    }


def start(world: World) -> None:
    """Start every node with fresh keys and write its profiles.

    Raises:
        EngineError: there is no WireGuard engine that this user may run.
    """
    directory = world.directory / PROFILES
    directory.mkdir(exist_ok=True, mode=0o700)
    for each in NODES:
        keys = Keys.fresh()
        for name, host in hosts(each).items():
            path = directory / f"{name}.conf"
            path.touch(mode=0o600)
            path.write_text(profile(each, keys, host), encoding="utf-8")
        path_inside = _CONFIGURATION.format(role=each.role)
        world.write(each.role, {path_inside: configuration(each, keys)})
    for each in NODES:
        _launch(world, each.role)
    for each in NODES:
        _configure(world, each)


def stop_engine(world: World, role: str) -> None:
    """Let the node be gone: its port is closed, and says so. ``start_engine`` brings it back."""
    for engine in running(world, role, _ENGINE):
        signal.pidfd_send_signal(engine.pidfd, signal.SIGKILL)
        select.select([engine.pidfd], [], [], _START_S)
        os.close(engine.pidfd)
    world.path(role, _SOCKET).unlink(missing_ok=True)
    line = world.netlink(role)
    try:
        line.apply([netlink.delete_link(index_of(world, role, DEVICE))])
    except (EngineError, RoutingError):
        # An engine's link goes with its process; only the kernel's stays.
        pass
    finally:
        line.close()


def start_engine(world: World, role: str) -> None:
    """Start ``role``'s engine with the keys it had."""
    _launch(world, role)
    _configure(world, node(role))


def index_of(world: World, role: str, device: str) -> int:
    """Return the index of a link. Raises EngineError when there is none of that name."""
    with world.open_socket(role, socket.AF_INET, socket.SOCK_DGRAM) as line:
        try:
            answer = fcntl.ioctl(line, _SIOCGIFINDEX, struct.pack("=16si12x", device.encode(), 0))
        except OSError as error:
            raise EngineError(f"{role} has no link {device}: {error}") from error
    return int(struct.unpack_from("=i", answer, 16)[0])


def _launch(world: World, role: str) -> None:
    if not (shutil.which(_ENGINE) and os.access(_TUN, os.R_OK | os.W_OK)):
        _launch_kernel(world, role)
        return
    log = os.open(world.directory / f"{role}.log", os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    null = os.open(os.devnull, os.O_RDWR)
    try:
        argv = [_ENGINE, "-f", DEVICE]
        engine = world.spawn(role, argv, stdio=(null, log, log))
        engine.keep()
        engine.close()
    finally:
        os.close(log)
        os.close(null)


def _launch_kernel(world: World, role: str) -> None:
    line = world.netlink(role)
    try:
        line.apply([netlink.new_link(DEVICE, "wireguard")])
    except RoutingError as error:
        raise EngineError(
            f"{role} has no WireGuard engine: {_ENGINE} needs {_TUN} to be readable and writable "
            f"by this user (run as root, or let the administrator open it), and the kernel has "
            f"none ({error})"
        ) from error
    finally:
        line.close()


def _configure(world: World, of: Node) -> None:
    text = world.path(of.role, _CONFIGURATION.format(role=of.role)).read_text(encoding="utf-8")
    if os.access(_TUN, os.R_OK | os.W_OK):
        _tell_engine(world, of.role, text)
    else:
        world.run(of.role, ["wg", "setconf", DEVICE, "/dev/stdin"], stdin=_as_wg(text)).checked()
    index = index_of(world, of.role, DEVICE)
    line = world.netlink(of.role)
    line.apply(
        [
            netlink.set_link(index, up=True),
            netlink.new_address(index, of.gateway),
            netlink.new_address(index, of.gateway6),
        ]
    )
    line.close()


def _tell_engine(world: World, role: str, text: str) -> None:
    path = world.path(role, _SOCKET)
    deadline_s = time.monotonic() + _START_S
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        while True:
            try:
                line.connect(str(path))
                break
            except OSError as error:
                if time.monotonic() > deadline_s:
                    said = (world.directory / f"{role}.log").read_text(encoding="utf-8")
                    raise EngineError(f"{role}'s engine did not start: {said.strip()}") from error
                time.sleep(_POLL_S)
        line.sendall(text.encode())
        answer = line.recv(1 << 10).decode()
    if "errno=0" not in answer:
        raise EngineError(f"{role}'s engine refused its configuration: {answer.strip()}")


def _as_wg(text: str) -> bytes:
    """Return the engine's configuration ``text`` in the form of wg(8)'s setconf."""
    values = dict(line.split("=", 1) for line in text.split() if "=" in line)
    allowed = [line.split("=", 1)[1] for line in text.split() if line.startswith("allowed_ip=")]

    def key(name: str) -> str:
        return base64.b64encode(bytes.fromhex(values[name])).decode()

    return (
        f"[Interface]\nPrivateKey = {key('private_key')}\nListenPort = {values['listen_port']}\n"
        f"[Peer]\nPublicKey = {key('public_key')}\nAllowedIPs = {', '.join(allowed)}\n"
    ).encode()
