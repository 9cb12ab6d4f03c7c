"""Whose signature under a checkpoint is believed."""

from __future__ import annotations

from typing import Self

import attrs

from worldvpn_core.credit.manifest import Keys
from worldvpn_server.ledger.note import key_hash


@attrs.frozen(kw_only=True)
class Trust:
    """The ledger's name, and the public keys that may have signed for it.

    ``some_revoked``: a key was stolen once and is not among them any more. What it signed proves
    nothing by itself, but is proved by every later checkpoint.
    """

    origin: str
    publics: tuple[bytes, ...]
    some_revoked: bool = False

    @classmethod
    def of(cls, origin: str, keys: Keys) -> Self:
        """Return the trust that a manifest's ``keys`` give: a retired key's word still holds."""
        return cls(
            origin=origin,
            publics=(keys.current, keys.next, *(old.public for old in keys.retired)),
            some_revoked=bool(keys.revoked),
        )

    def believed(self, origin: str, hash_: bytes) -> bytes | None:
        """Return the key that ``hash_`` names, when it may sign for ``origin``."""
        if origin != self.origin:
            return None
        return next((each for each in self.publics if key_hash(origin, each) == hash_), None)
