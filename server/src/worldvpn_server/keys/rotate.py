"""New keys for old: nobody is logged out, nothing becomes unverifiable, and a crash is harmless.

New secrets are written aside, the manifest is replaced in one step, and only then are files named
anew and old secrets destroyed; ``KeyRing.open`` finishes what a crash left undone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Final

import attrs
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from worldvpn_core.credit.manifest import Keys, Manifest, Retired, Use, key_id
from worldvpn_server.clock import Clock
from worldvpn_server.errors import StartError
from worldvpn_server.keys import files, folder, secrets
from worldvpn_server.keys.ring import MANIFEST_LIFE_S

_DAY_S: Final = 86_400
#: How long what a key signed may be shown to us again; None: for ever.
BELIEVED_S: Final[Mapping[Use, int | None]] = {
    Use.TICKET: 31 * _DAY_S,  # a disputed session's receipts come up to 30 days late
    Use.DIRECTORY: 2 * _DAY_S,
    Use.CHECKPOINT: None,
    Use.TOKEN: 25 * 3_600,  # the longest token lives for 24 h
    Use.TLS: _DAY_S,
}


@attrs.frozen
class _Draft:
    """The next manifest's keys, and the secret that was drawn for them."""

    keys: Keys
    drawn: bytes | None = attrs.field(default=None, repr=False)


def rotate(
    folder_: Path, root_file: Path, clock: Clock, uses: Collection[Use] = tuple(Use)
) -> Manifest:
    """Let the next keys of ``uses`` sign from now on; draw new next ones; return the manifest.

    With no ``uses`` the manifest is only signed anew, for another half year.

    Raises:
        StartError: the folder or the root key cannot be used; nothing was changed.
    """
    now_s = int(clock.now().timestamp())

    def turn(keys: Keys) -> _Draft:
        kept = tuple(old for old in keys.retired if old.until_s is None or now_s < old.until_s)
        if keys.use not in uses:
            return _Draft(attrs.evolve(keys, retired=kept))
        believed_s = BELIEVED_S[keys.use]
        until_s = None if believed_s is None else now_s + believed_s
        old = Retired(public=keys.current, until_s=until_s)
        drawn = secrets.draw(keys.use)
        turned = attrs.evolve(
            keys,
            current=keys.next,
            next=secrets.public_half(keys.use, drawn),
            retired=(old, *kept),
        )
        return _Draft(turned, drawn)

    return _replace(folder_, root_file, now_s, turn)


def compromise(folder_: Path, root_file: Path, clock: Clock, use: Use, kid: bytes) -> Manifest:
    """Let nothing that the key ``kid`` signed be believed from now on; return the manifest.

    Raises:
        StartError: no such key; or the folder or the root key cannot be used. Nothing was changed.
    """

    def drop(keys: Keys) -> _Draft:
        return _without(keys, kid) if keys.use is use else _Draft(keys)

    return _replace(folder_, root_file, int(clock.now().timestamp()), drop)


def _without(keys: Keys, kid: bytes) -> _Draft:
    revoked = (*keys.revoked, kid)
    if any(key_id(old.public) == kid for old in keys.retired):
        kept = tuple(old for old in keys.retired if key_id(old.public) != kid)
        return _Draft(attrs.evolve(keys, retired=kept, revoked=revoked))
    if kid not in (key_id(keys.current), key_id(keys.next)):
        raise StartError(f"there is no {keys.use.value} key {kid.hex()} in the manifest")
    current = keys.next if kid == key_id(keys.current) else keys.current
    drawn = secrets.draw(keys.use)
    following = secrets.public_half(keys.use, drawn)
    return _Draft(attrs.evolve(keys, current=current, next=following, revoked=revoked), drawn)


def _replace(
    folder_: Path, root_file: Path, now_s: int, change: Callable[[Keys], _Draft]
) -> Manifest:
    if not folder.is_made(folder_):
        raise StartError(f"there are no keys in {folder_}: start the server once to make them")
    try:
        with files.locked(folder_):
            before = folder.read(folder_, now_s=0)
            root = folder.read_root(root_file)
            if secrets.root_public(root) != before.root_public:
                raise StartError(f"{root_file} is not the root key of {folder_}")
            folder.settle(folder_, before.manifest)
            drafts = [change(keys) for keys in before.manifest.keys]
            manifest = Manifest(
                version=before.manifest.version + 1,
                issued_s=now_s,
                expires_s=now_s + MANIFEST_LIFE_S,
                keys=tuple(draft.keys for draft in drafts),
            )
            for draft in drafts:
                if draft.drawn is not None:
                    folder.put_pending(folder_, draft.keys.use, draft.drawn)
            folder.put_manifest(folder_, manifest.sign(Ed25519PrivateKey.from_private_bytes(root)))
            folder.settle(folder_, manifest)
    except OSError as error:
        raise StartError(
            f"cannot write in {folder_}: {error.strerror}; run the command again"
        ) from error
    return manifest
