"""``worldvpn demo``: the whole product at work in a lab, judged by an independent witness."""

from __future__ import annotations
