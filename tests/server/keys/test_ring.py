"""Which folders of keys a server starts with."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.server.conftest import MovingClock
from worldvpn_core.credit.manifest import Use, key_id, open_manifest
from worldvpn_server.errors import StartError
from worldvpn_server.keys import files
from worldvpn_server.keys.ring import KeyRing
from worldvpn_server.keys.rotate import rotate
from worldvpn_server.services import Services


@pytest.fixture
def folder(tmp_path: Path, clock: MovingClock) -> Path:
    KeyRing.open(tmp_path / "keys", clock)
    return tmp_path / "keys"


def secret_of(folder: Path, use: Use) -> Path:
    return next(iter(sorted(folder.glob(f"{use.value}-*.key"))))


def refusal(folder: Path, clock: MovingClock) -> str:
    with pytest.raises(StartError) as error:
        KeyRing.open(folder, clock)
    return str(error.value)


def test_first_start_makes_keys_for_this_user_alone(folder: Path, clock: MovingClock) -> None:
    ring = KeyRing.open(folder, clock)

    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.glob("*.key")} == {0o600}
    assert len(list(folder.glob("*-*.key"))) == 2 * len(Use)
    assert ring.root_file() == folder / "root.key"


def test_keys_are_the_same_at_every_start_and_in_every_process(
    folder: Path, clock: MovingClock
) -> None:
    one, other = KeyRing.open(folder, clock), KeyRing.open(folder, clock)

    for use in Use:
        assert one.opened().of(use) == other.opened().of(use)
    assert one.signer(Use.TICKET).kid == other.signer(Use.TICKET).kid
    assert other.tls().private_numbers() == one.tls().private_numbers()


def test_server_starts_without_the_root_key(folder: Path, clock: MovingClock) -> None:
    (folder / "root.key").unlink()

    assert KeyRing.open(folder, clock).root_file() is None


def test_what_is_signed_verifies_under_the_name_of_its_key_and_use_alone(
    folder: Path, clock: MovingClock
) -> None:
    ring = KeyRing.open(folder, clock)
    signer = ring.signer(Use.TICKET)

    assert ring.verifier(Use.TICKET, signer.kid) == signer.key.public_key().public_bytes_raw()
    assert ring.verifier(Use.TOKEN, signer.kid) is None
    assert ring.verifier(Use.TICKET, b"../../etc/passwd") is None
    assert repr(signer.key.private_bytes_raw().hex()) not in repr(ring)


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o606, 0o660, 0o611])
def test_key_that_others_may_touch_is_refused(folder: Path, clock: MovingClock, mode: int) -> None:
    secret_of(folder, Use.TOKEN).chmod(mode)

    assert "chmod 600" in refusal(folder, clock)


def test_folder_that_others_may_open_is_refused(folder: Path, clock: MovingClock) -> None:
    folder.chmod(0o755)

    assert "chmod 700" in refusal(folder, clock)


@pytest.mark.parametrize(
    ("secret", "reason"),
    [
        (b"", "0 bytes"),
        (b"x" * 31, "31 bytes"),
        (b"x" * 33, "33 bytes"),
        (b"x" * 100_000, "longer"),
        (bytes(32), "everybody knows"),
        (b"\xff" * 32, "everybody knows"),
        (b"ab" * 16, "everybody knows"),
        (b"secret" * 5 + b"se", "everybody knows"),
        (bytes(range(32)), "everybody knows"),
        (bytes(range(255, 191, -2)), "everybody knows"),
        (
            bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"),
            "everybody knows",
        ),
        (bytes.fromhex("5f" * 16 + "9d61b19deffd5a60ba844af492ec2cc4"), "manifest names"),
    ],
)
def test_senseless_key_is_refused(
    folder: Path, clock: MovingClock, secret: bytes, reason: str
) -> None:
    secret_of(folder, Use.TICKET).write_bytes(secret)

    assert reason in refusal(folder, clock)


def drop_a_key(folder: Path) -> None:
    secret_of(folder, Use.DIRECTORY).unlink()


def swap_keys(folder: Path) -> None:
    one, other = sorted(folder.glob("token-*.key"))
    other.write_bytes(one.read_bytes())


def add_a_key(folder: Path) -> None:
    files.write(folder / f"token-{'00' * 16}.key", bytes(range(7, 207, 6))[:32])


def lose_the_manifest(folder: Path) -> None:
    (folder / "manifest.json").unlink()


def empty_the_manifest(folder: Path) -> None:
    (folder / "manifest.json").write_bytes(b"")


def change_the_manifest(folder: Path) -> None:
    path = folder / "manifest.json"
    fields = json.loads(path.read_bytes())
    fields["signed"] = fields["signed"][:-8] + "AAAAAAA="
    path.write_text(json.dumps(fields))


def put_another_root(folder: Path) -> None:
    (folder / "root.pub").write_bytes(bytes(range(32)))


def damage_the_version(folder: Path) -> None:
    (folder / "seen").write_text("x")


@pytest.mark.parametrize(
    "damage",
    [
        drop_a_key,
        swap_keys,
        add_a_key,
        lose_the_manifest,
        empty_the_manifest,
        change_the_manifest,
        put_another_root,
        damage_the_version,
    ],
)
def test_damaged_folder_is_refused_in_a_sentence(
    folder: Path, clock: MovingClock, damage: Callable[[Path], None]
) -> None:
    damage(folder)

    said = refusal(folder, clock)

    assert "\n" not in said
    assert len(said) < 400


def test_older_manifest_is_refused(folder: Path, clock: MovingClock, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "backup")
    rotate(folder, folder / "root.key", clock)
    for path in folder.glob("*.key"):
        path.unlink()
    for path in (tmp_path / "backup").iterdir():
        if path.name != "seen":
            shutil.copy(path, folder / path.name)

    assert "version" in refusal(folder, clock)


def test_running_server_keeps_its_keys_when_the_folder_goes_back(
    folder: Path, clock: MovingClock
) -> None:
    old = (folder / "manifest.json").read_bytes()
    rotate(folder, folder / "root.key", clock)
    ring = KeyRing.open(folder, clock)
    (folder / "manifest.json").write_bytes(old)
    (folder / "seen").unlink()

    with pytest.raises(StartError, match="version"):
        ring.reload()

    assert ring.opened().version == 2


def test_expired_manifest_is_refused_and_mended_by_rotation(
    folder: Path, clock: MovingClock
) -> None:
    clock.pass_by(days=180)
    assert "expired" in refusal(folder, clock)

    rotate(folder, folder / "root.key", clock, ())

    assert KeyRing.open(folder, clock).opened().version == 2


@pytest.mark.anyio
async def test_manifest_and_token_keys_are_served_to_everybody(
    client: httpx.AsyncClient, services: Services, clock: MovingClock
) -> None:
    answer = await client.get("/v1/keys")
    again = await client.get("/v1/keys", headers={"If-None-Match": answer.headers["etag"]})
    jwks = (await client.get("/.well-known/jwks.json")).json()

    now_s = clock.now().timestamp()
    manifest = open_manifest(answer.content, services.keys.root_public(), 0, now_s)
    assert manifest == services.keys.opened()
    assert (again.status_code, again.content) == (304, b"")
    assert [each["kid"] for each in jwks["keys"]] == [
        key_id(public).hex()
        for public in (manifest.of(Use.TOKEN).current, manifest.of(Use.TOKEN).next)
    ]
    assert {(each["kty"], each["crv"]) for each in jwks["keys"]} == {("OKP", "Ed25519")}
    assert not any("d" in each for each in jwks["keys"])
