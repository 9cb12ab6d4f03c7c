"""A program of the client that fetches pages, as a browser does: by name, knowing of no VPN.

    python -m worldvpn_lab.demo.visitor

Runs through the whole demo. One JSON order a line in, one JSON answer a line out:
``{"op": "page", "host": …, "family": 4}`` or ``{"op": "pull", "host": …, "lasting_s": 1.0}``.
"""

from __future__ import annotations

import json
import socket
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

_HTTP: Final = 80
_PATIENCE_S: Final = 5.0
#: How long a download runs before it is measured: TCP finds its speed first.
_WARM_UP_S: Final = 0.2
_ENDLESS_BYTES: Final = 1 << 40
_CHUNK_BYTES: Final = 1 << 18

_Order = Mapping[str, Any]


def _request(host: str, target: str, family: socket.AddressFamily) -> socket.socket:
    """Return a connection to ``host`` on which ``target`` was asked for."""
    _, _, _, _, address = socket.getaddrinfo(host, _HTTP, family, socket.SOCK_STREAM)[0]
    line = socket.socket(family, socket.SOCK_STREAM)
    line.settimeout(_PATIENCE_S)
    line.connect(address)
    line.sendall(f"GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    return line


def _page(order: _Order) -> dict[str, object]:
    family = socket.AF_INET if order["family"] == 4 else socket.AF_INET6  # noqa: PLR2004 - a version
    began_s = time.perf_counter()
    with _request(order["host"], "/", family) as line:
        answer = b""
        while data := line.recv(_CHUNK_BYTES):
            answer += data
    elapsed_ms = (time.perf_counter() - began_s) * 1_000
    body = answer.partition(b"\r\n\r\n")[2].decode().strip()
    return {"body": body, "elapsed_ms": elapsed_ms}


def _pull(order: _Order) -> dict[str, object]:
    buffer = bytearray(_CHUNK_BYTES)
    received_bytes = 0
    with _request(order["host"], f"/bulk?bytes={_ENDLESS_BYTES}", socket.AF_INET) as line:
        warm_s = time.perf_counter() + _WARM_UP_S
        while time.perf_counter() < warm_s and line.recv_into(buffer):
            pass
        began_s = time.perf_counter()
        while (now_s := time.perf_counter()) < began_s + order["lasting_s"]:
            received_bytes += line.recv_into(buffer)
    return {"mbps": received_bytes * 8 / (now_s - began_s) / 1e6}


_OPERATIONS: Final[Mapping[str, Callable[[_Order], dict[str, object]]]] = {
    "page": _page,
    "pull": _pull,
}


def main() -> None:
    """Carry out orders until the input ends."""
    for line in sys.stdin:
        order: _Order = json.loads(line)
        try:
            answer = _OPERATIONS[order["op"]](order)
        except OSError as error:
            answer = {"error": str(error)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
