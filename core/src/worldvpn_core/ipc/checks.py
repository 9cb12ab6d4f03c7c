"""Validators for what clients send: their errors never repeat the value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

Check = Callable[[object, "attrs.Attribute[Any]", Any], None]


def must(holds: Callable[[Any], bool], sentence: str) -> Check:
    """Make a validator whose error never repeats the value: it may be a secret."""

    def check(_instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
        if not holds(value):
            raise ValueError(f"{attribute.name} must be {sentence}")

    return check
