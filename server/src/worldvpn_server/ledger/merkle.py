"""The Merkle tree of RFC 6962: hashes, and the ranges of leaves that proofs are made of.

Leaves are appended only. A ``Frontier`` is all that is needed to go on appending: the complete
subtrees of the right edge. Proofs are named by ranges, thus whoever stores hashes can look them up.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final, Self

import attrs

HASH_BYTES: Final = 32
#: The root of a tree without leaves (RFC 6962 section 2.1).
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()

#: Leaves from the first to before the second.
Range = tuple[int, int]


def leaf_hash(leaf: bytes) -> bytes:
    """Return the hash of one leaf; its prefix keeps it apart from an inner node."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@attrs.frozen(kw_only=True)
class Subtree:
    """A complete subtree of ``2**level`` leaves, the ``index``-th of its level."""

    level: int
    index: int
    hash: bytes


@attrs.define(eq=False)
class Frontier:
    """The right edge of a tree of ``size`` leaves: its complete subtrees, largest first."""

    size: int = 0
    _hashes: list[bytes] = attrs.field(factory=list)

    @classmethod
    def load(cls, size: int, raw: bytes) -> Self:
        """Read what ``bytes`` wrote. Raises ValueError where it does not belong to ``size``."""
        if size < 0 or len(raw) != HASH_BYTES * size.bit_count():
            raise ValueError(f"{len(raw)} bytes are not the frontier of {size} leaves")
        return cls(size, [raw[at : at + HASH_BYTES] for at in range(0, len(raw), HASH_BYTES)])

    def __bytes__(self) -> bytes:
        return b"".join(self._hashes)

    def append(self, hash_: bytes) -> list[Subtree]:
        """Add a leaf by its hash; return the subtrees of level 1 and up that it completed."""
        done = []
        level, index = 0, self.size
        while index & 1:
            hash_ = node_hash(self._hashes.pop(), hash_)
            level, index = level + 1, index >> 1
            done.append(Subtree(level=level, index=index, hash=hash_))
        self._hashes.append(hash_)
        self.size += 1
        return done

    def root(self) -> bytes:
        """Return the root (RFC 6962 section 2.1)."""
        return folded(self._hashes)


def folded(hashes: Sequence[bytes]) -> bytes:
    """Return the root over complete subtrees, largest first."""
    if not hashes:
        return EMPTY_ROOT
    root = hashes[-1]
    for each in reversed(hashes[:-1]):
        root = node_hash(each, root)
    return root


def complete(part: Range) -> list[tuple[int, int]]:
    """Return the complete subtrees, as level and index, that ``part`` of a proof consists of."""
    start, end = part
    found = []
    while start < end:
        level = (end - start).bit_length() - 1
        found.append((level, start >> level))
        start += 1 << level
    return found


def inclusion(leaf: int, size: int) -> list[Range]:
    """Return the ranges whose hashes prove ``leaf`` in a tree of ``size`` (RFC 6962, 2.1.1).

    Raises:
        ValueError: there is no such leaf in it.
    """
    if not 0 <= leaf < size:
        raise ValueError(f"no leaf {leaf} in a tree of {size}")
    path: list[Range] = []
    start, end = 0, size
    while end - start > 1:
        split = start + _split(end - start)
        if leaf < split:
            path.append((split, end))
            end = split
        else:
            path.append((start, split))
            start = split
    return path[::-1]


def consistency(old: int, new: int) -> list[Range]:
    """Return the ranges that prove a tree of ``old`` leaves the start of one of ``new`` (2.1.2).

    Raises:
        ValueError: not ``0 < old <= new``.
    """
    if not 0 < old <= new:
        raise ValueError(f"a tree of {old} is not the start of one of {new}")
    if old == new:
        return []
    path: list[Range] = []
    start, end, whole = 0, new, True
    while end > old:
        split = start + _split(end - start)
        if old <= split:
            path.append((split, end))
            end = split
        else:
            path.append((start, split))
            start, whole = split, False
    if not whole:
        path.append((start, end))
    return path[::-1]


def _split(count: int) -> int:
    return 1 << ((count - 1).bit_length() - 1)
