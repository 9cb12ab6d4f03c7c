"""The key manifest: fetched, kept, and never an older one than was seen before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from worldvpn_central.api import Api
from worldvpn_central.clock import Clock
from worldvpn_central.http import Question
from worldvpn_central.trust import Trust
from worldvpn_core.contracts import CentralDesk
from worldvpn_core.credit.manifest import Manifest, open_manifest
from worldvpn_core.errors import CentralOfflineError, CreditProofError

FILE: Final = "manifest"


class Keys:
    """The manifest in force; the root's word on which keys sign what."""

    def __init__(self, root_key: bytes, clock: Clock, trust: Trust) -> None:
        self._root_key = root_key
        self._clock = clock
        self._trust = trust
        self._served = b""
        self._version = 0
        self.manifest: Manifest | None = None

    def remember(self, files: Mapping[str, bytes]) -> None:
        """Take up what was kept; what is expired or not the root's is passed over."""
        try:
            self._learn(files.get(FILE, b""))
        except CreditProofError:
            return

    async def fetch(self, api: Api, desk: CentralDesk) -> Manifest:
        """Get the newest, keep it if it is new, and return it.

        Raises:
            CentralOfflineError: what came is not the root's, expired, or older than one before.
        """
        served = (await api.answer(Question(method="GET", path="/v1/keys"))).body
        try:
            found = self._learn(served)
        except CreditProofError as error:
            raise CentralOfflineError(f"the central server is not to be trusted: {error}") from None
        if served != self._served:
            await desk.keep_file(FILE, served)
            self._served = served
        return found

    def _learn(self, served: bytes) -> Manifest:
        found = open_manifest(served, self._root_key, self._version, self._clock.server_s())
        self._version, self.manifest = found.version, found
        self._trust.learn(found)
        return found
