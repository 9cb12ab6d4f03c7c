"""Verifying proofs of the Merkle tree, as a client or an auditor does (RFC 9162, section 2.1)."""

from __future__ import annotations

from collections.abc import Sequence

from worldvpn_server.ledger.merkle import node_hash


def included(leaf: int, hash_: bytes, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Return whether ``path`` proves the leaf in the tree (RFC 9162 section 2.1.3.2)."""
    if not 0 <= leaf < size:
        return False
    here, last = leaf, size - 1
    for each in path:
        if not last:
            return False
        if here & 1 or here == last:
            hash_ = node_hash(each, hash_)
            while here and not here & 1:
                here, last = here >> 1, last >> 1
        else:
            hash_ = node_hash(hash_, each)
        here, last = here >> 1, last >> 1
    return not last and hash_ == root


def consistent(old: int, old_root: bytes, new: int, new_root: bytes, path: Sequence[bytes]) -> bool:
    """Return whether ``path`` proves that the old tree starts the new (RFC 9162, 2.1.4.2)."""
    if not 0 < old <= new:
        return False
    if old == new:
        return not path and old_root == new_root
    steps = [old_root, *path] if not old & (old - 1) else list(path)
    if not steps:
        return False
    here, last = old - 1, new - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    first = second = steps[0]
    for each in steps[1:]:
        if not last:
            return False
        if here & 1 or here == last:
            first, second = node_hash(each, first), node_hash(each, second)
            while here and not here & 1:
                here, last = here >> 1, last >> 1
        else:
            second = node_hash(second, each)
        here, last = here >> 1, last >> 1
    return not last and first == old_root and second == new_root
