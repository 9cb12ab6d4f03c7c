"""The keys a process signs and verifies with; rotation by another process is noticed."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Final, Self

import attrs
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from worldvpn_core.credit.manifest import Keys, Manifest, Use, key_id
from worldvpn_server.clock import Clock
from worldvpn_server.errors import StartError
from worldvpn_server.keys import files, folder, secrets
from worldvpn_server.keys.folder import Contents
from worldvpn_server.operations.jobs import Job

__all__ = ["MANIFEST_LIFE_S", "KeyRing", "Signer", "Use"]

#: How long a manifest holds. The root is offline: a person has to bring it before this ends.
MANIFEST_LIFE_S: Final = 180 * 86_400
_RELOAD_S: Final = 2.0


@attrs.frozen(kw_only=True)
class Signer:
    """The key of one use that signs now, and its name."""

    kid: bytes
    key: Ed25519PrivateKey = attrs.field(repr=False)


@attrs.define(eq=False)
class KeyRing:
    """The keys in a folder, as of the last ``reload``."""

    _folder: Path
    _clock: Clock
    _stamp: tuple[int, int, int] = attrs.field(init=False)
    _contents: Contents = attrs.field(init=False, repr=False)
    _signers: dict[Use, Signer] = attrs.field(init=False, repr=False)
    #: Public keys, and until when (Unix seconds) they are believed.
    _verifiers: dict[tuple[Use, bytes], tuple[bytes, float]] = attrs.field(init=False)

    @classmethod
    def open(cls, folder_: Path, clock: Clock) -> Self:
        """Load the keys in ``folder_``, or make them when there are none yet.

        Raises:
            StartError: a key cannot be used; the message says which, and what to do.
        """
        files.make_folder(folder_)
        try:
            with files.locked(folder_):
                if not folder.is_made(folder_):
                    _make(folder_, clock)
                ring = cls(folder_, clock)
                ring._load(0)
                folder.settle(folder_, ring._contents.manifest)
        except OSError as error:
            raise StartError(
                f"cannot write in the folder of keys {folder_}: {error.strerror}"
            ) from error
        return ring

    def signer(self, use: Use) -> Signer:
        """Return the key that signs for ``use``. Raises ValueError for TLS: see ``tls``."""
        if use is Use.TLS:
            raise ValueError("the TLS key signs nothing by itself: ask for tls()")
        return self._signers[use]

    def tls(self) -> ec.EllipticCurvePrivateKey:
        """Return the key of the certificate."""
        current = self._contents.manifest.of(Use.TLS).current
        return secrets.tls_key(self._contents.secrets[Use.TLS, key_id(current)])

    def verifier(self, use: Use, kid: bytes) -> bytes | None:
        """Return the public key called ``kid``: current, next, or retired and still believed."""
        public, until_s = self._verifiers.get((use, kid), (None, 0.0))
        return public if self._clock.now().timestamp() < until_s else None

    def manifest(self) -> bytes:
        """Return the signed manifest, as it is served."""
        return self._contents.served

    def opened(self) -> Manifest:
        """Return the manifest in force."""
        return self._contents.manifest

    def root_public(self) -> bytes:
        """Return what clients and nodes pin."""
        return self._contents.root_public

    def root_file(self) -> Path | None:
        """Return where the root key still lies, to ask for it to be moved away; None: nowhere."""
        path = self._folder / folder.ROOT_KEY
        return path if path.exists() else None

    def reload(self) -> bool:
        """Take over what was rotated; False: nothing was. Cheap then: one stat.

        Raises:
            StartError: what is there now cannot be used; the keys in memory still are.
        """
        try:
            if folder.stamp(self._folder) == self._stamp:
                return False
        except OSError as error:
            raise StartError(f"the key manifest cannot be read: {error.strerror}") from error
        self._load(self._contents.manifest.version)
        return True

    def jobs(self) -> tuple[Job, ...]:
        """Return what keeps this process at the keys of the others."""

        async def work() -> None:
            self.reload()

        return (Job(name="keys-reload", interval_s=_RELOAD_S, work=work, alone=False),)

    def _load(self, seen_version: int) -> None:
        stamp = folder.stamp(self._folder)
        contents = folder.read(self._folder, self._clock.now().timestamp(), seen_version)
        signers: dict[Use, Signer] = {}
        verifiers: dict[tuple[Use, bytes], tuple[bytes, float]] = {}
        for keys in contents.manifest.keys:
            if keys.use is not Use.TLS:
                kid = key_id(keys.current)
                secret = contents.secrets[keys.use, kid]
                signers[keys.use] = Signer(
                    kid=kid, key=Ed25519PrivateKey.from_private_bytes(secret)
                )
            verifiers |= _believed(keys)
        self._stamp, self._contents = stamp, contents
        self._signers, self._verifiers = signers, verifiers


def _believed(keys: Keys) -> dict[tuple[Use, bytes], tuple[bytes, float]]:
    untils = {old.public: math.inf if old.until_s is None else old.until_s for old in keys.retired}
    untils |= {keys.current: math.inf, keys.next: math.inf}
    return {
        (keys.use, key_id(public)): (public, until_s)
        for public, until_s in untils.items()
        if key_id(public) not in keys.revoked
    }


def _make(folder_: Path, clock: Clock) -> None:
    if any(folder_.glob("*-*.key")):
        raise StartError(
            f"there are keys in {folder_} but no manifest.json: restore it from a backup"
        )
    root = folder.make_root(folder_)
    made = []
    for use in Use:
        current, following = secrets.draw(use), secrets.draw(use)
        for secret in (current, following):
            folder.put_pending(folder_, use, secret)
        made.append(
            Keys(
                use=use,
                current=secrets.public_half(use, current),
                next=secrets.public_half(use, following),
            )
        )
    now_s = int(clock.now().timestamp())
    manifest = Manifest(
        version=1, issued_s=now_s, expires_s=now_s + MANIFEST_LIFE_S, keys=tuple(made)
    )
    folder.put_manifest(folder_, manifest.sign(Ed25519PrivateKey.from_private_bytes(root)))
