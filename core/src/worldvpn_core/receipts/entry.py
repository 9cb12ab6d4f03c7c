"""One end of one session as it is kept: where it stands, and what the server has of it."""

from __future__ import annotations

import struct
from typing import Final
from uuid import UUID

import attrs
from attrs import validators

from worldvpn_core.credit.exchange import Kept, follows
from worldvpn_core.credit.figures import Figures
from worldvpn_core.credit.lengths import RECEIPT_BYTES, is_uint64
from worldvpn_core.credit.receipt import Role, read_receipt
from worldvpn_core.errors import CreditProofError, ReceiptsError

_RECORD: Final = struct.Struct(f"!16sB{RECEIPT_BYTES}s?{RECEIPT_BYTES}sQQQQQQ")
RECORD_BYTES: Final = _RECORD.size
#: Receipts are taken so long after their ticket's end, in seconds.
LATENESS_S: Final = 7 * 86_400
#: What was carried in a ticket's last seconds is claimed after its end.
LINGER_S: Final = 3_600
_NO_RECEIPT: Final = bytes(RECEIPT_BYTES)


@attrs.frozen(kw_only=True)
class Entry:
    """``kept`` of ``role``'s end, with its own receipt signed; the ticket ends at ``ends_s``.

    ``handed_own`` and ``handed_other`` are the numbers of the last receipts of both ends that the
    server has answered for.
    """

    session: UUID
    role: Role
    kept: Kept
    signed: bytes = attrs.field(
        validator=[validators.min_len(RECEIPT_BYTES), validators.max_len(RECEIPT_BYTES)]
    )
    ends_s: int = attrs.field(validator=is_uint64)
    handed_own: int = attrs.field(default=0, validator=is_uint64)
    handed_other: int = attrs.field(default=0, validator=is_uint64)

    def __attrs_post_init__(self) -> None:
        if self.kept.own is None or self.kept.own != read_receipt(self.signed):
            raise ValueError("what is signed is not what is kept")

    @property
    def name(self) -> tuple[UUID, Role]:
        """Whose entry it is: of one name the newest counts."""
        return self.session, self.role

    @property
    def is_blank(self) -> bool:
        """Whether it is a guest's word that nothing was carried, laid by in case none follows."""
        own = self.kept.own
        return (
            self.role is Role.GUEST
            and own is not None
            and (own.sequence, own.elapsed_ms, Figures.of(own)) == (1, 0, Figures())
        )

    @property
    def pending(self) -> tuple[bytes, ...]:
        """What the server does not have yet: a node brings its guest's receipts, too.

        Of each end the newest alone: its figures are the highest. What was only laid by is not
        handed in.
        """
        if self.is_blank:
            return ()
        other = self.kept.other if self.role is Role.NODE else None
        return tuple(
            signed
            for signed, handed in ((self.signed, self.handed_own), (other, self.handed_other))
            if signed is not None and read_receipt(signed).sequence > handed
        )

    def handed(self, signed: bytes) -> Entry:
        """Return it once the server has answered for ``signed``, one of its receipts."""
        receipt = read_receipt(signed)
        if receipt.role is self.role:
            return attrs.evolve(self, handed_own=max(self.handed_own, receipt.sequence))
        return attrs.evolve(self, handed_other=max(self.handed_other, receipt.sequence))

    def is_over(self, now_s: float) -> bool:
        """Return whether nothing can come of it any more."""
        return now_s >= self.ends_s + (LATENESS_S if self.pending else LINGER_S)

    def is_late(self, now_s: float) -> bool:
        """Return whether the server takes nothing of it any more."""
        return now_s >= self.ends_s + LATENESS_S

    def after(self, former: Entry | None) -> Entry:
        """Return it as what comes after ``former`` (None: nothing was kept).

        Raises:
            ReceiptsError: it would be a second receipt of one number, or a step back.
        """
        own = self.kept.own
        last = None if former is None or former.is_blank else former.kept.own
        if own is None or not (own == last or follows(own, last)):
            raise ReceiptsError("a receipt does not follow the one that is kept: none is signed")
        return self if former is None else self.handed_as(former)

    def handed_as(self, former: Entry) -> Entry:
        """Return it with what the server has of ``former`` besides."""
        return attrs.evolve(
            self,
            handed_own=max(self.handed_own, former.handed_own),
            handed_other=max(self.handed_other, former.handed_other),
        )


def to_record(entry: Entry) -> bytes:
    """Return ``entry`` in ``RECORD_BYTES`` bytes."""
    kept = entry.kept
    return _RECORD.pack(
        entry.session.bytes,
        entry.role,
        entry.signed,
        kept.other is not None,
        kept.other or _NO_RECEIPT,
        kept.counted.up_bytes,
        kept.counted.down_bytes,
        kept.answered_bytes,
        entry.ends_s,
        entry.handed_own,
        entry.handed_other,
    )


def from_record(record: bytes) -> Entry:
    """Return what ``to_record`` was given.

    Raises:
        ReceiptsError: it is no such record.
    """
    try:
        session, role, signed, has_other, other, up, down, answered, *rest = _RECORD.unpack(record)
        return Entry(
            session=UUID(bytes=session),
            role=Role(role),
            kept=Kept(
                own=read_receipt(signed),
                other=other if has_other else None,
                counted=Figures(up_bytes=up, down_bytes=down),
                answered_bytes=answered,
            ),
            signed=signed,
            ends_s=rest[0],
            handed_own=rest[1],
            handed_other=rest[2],
        )
    except (CreditProofError, ValueError, struct.error) as error:
        raise ReceiptsError(f"what was kept of a session is malformed: {error}") from error
