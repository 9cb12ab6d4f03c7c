"""A server that has the right certificate and means ill: bounded, refused, and not quoted."""

from __future__ import annotations

import asyncio
import hashlib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from tests.plugins.central.desk import Device
from worldvpn_central.errors import printable
from worldvpn_core.central import news
from worldvpn_core.central.server import central_server
from worldvpn_core.errors import (
    CentralError,
    CentralOfflineError,
    CentralRefusedError,
    DeniedError,
    OutOfCreditError,
)

pytestmark = pytest.mark.anyio


def certificate(folder: Path) -> str:
    """Write a key and its certificate; return the pin."""
    key, now = generate_private_key(SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "both.pem").write_bytes(secret + made.public_bytes(Encoding.PEM))
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(spki).hexdigest()


@asynccontextmanager
async def answering(folder: Path, answer: bytes, repeated: bytes = b"") -> AsyncIterator[Device]:
    """A device of a server that answers ``answer`` to anything, then ``repeated`` for ever."""
    spki = certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "both.pem")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.read(65_536):
                writer.write(answer)
                while repeated:
                    writer.write(repeated)
                    await writer.drain()
                await writer.drain()
        except (OSError, ssl.SSLError):
            pass
        finally:
            writer.transport.abort()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with listening:
        host, port = listening.sockets[0].getsockname()
        central = central_server(
            {
                "url": f"https://{host}:{port}",
                "addresses": [f"{host}:{port}"],
                "root_key": "00" * 32,
                "spki_sha256": spki,
            }
        )
        device = Device.made(central)
        yield device
        await device.client.aclose()


def http(status: str, body: bytes, *headers: str) -> bytes:
    head = "".join(f"{each}\r\n" for each in (*headers, f"Content-Length: {len(body)}"))
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body


async def test_answer_without_an_end_is_cut(tmp_path: Path) -> None:
    endless = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"8000\r\n" + b"x" * 0x8000 + b"\r\n"
    async with answering(tmp_path, endless, chunk) as device:
        with pytest.raises(CentralOfflineError, match="longer than 1,048,576 bytes"):
            await device.register("ada")


async def test_headers_without_an_end_are_cut(tmp_path: Path) -> None:
    async with answering(tmp_path, b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 1_000) as device:
        with pytest.raises(CentralOfflineError, match="broke"):
            await device.register("ada")


@pytest.mark.parametrize(
    "body",
    [
        b"not json",
        b"[]",
        b"[" * 100_000,
        b'{"signed_in": 7, "recovery_code": "x"}',
        b'{"signed_in": {}, "recovery_code": "x"}',
        b'{"signed_in": null}',
        b"\xff\xfe",
        b'{"a": ' + b"9" * 10_000 + b"}",
    ],
)
async def test_answer_that_makes_no_sense_is_refused_and_not_quoted(
    tmp_path: Path, body: bytes
) -> None:
    async with answering(tmp_path, http("201 Created", body)) as device:
        with pytest.raises(CentralOfflineError, match="makes no sense"):
            await device.register("ada")


@pytest.mark.parametrize(
    ("answer", "kind", "sentence"),
    [
        (http("409 X", b'{"error": "it\\u001b[2J is\\n taken"}'), CentralRefusedError, "it [2J is"),
        (http("422 X", b"<html>"), CentralRefusedError, "the central server answered 422"),
        (http("500 X", b'{"error": 7}'), CentralRefusedError, "the central server answered 500"),
        (http("402 X", b'{"error": "nothing left"}'), OutOfCreditError, "nothing left"),
        (http("503 X", b'{"error": "wait"}', "Retry-After: 9"), CentralRefusedError, "in 9 s"),
        (http("302 X", b"", "Location: https://example.org/"), CentralRefusedError, "302"),
        (http("401 X", b'{"error": "no", "server_time_s": true}'), CentralRefusedError, "no"),
        (b"SSH-2.0-x\r\n\r\n", CentralOfflineError, "broke"),
        (http("200 OK", b""), CentralOfflineError, "makes no sense"),
    ],
)
async def test_refusal_is_one_of_ours_in_its_words(
    tmp_path: Path, answer: bytes, kind: type[CentralError], sentence: str
) -> None:
    async with answering(tmp_path, answer) as device:
        with pytest.raises(kind) as caught:
            await device.register("ada")
        assert sentence in str(caught.value)
        assert str(caught.value).isprintable()


async def test_server_that_says_that_it_is_another_year_gets_no_signature_for_it(
    tmp_path: Path,
) -> None:
    other_year = http("401 X", b'{"error": "off", "server_time_s": 2000000000}')
    async with answering(tmp_path, other_year) as device:
        with pytest.raises((CentralRefusedError, DeniedError)):
            await device.register("ada")
        now_s = device.desk.now_s()
        assert all(abs(each.time_s - now_s) <= 86_500 for each in device.desk.signed)


async def test_manifest_that_the_root_did_not_sign_is_told_as_offline(tmp_path: Path) -> None:
    async with answering(tmp_path, http("200 OK", b'{"signed": "", "signature": ""}')) as device:
        task = asyncio.create_task(device.client.run(None, {}))
        offline = news.Reach.OFFLINE
        desk = device.desk
        try:
            await desk.hears(lambda: offline in {each.reach for each in desk.heard(news.Reached)})
        finally:
            task.cancel()
            await asyncio.wait({task})
        assert "not to be trusted" in desk.heard(news.Reached)[-1].detail
        assert desk.files == {}


def test_sentence_is_bounded() -> None:
    assert printable("x" * 10_000) == "x" * 299 + "…"
