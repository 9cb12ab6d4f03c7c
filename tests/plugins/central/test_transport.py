"""Connections: with the right server only, within limits, and made anew."""

from __future__ import annotations

import asyncio
import hashlib
import ssl

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_pem_x509_certificate

from tests.plugins.central.desk import Device, table
from tests.plugins.central.line import Line
from tests.server.operations.process import ServerProcess
from worldvpn_core.central import calls, news, replies
from worldvpn_core.errors import CentralOfflineError, CentralRefusedError

pytestmark = pytest.mark.anyio

WALLET = calls.Look(subject=calls.Subject.WALLET)


def pin(server: ServerProcess) -> str:
    made = load_pem_x509_certificate((server.data / "tls" / "tls.crt").read_bytes())
    spki = made.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(spki).hexdigest()


def address(server: ServerProcess) -> tuple[str, int]:
    host, _, port = server.url.removeprefix("https://").partition(":")
    return host, int(port)


async def test_pinned_certificate_is_enough(server: ServerProcess) -> None:
    device = Device.made(table(server, spki_sha256=pin(server)))

    assert (await device.register("pinned")).username == "pinned"


async def test_another_certificate_is_refused_before_any_byte_of_http(
    server: ServerProcess,
) -> None:
    async with Line(address(server)) as line:
        device = Device.made(table(server, line.address, spki_sha256="5a" * 32))

        with pytest.raises(CentralOfflineError, match="another certificate than the one"):
            await device.register("nobody")

        # The greeting, and nothing else: not even the end of the handshake was sent.
        assert _kinds(bytes(line.sent)) == [22]


async def test_certificate_that_the_root_names_is_taken_when_the_pin_is_older(
    server: ServerProcess,
) -> None:
    known = Device.made(table(server, spki_sha256=pin(server)))
    await known.register("rotated")
    async with known.running():
        pass
    later = Device.made(table(server, spki_sha256="5a" * 32))
    later.client._keys.remember(known.desk.files)

    assert (await later.sign_in("rotated")).username == "rotated"


async def test_manifest_of_another_root_names_no_certificate(server: ServerProcess) -> None:
    known = Device.made(table(server, spki_sha256=pin(server)))
    await known.register("foreign")
    async with known.running():
        pass
    other = Device.made(table(server, spki_sha256="5a" * 32))
    other.client._keys.remember({"manifest": known.desk.files["manifest"].replace(b"A", b"B")})

    with pytest.raises(CentralOfflineError, match="certificate"):
        await other.sign_in("foreign")


async def test_authority_that_did_not_sign_is_refused(server: ServerProcess) -> None:
    stranger = ssl.get_default_verify_paths().cafile
    assert stranger is not None
    device = Device.made(table(server, ca_file=stranger))

    with pytest.raises(CentralOfflineError, match="not to be trusted"):
        await device.register("nobody")


async def test_next_address_is_tried_where_nobody_answers(server: ServerProcess) -> None:
    here = table(server)
    nobody = table(server, "127.0.0.1:1").addresses
    both = type(here)(
        url=here.url,
        addresses=(*nobody, *here.addresses),
        root_key=here.root_key,
        ca_file=here.ca_file,
    )

    assert (await Device.made(both).register("second")).username == "second"


async def test_connection_that_broke_unnoticed_is_made_anew(
    device: Device, server: ServerProcess
) -> None:
    await device.register("broken")
    async with Line(address(server)) as line:
        far = device.again(table(server, line.address))
        far.client._mine.become(device.account())
        await far.client.call(WALLET)
        line.hang_up()

        assert isinstance(await far.client.call(WALLET), replies.Text)
        await far.client.aclose()


async def test_moving_connects_anew_without_being_offline(device: Device) -> None:
    await device.register("moves")
    async with device.running():
        before, told = device.desk.opened, len(device.desk.told)

        device.client.moved()

        await device.desk.hears(lambda: device.desk.opened > before + 1)
        assert isinstance(await device.client.call(WALLET), replies.Text)
        reached = [each for each in device.desk.told[told:] if isinstance(each, news.Reached)]
        assert reached == []


async def test_request_that_the_path_was_moved_under_is_asked_again(device: Device) -> None:
    await device.register("under")
    async with device.running():
        asked = [asyncio.create_task(device.client.call(WALLET)) for _ in range(5)]
        await asyncio.sleep(0)
        device.client.moved()

        assert {type(each) for each in await asyncio.gather(*asked)} == {replies.Text}


async def test_too_many_are_refused_with_when_to_try_again(device: Device) -> None:
    await device.register("often")
    code = calls.Recover(username="often", recovery_code="no-code", new_password="secret no 99 x")  # noqa: S106 - a test's own
    sentence = ""
    for _ in range(8):
        with pytest.raises(CentralRefusedError) as caught:
            await device.client.call(code)
        sentence = str(caught.value)

    assert "try again in" in sentence


def _kinds(sent: bytes) -> list[int]:
    """Return the types of TLS records (RFC 8446 section 5.1), a change of ciphers aside."""
    kinds, at = [], 0
    while at + 5 <= len(sent):
        kinds.append(sent[at])
        at += 5 + int.from_bytes(sent[at + 3 : at + 5])
    return [each for each in kinds if each != 20]
