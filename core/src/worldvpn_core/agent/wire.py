"""DNS messages (RFC 1035 §4): the questions we ask and the addresses in the answers."""

from __future__ import annotations

import secrets
from ipaddress import ip_address
from typing import Final

import attrs
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rdtypes.ANY.CNAME
import dns.rdtypes.ANY.NS
import dns.rdtypes.ANY.OPT
import dns.rdtypes.ANY.SOA
import dns.rdtypes.IN.A
import dns.rdtypes.IN.AAAA

from worldvpn_core.agent.spec import MOST_ADDRESSES
from worldvpn_core.errors import ResolutionError
from worldvpn_core.types import IpAddress

#: RFC 8467 §4.1: queries over an encrypted path are padded to multiples of this.
PADDING_BYTES: Final = 128
MOST_MESSAGE_BYTES: Final = 65_535
#: RFC 1035 §4.1.1: identifier, flags (QR first) and four counts.
_HEADER_BYTES: Final = 12
_RESPONSE_BIT: Final = 0x80


class TruncatedError(Exception):
    """The answer did not fit a datagram: ask by TCP (RFC 1035 §4.2.1)."""


class ServerFailedError(Exception):
    """This server cannot answer; another may."""


@attrs.frozen(kw_only=True, eq=False)
class Question:
    """One question, as asked: an answer must be to it."""

    message: dns.message.Message
    wire: bytes


def questions(name: str, *, encrypted: bool = False) -> tuple[Question, Question]:
    """Return the questions for the IPv4 and the IPv6 addresses of ``name``.

    Recursion is asked for, so that the server follows aliases. Names in other scripts
    are encoded by IDNA 2003, which Python's library knows. ``encrypted`` pads, and has
    the identifier 0 so that caches can share (RFC 8484 §4.1).

    Raises:
        ResolutionError: it is no name.
    """
    try:
        owner = dns.name.from_text(name, dns.name.root)
    except (dns.exception.DNSException, UnicodeError, ValueError):
        raise ResolutionError(f"{name!r} is no name that could have an address") from None
    return (
        _question(owner, dns.rdatatype.A, encrypted=encrypted),
        _question(owner, dns.rdatatype.AAAA, encrypted=encrypted),
    )


def is_answer(question: Question, data: bytes) -> bool:
    """Say whether ``data`` begins with the identifier and flag of an answer to ``question``.

    What does not is somebody else's, or forged: it is passed over, not an answer.
    """
    return (
        len(data) >= _HEADER_BYTES
        and data[:2] == question.wire[:2]
        and bool(data[2] & _RESPONSE_BIT)
    )


def addresses(question: Question, data: bytes) -> tuple[IpAddress, ...] | None:
    """Return the addresses ``data`` answers ``question`` with; None if no such name exists.

    Aliases in the answer are followed; at most ``MOST_ADDRESSES`` are returned, none that
    nobody could be reached at. () is a name without an address of this family.

    Raises:
        TruncatedError: ask by TCP.
        ServerFailedError: it is no answer to this question, or says that it failed.
    """
    try:
        answer = dns.message.from_wire(data, ignore_trailing=True)
    # dnspython documents only the first, yet its readers let the others through.
    except (dns.exception.DNSException, ValueError, LookupError, ArithmeticError) as error:
        raise ServerFailedError("sent a malformed answer") from error
    if not question.message.is_response(answer):
        raise ServerFailedError("answered another question")
    if answer.flags & dns.flags.TC:
        raise TruncatedError
    code = answer.rcode()
    if code == dns.rcode.NXDOMAIN:
        return None
    if code != dns.rcode.NOERROR or not isinstance(answer, dns.message.QueryMessage):
        raise ServerFailedError(f"answered {dns.rcode.to_text(code)}")
    try:
        found = answer.resolve_chaining().answer
    except dns.exception.DNSException as error:
        raise ServerFailedError("sent an alias that leads nowhere") from error
    listed = (ip_address(record.address) for record in found or ())
    usable = (each for each in listed if not (each.is_multicast or each.is_unspecified))
    return tuple(dict.fromkeys(usable))[:MOST_ADDRESSES]


def _question(owner: dns.name.Name, kind: dns.rdatatype.RdataType, *, encrypted: bool) -> Question:
    message = dns.message.make_query(
        owner,
        kind,
        use_edns=0 if encrypted else False,
        pad=PADDING_BYTES if encrypted else 0,
        id=0 if encrypted else secrets.randbits(16),
    )
    return Question(message=message, wire=message.to_wire())
