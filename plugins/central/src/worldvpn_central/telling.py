"""What an event of the server's means to the daemon."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from worldvpn_central.errors import printable
from worldvpn_central.reading import Fields, senseless
from worldvpn_core.central import news
from worldvpn_core.errors import CentralOfflineError
from worldvpn_core.types import Endpoint

#: A change is told by the state it leads to, as a snapshot tells it.
_STATES: Final = {"offer": "offered", "end": "ended"}


def read(kind: str, data: str) -> news.News | None:
    """Return the news in an event; None for a kind that is not the daemon's. Pure.

    Raises:
        CentralOfflineError: it makes no sense.
    """
    reader = _READERS.get(kind)
    if reader is None:
        return None
    try:
        return reader(Fields.parse(data))
    except ValueError:
        raise senseless(f"an event of {kind}") from None


def is_about(data: str, device_id: str) -> bool:
    """Say whether a notice is about this device. Pure."""
    try:
        return Fields.parse(data).maybe("device_id") == device_id
    except CentralOfflineError:
        return False


def _balance(fields: Fields) -> news.News:
    return news.Balance(
        credits=fields.number("credits"),
        promo_ticks=fields.number("promo_ticks"),
        available_ticks=fields.number("available_ticks"),
        held_ticks=fields.number("held_ticks"),
        vesting_ticks=fields.number("vesting_ticks"),
        debt_ticks=fields.number("debt_ticks"),
    )


def _session(fields: Fields) -> news.News:
    """Read a change, or a session as a snapshot shows it."""
    return news.SessionNews(
        session_id=fields.text("session_id"),
        action=fields.maybe("action") or fields.text("state"),
        reason=fields.maybe("reason") or fields.maybe("end_reason"),
    )


def _guest(fields: Fields) -> news.News:
    return news.GuestNews(
        node_id=fields.text("node_id"),
        session_id=fields.text("session_id"),
        action=_STATES.get(fields.text("action"), fields.text("action")),
        protocol=fields.text("protocol"),
        x25519=None if fields.maybe("public_key") is None else fields.key("public_key"),
        ed25519=None if fields.maybe("signing_key") is None else fields.key("signing_key"),
        assigned4=fields.address("assigned_ip"),
        assigned6=fields.address("assigned_ipv6"),
        rate_bps=fields.number("rate_bps"),
        ahead=fields.flag("ahead", default=False),
        expires_s=fields.time_s("expires_at"),
        ticket=None if fields.maybe("ticket") is None else fields.ticket("ticket"),
        reason=fields.maybe("reason"),
        alias=fields.maybe("alias"),
        country=fields.maybe("country"),
    )


def _probe(fields: Fields) -> news.News:
    return news.ProbeNews(
        node_id=fields.text("node_id"),
        probe_id=fields.text("probe_id"),
        x25519=fields.key("public_key"),
        assigned4=fields.address("assigned_ip"),
        assigned6=fields.address("assigned_ipv6"),
        expires_s=fields.time_s("expires_at"),
    )


def _punch(fields: Fields) -> news.News:
    return news.PunchNews(
        node_id=fields.text("node_id"),
        session_id=fields.text("session_id"),
        x25519=fields.key("public_key"),
        endpoint=Endpoint(host=fields.address("host"), port=fields.number("port")),
    )


def _notice(fields: Fields) -> news.News:
    return news.Notice(code=fields.text("code"), text=printable(fields.text("text"), 1_000))


_READERS: Final[Mapping[str, Callable[[Fields], news.News]]] = {
    "balance": _balance,
    "session": _session,
    "guest": _guest,
    "probe": _probe,
    "punch": _punch,
    "notice": _notice,
}
