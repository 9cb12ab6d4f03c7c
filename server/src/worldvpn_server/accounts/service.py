"""Everything about accounts, put together."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network
from typing import Protocol
from uuid import UUID

import attrs

from worldvpn_server.accounts.counters import PostgresCounters
from worldvpn_server.accounts.devices import Devices
from worldvpn_server.accounts.families import Families, Issuer
from worldvpn_server.accounts.hashing import Hasher
from worldvpn_server.accounts.housekeeping import Housekeeping
from worldvpn_server.accounts.operator import Operator
from worldvpn_server.accounts.portability import Portability
from worldvpn_server.accounts.proofs import Proofs
from worldvpn_server.accounts.pseudonyms import Pseudonyms
from worldvpn_server.accounts.refreshing import Refreshing
from worldvpn_server.accounts.registration import Registration
from worldvpn_server.accounts.secrets import Secrets
from worldvpn_server.accounts.signin import SigningIn
from worldvpn_server.accounts.signout import SigningOut
from worldvpn_server.accounts.standing import Standing
from worldvpn_server.accounts.throttle import Throttle
from worldvpn_server.accounts.withdrawal import NodeMarker, SessionEnder, Withdrawal
from worldvpn_server.clock import Clock
from worldvpn_server.database.pool import Database, Tx
from worldvpn_server.operations.jobs import Job
from worldvpn_server.seams import Bus, Treasury


class Revocations(Protocol):
    """Ends sign-ins and bans; ``accounts.revocations`` has it."""

    async def revoke(self, tx: Tx, sids: Sequence[UUID]) -> None:
        """Let no token of these sign-ins hold."""

    async def revoke_account(self, tx: Tx, account: UUID) -> None:
        """Let no token of the account hold."""

    async def revoke_device(self, tx: Tx, device: UUID) -> None:
        """Let no token of the device hold."""

    async def ban(self, tx: Tx, account: UUID, reason: str) -> None:
        """Let nothing that the account holds be good for anything."""

    async def unban(self, tx: Tx, account: UUID) -> None:
        """Take a ban back."""


@attrs.frozen(kw_only=True)
class Ground:
    """What accounts stand on."""

    database: Database
    clock: Clock
    bus: Bus
    treasury: Treasury
    issuer: Issuer
    revocations: Revocations
    hasher: Hasher
    pseudonyms: Pseudonyms
    sessions: SessionEnder
    nodes: NodeMarker
    #: The root key that clients pin: what devices sign is for this server alone.
    audience: bytes
    lab_ranges: tuple[IPv4Network | IPv6Network, ...] = ()


@attrs.frozen(kw_only=True)
class Accounts:
    """The services that routes and commands call."""

    registration: Registration
    signing_in: SigningIn
    signing_out: SigningOut
    refreshing: Refreshing
    secrets: Secrets
    devices: Devices
    standing: Standing
    portability: Portability
    operator: Operator
    throttle: Throttle
    housekeeping: Housekeeping
    _ground: Ground

    @classmethod
    def over(cls, ground: Ground) -> Accounts:
        """Return the services over ``ground``."""
        database, clock = ground.database, ground.clock
        counters = PostgresCounters(database, clock)
        throttle = Throttle(
            counters=counters,
            pseudonyms=ground.pseudonyms,
            clock=clock,
            lab_ranges=ground.lab_ranges,
        )
        proofs = Proofs(audience=ground.audience, clock=clock)
        families = Families(clock=clock, issuer=ground.issuer)
        withdrawal = Withdrawal(sessions=ground.sessions, nodes=ground.nodes)
        devices = Devices(
            database=database,
            clock=clock,
            proofs=proofs,
            revoker=ground.revocations,
            withdrawal=withdrawal,
        )
        signing_in = SigningIn(
            database=database,
            throttle=throttle,
            hasher=ground.hasher,
            proofs=proofs,
            devices=devices,
            families=families,
            revoker=ground.revocations,
        )
        return cls(
            registration=Registration(
                database=database,
                clock=clock,
                throttle=throttle,
                hasher=ground.hasher,
                treasury=ground.treasury,
                proofs=proofs,
                devices=devices,
                families=families,
            ),
            signing_in=signing_in,
            signing_out=SigningOut(
                database=database, revoker=ground.revocations, withdrawal=withdrawal
            ),
            refreshing=Refreshing(
                database=database,
                clock=clock,
                proofs=proofs,
                families=families,
                revoker=ground.revocations,
                bus=ground.bus,
            ),
            secrets=Secrets(
                database=database,
                throttle=throttle,
                hasher=ground.hasher,
                signing_in=signing_in,
                revoker=ground.revocations,
            ),
            devices=devices,
            standing=Standing(
                database=database,
                signing_in=signing_in,
                revoker=ground.revocations,
                withdrawal=withdrawal,
            ),
            portability=Portability(database=database),
            operator=Operator(
                database=database,
                banner=ground.revocations,
                withdrawal=withdrawal,
                treasury=ground.treasury,
            ),
            throttle=throttle,
            housekeeping=Housekeeping(database=database, clock=clock, counters=counters),
            ground=ground,
        )

    def jobs(self) -> tuple[Job, ...]:
        """Return what goes on in the background."""
        return self.housekeeping.jobs()
