"""worldvpn-agent: imports all it will ever need, drops every right, then serves.

Started by ``link`` with its end of the pair as descriptor 3 and one JSON argument.
"""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import json
import os
import socket
import ssl
import sys
import traceback
from typing import Any, Final

from worldvpn_core import plugins
from worldvpn_core.agent import wire
from worldvpn_core.agent.central import CentralSide, Desk
from worldvpn_core.agent.confine import confine
from worldvpn_core.agent.pair import Pair
from worldvpn_core.agent.serving import Agent, Offered
from worldvpn_core.central.server import CentralServer, central_server
from worldvpn_core.contracts import NetworkServices
from worldvpn_core.errors import AgentError, WorldVpnError

_PAIR_DESCRIPTOR: Final = 3


def main() -> int:
    """Serve until the daemon closes the pair; the exit status."""
    try:
        _run(json.loads(sys.argv[1]))
    except WorldVpnError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except BaseExceptionGroup as group:
        sys.stderr.write(f"{_told(group)}\n")
        return 1
    return 0


def _run(options: dict[str, Any]) -> None:
    # Whatever a library of the daemon's left inheritable: it is not ours.
    os.closerange(_PAIR_DESCRIPTOR + 1, os.sysconf("SC_OPEN_MAX"))
    manager = plugins.load(plugins.NETWORK_GROUP, options["plugins"])
    desk = Desk()
    services = NetworkServices(central=_central(options["central"]), desk=desk)
    readers = plugins.profile_readers(manager, services)
    client = plugins.first(manager.hook.worldvpn_central, services=services)
    offered = Offered(
        readers=tuple(readers.values()),
        mapper=plugins.first(manager.hook.worldvpn_port_mapper, services=services),
    )
    context = _context(options["ca_file"])
    _import_the_rest(context)
    with asyncio.Runner() as runner:
        # Its own sockets are made here, for no socket can be made later.
        runner.get_loop()
        confine(uid=options["uid"], gid=options["gid"], daemon=options["daemon"])
        pair = Pair(socket.socket(fileno=_PAIR_DESCRIPTOR), most_descriptors=1)
        central = CentralSide(client, desk)
        runner.run(Agent(pair, offered, context, central, desk).run())


def _told(error: BaseException) -> str:
    """Say what failed and where, without words that could quote what was read."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, WorldVpnError):
        return str(error)
    *_, (frame, line) = traceback.walk_tb(error.__traceback__)
    return f"{type(error).__name__} at {frame.f_code.co_filename}:{line}"


def _central(table: dict[str, Any] | None) -> CentralServer | None:
    return None if table is None else central_server(table)


def _context(ca_file: str | None) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise AgentError(f"the authorities in {ca_file} cannot be read: {error}") from error
    context.set_alpn_protocols(["h2"])
    return context


def _import_the_rest(context: ssl.SSLContext) -> None:
    """Do once what imports, or opens files, when it is first done."""
    codecs.lookup("utf-8-sig")
    query, _ = wire.questions("\u00fc.example")
    with contextlib.suppress(wire.ServerFailedError):
        wire.addresses(query, query.wire)
    tls = context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="worldvpn.invalid")
    with contextlib.suppress(ssl.SSLWantReadError):
        tls.do_handshake()


if __name__ == "__main__":
    sys.exit(main())
