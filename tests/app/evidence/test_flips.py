"""Whoever changes a bit of an export changes something that fails, checksum mended or not."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterable

import pytest

from tests.app.evidence.exports import another, export, session
from worldvpn_app.evidence.file import written
from worldvpn_app.evidence.judge import judged

RAW = written(export(session(), another(7, 2), another(8, 1)))
SMALL = written(export(session(2)))
COUNT = 1_000


def flipped(raw: bytes, bit: int) -> bytes:
    place, which = divmod(bit, 8)
    return raw[:place] + bytes([raw[place] ^ 1 << which]) + raw[place + 1 :]


def mended(raw: bytes, sessions: int) -> bytes:
    """Return ``raw`` with the checksum that fits it: no checksum keeps out whoever can count."""
    body = raw[: raw.rindex(b"\n", 0, len(raw) - 1) + 1]
    end = {"sessions": sessions, "sha256": hashlib.sha256(body).hexdigest()}
    return body + json.dumps(end, separators=(",", ":")).encode() + b"\n"


def body_bits(raw: bytes) -> int:
    return 8 * raw.rindex(b'{"sessions"')


def at_random(seed: int, most: int) -> list[int]:
    return random.Random(seed).sample(range(most), COUNT)  # noqa: S311 - the same in every run


def sound(files: Iterable[bytes]) -> list[int]:
    return [place for place, raw in enumerate(files) if judged(raw).is_sound]


def test_untouched_file_passes_with_its_checksum_mended_or_not() -> None:
    for raw, count in ((RAW, 3), (SMALL, 1)):
        assert judged(raw).is_sound
        assert mended(raw, count) == raw


@pytest.mark.parametrize("seed", range(3))
def test_each_of_a_thousand_bits_flipped_at_random_fails(seed: int) -> None:
    bits = at_random(seed, 8 * len(RAW))
    assert sound(flipped(RAW, bit) for bit in bits) == []


def test_each_of_a_thousand_bits_spread_over_the_whole_file_fails() -> None:
    bits = [at * 8 * len(RAW) // COUNT for at in range(COUNT)]
    assert sound(flipped(RAW, bit) for bit in bits) == []


@pytest.mark.parametrize("seed", range(3, 5))
def test_each_of_a_thousand_bits_fails_where_the_checksum_was_mended(seed: int) -> None:
    bits = at_random(seed, body_bits(RAW))
    assert sound(mended(flipped(RAW, bit), 3) for bit in bits) == []


def test_a_bit_of_every_byte_fails_where_the_checksum_was_mended() -> None:
    bits = [8 * place + place % 8 for place in range(body_bits(SMALL) // 8)]
    assert sound(mended(flipped(SMALL, bit), 1) for bit in bits) == []
