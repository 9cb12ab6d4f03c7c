"""The key that receipts are sealed with: in the vault, so that it outlives the device's keys."""

from __future__ import annotations

import os

import attrs

from worldvpn_core.central.link import CentralLink
from worldvpn_core.errors import SignedOutError
from worldvpn_core.vault.contents import KEY_BYTES, Secrets


async def receipts_key(link: CentralLink) -> bytes:
    """Return the signed-in account's key, drawn once; it is in the vault on return.

    Raises:
        SignedOutError: nobody is signed in, or the vault is locked.
        VaultError: it cannot be kept.
    """
    secrets = link.secrets
    if secrets is None:
        raise SignedOutError("receipts are kept for an account: nobody is signed in")
    if secrets.receipts_key is None:
        drawn = os.urandom(KEY_BYTES)

        def keyed(latest: Secrets) -> Secrets:
            # Another call may have been quicker.
            return attrs.evolve(latest, receipts_key=latest.receipts_key or drawn)

        await link.alter(secrets.device_id, keyed)
        secrets = link.secrets
    if secrets is None or secrets.receipts_key is None:
        raise SignedOutError("the account was signed out meanwhile")
    return secrets.receipts_key
