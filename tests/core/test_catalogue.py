"""Directory files: what was signed comes back, what was not does not, and changes add up."""

from __future__ import annotations

from uuid import UUID

import attrs
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from worldvpn_core.catalogue import (
    Catalogue,
    Entry,
    Load,
    apply_delta,
    key_id_of,
    open_catalogue,
)
from worldvpn_core.errors import CatalogueError

_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
_PUBLIC = _KEY.public_key().public_bytes_raw()
_KEY_ID = bytes(16)
_NAMES = ("WireGuard", "Trojan", "VLESS")

entries = st.builds(
    Entry,
    id=st.uuids(),
    country=st.sampled_from(["DE", "FR"]),
    city=st.text(st.characters(exclude_categories=["Cs"]), max_size=60),
    public=st.booleans(),
    on_probation=st.booleans(),
    protocols=st.frozensets(st.sampled_from(_NAMES)),
    bandwidth_mbps=st.integers(0, 2**32 - 1),
    load=st.sampled_from(Load),
    reputation=st.integers(0, 100),
    latency_ms=st.none() | st.integers(0, 65_534),
)
catalogues = st.builds(
    Catalogue,
    region=st.integers(0, 999),
    version=st.integers(2, 2**63),
    since=st.just(0),
    issued_s=st.just(1_000),
    expires_s=st.just(2_000),
    entries=st.lists(entries, max_size=8).map(lambda found: {each.id: each for each in found}),
    gone=st.frozensets(st.uuids(), max_size=3),
)
_WHOLE = Catalogue(region=150, version=7, issued_s=1_000, expires_s=2_000, entries={})


@given(catalogues)
def test_what_was_signed_comes_back(catalogue: Catalogue) -> None:
    file = catalogue.sign(_KEY_ID, _KEY)

    assert open_catalogue(file, _PUBLIC, 1_999) == catalogue
    assert file == catalogue.sign(_KEY_ID, _KEY)
    assert key_id_of(file) == _KEY_ID


@given(catalogues, st.data())
@settings(max_examples=60)
def test_one_changed_byte_is_noticed(catalogue: Catalogue, data: st.DataObject) -> None:
    file = bytearray(catalogue.sign(_KEY_ID, _KEY))
    place = data.draw(st.integers(len(_KEY_ID), len(file) - 1))
    file[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(CatalogueError):
        open_catalogue(bytes(file), _PUBLIC, 1_500)


@given(st.binary(max_size=300))
def test_nonsense_under_a_good_signature_is_no_directory(packed: bytes) -> None:
    file = _KEY_ID + _KEY.sign(b"worldvpn/directory/v1\x00" + packed) + packed
    with pytest.raises(CatalogueError):
        open_catalogue(file, _PUBLIC, 0)


@given(catalogues, st.data())
def test_file_that_ends_early_is_no_directory(catalogue: Catalogue, data: st.DataObject) -> None:
    file = catalogue.sign(_KEY_ID, _KEY)
    with pytest.raises(CatalogueError):
        open_catalogue(file[: data.draw(st.integers(0, len(file) - 1))], _PUBLIC, 1_500)


def test_file_of_another_key_is_not_believed() -> None:
    other = Ed25519PrivateKey.generate()
    with pytest.raises(CatalogueError, match="not signed"):
        open_catalogue(_WHOLE.sign(_KEY_ID, other), _PUBLIC, 1_500)


def test_frozen_file_is_noticed() -> None:
    with pytest.raises(CatalogueError, match="expired"):
        open_catalogue(_WHOLE.sign(_KEY_ID, _KEY), _PUBLIC, 2_000)


@given(catalogues, st.lists(st.tuples(catalogues), max_size=5))
def test_changes_add_up(start: Catalogue, steps: list[tuple[Catalogue]]) -> None:
    held, plain = attrs.evolve(start, gone=frozenset()), dict(start.entries)
    for (step,) in steps:
        removed = frozenset(list(plain)[::2]) | step.gone
        delta = attrs.evolve(
            step,
            region=held.region,
            since=held.version,
            version=held.version + 1,
            gone=removed - step.entries.keys(),
        )
        plain = {key: one for key, one in plain.items() if key not in delta.gone}
        plain.update(step.entries)
        held = apply_delta(held, delta)

    assert held.entries == plain
    assert held.version == start.version + len(steps)


@pytest.mark.parametrize(("region", "since"), [(2, 7), (150, 6), (150, 8), (150, 0)])
def test_changes_that_do_not_follow_on_are_refused(region: int, since: int) -> None:
    delta = attrs.evolve(_WHOLE, region=region, since=since, version=8)
    with pytest.raises(CatalogueError, match="fetch the whole file"):
        apply_delta(_WHOLE, delta)


def test_node_that_comes_back_in_the_same_step_is_there() -> None:
    one = Entry(
        id=UUID(int=5),
        country="DE",
        city="",
        public=False,
        on_probation=False,
        protocols=frozenset(),
        bandwidth_mbps=1,
        load=Load.FREE,
        reputation=50,
        latency_ms=None,
    )
    delta = attrs.evolve(
        _WHOLE, since=7, version=8, entries={one.id: one}, gone=frozenset({one.id})
    )

    assert set(apply_delta(_WHOLE, delta).entries) == {one.id}
