"""Sessions: opened at a node that is to be tried, topped up, ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import attrs

from worldvpn_central.api import Api
from worldvpn_central.chooser import Chooser
from worldvpn_central.clock import Clock
from worldvpn_central.errors import RefusalError
from worldvpn_central.http import Question
from worldvpn_central.keys import Keys
from worldvpn_central.proofs import base64_text, receipt_text
from worldvpn_central.protocols import wire_name
from worldvpn_central.reading import Fields, senseless
from worldvpn_central.signed_in import SignedIn
from worldvpn_central.tickets import is_for_guest, opened
from worldvpn_core.central import calls, replies
from worldvpn_core.central.place import PlaceKind
from worldvpn_core.central.server import CentralServer
from worldvpn_core.contracts import CentralDesk
from worldvpn_core.credit.manifest import Use
from worldvpn_core.credit.ticket import Ticket, key_id_of
from worldvpn_core.errors import (
    CentralBusyError,
    CentralOfflineError,
    CentralRefusedError,
    CreditProofError,
)
from worldvpn_core.types import Endpoint

#: Nodes tried for one wish; each may take the server's few seconds.
_MOST_TRIES: Final = 4
#: A node that is gone, refuses, or does not answer: another one may not.
#: The carrier of plain WireGuard through a hole in the node's router.
PUNCHED: Final = "punched"
_ANOTHER_NODE: Final = frozenset({404, 409, 503})

#: The fields of a request that say which node is wanted.
_Wish = Mapping[str, str | Sequence[str]]


@attrs.frozen
class Tickets:
    """Reads tickets by the manifest, a newer one where the key is not known yet."""

    api: Api
    desk: CentralDesk
    keys: Keys
    clock: Clock

    async def read(self, signed: bytes) -> Ticket:
        """Return the ticket in ``signed``. Raises CentralOfflineError."""
        now_s = self.clock.server_s()
        manifest = self.keys.manifest
        try:
            known = manifest and manifest.verifier(Use.TICKET, key_id_of(signed), now_s)
        except CreditProofError:
            known = None
        if known is None:
            manifest = await self.keys.fetch(self.api, self.desk)
        return opened(signed, manifest, now_s)


@attrs.frozen
class Sessions:
    """What is asked about this device's own sessions."""

    mine: SignedIn
    tickets: Tickets
    chooser: Chooser
    server: CentralServer

    async def open(self, call: calls.Open) -> replies.Granted:
        """Open a session at the first node of those to be tried that takes us."""
        wishes = self._wishes(call)
        refused: RefusalError | None = None
        for at, wish in enumerate(wishes):
            try:
                granted = await self._opened(call, wish, at)
            except RefusalError as error:
                if error.status not in _ANOTHER_NODE:
                    raise
                refused = error
                continue
            if granted.node_id not in call.avoided:
                return granted
            await self.end(calls.End(session_id=granted.session_id))
        raise CentralBusyError(
            f"no other node is to be had at {call.place} than those to be avoided"
            if refused is None
            else str(refused)
        )

    async def more(self, call: calls.More) -> replies.NextTicket:
        """Get the next ticket."""
        path = f"/v1/sessions/{call.session_id}/ticket"
        body = {"needed_bytes": call.needed_bytes}
        answer = await self.mine.ask(Question(method="POST", path=path, body=body))
        return await next_ticket(answer, call.session_id, self.tickets)

    async def end(self, call: calls.End) -> replies.Done:
        """End a session."""
        path = f"/v1/sessions/{call.session_id}"
        body = {"final_receipt": word_text(call.final_receipt)}
        await self.mine.answer(Question(method="DELETE", path=path, body=body))
        return replies.Done()

    def _wishes(self, call: calls.Open) -> tuple[_Wish, ...]:
        place = call.place
        if place.kind is PlaceKind.NODE:
            if place.node in call.avoided:
                raise CentralRefusedError("the node that was asked for is one to be avoided")
            return ({"node_id": place.node or ""},)
        found = self.chooser.candidates(call)
        nodes = [each for each in found if each not in call.avoided][:_MOST_TRIES]
        if nodes:
            return tuple({"node_id": each} for each in nodes)
        if place.kind is PlaceKind.CITY:
            if call.avoided:
                raise CentralBusyError(
                    f"no other node is known at {place} than those to be avoided"
                )
            raise CentralRefusedError(f"no node is known at {place}: try its country")
        # The server waits seconds for a node that is gone: it must know which ones are.
        return ({"country": place.country or "fastest", "avoided": call.avoided},)

    async def _opened(self, call: calls.Open, wish: _Wish, at: int) -> replies.Granted:
        body = {
            "protocol": wire_name(call.protocol),
            "x25519": base64_text(call.keys.x25519),
            "ed25519": base64_text(call.keys.ed25519),
            **wish,
            "replaces": call.replaces,
        }
        question = Question(
            method="POST",
            path="/v1/sessions/prefetch" if call.ahead else "/v1/sessions",
            body=body,
            headers={"idempotency-key": f"{call.key}.{at}"},
        )
        granted = _granted(await self.mine.ask(question), self.server)
        ticket = await self.tickets.read(granted.ticket)
        if (
            not is_for_guest(
                ticket, granted.session_id, granted.node_id, call.keys, granted.node_x25519
            )
            or wish.get("node_id", granted.node_id) != granted.node_id
        ):
            await self.end(calls.End(session_id=granted.session_id))
            raise CentralOfflineError(
                "the central server sent a ticket for another session, node or key: it was ended"
            )
        return attrs.evolve(granted, cap_bytes=ticket.cap_bytes)


def word_text(signed: bytes | None) -> str | None:
    """Return a last word as the server reads it; None: there is none."""
    return None if signed is None else receipt_text(signed)


def _granted(answer: Fields, server: CentralServer) -> replies.Granted:
    carrier = answer.inner("carrier")
    parameters = None if carrier is None else carrier.inner("parameters")
    try:
        return replies.Granted(
            session_id=answer.text("session_id"),
            node_id=answer.text("node_id"),
            country=answer.maybe("node_country"),
            endpoint=answer.endpoint("server_endpoint"),
            node_x25519=answer.key("server_public_key"),
            assigned4=answer.address("assigned_ip"),
            assigned6=answer.address("assigned_ipv6"),
            dns=answer.addresses("dns"),
            allowed=answer.networks("allowed_ips"),
            mtu_bytes=answer.number("mtu_bytes"),
            carrier=None if carrier is None else carrier.text("name"),
            parameters=() if parameters is None else parameters.items(),
            ticket=answer.ticket("ticket"),
            expires_s=answer.time_s("expires_at"),
            **_listener(carrier, parameters, server),
        )
    except ValueError:
        raise senseless("an open session") from None


def _listener(
    carrier: Fields | None, parameters: Fields | None, server: CentralServer
) -> dict[str, Any]:
    """Return whom to call where the node is behind a router: a port of the server itself."""
    if carrier is None or carrier.text("name") != PUNCHED or parameters is None:
        return {}
    host = next((each.host for each in server.addresses if each.host.version == 4), None)  # noqa: PLR2004 - routers that translate do so for IPv4
    if host is None:
        return {}
    return {
        "listener_key": parameters.key("key"),
        "listener_at": Endpoint(host=host, port=int(parameters.text("port"))),
    }


async def next_ticket(answer: Fields, session_id: str, tickets: Tickets) -> replies.NextTicket:
    """Return the ticket of ``session_id`` in ``answer``. Raises CentralOfflineError."""
    try:
        found = replies.NextTicket(
            session_id=answer.text("session_id"),
            ticket=answer.ticket("ticket"),
            cap_bytes=answer.number("cap_bytes"),
            expires_s=answer.time_s("expires_at"),
        )
    except ValueError:
        raise senseless("the next ticket") from None
    ticket = await tickets.read(found.ticket)
    if {found.session_id, str(ticket.session)} != {session_id} or (
        ticket.cap_bytes != found.cap_bytes
    ):
        raise CentralOfflineError("the central server sent a ticket for another session")
    return found
