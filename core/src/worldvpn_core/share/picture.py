"""How the owner's terms stand, and who is there, as clients are shown it."""

from __future__ import annotations

from datetime import UTC, datetime

from worldvpn_core.settings import Settings
from worldvpn_core.share import live
from worldvpn_core.share.daily import QUARTER_S, begins_at, ends_at
from worldvpn_core.share.schedule import changes_at, is_open
from worldvpn_core.share.warden import GIGABYTE, Warden


def terms_of(warden: Warden, settings: Settings) -> dict[str, object]:
    """Return what everybody may know of the terms."""
    now, (zone_name, zone) = datetime.now(UTC), warden.zone
    pause, daily = warden.kept.pause, warden.kept.daily
    is_draining = pause is not None and pause.drains_until is not None
    return {
        "accepting": warden.terms.accepts,
        "why_not": warden.terms.reason,
        "pause": None if pause is None else {"until_utc": _text(pause.until), "drain": is_draining},
        "schedule": {
            "zone": zone_name,
            "windows": list(settings.share_schedule),
            "open": is_open(settings.windows, zone, now),
            "changes_utc": _text(changes_at(settings.windows, zone, now)),
        },
        "today": {
            "carried_bytes": live.rounded_bytes(daily.carried_bytes),
            "cap_bytes": settings.share_daily_gb * GIGABYTE,
            "ends_utc": _text(ends_at(daily.day, zone)),
        },
        "metered": warden.metered.value,
    }


def guests(warden: Warden) -> dict[str, object]:
    """Return what the owner alone may know: what is carried, for whom, and who may not come."""
    now = datetime.now(UTC)
    return {
        "carried": _carried(warden),
        "people": [live.shown(each, now.timestamp()) for each in warden.people()],
        "banned": [
            {
                "alias": each.alias,
                "reason": each.reason,
                "detail": each.detail,
                "until_utc": each.until.isoformat(),
            }
            for each in warden.kept.bans.standing(now).every
        ],
    }


def _carried(warden: Warden) -> dict[str, object]:
    """Return the day so far by quarters of an hour, and the present rate of all together."""
    daily = warden.kept.daily
    return {
        "rate_bps": warden.rate.shown_bps,
        "begins_utc": begins_at(daily.day, warden.zone[1]).isoformat(),
        "step_s": QUARTER_S,
        "bytes": list(map(live.rounded_bytes, daily.quarters)),
    }


def _text(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()
