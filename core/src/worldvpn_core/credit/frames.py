"""What the two ends of an exchange of receipts send each other: frames of fixed length.

    byte 0      kind, and with it the length and the direction
    Hello       b"WVRX", version 1, the guest's ticket by its hash 32, its own last receipt
    Welcome     the guest's last receipt that the node has
    Claim       the node's next receipt
    Answer      the guest's receipt for the claim before
    Bye         nothing: the guest leaves, and asks for what is not claimed yet
    Over        why the node carries no more, 1 byte

A receipt that may be missing has a byte before it: 1, or 0 and then zeros. Whatever is not
exactly this ends the stream; no more than one frame is ever waited for.
"""

from __future__ import annotations

import enum
import struct
from collections.abc import Collection, Mapping
from typing import Final, assert_never

import attrs

from worldvpn_core.credit.lengths import HASH_BYTES, RECEIPT_BYTES

_MAGIC: Final = b"WVRX\x01"
_NO_RECEIPT: Final = bytes(RECEIPT_BYTES)
_PERHAPS: Final = struct.Struct(f"!?{RECEIPT_BYTES}s")
_HELLO: Final = struct.Struct(f"!{len(_MAGIC)}s{HASH_BYTES}s{_PERHAPS.size}s")


class FrameError(Exception):
    """It is no frame that this end takes; nothing of it is quoted."""


class Reason(enum.IntEnum):
    """Why no more is carried for a guest; numbers, for they stand on the wire."""

    #: The guest said goodbye, or this end did.
    LEFT = 1
    COUNTS_DIFFER = 2
    UNANSWERED = 3
    #: One end knows less of the other's receipts than it must: it has lost what it kept.
    OUT_OF_STEP = 4

    @property
    def code(self) -> str:
        """As it stands where a person reads it."""
        return self.name.lower().replace("_", "-")


def _length(_: object, attribute: attrs.Attribute[bytes], value: bytes | None) -> None:
    if value is not None and len(value) != RECEIPT_BYTES:
        raise ValueError(f"{attribute.name} must have {RECEIPT_BYTES} bytes")


@attrs.frozen
class Hello:
    """Guest: this is my ticket, and my last receipt (None: there is none)."""

    ticket: bytes
    receipt: bytes | None = attrs.field(default=None, validator=_length)


@attrs.frozen
class Welcome:
    """Node: this is your last receipt, as far as I have it."""

    receipt: bytes | None = attrs.field(default=None, validator=_length)


@attrs.frozen
class Claim:
    """Node: so much has been carried by now."""

    receipt: bytes = attrs.field(validator=_length)


@attrs.frozen
class Answer:
    """Guest: so much of your claim I have counted, too."""

    receipt: bytes = attrs.field(validator=_length)


@attrs.frozen
class Bye:
    """Guest: I leave. Claim the rest."""


@attrs.frozen
class Over:
    """Node: I carry no more."""

    reason: Reason


Frame = Hello | Welcome | Claim | Answer | Bye | Over

_KINDS: Final[Mapping[int, tuple[type[Frame], int]]] = {
    1: (Hello, _HELLO.size),
    2: (Answer, RECEIPT_BYTES),
    3: (Bye, 0),
    129: (Welcome, _PERHAPS.size),
    130: (Claim, RECEIPT_BYTES),
    131: (Over, 1),
}
_NUMBERS: Final[Mapping[type[Frame], int]] = {kind: at for at, (kind, _) in _KINDS.items()}
LONGEST_BYTES: Final = 1 + max(size for _, size in _KINDS.values())
#: What each end takes; the rest is the other's to say.
FROM_GUEST: Final[Collection[type[Frame]]] = (Hello, Answer, Bye)
FROM_NODE: Final[Collection[type[Frame]]] = (Welcome, Claim, Over)


def written(frame: Frame) -> bytes:
    """Return ``frame`` as it is sent."""
    return bytes((_NUMBERS[type(frame)],)) + _body(frame)


def read(data: bytes, kinds: Collection[type[Frame]]) -> tuple[tuple[Frame, ...], bytes]:
    """Return the whole frames in ``data``, and what is left for the next time.

    What is left is always shorter than ``LONGEST_BYTES``.

    Raises:
        FrameError: something is no frame of ``kinds``; what came before it is lost with it.
    """
    frames, at = [], 0
    while at < len(data):
        kind, size = _KINDS.get(data[at], (None, 0))
        if kind is None or kind not in kinds:
            raise FrameError(f"a frame of kind {data[at]} is not taken here")
        end = at + 1 + size
        if end > len(data):
            break
        frames.append(_frame(kind, data[at + 1 : end]))
        at = end
    return tuple(frames), data[at:]


def _body(frame: Frame) -> bytes:
    match frame:
        case Hello(ticket=ticket, receipt=receipt):
            return _HELLO.pack(_MAGIC, ticket, _perhaps(receipt))
        case Welcome(receipt=receipt):
            return _perhaps(receipt)
        case Claim(receipt=receipt) | Answer(receipt=receipt):
            return receipt
        case Bye():
            return b""
        case Over(reason=reason):
            return bytes((reason,))
        case _:
            assert_never(frame)


def _frame(kind: type[Frame], body: bytes) -> Frame:
    if kind is Hello:
        magic, ticket, receipt = _HELLO.unpack(body)
        if magic != _MAGIC:
            raise FrameError("it greets in another version")
        return Hello(ticket, _receipt(receipt))
    if kind is Welcome:
        return Welcome(_receipt(body))
    if kind is Over:
        try:
            return Over(Reason(body[0]))
        except ValueError:
            raise FrameError("it ends for a reason that is not known") from None
    if kind is Bye:
        return Bye()
    return Claim(body) if kind is Claim else Answer(body)


def _perhaps(receipt: bytes | None) -> bytes:
    return _PERHAPS.pack(receipt is not None, receipt or _NO_RECEIPT)


def _receipt(body: bytes) -> bytes | None:
    _, receipt = _PERHAPS.unpack(body)
    if body[0] > 1 or (not body[0] and receipt != _NO_RECEIPT):
        raise FrameError("a receipt is neither there nor missing")
    return receipt if body[0] else None
