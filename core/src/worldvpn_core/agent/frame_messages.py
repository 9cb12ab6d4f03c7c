"""What daemon and agent say of exchanges of receipts: the streams are the agent's to read."""

from __future__ import annotations

import attrs

from worldvpn_core.credit.frames import LONGEST_BYTES


def _frame(_instance: object, attribute: attrs.Attribute[bytes], value: bytes) -> None:
    if not 0 < len(value) <= LONGEST_BYTES:
        raise ValueError(f"{attribute.name} must have 1 to {LONGEST_BYTES} bytes")


@attrs.frozen(kw_only=True)
class ReadFrames:
    """Daemon: the packet's descriptor is an exchange's stream, of a node's (or a guest's) end.

    Whole frames of it are handed on, until it ends.
    """

    id: int
    is_nodes: bool


@attrs.frozen(kw_only=True)
class FrameGiven:
    """Daemon: send this on the stream of ``request``; one that is gone takes nothing."""

    request: int
    data: bytes = attrs.field(validator=_frame)


@attrs.frozen(kw_only=True)
class StreamHung:
    """Daemon: end the stream of ``request``."""

    request: int


@attrs.frozen(kw_only=True)
class FrameRead:
    """Agent: one whole frame came on the stream of ``request``."""

    request: int
    data: bytes = attrs.field(validator=_frame)


@attrs.frozen(kw_only=True)
class FramesOver:
    """Agent: that stream has ended."""

    id: int
