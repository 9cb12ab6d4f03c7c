"""The kill switch: nftables rules from a policy, loaded, read back and compared."""

from __future__ import annotations
