"""From a name to its addresses, over sockets that the daemon opens."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable, Iterable, Sequence
from ipaddress import ip_address
from typing import Final

from worldvpn_core.agent.http2 import Exchange
from worldvpn_core.agent.resolv_conf import ResolvConf
from worldvpn_core.agent.spec import DNS_PORT, RESOLUTION_TIMEOUT_S, SocketKind, SocketWanted
from worldvpn_core.agent.tls import TlsStream
from worldvpn_core.agent.wire import (
    MOST_MESSAGE_BYTES,
    Question,
    ServerFailedError,
    TruncatedError,
    addresses,
    is_answer,
    questions,
)
from worldvpn_core.config import BootstrapResolver
from worldvpn_core.errors import ResolutionError
from worldvpn_core.types import Carrier, Endpoint, IpAddress

OpenSocket = Callable[[SocketWanted], Awaitable[socket.socket]]
#: The answer to each question: its addresses, or None where the name does not exist.
Answers = list[tuple[IpAddress, ...] | None]

#: How often each of the system's resolvers is asked (RES_DFLRETRY of <resolv.h>).
TRIES: Final = 2
#: A pinned resolver gets this start before the next is asked beside it (RFC 8305 §5).
STAGGER_S: Final = 0.3
#: Where resolvers serve DNS over HTTPS by custom (RFC 8484 §4.1.1 has it as example).
DOH_PATH: Final = "/dns-query"
#: resolv.conf(5): without a nameserver line, the one on the local machine.
_LOCAL: Final = (ip_address("127.0.0.1"),)


async def by_system(name: str, conf: ResolvConf, open_socket: OpenSocket) -> tuple[IpAddress, ...]:
    """Ask the system's resolvers, in turn and by datagram, for ``name``.

    Raises:
        ResolutionError: it has no address, or nobody could say within 5 s.
    """
    servers = conf.servers or _LOCAL
    try_s = RESOLUTION_TIMEOUT_S / (TRIES * len(servers))
    failures: dict[IpAddress, str] = {}
    exists = False
    try:
        async with asyncio.timeout(RESOLUTION_TIMEOUT_S):
            for candidate in conf.candidates(name):
                asked = questions(candidate)
                answers = await _first_server(servers, asked, open_socket, try_s, failures)
                if found := _joined(answers):
                    return found
                exists = exists or () in answers
    except (TimeoutError, ServerFailedError):
        raise _unanswered(name, failures) from None
    raise _absent(name, exists=exists)


async def by_https(
    name: str,
    resolvers: Sequence[BootstrapResolver],
    open_socket: OpenSocket,
    context: ssl.SSLContext,
) -> tuple[IpAddress, ...]:
    """Ask pinned resolvers by DNS over HTTPS, each a little later than the one before.

    Raises:
        ResolutionError: it has no address, or nobody could say within 5 s.
    """
    asked = questions(name.rstrip("."), encrypted=True)
    failures: dict[IpAddress, str] = {}

    async def ask(place: int, resolver: BootstrapResolver) -> Answers:
        await asyncio.sleep(place * STAGGER_S)
        return await _by_tls(asked, resolver, open_socket, context)

    tasks = {
        asyncio.create_task(ask(place, resolver)): resolver
        for place, resolver in enumerate(resolvers)
    }
    try:
        async with asyncio.timeout(RESOLUTION_TIMEOUT_S):
            answers = await _first_task(tasks, failures)
    except (TimeoutError, ServerFailedError):
        raise _unanswered(name, failures) from None
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    if found := _joined(answers):
        return found
    raise _absent(name, exists=() in answers)


async def _first_server(
    servers: Sequence[IpAddress],
    asked: Sequence[Question],
    open_socket: OpenSocket,
    try_s: float,
    failures: dict[IpAddress, str],
) -> Answers:
    for server in [*servers] * TRIES:
        try:
            return await _by_datagram(asked, server, open_socket, try_s)
        except ServerFailedError as error:
            failures[server] = str(error)
        except OSError as error:
            failures[server] = f"cannot be reached ({error.strerror})"
    raise ServerFailedError


async def _first_task(
    tasks: dict[asyncio.Task[Answers], BootstrapResolver], failures: dict[IpAddress, str]
) -> Answers:
    waiting = set(tasks)
    while waiting:
        done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            try:
                return task.result()
            except ServerFailedError as error:
                failures[tasks[task].host] = str(error)
            except OSError as error:
                failures[tasks[task].host] = f"cannot be reached ({error.strerror})"
    raise ServerFailedError


async def _by_datagram(
    asked: Sequence[Question], server: IpAddress, open_socket: OpenSocket, try_s: float
) -> Answers:
    """Ask both questions at once; one answer with addresses is enough when time is up."""
    answers: dict[Question, tuple[IpAddress, ...] | None] = {}
    failed = ServerFailedError("did not answer")
    try:
        async with asyncio.timeout(try_s):
            endpoint = Endpoint(host=server, port=DNS_PORT)
            with await open_socket(SocketWanted(kind=SocketKind.DNS, endpoint=endpoint)) as sock:
                loop = asyncio.get_running_loop()
                for question in asked:
                    await loop.sock_sendall(sock, question.wire)
                waiting = set(asked)
                while waiting:
                    data = await loop.sock_recv(sock, MOST_MESSAGE_BYTES)
                    for question in [each for each in waiting if is_answer(each, data)]:
                        waiting.discard(question)
                        try:
                            answers[question] = addresses(question, data)
                        except TruncatedError:
                            answers[question] = await _by_stream(question, server, open_socket)
                        except ServerFailedError as error:
                            failed = error
    except TimeoutError:
        pass
    listed = [answers[question] for question in asked if question in answers]
    if len(listed) < len(asked) and not any(listed):
        raise failed
    return listed


async def _by_stream(
    question: Question, server: IpAddress, open_socket: OpenSocket
) -> tuple[IpAddress, ...] | None:
    """Ask by TCP, where messages have their length before them (RFC 1035 §4.2.2)."""
    endpoint = Endpoint(host=server, port=DNS_PORT, carrier=Carrier.TCP)
    loop = asyncio.get_running_loop()
    with await open_socket(SocketWanted(kind=SocketKind.DNS, endpoint=endpoint)) as sock:
        await loop.sock_sendall(sock, struct.pack(">H", len(question.wire)) + question.wire)
        (length,) = struct.unpack(">H", await _exactly(sock, 2))
        data = await _exactly(sock, length)
    try:
        return addresses(question, data)
    except TruncatedError:
        raise ServerFailedError("answered too much even by TCP") from None


async def _by_tls(
    asked: Sequence[Question],
    resolver: BootstrapResolver,
    open_socket: OpenSocket,
    context: ssl.SSLContext,
) -> Answers:
    wanted = SocketWanted(kind=SocketKind.BOOTSTRAP, endpoint=resolver.endpoint)
    exchange = Exchange(resolver.server_name, DOH_PATH, [question.wire for question in asked])
    with await open_socket(wanted) as sock:
        tls = TlsStream(sock, context, resolver.server_name)
        await tls.handshake()
        await tls.send(exchange.opening)
        while (answers := exchange.answers) is None:
            data = await tls.receive()
            if not data:
                raise ServerFailedError("broke off before it answered")
            if reply := exchange.feed(data):
                await tls.send(reply)
    try:
        return [addresses(question, data) for question, data in zip(asked, answers, strict=True)]
    except TruncatedError:
        raise ServerFailedError("sent an answer that it had cut short") from None


async def _exactly(sock: socket.socket, length: int) -> bytes:
    loop = asyncio.get_running_loop()
    data = b""
    while len(data) < length:
        more = await loop.sock_recv(sock, length - len(data))
        if not more:
            raise ServerFailedError("broke off before it answered")
        data += more
    return data


def _joined(answers: Iterable[tuple[IpAddress, ...] | None]) -> tuple[IpAddress, ...]:
    return tuple(address for answer in answers for address in answer or ())


def _unanswered(name: str, failures: dict[IpAddress, str]) -> ResolutionError:
    told = "; ".join(f"{server} {failure}" for server, failure in failures.items())
    limit = f"no resolver answered in {RESOLUTION_TIMEOUT_S:g} s"
    return ResolutionError(f"{name!r} could not be resolved: {told or limit}")


def _absent(name: str, *, exists: bool) -> ResolutionError:
    if exists:
        return ResolutionError(f"the name {name!r} has no address")
    return ResolutionError(f"the name {name!r} does not exist: is it spelt right?")
