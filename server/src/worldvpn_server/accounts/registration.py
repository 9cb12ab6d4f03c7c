"""New accounts: a name that nobody else has or looks like, a wallet, and a recovery code."""

from __future__ import annotations

import re
from typing import Final
from uuid import UUID

import attrs

from worldvpn_server.accounts import recoverycode
from worldvpn_server.accounts.devices import Devices, NewDevice
from worldvpn_server.accounts.families import Families, Signed
from worldvpn_server.accounts.hashing import Hasher
from worldvpn_server.accounts.names import Name, is_reserved, read_name
from worldvpn_server.accounts.passwords import check_new, normalised
from worldvpn_server.accounts.proofs import Claim, Proof, Proofs, Purpose
from worldvpn_server.accounts.pseudonyms import Address
from worldvpn_server.accounts.throttle import REGISTER_ADDRESS, Throttle
from worldvpn_server.clock import Clock
from worldvpn_server.database.pool import Database, Tx
from worldvpn_server.errors import ConflictError, InvalidError
from worldvpn_server.ids import new_id
from worldvpn_server.ledger.welcome import open_wallet
from worldvpn_server.seams import Treasury

_MOST_EMAIL_CHARACTERS: Final = 254
#: As HTML's input type "email" has it, and a dot in the domain; what it is good for only a mail
#: to it could tell.
_EMAIL: Final = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+"
    r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
)

_ALIKE: Final = "SELECT name_key FROM account WHERE name_key = $1 OR skeleton = $2"
_INSERT: Final = """
INSERT INTO account
    (id, name, name_key, skeleton, password_hash, recovery_hash, email, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING RETURNING id
"""
_TAKEN: Final = "Username already exists"


@attrs.frozen(kw_only=True)
class Application:
    """What somebody asks for who wants an account."""

    username: str = attrs.field(repr=False)
    password: str = attrs.field(repr=False)
    email: str | None = attrs.field(default=None, repr=False)
    address: Address = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class Newcomer:
    """The device that is to be signed in at once, and its signature (``Purpose.SIGN_IN``)."""

    device: NewDevice
    proof: Proof


@attrs.frozen(kw_only=True)
class Registered:
    """A new account; ``recovery_code`` is shown this once."""

    account: UUID
    username: str
    recovery_code: str = attrs.field(repr=False)
    signed: Signed | None = None


@attrs.frozen(kw_only=True)
class _Ready:
    """An application, checked and hashed."""

    name: Name
    password_hash: str = attrs.field(repr=False)
    email: str | None = attrs.field(repr=False)
    address: Address = attrs.field(repr=False)


def checked_email(text: str | None) -> str | None:
    """Return ``text`` if mail could be sent there; nothing is None.

    Raises:
        InvalidError: it is no address.
    """
    if text is None or not text.strip():
        return None
    if len(text) > _MOST_EMAIL_CHARACTERS or _EMAIL.fullmatch(text.strip()) is None:
        raise InvalidError("email: is no address: leave it out or write name@example.org")
    return text.strip()


@attrs.frozen(kw_only=True)
class Registration:
    """Makes accounts."""

    database: Database
    clock: Clock
    throttle: Throttle
    hasher: Hasher
    treasury: Treasury
    proofs: Proofs
    devices: Devices
    families: Families

    async def register(
        self, application: Application, newcomer: Newcomer | None = None
    ) -> Registered:
        """Make an account, and sign the newcomer in if there is one.

        Raises:
            InvalidError: name, password or address of mail cannot be used.
            ConflictError: another account has the name, or one that looks the same.
            ThrottledError: too many from there.
        """
        used = None if newcomer is None else self._check(application, newcomer)
        name = read_name(application.username)
        password = normalised(application.password)
        email = checked_email(application.email)
        await self.throttle.hit_address(REGISTER_ADDRESS, application.address)
        await self._check_free(name)
        await self.hasher.off_loop(lambda: check_new(password, name.key))
        ready = _Ready(
            name=name,
            password_hash=await self.hasher.hash(password),
            email=email,
            address=application.address,
        )

        async def work(tx: Tx) -> Registered:
            made = await self._make(tx, ready)
            if newcomer is None or used is None:
                return made
            await self.proofs.claim_once(tx, used)
            device = await self.devices.admit(tx, made.account, newcomer.device)
            signed = await self.families.open(tx, made.account, made.username, device)
            return attrs.evolve(made, signed=signed)

        return await self.database.run(work)

    def _check(self, application: Application, newcomer: Newcomer) -> bytes:
        keys = newcomer.device.keys
        about = (application.username.encode(errors="replace"), keys.x25519, keys.ed25519)
        claim = Claim(purpose=Purpose.SIGN_IN, about=about)
        return self.proofs.check(newcomer.proof, claim, keys.ed25519)

    async def _make(self, tx: Tx, ready: _Ready) -> Registered:
        await self.throttle.sign_up(tx, ready.address)
        code, name = recoverycode.draw(), ready.name
        account = await tx.sql.fetchval(
            _INSERT,
            new_id(),
            name.shown,
            name.key,
            name.skeleton,
            ready.password_hash,
            recoverycode.stored(code),
            ready.email,
            self.clock.now(),
        )
        if not isinstance(account, UUID):
            raise ConflictError(_TAKEN)
        await open_wallet(tx, self.treasury, account)
        return Registered(account=account, username=name.shown, recovery_code=code)

    async def _check_free(self, name: Name) -> None:
        """Tell before the password is hashed; the insert decides."""
        async with self.database.read() as sql:
            alike = [row["name_key"] for row in await sql.fetch(_ALIKE, name.key, name.skeleton)]
        if name.key in alike:
            raise ConflictError(_TAKEN)
        if alike or is_reserved(name):
            raise ConflictError(_TAKEN, hint="it looks like another name: choose another")
