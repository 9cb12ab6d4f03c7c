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
from worldvpn_core.central.link import CentralLink
from worldvpn_core.central.replies import Done
from worldvpn_core.errors import (
    AgentError,
    CentralOfflineError,
    CentralRefusedError,
    WorldVpnError,
)
from worldvpn_core.vault.contents import Secrets

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
        #: Keys that the server may have taken already, by device: its answer was lost, or the
        #: vault was locked when it came.
        self._offered: dict[str, DeviceKeys] = {}

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

        Raises:
            CentralError, AgentError, VaultError: they were not; the same ones are offered again.
        """
        secrets = self._link.secrets
        if secrets is None or self._link.drawn is not None:
            return False
        device = secrets.device_id
        if not is_due(secrets, self._now_utc()):
            self._offered.pop(device, None)
            return False
        was_offered = device in self._offered
        keys = self._offered.setdefault(device, DeviceKeys.fresh())
        self._link.drawn = keys
        public = PublicKeys(x25519=keys.x25519_public, ed25519=keys.ed25519_public)
        try:
            await self._link.ask(ReplaceKeys(keys=public), Done)
        except (CentralOfflineError, AgentError):
            raise
        except CentralRefusedError:
            # The old key signs no more: the answer that was lost had said yes.
            if not was_offered:
                del self._offered[device]
                raise
        finally:
            self._link.drawn = None
        # A refresh may have brought another token meanwhile.
        is_kept = await self._link.alter(
            device,
            lambda latest: attrs.evolve(
                latest,
                x25519_private=keys.x25519,
                ed25519_private=keys.ed25519,
                device_keys_made_utc=self._now_utc(),
            ),
        )
        if is_kept:
            del self._offered[device]
        return is_kept
