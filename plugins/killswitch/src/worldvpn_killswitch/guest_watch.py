"""What watches the node's guests, and gives each its share: a table that new rules leave alone.

No guest has more flows at once than its share. Of the server's guests the connections they begin
are counted, the ports and hosts they speak to and what nobody answers, and those who begin too
many are slowed. Of all, the kinds of traffic are counted, by port. Where there are shares, a
packet is told whose it is, for the shaper. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from worldvpn_core.contracts.namespaces import class_number
from worldvpn_core.policy import NodePolicy
from worldvpn_core.share.abuse import MOST_OPENED
from worldvpn_core.share.classes import PORTS, TrafficClass
from worldvpn_core.share.plan import place_of
from worldvpn_core.types import NODE_GUESTS, IpAddress
from worldvpn_killswitch.shares import is_shared

TABLE: Final = "worldvpn_watch"
#: What counts the packets of flows that were one too many.
REFUSED_FLOWS: Final = "refused_flows"
VERSIONS: Final = (4, 6)
_FLOWS: Final = "flows"
_TYPES: Final = {4: "ipv4_addr", 6: "ipv6_addr"}
_FAMILIES: Final = {4: "ip", 6: "ip6"}
#: After the filter: what is dropped there was not done to anybody.
_PRIORITY: Final = "filter + 20"
#: Chains that say whose a packet is, where there are shares.
_GOES: Final = "goes"
_COMES: Final = "comes"
#: Whether the server has sent a guest, and the number of its share's class.
_Seat = tuple[bool, int]
_MOST_PAIRS: Final = 262_144
_MOST_GUESTS: Final = 2_048


def opened(version: int) -> str:
    """Name the set that counts the connections that guests of the server begin, as packets."""
    return f"opened{version}"


def unanswered(version: int) -> str:
    """Name the set that counts what they send and nobody answers."""
    return f"unanswered{version}"


def ports(version: int) -> str:
    """Name the set of a guest and a port it spoke to within the last minute."""
    return f"ports{version}"


def hosts(version: int) -> str:
    """Name the set of a guest and a host it spoke to within the last minute."""
    return f"hosts{version}"


def begun_in(name: TrafficClass, version: int) -> str:
    """Name the set that counts connections of a class, as packets."""
    return f"{name}{version}"


def begun() -> str:
    """Return the script that makes the table anew, with nobody in it."""
    lines = [f"add table inet {TABLE}", f"delete table inet {TABLE}", f"table inet {TABLE} {{"]
    lines += [f"counter {REFUSED_FLOWS} {{ }}", f"chain {_FLOWS} {{", "}"]
    for version in VERSIONS:
        lines += _sets(version)
        lines += _judged(version)
        lines += _kinds(version)
        lines += [f"chain {way}{version} {{\n}}" for way in (_GOES, _COMES)]
    lines += ["chain begun {", f"jump {_FLOWS}"]
    lines += [f"{_of(each)} saddr @{opened(each)} jump judged{each}" for each in VERSIONS]
    lines += [f"meta nfproto ipv{each} goto kinds{each}" for each in VERSIONS]
    lines += ["}", "chain fresh {", "ct status ! confirmed jump begun"]
    lines += [f"{_of(each)} saddr @{unanswered(each)}" for each in VERSIONS]
    lines += ["}", "chain passed {"]
    # Few rules for the many packets of flows that are known.
    lines += [f"type filter hook forward priority {_PRIORITY}; policy accept;"]
    lines += [f'oifname "{NODE_GUESTS}" {_by_family(_COMES)}']
    lines += [f'iifname "{NODE_GUESTS}" ct state new jump fresh']
    lines += [f'iifname "{NODE_GUESTS}" {_by_family(_GOES)}']
    return "\n".join([*lines, "}", "}", ""])


def _by_family(way: str) -> str:
    return f"meta nfproto vmap {{ ipv4 : goto {way}4, ipv6 : goto {way}6 }}"


def changed(before: NodePolicy | None, after: NodePolicy) -> str:
    """Return the script that makes those of ``after`` be watched instead of those of ``before``.

    None: the table was only just made. Who is in both goes on as it was; "": nothing changes.
    """
    was, now = _seats(before), _seats(after)
    # Of two hundred guests most stay as they were: nothing is written for them.
    others = [guest for guest in {**was, **now} if was.get(guest) != now.get(guest)]
    gone, come = _elements(was, others), _elements(now, others)
    lines = [f"delete element inet {TABLE} {each}" for each in gone if each not in come]
    lines += [f"add element inet {TABLE} {each}" for each in come if each not in gone]
    if after.most_flows != (0 if before is None else before.most_flows):
        lines += _limited(after.most_flows)
    shares = is_shared(after)
    if shares != (before is not None and is_shared(before)):
        lines += _classed(shares=shares)
    return "".join(f"{line}\n" for line in lines)


def _classed(*, shares: bool) -> Iterator[str]:
    """Yield what says whose a packet is, or lets it be."""
    for version in VERSIONS:
        for way, side in ((_GOES, "saddr"), (_COMES, "daddr")):
            yield f"flush chain inet {TABLE} {way}{version}"
            if shares:
                whose = f"meta priority set {_of(version)} {side} map @class{version}"
                yield f"add rule inet {TABLE} {way}{version} {whose}"


def _limited(most_flows: int) -> Iterator[str]:
    """Yield what lets each guest have so many flows at once: it is counted anew."""
    yield f"flush chain inet {TABLE} {_FLOWS}"
    for version in VERSIONS:
        yield f"flush set inet {TABLE} flows{version}"
        if most_flows:
            over = f"{_of(version)} saddr ct count over {most_flows}"
            refused = f'counter name "{REFUSED_FLOWS}" drop'
            yield f"add rule inet {TABLE} {_FLOWS} add @flows{version} {{ {over} }} {refused}"


def _seats(policy: NodePolicy | None) -> dict[IpAddress, _Seat]:
    if policy is None:
        return {}
    sent = frozenset(policy.sent)
    return {
        guest: (guest in sent, class_number(place_of(guest, policy.most_guests)))
        for guest in policy.guests
    }


def _elements(seats: Mapping[IpAddress, _Seat], guests: Iterable[IpAddress]) -> dict[str, None]:
    """Return every element of those of ``guests`` who have a seat, as nft writes it, in order."""
    return dict.fromkeys(
        element
        for guest in guests
        if (seat := seats.get(guest)) is not None
        for element in _written(guest, *seat)
    )


def _written(guest: IpAddress, is_sent: bool, number: int) -> Iterator[str]:  # noqa: FBT001 - a seat, taken apart
    version = guest.version
    for name in TrafficClass:
        yield f"{begun_in(name, version)} {{ {guest} }}"
    if is_sent:
        yield f"{opened(version)} {{ {guest} }}"
        yield f"{unanswered(version)} {{ {guest} }}"
    yield f"class{version} {{ {guest} : 1:{number:x} }}"


def guest_of(key: bytes, version: int) -> bytes:
    """Return the guest's packed address in the key of ``ports`` or ``hosts``."""
    return key[: 4 if version == 4 else 16]  # noqa: PLR2004 - IPv4, and bytes of an address


def _sets(version: int) -> Iterator[str]:
    kind = _TYPES[version]
    counted = (opened(version), unanswered(version))
    for name in (*counted, *(begun_in(each, version) for each in TrafficClass)):
        yield f"set {name} {{ type {kind}; counter\n}}"
    flags = "flags dynamic,timeout"
    for name, second in ((ports(version), "inet_service"), (hosts(version), kind)):
        yield f"set {name} {{ type {kind} . {second}; size {_MOST_PAIRS}; {flags}; timeout 1m; }}"
    yield f"set flows{version} {{ type {kind}; size {_MOST_GUESTS}; flags dynamic; }}"
    yield f"set paced{version} {{ type {kind}; size {_MOST_GUESTS}; {flags}; timeout 2m; }}"
    yield f"map class{version} {{ type {kind} : classid\n}}"


def _judged(version: int) -> Iterator[str]:
    of = _of(version)
    yield f"chain judged{version} {{"
    yield f"meta l4proto {{ tcp, udp }} update @{ports(version)} {{ {of} saddr . th dport }}"
    yield f"update @{hosts(version)} {{ {of} saddr . {of} daddr }}"
    pace = f"limit rate over {MOST_OPENED}/minute burst {MOST_OPENED} packets"
    yield f"update @paced{version} {{ {of} saddr {pace} }} drop"
    yield "}"


def _kinds(version: int) -> Iterator[str]:
    yield f"chain kinds{version} {{"
    for name, spans in PORTS.items():
        written = ", ".join(
            f"{first}-{last}" if last > first else f"{first}" for first, last in spans
        )
        where = f"meta l4proto {{ tcp, udp }} th dport {{ {written} }}"
        yield f"{where} {_of(version)} saddr @{begun_in(name, version)} return"
    yield f"{_of(version)} saddr @{begun_in(TrafficClass.OTHER, version)}"
    yield "}"


def _of(version: int) -> str:
    return _FAMILIES[version]


def read_of_all(guests: tuple[IpAddress, ...]) -> Iterator[str]:
    """Yield the sets that tell of ``guests``."""
    for version in _versions_of(guests):
        yield from (begun_in(name, version) for name in TrafficClass)


def read_of_sent(sent: tuple[IpAddress, ...]) -> Iterator[str]:
    """Yield the sets that tell of the server's guests, besides."""
    for version in _versions_of(sent):
        yield from (each(version) for each in (opened, unanswered, ports, hosts))


def _versions_of(guests: tuple[IpAddress, ...]) -> tuple[int, ...]:
    return tuple(each for each in VERSIONS if any(guest.version == each for guest in guests))
