"""How often an account may be tried and an address may try, in all processes together."""

from __future__ import annotations

import math
from datetime import UTC, datetime, time, timedelta
from ipaddress import IPv4Network, IPv6Network
from typing import Final

import attrs
from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.aio.strategies import FixedWindowRateLimiter

from worldvpn_server.accounts.counters import PostgresCounters
from worldvpn_server.accounts.pseudonyms import Address, Pseudonyms, host_of, network_of
from worldvpn_server.clock import Clock
from worldvpn_server.database.pool import Tx
from worldvpn_server.errors import ThrottledError

#: New accounts of one network in a day (UTC).
MOST_SIGNUPS: Final = 3

_SIGN_UP: Final = """
INSERT INTO signup AS known (day, network, accounts) VALUES ($1, $2, 1)
ON CONFLICT (day, network) DO UPDATE SET accounts = known.accounts + 1
WHERE known.accounts < $3 RETURNING accounts
"""


@attrs.frozen(kw_only=True)
class Rule:
    """A limit and what it is called; ``what`` finishes the sentence "too many ..."."""

    name: str
    what: str
    limit: RateLimitItem


LOGIN_ACCOUNT: Final = Rule(
    name="login-account",
    what="attempts to sign in to this account",
    limit=RateLimitItemPerMinute(20, 15),
)
#: A device that the account knows is not locked out by strangers who guess.
LOGIN_DEVICE: Final = Rule(
    name="login-device",
    what="attempts to sign in from this device",
    limit=RateLimitItemPerMinute(20, 15),
)
#: Many people share an address behind a provider's translator.
LOGIN_ADDRESS: Final = Rule(
    name="login-address",
    what="attempts to sign in from this address",
    limit=RateLimitItemPerMinute(100, 15),
)
REGISTER_ADDRESS: Final = Rule(
    name="register-address", what="registrations from this address", limit=RateLimitItemPerHour(20)
)
RECOVER_ACCOUNT: Final = Rule(
    name="recover-account",
    what="attempts to recover this account",
    limit=RateLimitItemPerHour(5),
)
RECOVER_ADDRESS: Final = Rule(
    name="recover-address",
    what="attempts to recover an account from this address",
    limit=RateLimitItemPerHour(20),
)
EXPORT_ACCOUNT: Final = Rule(
    name="export-account", what="exports of this account", limit=RateLimitItemPerHour(10)
)


@attrs.frozen(kw_only=True)
class Throttle:
    """Counts attempts by pseudonyms; what is over the limit is refused before it costs anything."""

    counters: PostgresCounters
    pseudonyms: Pseudonyms
    clock: Clock
    #: Networks of a lab: there everybody has the same one.
    lab_ranges: tuple[IPv4Network | IPv6Network, ...] = ()

    async def hit(self, rule: Rule, *identity: object) -> None:
        """Count one attempt of ``identity`` under ``rule``.

        Raises:
            ThrottledError: it is one too many; says when to try again.
        """
        limiter = FixedWindowRateLimiter(self.counters)
        who = self.pseudonyms.of(rule.name, *identity).hex()
        if await limiter.hit(rule.limit, rule.name, who):
            return
        window = await limiter.get_window_stats(rule.limit, rule.name, who)
        left_s = math.ceil(window.reset_time - self.clock.now().timestamp())
        raise ThrottledError(
            f"too many {rule.what}: try again in {max(1, left_s)} s", retry_after_s=max(1, left_s)
        )

    async def hit_address(self, rule: Rule, address: Address) -> None:
        """Count one attempt from ``address``, or from the /64 around it. Raises as ``hit``."""
        if not self.is_lab(address):
            await self.hit(rule, host_of(address))

    async def sign_up(self, tx: Tx, address: Address) -> None:
        """Count a new account of the network around ``address``.

        Raises:
            ThrottledError: it had its new accounts of today.
        """
        if self.is_lab(address):
            return
        now = self.clock.now()
        today = now.date()
        network = self.pseudonyms.of("signup", today, network_of(address))
        if await tx.sql.fetchval(_SIGN_UP, today, network, MOST_SIGNUPS) is None:
            raise ThrottledError(
                f"this network had its {MOST_SIGNUPS} new accounts of today: try again tomorrow",
                retry_after_s=_until_tomorrow_s(now),
            )

    def is_lab(self, address: Address) -> bool:
        """Return whether ``address`` is of a lab, where limits per address have no meaning."""
        return any(address in each for each in self.lab_ranges)


def _until_tomorrow_s(now: datetime) -> int:
    midnight = datetime.combine(now.date() + timedelta(days=1), time(), UTC)
    return math.ceil((midnight - now).total_seconds())
