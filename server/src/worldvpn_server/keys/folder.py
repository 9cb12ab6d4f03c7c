"""The folder of keys: what lies in it, and what makes it whole.

root.key                   the offline root, to be moved away
root.pub                   its public half: what clients and nodes pin
manifest.json              the one file that says which keys count: replaced in one step
seen                       the highest manifest version that was ever in force here
ticket-<kid>.key, ...      32 secret bytes each
ticket-<kid>.key.pending   drawn for the next manifest, and counting once that is in force
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import attrs

from worldvpn_core.credit.manifest import Manifest, Use, key_id, open_manifest
from worldvpn_core.errors import CreditProofError
from worldvpn_server.errors import StartError
from worldvpn_server.keys import files, secrets

ROOT_KEY: Final = "root.key"
_ROOT_PUBLIC: Final = "root.pub"
_MANIFEST: Final = "manifest.json"
_SEEN: Final = "seen"
_PENDING: Final = ".pending"
_SUFFIX: Final = ".key"


@attrs.frozen(kw_only=True)
class Contents:
    """A folder as read: the manifest in force, and the secrets of its current and next keys."""

    root_public: bytes
    served: bytes
    manifest: Manifest
    secrets: Mapping[tuple[Use, bytes], bytes] = attrs.field(repr=False)


def is_made(folder: Path) -> bool:
    """Return whether there is a manifest: without one, nothing was ever signed from here."""
    return (folder / _MANIFEST).exists()


def stamp(folder: Path) -> tuple[int, int, int]:
    """Return what changes when another manifest is in force."""
    found = (folder / _MANIFEST).stat()
    return found.st_ino, found.st_mtime_ns, found.st_size


def read(folder: Path, now_s: float, seen_version: int = 0) -> Contents:
    """Read and check everything; ``now_s`` 0 takes an expired manifest too, to mend it.

    Raises:
        StartError: something is missing, open to others, well known, older than what was in
            force before, expired, or not in the manifest; the message says what to do.
    """
    root_public = files.read_public(folder / _ROOT_PUBLIC)
    served = files.read_public(folder / _MANIFEST)
    newest = max(seen_version, _seen_version(folder))
    try:
        manifest = open_manifest(served, root_public, newest, now_s)
    except CreditProofError as error:
        raise StartError(
            f"{folder / _MANIFEST} cannot be used: {error}. Restore it from a backup, or sign a "
            "new one with `worldvpn-server keys rotate`"
        ) from error
    _refuse_strangers(folder, manifest)
    found = {}
    for keys in manifest.keys:
        for public in (keys.current, keys.next):
            name = key_id(public)
            found[keys.use, name] = _secret(folder, keys.use, public)
    return Contents(root_public=root_public, served=served, manifest=manifest, secrets=found)


def _seen_version(folder: Path) -> int:
    """Return the highest manifest version that was in force here; 0: none."""
    path = folder / _SEEN
    if not path.exists():
        return 0
    text = files.read_public(path)
    if not text.isdigit():
        raise StartError(f"{path} is damaged: it must hold the last manifest's version")
    return int(text)


def read_root(path: Path) -> bytes:
    """Return the root's secret. Raises StartError when it is away, open to others or no key."""
    if not path.exists():
        raise StartError(
            f"the root key is not at {path}: bring it back for this one command "
            "(`worldvpn-server keys rotate --root FILE`)"
        )
    return secrets.checked(files.read_private(path), path.name)


def make_root(folder: Path) -> bytes:
    """Return the root's secret, drawn unless an interrupted first start had drawn it."""
    path = folder / ROOT_KEY
    if (folder / _ROOT_PUBLIC).exists() and not path.exists():
        raise StartError(f"{folder / _MANIFEST} is missing: restore it from a backup")
    if not path.exists():
        files.write(path, secrets.draw(Use.TOKEN))
    secret = read_root(path)
    files.write(folder / _ROOT_PUBLIC, secrets.root_public(secret))
    return secret


def put_pending(folder: Path, use: Use, secret: bytes) -> None:
    """Write a secret that counts only once a manifest names it."""
    path = _path(folder, use, key_id(secrets.public_half(use, secret)))
    files.write(path.with_name(path.name + _PENDING), secret)


def put_manifest(folder: Path, served: bytes) -> None:
    """Put another manifest in force: the one step that counts. ``settle`` tidies up after it."""
    files.write(folder / _MANIFEST, served)


def settle(folder: Path, manifest: Manifest) -> None:
    """Name the files as ``manifest`` has it and destroy other secrets. Idempotent."""
    files.write(folder / _SEEN, str(manifest.version).encode())
    live = {
        _path(folder, keys.use, key_id(public)).name
        for keys in manifest.keys
        for public in (keys.current, keys.next)
    }
    for path in sorted(folder.glob(f"*{_SUFFIX}{_PENDING}")):
        name = path.name.removesuffix(_PENDING)
        if name in live:
            files.move(path, path.with_name(name))
        else:
            path.unlink()
    for path in _named_secrets(folder):
        if path.name not in live:
            path.unlink()
    files.sync(folder)


def _path(folder: Path, use: Use, name: bytes) -> Path:
    return folder / f"{use.value}-{name.hex()}{_SUFFIX}"


def _named_secrets(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob(f"*-*{_SUFFIX}"))


def _secret(folder: Path, use: Use, public: bytes) -> bytes:
    path = _path(folder, use, key_id(public))
    pending = path.with_name(path.name + _PENDING)
    if not path.exists() and pending.exists():
        path = pending
    secret = secrets.checked(files.read_private(path), path.name)
    try:
        belongs = secrets.public_half(use, secret) == public
    except ValueError:
        belongs = False
    if not belongs:
        raise StartError(
            f"the key {path.name} is not the one that the manifest names: restore it from a backup"
        )
    return secret


def _refuse_strangers(folder: Path, manifest: Manifest) -> None:
    """Refuse key files that the manifest knows nothing of: somebody else put them there."""
    known = {
        _path(folder, keys.use, name).name
        for keys in manifest.keys
        for name in (
            key_id(keys.current),
            key_id(keys.next),
            *(key_id(old.public) for old in keys.retired),
            *keys.revoked,
        )
    }
    for path in _named_secrets(folder):
        if path.name not in known:
            raise StartError(f"{path} is not in the manifest: move it out of the folder of keys")
