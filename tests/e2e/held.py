"""Which secrets there are: in what a daemon is asked and answers, and in its own files."""

from __future__ import annotations

import base64
import binascii
import contextlib
import functools
import json
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import attrs

from worldvpn_core.central import ahead
from worldvpn_core.errors import VaultError
from worldvpn_core.vault import contents
from worldvpn_core.vault.sealed import read, unseal
from worldvpn_lab.daemon import Daemon

TYPED: Final = "password"
TOKEN: Final = "token"  # noqa: S105 - a name, not one
CODE: Final = "recovery code"
VAULT_KEY: Final = "vault key"
DEVICE_KEY: Final = "device key"
NODE_KEY: Final = "node key"
PROFILE_KEY: Final = "profile key"
SESSION_KEY: Final = "session key"
SHARED_KEY: Final = "preshared key"

#: Shorter ones are in any text by chance.
_FEWEST_BYTES: Final = 8
_KEY_BYTES: Final = 32
_BROUGHT: Final[Mapping[str, str]] = {
    **dict.fromkeys(("password", "old_password", "new_password"), TYPED),
    **dict.fromkeys(("passphrase", "new_passphrase", "secret"), VAULT_KEY),
    "recovery_code": CODE,
}
#: What an answer is asked for: the one place where such a secret is told.
_HANDED_OVER: Final[Mapping[str, str]] = {
    "account.register": "recovery_code",
    "account.recover": "recovery_code",
    "share.invite": "profile",
}
_KEY_LINE: Final = re.compile(r"^\s*(Private|Preshared)Key\s*=\s*(\S+)", re.MULTILINE)


@functools.cache
def forms(secret: str | bytes) -> frozenset[bytes]:
    """Return every form in which ``secret`` could be written down."""
    raw = secret.encode() if isinstance(secret, str) else secret
    written = {
        raw,
        raw.hex().encode(),
        raw.hex().upper().encode(),
        base64.b64encode(raw).rstrip(b"="),
        base64.urlsafe_b64encode(raw).rstrip(b"="),
        json.dumps(list(raw)).encode(),
        json.dumps(list(raw), separators=(",", ":")).encode(),
        repr(raw)[2:-1].encode(),
    }
    if len(raw) == _KEY_BYTES:
        # As a program of Go writes down what was on its stacks when it crashed.
        words = (int.from_bytes(raw[at : at + 8], "little") for at in range(0, _KEY_BYTES, 8))
        written |= {f"{word:#018x}".encode() for word in words}
    if isinstance(secret, str):
        written |= {json.dumps(secret)[1:-1].encode(), repr(secret)[1:-1].encode()}
    return frozenset(each for each in written if len(each) >= _FEWEST_BYTES)


@attrs.frozen
class Secret:
    """One secret, and what it is."""

    kind: str
    value: str | bytes = attrs.field(repr=False)


def in_request(params: Mapping[str, Any]) -> Iterator[Secret]:
    """Yield what a request brings."""
    for name, value in params.items():
        if isinstance(value, Mapping):
            yield from in_request(value)
        elif isinstance(value, str) and name in _BROUGHT:
            yield from _typed(_BROUGHT[name], value)
        elif isinstance(value, str) and name == "text":
            yield from in_profile(value)


def handed_over(method: str, message: Mapping[str, Any]) -> tuple[list[Secret], Mapping[str, Any]]:
    """Return what the answer to ``method`` hands over, and the answer without it."""
    field, result = _HANDED_OVER.get(method), message.get("result")
    if field is None or not isinstance(result, Mapping) or field not in result:
        return [], message
    text = str(result[field])
    found = list(in_profile(text)) if field == "profile" else [Secret(CODE, text)]
    rest = {name: value for name, value in result.items() if name != field}
    return found, {**message, "result": rest}


def in_profile(text: str) -> Iterator[Secret]:
    """Yield the secret keys of a wg-quick file, also of one that is no good."""
    for which, key in _KEY_LINE.findall(text):
        kind = PROFILE_KEY if which == "Private" else SHARED_KEY
        try:
            yield Secret(kind, base64.b64decode(key, validate=True))
        except binascii.Error:
            yield Secret(kind, key)


def kept_by(daemon: Daemon, known: Collection[Secret]) -> Iterator[Secret]:
    """Yield what lies in the daemon's own files; ``known`` has what may open its vault."""
    role, state = daemon.started.role, daemon.started.state_dir
    folder = daemon.world.path(role, state)
    for line in _lines(daemon.world.path(role, "/etc/worldvpn/vault.key")):
        yield Secret(VAULT_KEY, base64.b64decode(line))
    keys = {each.value for each in known if each.kind == VAULT_KEY}
    for name in ("vault", "vault.previous"):
        with contextlib.suppress(OSError, VaultError):
            yield from _in_vault((folder / name).read_bytes(), keys)
    for line in _lines(folder / "wireguard-node.key"):
        yield Secret(NODE_KEY, bytes.fromhex(line))
    for line in _lines(folder / "node.json"):
        for session in json.loads(line)["sessions"]:
            yield Secret(NODE_KEY, bytes.fromhex(session["ed25519_private"]))


def of_session(daemon: Daemon) -> Secret:
    """Return the key that is drawn for a tunnel through the directory; its engine has it."""
    interface = str(daemon.status()["tunnel"]["interface"])
    shown = daemon.world.run(daemon.started.role, ["wg", "show", interface, "private-key"])
    return Secret(SESSION_KEY, base64.b64decode(shown.checked()))


def in_memory(pid: int, known: Collection[Secret]) -> set[str]:
    """Return which kinds of ``known`` a process has in its memory as they are (proc(5))."""
    found: set[str] = set()
    sought = {
        each.value.encode() if isinstance(each.value, str) else each.value: each.kind
        for each in known
    }
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text("utf-8").splitlines():
            span, rights = line.split()[:2]
            if not rights.startswith("rw"):
                continue
            first, end = (int(text, 16) for text in span.split("-"))
            memory.seek(first)
            with contextlib.suppress(OSError):
                data = memory.read(end - first)
                found |= {kind for value, kind in sought.items() if value in data}
    return found


def _typed(kind: str, text: str) -> Iterator[Secret]:
    yield Secret(kind, text)
    with contextlib.suppress(ValueError):
        raw = bytes.fromhex(text)
        if len(raw) == _KEY_BYTES:
            yield Secret(kind, raw)


def _in_vault(raw: bytes, keys: Collection[str | bytes]) -> Iterator[Secret]:
    sealed = read(raw)
    for key in keys:
        if not isinstance(key, bytes) or len(key) != _KEY_BYTES:
            continue
        with contextlib.suppress(VaultError):
            account = contents.from_bytes(unseal(sealed, key))
            if account is not None:
                yield Secret(DEVICE_KEY, account.x25519_private)
                yield Secret(DEVICE_KEY, account.ed25519_private)
                yield Secret(TOKEN, account.refresh_token)
                for lease in ahead._read(account.ahead):
                    yield Secret(SESSION_KEY, lease.keys.x25519)
                    yield Secret(SESSION_KEY, lease.keys.ed25519)


def _lines(path: Path) -> list[str]:
    """Return the file's only line; [] where there is no file."""
    try:
        return [path.read_text("utf-8").strip()]
    except OSError:
        return []
