"""This device's own node: offered, answered for, taken back."""

from __future__ import annotations

import attrs

from worldvpn_central.http import Question
from worldvpn_central.proofs import base64_text
from worldvpn_central.protocols import wire_name
from worldvpn_central.reading import Fields, senseless
from worldvpn_central.sessions import PUNCHED, Tickets, next_ticket, word_text
from worldvpn_central.signed_in import SignedIn
from worldvpn_central.tickets import is_for_node
from worldvpn_core.central import calls, node_calls, replies
from worldvpn_core.errors import CentralOfflineError


@attrs.frozen
class Nodes:
    """What is asked about it."""

    mine: SignedIn
    tickets: Tickets

    async def announce(self, call: calls.Announce) -> replies.NodeStanding:
        """Offer it; with ``reach``, have it checked from outside."""
        path = f"/v1/nodes/{call.node_id}"
        body = {
            "country_code": call.country,
            "city": call.city,
            "protocols": [wire_name(each) for each in call.protocols],
            "x25519": base64_text(call.x25519),
            "endpoints": [
                {"host": str(each.host), "port": each.port, "carrier": each.carrier.value}
                for each in call.listen
            ],
            "bandwidth_mbps": call.bandwidth_mbps,
            "most_guests": call.most_guests,
            "daily_bytes": call.daily_bytes,
            "accepting": call.accepting,
        }
        node = await self.mine.ask(Question(method="PUT", path=path, body=body))
        if not call.reach:
            return _standing(node, node.flag("listed"), node.text("reach_reason"))
        checked = await self.mine.ask(Question(method="POST", path=f"{path}/reach"))
        standing = _standing(node, checked.flag("listed"), checked.text("reason"))
        carriers = {each.text("carrier") for each in checked.objects("endpoints")}
        by_hole = carriers == {PUNCHED}
        reached = () if by_hole else checked.places("endpoints")[:8]
        return attrs.evolve(standing, by_hole=by_hole, reached=reached)

    async def answer(self, call: calls.Answer) -> replies.NextTicket | replies.Done:
        """Let a guest in, or refuse it."""
        path = f"/v1/nodes/{call.node_id}/guests/{call.session_id}"
        if call.keys is None:
            await self.mine.answer(Question(method="POST", path=path, body={"accept": False}))
            return replies.Done()
        body = {
            "accept": True,
            "x25519": base64_text(call.keys.x25519),
            "ed25519": base64_text(call.keys.ed25519),
            "endpoint": call.endpoint,
        }
        answer = await self.mine.ask(Question(method="POST", path=path, body=body))
        found = await next_ticket(answer, call.session_id, self.tickets)
        ticket = await self.tickets.read(found.ticket)
        if not is_for_node(ticket, call.session_id, call.node_id, call.keys):
            raise CentralOfflineError("the central server sent a ticket for another node or key")
        return found

    async def probed(self, call: node_calls.Probed) -> replies.Done:
        """Say that the server's peer may come."""
        path = f"/v1/nodes/{call.node_id}/probes/{call.probe_id}"
        await self.mine.answer(Question(method="POST", path=path))
        return replies.Done()

    async def send_away(self, call: node_calls.SendAway) -> replies.Done:
        """Have a guest not offered again for a while."""
        path = f"/v1/nodes/{call.node_id}/guests/{call.session_id}"
        await self.mine.answer(Question(method="DELETE", path=path, body={"for_s": call.for_s}))
        return replies.Done()

    async def let_back(self, call: node_calls.LetBack) -> replies.Done:
        """Have a guest offered again."""
        path = f"/v1/nodes/{call.node_id}/guests/{call.session_id}/back"
        await self.mine.answer(Question(method="POST", path=path))
        return replies.Done()

    async def claim_last(self, call: node_calls.LastClaim) -> replies.Done:
        """Claim no more of a session that is over."""
        path = f"/v1/nodes/{call.node_id}/guests/{call.session_id}/last-word"
        body = {"final_receipt": word_text(call.final_receipt)}
        await self.mine.answer(Question(method="POST", path=path, body=body))
        return replies.Done()

    async def withdraw(self, call: calls.Withdraw) -> replies.Done:
        """Take it off the list."""
        await self.mine.answer(Question(method="DELETE", path=f"/v1/nodes/{call.node_id}"))
        return replies.Done()


def _standing(node: Fields, listed: bool, reason: str) -> replies.NodeStanding:  # noqa: FBT001 - as the server says it
    punch = node.inner("punch")
    try:
        return replies.NodeStanding(
            listed=listed,
            reason=reason,
            inner4=node.network("inner4"),
            inner6=node.network("inner6"),
            listeners=() if punch is None else _listeners(punch),
        )
    except ValueError:
        raise senseless("a node") from None


def _listeners(punch: Fields) -> tuple[replies.Listener, ...]:
    pairs = zip(punch.keys("keys"), punch.numbers("ports"), strict=True)
    return tuple(replies.Listener(key=key, port=port) for key, port in pairs)
