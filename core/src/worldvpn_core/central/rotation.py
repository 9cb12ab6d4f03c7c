"""New device keys every 30 days, without the tunnel or the sign-in noticing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

import attrs

from worldvpn_core.central.calls import PublicKeys, ReplaceKeys
from worldvpn_core.central.identity import DeviceKeys
from worldvpn_core.central.link import CentralLink, newest_keys
from worldvpn_core.central.replies import Done
from worldvpn_core.errors import WorldVpnError
from worldvpn_core.vault.contents import NextKeys, Secrets

LIFE: Final = timedelta(days=30)
_CHECK_S: Final = 3_600.0

_log = logging.getLogger(__name__)


def is_due(secrets: Secrets, now_utc: datetime) -> bool:
    """Say whether the device's keys have had their time. Pure."""
    return now_utc - secrets.device_keys_made_utc >= LIFE


class Rotation:
    """Replaces the keys of whoever is signed in when they are due."""

    def __init__(
        self,
        link: CentralLink,
        *,
        now_utc: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._link = link
        self._now_utc = now_utc

    async def run(self) -> None:
        """Look every hour, until cancelled."""
        while True:
            try:
                await self.rotate()
            except WorldVpnError as error:
                _log.info("the device's keys are replaced later: %s", error)
            await asyncio.sleep(_CHECK_S)

    async def rotate(self) -> bool:
        """Replace the keys if they are due; return whether they were.

        The new ones are kept before they are offered, beside the old ones until the server says
        that it has them: it may have taken them although no answer came, or another one did.

        Raises:
            CentralError, AgentError, VaultError: they were not; the same ones are offered again.
        """
        secrets = self._link.secrets
        if secrets is None or self._link.drawn is not None:
            return False
        device, offered = secrets.device_id, secrets.next_keys
        if offered is None and not is_due(secrets, self._now_utc()):
            return False
        keys = DeviceKeys.fresh() if offered is None else newest_keys(secrets)
        self._link.drawn = keys
        try:
            if offered is None:
                offered = NextKeys(x25519_private=keys.x25519, ed25519_private=keys.ed25519)
                if not await self._link.alter(device, _offering(offered)):
                    return False
            public = PublicKeys(x25519=keys.x25519_public, ed25519=keys.ed25519_public)
            await self._link.ask(ReplaceKeys(keys=public), Done)
        finally:
            self._link.drawn = None
        # A refresh may have brought another token meanwhile.
        return await self._link.alter(device, _replacing(offered, self._now_utc()))


def _offering(keys: NextKeys) -> Callable[[Secrets], Secrets]:
    return lambda latest: attrs.evolve(latest, next_keys=keys)


def _replacing(keys: NextKeys, now_utc: datetime) -> Callable[[Secrets], Secrets]:
    return lambda latest: attrs.evolve(
        latest,
        x25519_private=keys.x25519_private,
        ed25519_private=keys.ed25519_private,
        device_keys_made_utc=now_utc,
        next_keys=None,
    )
