"""What guests carry today, as a curve: rates by quarters of an hour. Pure but for translation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any, Final

import attrs
from PyQt6.QtCore import QCoreApplication

from worldvpn_app.cli.snapshot import Snapshot
from worldvpn_app.gui.present import figures
from worldvpn_app.gui.present.traffic import rate, scale

translate = QCoreApplication.translate
_DAY_S: Final = 86_400
_LEAST_STEP_S: Final = 60
_MOST_STEPS: Final = 1_440
_BITS_PER_MEGA: Final = 1_000_000
_LEAST_MBPS: Final = 0.1
#: A limit so many times higher than what is carried would press the curve to the ground.
_FAR: Final = 4
_QUIET: Final = 0.005


@attrs.frozen(kw_only=True)
class CarriedView:
    """The day so far; ``points`` are its share that is over, 0 to 1, and Mbit/s then."""

    points: tuple[tuple[float, float], ...]
    #: How long each point but the last stands for.
    step_s: int
    #: The top of the axis, Mbit/s.
    most_mbps: float
    #: What guests may have together; None: there is no limit, or it is far away.
    limit_mbps: float | None
    now: str
    #: The whole chart in words.
    words: str


def carried(snapshot: Snapshot, settings: Mapping[str, Any], now: datetime) -> CarriedView | None:
    """Return what is shown; None where the daemon does not tell. Total."""
    told: object = snapshot["sharing"].get("carried")
    if not isinstance(told, Mapping):
        return None
    try:
        begins = datetime.fromisoformat(str(told.get("begins_utc")))
        passed_s = (now - begins).total_seconds()
    except (TypeError, ValueError):
        return None
    step_s = told.get("step_s")
    if not isinstance(step_s, int) or step_s < _LEAST_STEP_S:
        return None
    listed = told.get("bytes")
    counts = [_whole(each) for each in listed[:_MOST_STEPS]] if isinstance(listed, list) else []
    now_mbps = _whole(told.get("rate_bps")) / _BITS_PER_MEGA
    points = _points(counts, step_s, passed_s, now_mbps)
    limit = _whole(settings.get("share_rate_mbps")) or None
    highest = max((*(mbps for _, mbps in points), _LEAST_MBPS))
    if limit is not None and limit > _FAR * highest:
        limit = None
    return CarriedView(
        points=points,
        step_s=step_s,
        most_mbps=scale(max(highest, limit or 0.0)),
        limit_mbps=limit,
        now=translate("sharing", "{rate} now").format(rate=rate(now_mbps)),
        words=translate("sharing", "Carried for guests: {rate} now, {most} at most today.").format(
            rate=rate(now_mbps), most=rate(highest)
        ),
    )


def pointed(view: CarriedView, place: int) -> tuple[str, str]:
    """Return from when to when the point at ``place`` is, and the rate then."""
    _, mbps = view.points[place]
    if place == len(view.points) - 1:
        return translate("home", "Now"), rate(mbps)
    begins, ends = (_clock(number * view.step_s) for number in (place, place + 1))
    span = translate("sharing", "{begins} to {ends}").format(begins=begins, ends=ends)
    return span, rate(mbps)


def _clock(passed_s: int) -> str:
    """Return what a clock shows so many seconds after midnight."""
    hours, minutes = divmod(passed_s // 60, 60)
    return figures.clock(time(hours % 24, minutes))


def _points(
    counts: list[int], step_s: int, passed_s: float, now_mbps: float
) -> tuple[tuple[float, float], ...]:
    """Return a point for the middle of each step that is over, and one for now."""
    passed_s = min(max(passed_s, 0.0), _DAY_S)
    points = []
    for number in range(int(passed_s) // step_s):
        count = counts[number] if number < len(counts) else 0
        mbps = count * 8 / step_s / _BITS_PER_MEGA
        middle_s = (number + 0.5) * step_s
        points.append((middle_s / _DAY_S, mbps if mbps >= _QUIET else 0.0))
    return (*points, (passed_s / _DAY_S, now_mbps))


def _whole(value: object) -> int:
    return max(0, value) if isinstance(value, int) else 0
