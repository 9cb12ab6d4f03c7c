"""Exports of sessions that core's own code has signed."""

from __future__ import annotations

import base64
import json
from uuid import UUID

import attrs
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from worldvpn_app.evidence.file import Export, Session
from worldvpn_core.credit.exchange import successor
from worldvpn_core.credit.figures import Figures
from worldvpn_core.credit.manifest import Keys, Manifest, Use, key_id
from worldvpn_core.credit.receipt import Receipt, Role
from worldvpn_core.credit.ticket import Ticket


def key(name: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(name.encode().ljust(32, b"."))


def public(name: str) -> bytes:
    return key(name).public_key().public_bytes_raw()


MIB = 1_048_576
ROOT = public("root")
KEYS = {Role.NODE: key("node"), Role.GUEST: key("guest")}
TICKET = Ticket(
    session=UUID(int=1),
    node=UUID(int=2),
    guest_x25519=bytes([3]) * 32,
    node_x25519=bytes([4]) * 32,
    guest_ed25519=public("guest"),
    node_ed25519=public("node"),
    cap_bytes=64 * MIB,
    price_ticks=5,
    float_bytes=4 * MIB,
    not_before_s=1_000,
    not_after_s=2_800,
    key_id=key_id(public("server")),
)


def manifest(*, revoked: tuple[bytes, ...] = (), current: str = "server") -> Manifest:
    """Return the root's word for the key that signs tickets."""
    return Manifest(
        version=3,
        issued_s=500,
        expires_s=5_000,
        keys=tuple(
            Keys(
                use=use,
                current=public(current) if use is Use.TICKET else public(f"{use} now"),
                next=public(f"{use} next"),
                revoked=revoked if use is Use.TICKET else (),
            )
            for use in Use
        ),
    )


def tickets(count: int = 2, first: Ticket = TICKET) -> tuple[Ticket, ...]:
    """Return so many of one session, each for 64 MiB more than the one before."""
    found = [first]
    while len(found) < count:
        last = found[-1]
        cap_bytes = last.cap_bytes + 64 * MIB
        found.append(attrs.evolve(last, cap_bytes=cap_bytes, previous=last.hash()))
    return tuple(found)


def chain(
    role: Role, count: int, *, step_bytes: int = MIB, ticket: Ticket = TICKET
) -> list[Receipt]:
    """Return so many receipts of one end, each ``step_bytes`` further both ways."""
    found: list[Receipt] = []
    for at in range(1, count + 1):
        figures = Figures(up_bytes=step_bytes * at, down_bytes=2 * step_bytes * at)
        former = found[-1] if found else None
        found.append(successor(former, role, ticket.hash(), figures, 10_000 * at))
    return found


def signed(receipts: list[Receipt]) -> tuple[bytes, ...]:
    return tuple(each.sign(KEYS[each.role]) for each in receipts)


def session(
    count: int = 3, *, of: tuple[Ticket, ...] | None = None, guest_step_bytes: int = MIB
) -> Session:
    """Return a session in which both ends signed so many receipts."""
    of = tickets() if of is None else of
    return Session(
        tickets=tuple(each.sign(key("server")) for each in of),
        node=signed(chain(Role.NODE, count, ticket=of[0])),
        guest=signed(chain(Role.GUEST, count, step_bytes=guest_step_bytes, ticket=of[0])),
    )


def another(number: int, count: int = 3) -> Session:
    """Return a session of another id, with the same keys."""
    return session(count, of=tickets(2, attrs.evolve(TICKET, session=UUID(int=number))))


def export(*sessions: Session, by: Manifest | None = None, root: str = "root") -> Export:
    """Return what is exported of ``sessions``."""
    served = json.loads((by or manifest()).sign(key(root)))
    return Export(
        root=public(root),
        manifest=base64.b64decode(served["signed"]),
        manifest_signature=base64.b64decode(served["signature"]),
        sessions=sessions,
    )
