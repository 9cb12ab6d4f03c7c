"""Every server of the world in one process: pages, echoes, names, STUN, bulk data.

    python -m worldvpn_lab.answering FIRST_DESCRIPTOR JSON

The sockets are inherited, in the order of the list ``[[kind, port], …]``. HTTP knows
``/`` (the caller's address), ``/bulk?bytes=N`` (N bytes) and ``POST /sink`` (swallows).
"""

from __future__ import annotations

import contextlib
import json
import selectors
import socket
import struct
import sys
import threading
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from worldvpn_core.types import IpAddress
from worldvpn_lab import dns
from worldvpn_lab.map import NAMES

_CHUNK: Final = bytes(1 << 18)
_MAX_HEAD_BYTES: Final = 1 << 14
_HTTP: Final = (80, 8080)
_DNS: Final = 53
_STUN: Final = 3478
_STUN_COOKIE: Final = 0x2112A442
_STUN_HEADER: Final = struct.Struct("!HHI12s")


def plain(text: str) -> IpAddress:
    """Return an address without its scope, an IPv4 one as IPv4."""
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address


def resolve(query: bytes, caller: IpAddress, asked: IpAddress) -> bytes | None:
    """Return a resolver's answer to ``caller``, who asked it at ``asked``; None: no question."""
    question = dns.parse(query)
    if question is None:
        return None
    return dns.answer(question, {**NAMES, dns.WHOAMI: (caller,), dns.RESOLVER: (asked,)})


def stun(request: bytes, caller: IpAddress, port: int) -> bytes:
    """Return a binding response (RFC 8489 §14.2) to ``caller``, or the request as it came."""
    if len(request) < _STUN_HEADER.size or request[:2] != b"\0\1":
        return request
    _, _, cookie, transaction = _STUN_HEADER.unpack_from(request)
    pad = struct.pack("!I", _STUN_COOKIE) + transaction
    hidden = bytes(one ^ other for one, other in zip(caller.packed, pad, strict=False))
    family = 1 if isinstance(caller, IPv4Address) else 2
    value = struct.pack("!BBH", 0, family, port ^ (_STUN_COOKIE >> 16)) + hidden
    body = struct.pack("!HH", 0x0020, len(value)) + value
    return _STUN_HEADER.pack(0x0101, len(body), cookie, transaction) + body


def answer_datagram(line: socket.socket, port: int) -> None:
    """Answer one datagram from the very address it was sent to."""
    data, control, _flags, caller = line.recvmsg(1 << 16, 64)
    asked = next((value for _, kind, value in control if kind == socket.IPV6_PKTINFO), bytes(20))
    reply: bytes | None = data
    if port == _DNS:
        reply = resolve(data, plain(caller[0]), plain(str(IPv6Address(asked[:16]))))
    elif port == _STUN:
        reply = stun(data, plain(caller[0]), caller[1])
    if reply is not None:
        pinned = [(socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, asked)]
        line.sendmsg([reply], pinned, 0, caller)


def answer_stream(line: socket.socket, port: int, caller: str) -> None:
    """Serve one connection to its end."""
    with contextlib.suppress(OSError, ValueError), line:
        if port in _HTTP:
            _answer_http(line, plain(caller))
        elif port == _DNS:
            _answer_dns_stream(line, plain(caller))
        else:
            while data := line.recv(1 << 16):
                line.sendall(data)


def _answer_http(line: socket.socket, caller: IpAddress) -> None:
    head = b""
    while b"\r\n\r\n" not in head and len(head) < _MAX_HEAD_BYTES:
        data = line.recv(1 << 14)
        if not data:
            return
        head += data
    head, _, body = head.partition(b"\r\n\r\n")
    method, target, *_ = head.split(b"\r\n", 1)[0].split()
    if method == b"POST":
        _swallow(line, head, len(body))
        page = b"swallowed\n"
    else:
        page = f"{caller}\n".encode()
    if target.startswith(b"/bulk?bytes="):
        _pour(line, int(target.partition(b"=")[2]))
        return
    line.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/plain\r\n")
    line.sendall(b"Content-Length: %d\r\n\r\n%s" % (len(page), page))


def _swallow(line: socket.socket, head: bytes, received_bytes: int) -> None:
    fields = [field.partition(b":") for field in head.lower().split(b"\r\n")]
    expected = next((int(value) for name, _, value in fields if name == b"content-length"), 0)
    buffer = bytearray(1 << 18)
    while received_bytes < expected:
        count = line.recv_into(buffer)
        if not count:
            return
        received_bytes += count


def _pour(line: socket.socket, size_bytes: int) -> None:
    line.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % size_bytes)
    chunk = memoryview(_CHUNK)
    while size_bytes > 0:
        size_bytes -= line.send(chunk[: min(size_bytes, len(chunk))])


def _answer_dns_stream(line: socket.socket, caller: IpAddress) -> None:
    stream = line.makefile("rb")
    while len(prefix := stream.read(2)) == len(b"hh"):
        reply = resolve(stream.read(int.from_bytes(prefix)), caller, plain(line.getsockname()[0]))
        if reply is None:
            return
        line.sendall(len(reply).to_bytes(2) + reply)


def main() -> None:
    """Serve for ever."""
    selector = selectors.DefaultSelector()
    for offset, (kind, port) in enumerate(json.loads(sys.argv[2])):
        line = socket.socket(fileno=int(sys.argv[1]) + offset)
        selector.register(line, selectors.EVENT_READ, (kind, port, line))
    while True:
        for key, _ in selector.select():
            kind, port, line = key.data
            # A caller that has gone, or whose way back is cut, must not end the service.
            with contextlib.suppress(OSError):
                if kind == "udp":
                    answer_datagram(line, port)
                else:
                    stream, caller = line.accept()
                    threading.Thread(
                        target=answer_stream, args=(stream, port, caller[0]), daemon=True
                    ).start()


if __name__ == "__main__":
    main()
