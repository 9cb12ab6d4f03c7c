"""The tree against its definition in RFC 6962, and proofs that hold for what they prove alone."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldvpn_server.ledger import merkle
from worldvpn_server.ledger.merkle import Frontier
from worldvpn_server.ledger.proof import consistent, included

MOST = 70
sizes = st.integers(1, MOST)
LEAVES = [merkle.leaf_hash(number.to_bytes(2)) for number in range(MOST)]


def naive(hashes: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    half = max(1 << power for power in range(10) if 1 << power < len(hashes))
    return merkle.node_hash(naive(hashes[:half]), naive(hashes[half:]))


def looked_up(parts: list[merkle.Range]) -> list[bytes]:
    """Range hashes out of complete subtrees alone, as a store has them."""
    return [
        merkle.folded(
            [
                naive(LEAVES[index << level : (index + 1) << level])
                for level, index in merkle.complete(part)
            ]
        )
        for part in parts
    ]


def grown(size: int) -> Frontier:
    frontier = Frontier()
    for leaf in LEAVES[:size]:
        frontier.append(leaf)
    return frontier


def test_leaf_and_empty_tree_are_those_of_certificate_transparency() -> None:
    assert merkle.leaf_hash(b"").hex().startswith("6e340b9cffb37a98")
    assert Frontier().root() == merkle.EMPTY_ROOT == naive([])


@given(sizes, sizes)
def test_frontier_has_the_root_of_the_definition_and_goes_on_after_a_pause(
    first: int, then: int
) -> None:
    frontier = Frontier.load(min(first, then), bytes(grown(min(first, then))))
    done = [
        each
        for leaf in LEAVES[min(first, then) : max(first, then)]
        for each in frontier.append(leaf)
    ]

    assert frontier.root() == naive(LEAVES[: max(first, then)])
    for each in done:
        start = each.index << each.level
        assert each.hash == naive(LEAVES[start : start + (1 << each.level)])


@given(st.data(), sizes)
def test_inclusion_holds_for_its_leaf_alone(data: st.DataObject, size: int) -> None:
    leaf, other = (data.draw(st.integers(0, size - 1)) for _ in range(2))
    path = looked_up(merkle.inclusion(leaf, size))
    root = naive(LEAVES[:size])

    assert included(leaf, LEAVES[leaf], size, path, root)
    assert included(leaf, LEAVES[other], size, path, root) is (leaf == other)
    assert not included(leaf, LEAVES[leaf], size, [*path, root], root)
    if path:
        assert not included(leaf, LEAVES[leaf], size, path[:-1], root)


@given(sizes, sizes, st.integers(0, 255))
def test_consistency_holds_for_a_start_of_the_tree_alone(one: int, two: int, flip: int) -> None:
    old, new = sorted((one, two))
    path = looked_up(merkle.consistency(old, new))
    before, after = naive(LEAVES[:old]), naive(LEAVES[:new])
    forged = bytes([before[0] ^ (flip or 1), *before[1:]])

    assert consistent(old, before, new, after, path)
    assert not consistent(old, forged, new, after, path)
    assert not consistent(old, before, new, forged, path)
    assert not consistent(old, before, new, after, [*path, before])


@pytest.mark.parametrize("call", [merkle.inclusion, merkle.consistency])
def test_proof_of_what_is_not_there_is_refused(
    call: Callable[[int, int], list[merkle.Range]],
) -> None:
    for bad in ((9, 5), (-1, 5)):
        with pytest.raises(ValueError, match="tree"):
            call(*bad)


@given(st.integers(-2, MOST), st.binary(max_size=100))
def test_frontier_of_another_size_is_refused(size: int, raw: bytes) -> None:
    if size < 0 or len(raw) != 32 * size.bit_count():
        with pytest.raises(ValueError, match="frontier"):
            Frontier.load(size, raw)
