"""Keys are changed under a running server: nobody notices, and a crash loses nothing."""

from __future__ import annotations

import shutil
import sys
from datetime import timedelta
from pathlib import Path
from subprocess import run

import pytest

from tests.server.conftest import MovingClock
from worldvpn_core.credit.manifest import Use, key_id, open_manifest
from worldvpn_core.errors import CreditProofError
from worldvpn_server.accounts.values import Audience
from worldvpn_server.errors import StartError, UnauthorizedError
from worldvpn_server.ids import new_id
from worldvpn_server.keys.ring import KeyRing
from worldvpn_server.keys.rotate import BELIEVED_S, compromise, rotate
from worldvpn_server.services import Services

KILLED_AT = Path(__file__).parent / "killed_at.py"


@pytest.fixture
def folder(tmp_path: Path, clock: MovingClock) -> Path:
    KeyRing.open(tmp_path / "keys", clock)
    return tmp_path / "keys"


@pytest.fixture
def root(folder: Path, tmp_path: Path) -> Path:
    """The root key, moved away as its owner was told to."""
    return (folder / "root.key").rename(tmp_path / "usb-stick.key")


def issue(services: Services) -> str:
    return services.tokens.issue(
        account=new_id(), username="ada", sid=new_id(), audience=Audience.COMPAT
    )


def test_next_key_signs_and_the_old_one_is_believed_as_long_as_what_it_signed(
    folder: Path, root: Path, clock: MovingClock
) -> None:
    ring = KeyRing.open(folder, clock)
    before = ring.opened()

    rotate(folder, root, clock)

    assert ring.reload()
    assert not ring.reload()
    for use in Use:
        old, new = before.of(use), ring.opened().of(use)
        assert new.current == old.next
        assert ring.verifier(use, key_id(old.current)) == old.current
    for use, believed_s in BELIEVED_S.items():
        later = MovingClock()
        later._now = clock.now() + timedelta(seconds=believed_s or 3_000_000_000)
        believed = KeyRing.open(folder, clock).opened()
        kid = key_id(before.of(use).current)
        just_before_s = later.now().timestamp() - 1
        assert believed.verifier(use, kid, just_before_s) is not None
        assert (believed.verifier(use, kid, just_before_s + 1) is None) == (believed_s is not None)


def test_process_that_has_not_heard_of_it_verifies_what_another_signs_already(
    folder: Path, root: Path, clock: MovingClock
) -> None:
    slow, quick = KeyRing.open(folder, clock), KeyRing.open(folder, clock)
    rotate(folder, root, clock)
    quick.reload()

    for use in (Use.TICKET, Use.TOKEN, Use.DIRECTORY, Use.CHECKPOINT):
        signer = quick.signer(use)
        assert slow.verifier(use, signer.kid) == signer.key.public_key().public_bytes_raw()


def test_secret_of_a_retired_key_is_destroyed(folder: Path, root: Path, clock: MovingClock) -> None:
    old = {path.name for path in folder.glob("*-*.key")}

    rotate(folder, root, clock, [Use.TICKET])

    new = {path.name for path in folder.glob("*-*.key")}
    assert len(old - new) == len(new - old) == 1
    assert not list(folder.glob("*.pending"))
    assert next(iter(old - new)).startswith("ticket-")


@pytest.mark.anyio
async def test_nobody_is_logged_out_by_rotations(services: Services, clock: MovingClock) -> None:
    root = services.keys.root_file()
    assert root is not None
    tokens = []
    for _ in range(3):
        tokens.append(issue(services))
        await services.tokens.verify(tokens[-1], Audience.COMPAT)
        rotate(services.config.keys, root, clock)
        services.keys.reload()

    services.tokens._known.clear()
    for token in tokens:
        await services.tokens.verify(token, Audience.COMPAT)
    clock.pass_by(hours=24)
    for token in tokens:
        with pytest.raises(UnauthorizedError):
            await services.tokens.verify(token, Audience.COMPAT)


@pytest.mark.anyio
@pytest.mark.parametrize("remembered", [True, False])
async def test_token_of_a_compromised_key_is_refused_at_once(
    services: Services, clock: MovingClock, *, remembered: bool
) -> None:
    root = services.keys.root_file()
    assert root is not None
    token = issue(services)
    if remembered:
        await services.tokens.verify(token, Audience.COMPAT)
    kid = services.keys.signer(Use.TOKEN).kid

    compromise(services.config.keys, root, clock, Use.TOKEN, kid)
    services.keys.reload()

    assert services.keys.verifier(Use.TOKEN, kid) is None
    with pytest.raises(UnauthorizedError):
        await services.tokens.verify(token, Audience.COMPAT)
    await services.tokens.verify(issue(services), Audience.COMPAT)


@pytest.mark.parametrize("which", ["current", "next", "retired"])
def test_compromised_key_is_never_believed_again(
    folder: Path, root: Path, clock: MovingClock, which: str
) -> None:
    keys = rotate(folder, root, clock).of(Use.TICKET)
    public = {"current": keys.current, "next": keys.next, "retired": keys.retired[0].public}[which]

    compromise(folder, root, clock, Use.TICKET, key_id(public))
    rotate(folder, root, clock)
    rotate(folder, root, clock)

    assert KeyRing.open(folder, clock).verifier(Use.TICKET, key_id(public)) is None
    with pytest.raises(StartError, match="no ticket key"):
        compromise(folder, root, clock, Use.TICKET, bytes(16))


def test_clients_take_the_new_manifest_and_never_the_old_one_again(
    folder: Path, root: Path, clock: MovingClock
) -> None:
    ring = KeyRing.open(folder, clock)
    old, pinned, now_s = ring.manifest(), ring.root_public(), clock.now().timestamp()
    rotate(folder, root, clock)
    ring.reload()

    assert open_manifest(ring.manifest(), pinned, 1, now_s).version == 2
    with pytest.raises(CreditProofError, match="version 1"):
        open_manifest(old, pinned, 2, now_s)


def test_rotation_needs_the_right_root(folder: Path, root: Path, clock: MovingClock) -> None:
    stranger = folder.parent / "other"
    KeyRing.open(stranger, clock)
    before = sorted(path.name for path in folder.iterdir())

    for wrong in (folder / "root.key", stranger / "root.key"):
        with pytest.raises(StartError):
            rotate(folder, wrong, clock)

    assert sorted(path.name for path in folder.iterdir()) == before
    root.chmod(0o644)
    with pytest.raises(StartError, match="chmod 600"):
        rotate(folder, root, clock)


@pytest.mark.parametrize("change", ["open", "rotate", "compromise"])
def test_power_cut_at_any_step_leaves_a_folder_that_starts(
    folder: Path, clock: MovingClock, tmp_path: Path, change: str
) -> None:
    cut, step = tmp_path / "cut", 0
    before = KeyRing.open(folder, clock)
    while True:
        shutil.rmtree(cut, ignore_errors=True)
        if change != "open":
            shutil.copytree(folder, cut)
        root = folder / "root.key"
        argv = [sys.executable, str(KILLED_AT), change, str(cut), str(root), str(step)]
        ended = run(argv, check=False, capture_output=True)

        ring = KeyRing.open(cut, clock)
        if change != "open":
            assert ring.opened().version in {1, 2}
            for use in (Use.TICKET, Use.DIRECTORY, Use.CHECKPOINT):
                kid = before.signer(use).kid
                assert ring.verifier(use, kid) == before.verifier(use, kid)
            assert rotate(cut, cut / "root.key", clock).version in {2, 3}
        assert not list(cut.glob("*.pending"))
        if ended.returncode == 0:
            break
        assert ended.returncode == 9, ended.stderr.decode()
        step += STRIDE[change]
    assert step > 4 * STRIDE[change]


#: Every step of the short changes; of the long ones every few, all kinds of step among them.
STRIDE = {"open": 7, "rotate": 3, "compromise": 1}
