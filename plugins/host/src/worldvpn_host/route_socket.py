"""One rtnetlink socket, shared by whoever reads or changes links and routes."""

from __future__ import annotations

import errno
import os
import socket
import struct
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Final

import attrs

from worldvpn_core.errors import RoutingError
from worldvpn_host.netlink import (
    NLM_F_ACK,
    NLM_F_ACK_TLVS,
    NLM_F_CAPPED,
    NLM_F_DUMP,
    NLM_F_DUMP_INTERRUPTED,
    NLMSG_DONE,
    NLMSG_ERROR,
    Message,
    Request,
    attributes,
    messages,
    pack,
    text,
)

_SOL_NETLINK: Final = 270
_NETLINK_CAP_ACK: Final = 10
_NETLINK_EXT_ACK: Final = 11
_NETLINK_GET_STRICT_CHK: Final = 12
_SO_SNDBUFFORCE: Final = 32
_SO_RCVBUFFORCE: Final = 33
_ERROR_TEXT: Final = 1
#: A datagram of a dump is at most 32 KiB (NLMSG_GOODSIZE and its retries).
_RECEIVE_BYTES: Final = 65_536
#: Thousands of routes in one batch (profiles that list the internet without a country).
_BUFFER_BYTES: Final = 4 << 20
_DUMP_ATTEMPTS: Final = 5
#: The kernel answers before ``send`` returns; only an answer it had to drop is missing.
_PATIENCE_S: Final = 5.0
_ERRNO: Final = struct.Struct("=i")


@attrs.frozen(kw_only=True)
class Refusal:
    """What the kernel answered to one request of a batch that it did not carry out."""

    request: Request
    errno: int
    reason: str

    def __str__(self) -> str:
        return f"the kernel refused to {self.request.purpose}: {self.reason}"


class RouteSocket:
    """Asks the kernel's rtnetlink, one question at a time, from any thread.

    Opened on first use, so that it belongs to the network namespace of its user.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._sequence = 0

    def __del__(self) -> None:
        self.close()

    @property
    def port(self) -> int:
        """The address under which the kernel names our own changes to listeners."""
        with self._lock:
            port: int = self._opened().getsockname()[0]
            return port

    def dump(self, kind: int, body: bytes) -> list[Message]:
        """Return every object that ``body`` asks for.

        Raises:
            RoutingError: with the kernel's reason.
        """
        request = Request(kind=kind, body=body, purpose="list its links, addresses or routes")
        with self._lock, self._failing():
            for _ in range(_DUMP_ATTEMPTS):
                found, interrupted = self._dump_once(request)
                # A table that changed while it was listed may have been listed wrongly.
                if not interrupted:
                    break
            return found

    def ask(self, request: Request) -> Message | None:
        """Return the one object that ``request`` asks for; None: there is none.

        Raises:
            RoutingError: with the kernel's reason.
        """
        with self._lock, self._failing():
            sock = self._opened()
            self._sequence += 1
            sock.send(pack(request, sequence=self._sequence, flags=0))
            while True:
                for message in messages(sock.recv(_RECEIVE_BYTES)):
                    if message.sequence != self._sequence:
                        continue
                    if message.kind != NLMSG_ERROR:
                        return message
                    if (code := _error(message)) in {errno.ENODEV, errno.ENOENT}:
                        return None
                    raise RoutingError(
                        f"the kernel refused to {request.purpose}: {os.strerror(code)}"
                    )

    def send(self, requests: Sequence[Request]) -> tuple[Refusal, ...]:
        """Send ``requests`` as one datagram; return those refused, harmless ones apart.

        The kernel carries them out in order and goes on after one it refuses.

        Raises:
            RoutingError: the kernel did not take or did not answer them.
        """
        if not requests:
            return ()
        with self._lock, self._failing():
            sock = self._opened()
            first = self._sequence + 1
            self._sequence += len(requests)
            last = self._sequence
            # Errors are always answered: the last one's acknowledgement ends the batch.
            sock.send(
                b"".join(
                    pack(request, sequence=number, flags=NLM_F_ACK if number == last else 0)
                    for number, request in enumerate(requests, first)
                )
            )
            refused = []
            for message in self._until(sock, last):
                code = _error(message)
                request = requests[message.sequence - first]
                if code and code not in request.harmless:
                    refused.append(
                        Refusal(request=request, errno=code, reason=_reason(message, code))
                    )
            return tuple(refused)

    def close(self) -> None:
        """Close the socket; the next use opens another."""
        with self._lock:
            if self._socket is not None:
                self._socket.close()
                self._socket = None

    def _opened(self) -> socket.socket:
        if self._socket is None:
            self._socket = open_route_socket()
            self._socket.settimeout(_PATIENCE_S)
        return self._socket

    @contextmanager
    def _failing(self) -> Iterator[None]:
        """Turn the socket's own errors into RoutingError, and begin anew after one."""
        try:
            yield
        except OSError as error:
            if self._socket is not None:
                self._socket.close()
                self._socket = None
            reason = error.strerror or "no answer"
            raise RoutingError(f"the kernel's netlink failed: {reason}") from error

    def _until(self, sock: socket.socket, last: int) -> list[Message]:
        """Return the answers up to the one for ``last``."""
        answers: list[Message] = []
        while True:
            for message in messages(sock.recv(_RECEIVE_BYTES)):
                # Answers to a call that a signal interrupted are not ours.
                if message.kind != NLMSG_ERROR or message.sequence > last:
                    continue
                answers.append(message)
                if message.sequence == last:
                    return answers

    def _dump_once(self, request: Request) -> tuple[list[Message], bool]:
        sock = self._opened()
        self._sequence += 1
        sock.send(pack(request, sequence=self._sequence, flags=NLM_F_DUMP))
        found: list[Message] = []
        interrupted = False
        while True:
            for message in messages(sock.recv(_RECEIVE_BYTES)):
                if message.sequence != self._sequence:
                    continue
                interrupted |= bool(message.flags & NLM_F_DUMP_INTERRUPTED)
                if message.kind in (NLMSG_DONE, NLMSG_ERROR):
                    code = _error(message)
                    # Asked for a table that does not exist: it holds nothing.
                    if code and code != errno.ENOENT:
                        raise RoutingError(
                            f"the kernel refused to {request.purpose}: {os.strerror(code)}"
                        )
                    return found, interrupted
                found.append(message)


def open_route_socket(groups: int = 0) -> socket.socket:
    """Return an rtnetlink socket that hears the multicast ``groups`` (a bit mask)."""
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0)
    try:
        for option in (_NETLINK_CAP_ACK, _NETLINK_EXT_ACK, _NETLINK_GET_STRICT_CHK):
            sock.setsockopt(_SOL_NETLINK, option, 1)
        # Refused in an unprivileged user namespace; the ordinary size serves there.
        with suppress(PermissionError):
            sock.setsockopt(socket.SOL_SOCKET, _SO_SNDBUFFORCE, _BUFFER_BYTES)
            sock.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER_BYTES)
        sock.bind((0, groups))
    except BaseException:
        sock.close()
        raise
    return sock


def _error(message: Message) -> int:
    """Return the positive errno of an answer, 0 for success."""
    return -int(_ERRNO.unpack_from(message.body)[0]) if len(message.body) >= _ERRNO.size else 0


def _reason(message: Message, code: int) -> str:
    """Return the kernel's own words where it gave some (extended acknowledgement)."""
    name = os.strerror(code)
    if not message.flags & NLM_F_ACK_TLVS or not message.flags & NLM_F_CAPPED:
        return name
    # struct nlmsgerr: the error, then the request's header alone (capped).
    said = [text(data) for kind, data in attributes(message.body, 20) if kind == _ERROR_TEXT]
    return f"{name} ({said[0]})" if said else name
