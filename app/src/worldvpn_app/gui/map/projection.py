"""Equal Earth: from a place on the globe to the plane, and back."""

from __future__ import annotations

import math
from typing import Final

#: Coefficients of Šavrič, Patterson and Jenny (2018), for the powers 1, 3, 7 and 9.
_A1, _A2, _A3, _A4 = 1.340264, -0.081106, 0.000893, 0.003796
_ROOT: Final = math.sqrt(3) / 2
_TURNS: Final = 12
_CLOSE: Final = 1e-12


def _height(theta: float) -> float:
    square = theta * theta
    sixth = square**3
    return theta * (_A1 + _A2 * square + sixth * (_A3 + _A4 * square))


def _slope(theta: float) -> float:
    square = theta * theta
    sixth = square**3
    return _A1 + 3 * _A2 * square + sixth * (7 * _A3 + 9 * _A4 * square)


def plane(lon_deg: float, lat_deg: float) -> tuple[float, float]:
    """Return (x, y) in globe radii; x grows to the east and y down, as on a screen."""
    theta = math.asin(_ROOT * math.sin(math.radians(lat_deg)))
    return (
        math.radians(lon_deg) * math.cos(theta) / (_ROOT * _slope(theta)),
        -_height(theta),
    )


#: Half the width and half the height of the whole world.
HALF_WIDTH: Final = plane(180, 0)[0]
HALF_HEIGHT: Final = -plane(0, 90)[1]


def globe(x: float, y: float) -> tuple[float, float] | None:
    """Return (longitude, latitude) in degrees; None beside the world."""
    if abs(y) > HALF_HEIGHT + _CLOSE:
        return None
    theta = -y
    for _ in range(_TURNS):
        step = (_height(theta) + y) / _slope(theta)
        theta -= step
        if abs(step) < _CLOSE:
            break
    lat = math.degrees(math.asin(max(-1.0, min(1.0, math.sin(theta) / _ROOT))))
    lon = math.degrees(x * _ROOT * _slope(theta) / math.cos(theta))
    # A hair outside is rounding, not another world.
    return (max(-180.0, min(180.0, lon)), lat) if abs(lon) <= 180 + 1e-6 else None
