"""What a node lets the server know of a guest who is gone, through a real server."""

from __future__ import annotations

import pytest

from tests.plugins.central.desk import Device, public
from tests.plugins.central.test_sessions import sharing, wish
from tests.server.operations.process import ServerProcess
from worldvpn_core.central import calls, news, node_calls, replies
from worldvpn_core.central.identity import DeviceKeys
from worldvpn_core.central.server import CentralServer
from worldvpn_core.errors import CentralBusyError, CentralRefusedError

pytestmark = pytest.mark.anyio


async def test_node_sends_a_guest_away_and_claims_no_more_of_its_session(
    server: ServerProcess, central: CentralServer, device: Device
) -> None:
    await device.register("unruly")
    async with sharing(server, central, "strict", "SE") as node, device.running():
        granted = await device.client.call(wish("SE", public(DeviceKeys.fresh())))
        assert isinstance(granted, replies.Granted)
        ask = node.device.client.call
        last = node_calls.LastClaim(node_id=node.node_id, session_id=granted.session_id)
        with pytest.raises(CentralRefusedError, match="not over"):
            await ask(last)

        away = await ask(
            node_calls.SendAway(node_id=node.node_id, session_id=granted.session_id, for_s=60)
        )
        said = await ask(last)

        assert (away, said) == (replies.Done(), replies.Done())
        ended = news.SessionNews(
            session_id=granted.session_id, action="ended", reason="node-refused"
        )
        await device.desk.hears(lambda: ended in device.desk.told)
        with pytest.raises((CentralBusyError, CentralRefusedError)):
            await device.client.call(wish(node.node_id, public(DeviceKeys.fresh())))
        assert len(node.tickets) == 1
        back = node_calls.LetBack(node_id=node.node_id, session_id=granted.session_id)
        assert await ask(back) == replies.Done()
        again = await device.client.call(wish(node.node_id, public(DeviceKeys.fresh())))
        assert isinstance(again, replies.Granted)
        await device.client.call(calls.End(session_id=again.session_id))
        # A network has room for eight.
        await ask(calls.Withdraw(node_id=node.node_id))
