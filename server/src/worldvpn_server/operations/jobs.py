"""Work that goes on in the background: some in every process, some in one of them at a time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import attrs
from attrs import validators


@attrs.frozen(kw_only=True)
class Job:
    """``work``, again every ``interval_s``; ``alone``: in one process of all that share a database.

    What it raises is logged and counted, and it is tried again at its next time.
    """

    name: str
    interval_s: float = attrs.field(validator=validators.gt(0))
    work: Callable[[], Awaitable[object]] = attrs.field(eq=False)
    alone: bool = True
