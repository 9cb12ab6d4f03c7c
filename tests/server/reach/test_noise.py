"""The handshake against another implementation, and against everything that is none."""

from __future__ import annotations

from datetime import UTC, datetime
from ipaddress import ip_address

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from tests.server.reach.responder import Responder
from worldvpn_server.reach.echo import Echo, internet_checksum
from worldvpn_server.reach.noise import Initiation, NoiseError, Transport, initiate

NOW = datetime(2027, 1, 4, 12, tzinfo=UTC)
NONCE = bytes(range(32))
ECHO4 = Echo(
    source=ip_address("10.64.0.254"), target=ip_address("10.64.0.1"), identifier=7, nonce=NONCE
)
ECHO6 = Echo(
    source=ip_address("fd57:5650::fe"),
    target=ip_address("fd57:5650::1"),
    identifier=7,
    nonce=NONCE,
)


def begun() -> tuple[Initiation, Responder]:
    responder = Responder()
    return initiate(X25519PrivateKey.generate(), responder.public, 5, NOW), responder


def shaken() -> tuple[Transport, Responder]:
    initiation, responder = begun()
    return initiation.finish(responder.answer(initiation.message)), responder


INITIATION, ANSWERER = begun()
RESPONSE = ANSWERER.answer(INITIATION.message)
SESSION = INITIATION.finish(RESPONSE)
SEALED = ANSWERER.seal(b"hello" + bytes(11))


def reply(request: bytes) -> bytes:
    """What a machine's own IP stack would answer, computed apart from ``Echo``."""
    if request[0] >> 4 == 4:
        ends = request[16:20] + request[12:16]
        icmp = b"\0\0\0\0" + request[24:]
        checksum = internet_checksum(icmp).to_bytes(2, "big")
        return request[:12] + ends + icmp[:2] + checksum + icmp[4:]
    ends = request[24:40] + request[8:24]
    icmp = b"\x81\0\0\0" + request[44:]
    pseudo = ends + len(icmp).to_bytes(4, "big") + b"\0\0\0\x3a"
    checksum = internet_checksum(pseudo + icmp).to_bytes(2, "big")
    return request[:8] + ends + icmp[:2] + checksum + icmp[4:]


def test_both_ends_have_the_same_keys() -> None:
    transport, responder = shaken()

    assert responder.open(transport.seal(b"ping")) == b"ping" + bytes(12)
    assert responder.open(transport.seal(bytes(32))) == bytes(32)
    assert transport.open(responder.seal(b"pong")) == b"pong"
    assert transport.open(responder.seal(b"")) == b""


def test_no_secret_is_shown() -> None:
    shown = repr(INITIATION) + repr(SESSION) + repr(ECHO4)

    assert SESSION._sending.hex() not in shown
    assert str(SESSION._sending) not in shown
    assert str(NONCE) not in shown


@given(at=st.integers(0, len(RESPONSE) - 17), bit=st.integers(0, 7))
def test_no_changed_bit_of_a_response_is_taken(at: int, bit: int) -> None:
    changed = bytearray(RESPONSE)
    changed[at] ^= 1 << bit

    with pytest.raises(NoiseError):
        INITIATION.finish(bytes(changed))


@given(st.binary(max_size=200) | st.binary(min_size=92, max_size=92))
def test_what_strangers_send_is_an_error_at_worst(garbage: bytes) -> None:
    for message in (garbage, RESPONSE[:4] + garbage, RESPONSE[:12] + garbage[:80]):
        with pytest.raises(NoiseError):
            INITIATION.finish(message)
    for message in (garbage, SEALED[:8] + garbage, SEALED[:16] + garbage):
        with pytest.raises(NoiseError):
            SESSION.open(message)


def test_answer_of_another_handshake_is_refused() -> None:
    other, responder = begun()

    with pytest.raises(NoiseError):
        INITIATION.finish(responder.answer(other.message))


@pytest.mark.parametrize("key", [bytes(32), b"\x01" + bytes(31), b"", b"short"])
def test_unusable_key_is_an_error(key: bytes) -> None:
    with pytest.raises(NoiseError):
        initiate(X25519PrivateKey.generate(), key, 5, NOW)


@pytest.mark.parametrize("echo", [ECHO4, ECHO6], ids=["v4", "v6"])
def test_reply_to_the_question_is_known_with_and_without_padding(echo: Echo) -> None:
    answer = reply(echo.packet())

    assert echo.is_answered_by(answer)
    assert echo.is_answered_by(answer + bytes(-len(answer) % 16))


@pytest.mark.parametrize("echo", [ECHO4, ECHO6], ids=["v4", "v6"])
@given(data=st.data())
def test_nothing_but_the_reply_is_an_answer(echo: Echo, data: st.DataObject) -> None:
    answer = bytearray(reply(echo.packet()))
    icmp = 20 if echo is ECHO4 else 40
    at = data.draw(st.integers(icmp, len(answer) - 1))
    answer[at] ^= 1 << data.draw(st.integers(0, 7))

    assert not echo.is_answered_by(bytes(answer))
    assert not echo.is_answered_by(echo.packet())
    assert not echo.is_answered_by(bytes(answer[: data.draw(st.integers(0, len(answer)))]))


@given(st.binary(max_size=120), st.sampled_from([b"", b"\x45", b"\x4f", b"\x40", b"\x60"]))
def test_packets_of_any_bytes_are_read_without_a_fault(garbage: bytes, first: bytes) -> None:
    for echo in (ECHO4, ECHO6):
        assert not echo.is_answered_by(first + garbage)


def test_checksum_is_that_of_the_rfc() -> None:
    words = bytes.fromhex("0001f203f4f5f6f7")  # RFC 1071 section 3

    assert internet_checksum(words) == 0xFFFF - 0xDDF2
    assert internet_checksum(ECHO4.packet()[:20]) == 0
    assert internet_checksum(ECHO4.packet()[20:]) == 0
