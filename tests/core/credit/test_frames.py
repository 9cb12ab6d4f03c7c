"""Frames of an exchange of receipts: one encoding, and nothing else passes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldvpn_core.credit.frames import (
    FROM_GUEST,
    FROM_NODE,
    LONGEST_BYTES,
    Answer,
    Bye,
    Claim,
    Frame,
    FrameError,
    Hello,
    Over,
    Reason,
    Welcome,
    read,
    written,
)
from worldvpn_core.credit.lengths import RECEIPT_BYTES

receipts = st.binary(min_size=RECEIPT_BYTES, max_size=RECEIPT_BYTES)
perhaps = st.none() | receipts
hashes = st.binary(min_size=32, max_size=32)
from_guest: st.SearchStrategy[Frame] = st.one_of(
    st.builds(Hello, hashes, perhaps), st.builds(Answer, receipts), st.builds(Bye)
)
from_node: st.SearchStrategy[Frame] = st.one_of(
    st.builds(Welcome, perhaps),
    st.builds(Claim, receipts),
    st.builds(Over, st.sampled_from(Reason)),
)
BOTH = (*FROM_GUEST, *FROM_NODE)


@given(st.lists(from_guest | from_node, max_size=6), st.data())
def test_frames_arrive_as_they_were_sent_however_they_are_cut(
    frames: list[Frame], data: st.DataObject
) -> None:
    stream = b"".join(map(written, frames))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    found: list[Frame] = []
    unread = b""
    for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        more, unread = read(unread + stream[begin:end], BOTH)
        found.extend(more)
        assert len(unread) < LONGEST_BYTES
    assert (found, unread) == (frames, b"")


@given(st.binary(max_size=3 * LONGEST_BYTES))
def test_any_bytes_are_frames_or_the_one_error_and_little_is_waited_for(data: bytes) -> None:
    try:
        frames, unread = read(data, BOTH)
    except FrameError:
        return
    assert b"".join(map(written, frames)) + unread == data
    assert len(unread) < LONGEST_BYTES


@given(from_guest | from_node, st.data())
def test_flipped_bit_never_makes_the_same_frame(frame: Frame, data: st.DataObject) -> None:
    sent = bytearray(written(frame))
    at = data.draw(st.integers(0, 8 * len(sent) - 1))
    sent[at // 8] ^= 1 << at % 8
    try:
        found, _ = read(bytes(sent), BOTH)
    except FrameError:
        return
    assert found != (frame,)


@pytest.mark.parametrize("frame", [Welcome(), Over(Reason.LEFT)], ids=["welcome", "over"])
def test_what_a_node_says_is_not_taken_from_a_guest(frame: Frame) -> None:
    with pytest.raises(FrameError):
        read(written(frame), FROM_GUEST)


def test_unknown_kind_is_refused_at_its_first_byte() -> None:
    with pytest.raises(FrameError):
        read(b"\x04", FROM_GUEST)


def test_another_version_is_refused() -> None:
    sent = written(Hello(bytes(32)))
    with pytest.raises(FrameError):
        read(sent[:5] + b"\x02" + sent[6:], FROM_GUEST)


def test_missing_receipt_is_written_in_one_way_alone() -> None:
    sent = written(Welcome())
    with pytest.raises(FrameError):
        read(sent[:-1] + b"\x01", FROM_NODE)
