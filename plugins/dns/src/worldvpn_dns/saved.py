"""What stood where resolv.conf is, as a value and as a journalled change. Pure."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import attrs

from worldvpn_core.contracts import Change
from worldvpn_core.errors import DnsError


@attrs.frozen(kw_only=True)
class Missing:
    """Nothing stood there."""


@attrs.frozen(kw_only=True)
class Content:
    """A regular file (or one mounted there) with these bytes."""

    content: bytes


@attrs.frozen(kw_only=True)
class Symlink:
    """A symbolic link to ``target``, kept as it is written, relative or not."""

    target: str


Saved = Missing | Content | Symlink

_TEXT: Final = "resolv.conf"
_BYTES: Final = "resolv.conf-base64"
_LINK: Final = "resolv.conf-link"


def as_change(path: Path, saved: Saved) -> Change:
    """Return ``saved`` in the form the journal keeps.

    Text stays text, for whoever reads the journal; bytes that are no UTF-8 become
    base64, for a journal may be unable to hold them.
    """
    match saved:
        case Missing():
            return Change(kind=_TEXT, name=str(path))
        case Symlink(target=target):
            return Change(kind=_LINK, name=str(path), old=target)
        case Content(content=content):
            try:
                return Change(kind=_TEXT, name=str(path), old=content.decode())
            except UnicodeDecodeError:
                return Change(
                    kind=_BYTES, name=str(path), old=base64.b64encode(content).decode("ascii")
                )


def from_changes(path: Path, changes: Iterable[Change]) -> Saved | None:
    """Return what ``changes`` say stood at ``path``; None when they do not say.

    Raises:
        DnsError: the record is of our kind, but does not hold what it must.
    """
    for change in changes:
        if change.name != str(path):
            continue
        match change:
            case Change(kind="resolv.conf", old=None):
                return Missing()
            case Change(kind="resolv.conf", old=str(text)):
                return Content(content=text.encode())
            case Change(kind="resolv.conf-link", old=str(target)):
                return Symlink(target=target)
            case Change(kind="resolv.conf-base64", old=str(encoded)):
                return Content(content=_decoded(path, encoded))
            case _:
                continue
    return None


def _decoded(path: Path, encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise DnsError(
            f"the journal's record of {path} is damaged ({error}): write that file by hand"
        ) from error
