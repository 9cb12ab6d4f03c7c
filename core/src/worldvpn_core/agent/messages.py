"""What daemon and agent say to each other: frozen values, one packet each."""

from __future__ import annotations

from typing import Any, Final

import attrs
from attrs import validators

from worldvpn_core.agent.frame_messages import (
    FrameGiven,
    FrameRead,
    FramesOver,
    ReadFrames,
    StreamHung,
)
from worldvpn_core.agent.spec import MOST_ADDRESSES, SocketWanted
from worldvpn_core.central import fields
from worldvpn_core.central.calls import Call, SignedInAs
from worldvpn_core.central.news import News
from worldvpn_core.central.replies import Reply
from worldvpn_core.central.statement import SIGNATURE_BYTES, Statement
from worldvpn_core.config import BootstrapResolver
from worldvpn_core.reach.values import MapAnswer, MapPort
from worldvpn_core.types import IpAddress, Profile

MOST_READERS: Final = 32
MOST_SENTENCE_CHARACTERS: Final = 1_000
#: A part of a file, in base64, fits a packet; all parts are 4 MiB.
MOST_PART_CHARACTERS: Final = 87_384
MOST_FILE_PARTS: Final = 64


def _printable(_instance: object, attribute: attrs.Attribute[str], value: str) -> None:
    # It is shown on terminals and written to logs: no control characters.
    if not value.isprintable() or len(value) > MOST_SENTENCE_CHARACTERS:
        raise ValueError(f"{attribute.name} is too long or not printable")


def _public(_instance: object, _attribute: attrs.Attribute[Any], value: IpAddress) -> None:
    if value.is_multicast or value.is_unspecified or getattr(value, "scope_id", None):
        raise ValueError("an address nobody can be reached at")


@attrs.frozen(kw_only=True)
class ReadProfile:
    """Daemon: read the text in the packet's descriptor as a profile called ``name``."""

    id: int
    name: str


@attrs.frozen(kw_only=True)
class Resolve:
    """Daemon: find the addresses of ``name``.

    Without ``resolvers`` the packet's descriptor is resolv.conf(5), and those are asked.
    """

    id: int
    name: str
    resolvers: tuple[BootstrapResolver, ...] = ()


@attrs.frozen(kw_only=True)
class SocketGiven:
    """Daemon: the socket asked for under ``id`` is the packet's descriptor, connected."""

    id: int


@attrs.frozen(kw_only=True)
class SocketRefused:
    """Daemon: there is no such socket."""

    id: int
    reason: str


@attrs.frozen(kw_only=True)
class SignatureGiven:
    """Daemon: the signature over the statement asked for under ``id``."""

    id: int
    signature: bytes = attrs.field(
        validator=[validators.min_len(SIGNATURE_BYTES), validators.max_len(SIGNATURE_BYTES)]
    )


@attrs.frozen(kw_only=True)
class SignatureRefused:
    """Daemon: that is not signed."""

    id: int
    reason: str


@attrs.frozen(kw_only=True)
class ServeCentral:
    """Daemon: follow the central server as ``account`` from now on; what was before ends.

    ``files`` names what was kept, and how long each is: they stand one after the other in
    the packet's descriptor. Sockets, signatures and news refer to this request.
    """

    id: int
    account: SignedInAs | None
    files: tuple[tuple[str, int], ...] = ()


@attrs.frozen(kw_only=True)
class AskCentral:
    """Daemon: do ``call``."""

    id: int
    call: Call


@attrs.frozen(kw_only=True)
class AskRouter:
    """Daemon: ask the router in front of this host."""

    id: int
    wanted: MapPort


@attrs.frozen(kw_only=True)
class Moved:
    """Daemon: the path to the central server is another one."""


@attrs.frozen(kw_only=True)
class TokenKept:
    """Daemon: the token given under ``id`` is on disk."""

    id: int


@attrs.frozen(kw_only=True)
class TokenRefused:
    """Daemon: it cannot be kept."""

    id: int
    reason: str


@attrs.frozen(kw_only=True)
class Ready:
    """Agent: confined, and reading from now on."""

    readers: tuple[str, ...] = attrs.field(
        validator=[validators.max_len(MOST_READERS), validators.deep_iterable(_printable)]
    )


@attrs.frozen(kw_only=True)
class ProfileRead:
    """Agent: the answer to ``ReadProfile``."""

    id: int
    profile: Profile


@attrs.frozen(kw_only=True)
class Resolved:
    """Agent: the answer to ``Resolve``; at least one address."""

    id: int
    addresses: tuple[IpAddress, ...] = attrs.field(
        validator=[
            validators.min_len(1),
            validators.max_len(2 * MOST_ADDRESSES),
            validators.deep_iterable(_public),
        ]
    )


@attrs.frozen(kw_only=True)
class Failed:
    """Agent: the request could not be fulfilled; ``code`` is one of ``errors``."""

    id: int
    code: str = attrs.field(validator=_printable)
    message: str = attrs.field(validator=_printable)


@attrs.frozen(kw_only=True)
class SocketAsked:
    """Agent: open a socket for ``request``, and answer under ``id``."""

    id: int
    request: int
    wanted: SocketWanted


@attrs.frozen(kw_only=True)
class SignatureAsked:
    """Agent: sign ``statement`` for ``request`` with the device's key, and answer under ``id``."""

    id: int
    request: int
    statement: Statement


@attrs.frozen(kw_only=True)
class CentralServed:
    """Agent: what was followed under ``id`` is followed no more."""

    id: int


@attrs.frozen(kw_only=True)
class CentralAnswered:
    """Agent: the answer to ``AskCentral``."""

    id: int
    reply: Reply


@attrs.frozen(kw_only=True)
class RouterAnswered:
    """Agent: the answer to ``AskRouter``."""

    id: int
    answer: MapAnswer


@attrs.frozen(kw_only=True)
class CentralTold:
    """Agent: news of the central server, for the ``ServeCentral`` of ``request``."""

    request: int
    news: News


@attrs.frozen(kw_only=True)
class TokenGiven:
    """Agent: keep this token, and answer under ``id`` once it is on disk."""

    id: int
    request: int
    refresh_token: str = attrs.field(validator=fields.line, repr=False)


@attrs.frozen(kw_only=True)
class FileGiven:
    """Agent: keep part ``part`` of ``parts`` of a file of the central server; base64."""

    request: int
    name: str = attrs.field(validator=fields.word)
    part: int = attrs.field(validator=[validators.ge(0), validators.lt(MOST_FILE_PARTS)])
    parts: int = attrs.field(validator=[validators.ge(1), validators.le(MOST_FILE_PARTS)])
    data: str = attrs.field(validator=validators.max_len(MOST_PART_CHARACTERS), repr=False)


DaemonMessage = (
    ReadProfile
    | Resolve
    | SocketGiven
    | SocketRefused
    | SignatureGiven
    | SignatureRefused
    | ServeCentral
    | AskCentral
    | AskRouter
    | Moved
    | TokenKept
    | TokenRefused
    | ReadFrames
    | FrameGiven
    | StreamHung
)
AgentMessage = (
    Ready
    | ProfileRead
    | Resolved
    | Failed
    | SocketAsked
    | SignatureAsked
    | CentralServed
    | CentralAnswered
    | RouterAnswered
    | CentralTold
    | TokenGiven
    | FileGiven
    | FrameRead
    | FramesOver
)
