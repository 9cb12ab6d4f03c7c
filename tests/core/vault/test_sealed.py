"""Every byte of a sealed vault counts, and a guess at its passphrase is dear."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.vault.power import CuttableDisk
from tests.core.vault.samples import CHEAP, KEY, PASSPHRASE, keeping, secrets
from worldvpn_core.errors import VaultDamagedError, VaultError, VaultKeyError
from worldvpn_core.vault import contents
from worldvpn_core.vault.keeping import Keeping
from worldvpn_core.vault.opening import COST, Passphrase, key_for, new_lock
from worldvpn_core.vault.sealed import HEADER_BYTES, read, seal, unseal

LOCK = new_lock(KEY, CHEAP)
SEALED = seal(contents.to_bytes(secrets()), KEY.key, LOCK, 7)


def flipped(raw: bytes, place: int, bits: int) -> bytes:
    return raw[:place] + bytes([raw[place] ^ bits]) + raw[place + 1 :]


def with_sum(body: bytes) -> bytes:
    return body + hashlib.sha256(body).digest()


def test_sealed_contents_come_back_and_are_not_to_be_read_without_the_key() -> None:
    assert unseal(read(SEALED.raw), KEY.key) == contents.to_bytes(secrets())
    for secret in (b"token-1", b"ada", b"vpn.example", b"xxxx", KEY.key):
        assert secret not in SEALED.raw


@given(st.binary(max_size=4_000), st.binary(min_size=32, max_size=32), st.integers(0, 2**64 - 1))
def test_any_contents_come_back_by_any_key(kept: bytes, key: bytes, generation: int) -> None:
    sealed = read(seal(kept, key, LOCK, generation).raw)
    assert (unseal(sealed, key), sealed.generation, sealed.lock) == (kept, generation, LOCK)


@pytest.mark.parametrize("bits", [0x01, 0x80, 0xFF])
def test_flipped_bits_in_any_byte_are_damage(bits: int) -> None:
    for place in range(len(SEALED.raw)):
        with pytest.raises(VaultDamagedError):
            read(flipped(SEALED.raw, place, bits))


@pytest.mark.parametrize("bits", [0x01, 0x80, 0xFF])
def test_byte_altered_by_somebody_who_mends_the_checksum_opens_nothing(bits: int) -> None:
    for place in range(len(SEALED.raw) - 32):
        raw = with_sum(flipped(SEALED.raw[:-32], place, bits))
        with pytest.raises((VaultDamagedError, VaultKeyError)):
            unseal(read(raw), KEY.key)


@pytest.mark.parametrize("length", [0, 1, 54, 55, 102, len(SEALED.raw) - 1])
def test_torn_file_is_damage(length: int) -> None:
    with pytest.raises(VaultDamagedError):
        read(SEALED.raw[:length])


@given(st.binary(max_size=300), st.booleans())
def test_arbitrary_bytes_are_damage(raw: bytes, has_sum: bool) -> None:  # noqa: FBT001 - drawn
    with pytest.raises(VaultDamagedError):
        read(with_sum(raw) if has_sum else raw)


def test_header_of_another_generation_does_not_fit() -> None:
    other = seal(contents.to_bytes(secrets()), KEY.key, LOCK, 8)
    mixed = with_sum(other.raw[:HEADER_BYTES] + SEALED.raw[HEADER_BYTES:-32])
    with pytest.raises(VaultKeyError):
        unseal(read(mixed), KEY.key)


def test_header_cannot_ask_for_all_memory() -> None:
    greedy = SEALED.raw[:19] + (2**31).to_bytes(4, "big") + SEALED.raw[23:-32]
    with pytest.raises(VaultDamagedError, match="more than any vault needs"):
        read(with_sum(greedy))


def test_guess_at_a_passphrase_costs_64_mib_and_three_passes() -> None:
    disk = CuttableDisk()
    Keeping(disk).created(PASSPHRASE, None)
    cost = read(disk.files["vault"]).lock.cost

    assert (cost.memory_kib, cost.iterations, cost.lanes) == (64 * 1_024, 3, 4)
    assert cost == COST


def test_passphrase_vault_of_the_real_cost_opens_by_it_alone() -> None:
    disk = CuttableDisk()
    Keeping(disk).created(PASSPHRASE, None)
    assert Keeping(disk).opened(PASSPHRASE).secrets is None
    with pytest.raises(VaultKeyError):
        Keeping(disk).opened(Passphrase(text="correct horse batterz"))


def test_key_is_what_argon2id_gives_elsewhere() -> None:
    from argon2.low_level import Type, hash_secret_raw  # noqa: PLC0415 - the other implementation

    lock = new_lock(PASSPHRASE, CHEAP)
    theirs = hash_secret_raw(
        PASSPHRASE.text.encode(), lock.salt, 1, 8, 1, hash_len=32, type=Type.ID
    )
    assert key_for(PASSPHRASE, lock) == theirs


def test_umlaut_typed_in_either_form_is_the_same_passphrase() -> None:
    lock = new_lock(PASSPHRASE, CHEAP)
    composed, apart = (
        Passphrase(text="Gr\u00f6\u00dfe 1234"),
        Passphrase(text="Gro\u0308\u00dfe 1234"),
    )
    assert key_for(composed, lock) == key_for(apart, lock)


def test_two_vaults_of_one_passphrase_have_different_keys() -> None:
    one, other = new_lock(PASSPHRASE, CHEAP), new_lock(PASSPHRASE, CHEAP)
    assert one.salt != other.salt
    assert key_for(PASSPHRASE, one) != key_for(PASSPHRASE, other)


def test_contents_too_large_for_a_vault_are_refused_before_anything_is_written() -> None:
    with pytest.raises(VaultError, match="at most 65536 bytes"):
        seal(bytes(65_536), KEY.key, LOCK, 1)


def test_largest_secrets_fit() -> None:
    disk = CuttableDisk()
    kept = keeping(disk)
    held = kept.created(KEY, None)
    line = "\U0001f511" * 4_096
    large = secrets(line)
    kept.stored(held, large)
    assert keeping(disk).opened(KEY).secrets == large
