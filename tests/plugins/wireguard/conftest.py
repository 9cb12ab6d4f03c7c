"""Grounds for the WireGuard transport: a client and a remote in namespaces of their own.

The remote is configured by wireguard-tools, which know nothing of our code.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from ipaddress import ip_address, ip_interface, ip_network
from pathlib import Path

import attrs
import pytest

from worldvpn_core.contracts import HostServices, Links, Services, Transport, Tunnel
from worldvpn_core.types import Endpoint, Link, TunnelPlan
from worldvpn_host.plugin import worldvpn_host
from worldvpn_wireguard.plugin import worldvpn_transports

OUTER = ((4, "198.51.100.1/24", "198.51.100.7"), (6, "2001:db8:51::1/64", "2001:db8:51::7"))
PORT = 51_820
SILENT_PORT = 51_821
ECHO_PORT = 7_000
REMOTE_INNER = "10.88.0.1"
CLIENT_INNER = "10.88.0.2"

_CLONE_NEWNET = 0x40000000
_PATIENCE_S = 5.0
_VETH = ("ip", "link", "add", "out", "type", "veth", "peer", "name", "out", "netns")
_ECHO = f"""
import socket
silent = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
silent.bind(("::", {SILENT_PORT}))
echo = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
echo.bind(("::", {ECHO_PORT}))
print("ready", flush=True)
while True:
    echo.sendto(*echo.recvfrom(2048))
"""


@attrs.define(kw_only=True)
class WireGuardGround:
    """The client's side of two joined namespaces, in which this process now is."""

    host: HostServices
    transport: Transport
    raw_options: Mapping[str, str]
    plan: TunnelPlan
    silent_plan: TunnelPlan
    remote: Remote
    packets_per_s: int

    @property
    def links(self) -> Links:
        return self.host.links

    async def leftovers(self) -> frozenset[str]:
        return traces_of(self.plan.interface)

    async def lost_packets(self, tunnel: Tunnel, sent: int) -> int:
        assert isinstance(tunnel.info.path, Link)
        run("ip", "address", "replace", f"{CLIENT_INNER}/32", "dev", tunnel.info.path.name)
        run("ip", "route", "replace", f"{REMOTE_INNER}/32", "dev", tunnel.info.path.name)
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as client:
            client.connect((REMOTE_INNER, ECHO_PORT))
            listening = asyncio.create_task(_receive(client, sent))
            start = loop.time()
            for number in range(sent):
                await loop.sock_sendall(client, number.to_bytes(4, "big") + bytes(60))
                await asyncio.sleep(
                    max(0.0, start + (number + 1) / self.packets_per_s - loop.time())
                )
            await asyncio.wait({listening}, timeout=2)
            listening.cancel()
            return sent - len(await listening)


@attrs.frozen(kw_only=True)
class Remote:
    """The other namespace: a WireGuard peer, an echo inside the tunnel, a silent port."""

    pid: int
    interface: str
    public_key: str
    client_private_key: str
    preshared_key: str

    def run(self, *command: str, given: str = "") -> str:
        """Run ``command`` there and return what it prints."""
        return run("nsenter", f"--target={self.pid}", "--net", *command, given=given)

    def start(self, stack: ExitStack, *command: str) -> subprocess.Popen[bytes]:
        """Run ``command`` there until ``stack`` closes."""
        return started(stack, "nsenter", f"--target={self.pid}", "--net", *command)


def run(*command: str, given: str = "") -> str:
    """Run ``command`` and return what it prints."""
    return subprocess.run(
        command, check=True, input=given, stdout=subprocess.PIPE, text=True
    ).stdout.strip()


def started(stack: ExitStack, *command: str) -> subprocess.Popen[bytes]:
    """Start ``command``; it ends, and is reaped, when ``stack`` closes."""
    process = stack.enter_context(
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    )
    stack.callback(process.kill)
    return process


@contextmanager
def own_namespace() -> Iterator[None]:
    """Put this thread, and what it starts, into a new network namespace for a while."""
    libc = ctypes.CDLL(None, use_errno=True)
    before = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        if libc.unshare(_CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "unshare")
        yield
    finally:
        libc.setns(before, _CLONE_NEWNET)
        os.close(before)


@contextmanager
def joined_namespaces() -> Iterator[Remote]:
    """Make both namespaces and all that is in them; the caller is the client."""
    with own_namespace(), ExitStack() as stack:
        holder = started(stack, "unshare", "--net", "sh", "-c", "echo; exec sleep infinity")
        assert holder.stdout
        holder.stdout.readline()
        private_keys = [run("wg", "genkey") for _ in range(2)]
        remote = Remote(
            pid=holder.pid,
            interface=f"wgp{secrets.token_hex(4)}",
            public_key=run("wg", "pubkey", given=private_keys[0]),
            client_private_key=private_keys[1],
            preshared_key=run("wg", "genpsk"),
        )
        run("ip", "link", "set", "lo", "up")
        run(*_VETH, str(holder.pid))
        for version, client, server in OUTER:
            nodad = ["nodad"] * (version == 6)
            mask = client.partition("/")[2]
            run("ip", "address", "add", client, "dev", "out", *nodad)
            remote.run("ip", "address", "add", f"{server}/{mask}", "dev", "out", *nodad)
        run("ip", "link", "set", "out", "up")
        remote.run("ip", "link", "set", "out", "up")
        _serve(stack, remote, private_keys[0])
        for _, _, server in OUTER:
            _wait_for_path(server)
        yield remote


def _wait_for_path(server: str) -> None:
    """Return once ``server`` answers: IPv6 waits for the kernel to notice the cable."""
    family = socket.AF_INET6 if ":" in server else socket.AF_INET
    deadline = time.monotonic() + _PATIENCE_S
    with socket.socket(family, socket.SOCK_DGRAM) as client:
        client.settimeout(0.05)
        while time.monotonic() < deadline:
            try:
                client.sendto(b"", (server, ECHO_PORT))
                client.recv(1)
            except OSError:
                time.sleep(0.02)
            else:
                return
    raise TimeoutError(server)


def _serve(stack: ExitStack, remote: Remote, private_key: str) -> None:
    engine = remote.start(stack, "wireguard-go", "--foreground", remote.interface)
    path = Path(f"/var/run/wireguard/{remote.interface}.sock")
    stack.callback(path.unlink, missing_ok=True)
    deadline = time.monotonic() + _PATIENCE_S
    while not path.exists() and time.monotonic() < deadline:
        assert engine.poll() is None
        time.sleep(0.005)
    client_public_key = run("wg", "pubkey", given=remote.client_private_key)
    remote.run(
        *("wg", "set", remote.interface, "listen-port", str(PORT), "private-key", "/dev/stdin"),
        given=private_key,
    )
    remote.run(
        *("wg", "set", remote.interface, "peer", client_public_key),
        *("allowed-ips", f"{CLIENT_INNER}/32", "preshared-key", "/dev/stdin"),
        given=remote.preshared_key,
    )
    remote.run("ip", "address", "add", f"{REMOTE_INNER}/24", "dev", remote.interface)
    remote.run("ip", "link", "set", remote.interface, "up")
    echo = remote.start(stack, sys.executable, "-c", _ECHO)
    assert echo.stdout
    echo.stdout.readline()


def traces_of(name: str) -> frozenset[str]:
    """Name the sockets and processes of the tunnel interface ``name``."""
    found = {str(path) for path in Path("/var/run/wireguard").glob(f"{name}*")}
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = process.read_bytes().split(b"\0")
        except OSError:
            continue
        if name.encode() in words:
            found.add(str(process))
    return frozenset(found)


async def _receive(client: socket.socket, awaited: int) -> set[bytes]:
    seen: set[bytes] = set()
    try:
        while len(seen) < awaited:
            seen.add((await asyncio.get_running_loop().sock_recv(client, 2_048))[:4])
    except asyncio.CancelledError:
        pass
    return seen


def ground_for(
    engine: str, outer: str, remote: Remote, tmp_path: Path, packets_per_s: int = 1_000
) -> WireGuardGround:
    """Make the ground on which ``engine`` reaches the remote at its address ``outer``."""
    host = worldvpn_host(platform="linux", state_dir=str(tmp_path))
    assert host is not None
    services = Services(host=host, state_dir=tmp_path, run_dir=tmp_path, options={"engine": engine})
    (transport,) = worldvpn_transports(services=services)
    raw_options = {
        "private_key": remote.client_private_key,
        "peer.0.public_key": remote.public_key,
        "peer.0.preshared_key": remote.preshared_key,
        "peer.0.server": "0",
    }
    plan = TunnelPlan(
        attempt=1,
        profile_id="test",
        transport="wireguard",
        interface=f"wv{secrets.token_hex(4)}",
        remotes=(Endpoint(host=ip_address(outer), port=PORT),),
        addresses=(ip_interface(f"{CLIENT_INNER}/32"),),
        allowed=(ip_network("0.0.0.0/0"), ip_network("::/0")),
        options=transport.parse(raw_options),
    )
    silent = Endpoint(host=ip_address(outer), port=SILENT_PORT)
    return WireGuardGround(
        host=host,
        transport=transport,
        raw_options=raw_options,
        plan=plan,
        silent_plan=attrs.evolve(plan, remotes=(silent,)),
        remote=remote,
        packets_per_s=packets_per_s,
    )


@pytest.fixture(scope="class")
def remote() -> Iterator[Remote]:
    """Put the tests of a class into a namespace of their own, with a peer in another."""
    with joined_namespaces() as made:
        yield made


@pytest.fixture
def ground(request: pytest.FixtureRequest, remote: Remote, tmp_path: Path) -> WireGuardGround:
    """Make the ground that the class under test names by ``engine`` and ``outer``."""
    case = request.cls
    return ground_for(case.engine, case.outer, remote, tmp_path, case.packets_per_s)
