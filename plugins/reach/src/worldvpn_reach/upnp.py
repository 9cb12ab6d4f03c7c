"""UPnP-IGD (WANIPConnection:1 and :2): what is said, and what of the answers is believed. Pure."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, ip_address
from typing import Final
from urllib.parse import urljoin, urlsplit
from xml.parsers import expat

import attrs

from worldvpn_core.reach.values import MapPort

MOST_BYTES: Final = 65_536
_MOST_ELEMENTS: Final = 4_096
_MOST_DEPTH: Final = 32
_PATH: Final = re.compile(r"/[!-~]{0,511}")
_GATEWAY: Final = "urn:schemas-upnp-org:device:InternetGatewayDevice:1"
#: What leads ports on, the better first (UPnP Forum, WANIPConnection:2 §2.2).
_SERVICES: Final = (
    "urn:schemas-upnp-org:service:WANIPConnection:2",
    "urn:schemas-upnp-org:service:WANIPConnection:1",
    "urn:schemas-upnp-org:service:WANPPPConnection:1",
)
#: Errors of AddPortMapping: somebody else's, and no lease that ends.
CONFLICT: Final = 718
ONLY_PERMANENT: Final = 725
#: There is no such mapping: what was to be removed is gone.
NO_SUCH: Final = 714


class SenselessError(Exception):
    """What came is no answer."""


@attrs.frozen(kw_only=True)
class Control:
    """Where the router takes orders: a path at its own control port, and for which service."""

    path: str
    service: str


def search(router: IPv4Address) -> bytes:
    """Return the search for a gateway, for ``router`` alone (Device Architecture 1.1 §1.3.2)."""
    lines = (
        "M-SEARCH * HTTP/1.1",
        f"HOST: {router}:1900",
        'MAN: "ssdp:discover"',
        "MX: 1",
        f"ST: {_GATEWAY}",
    )
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def found(datagram: bytes, router: IPv4Address) -> tuple[int, str]:
    """Return port and path of the router's description.

    Raises:
        SenselessError: it is no answer to a search, or leads anywhere but to ``router``.
    """
    try:
        status, *lines = datagram[:MOST_BYTES].decode("ascii").split("\r\n")
    except UnicodeDecodeError:
        raise SenselessError("no text") from None
    if not status.startswith("HTTP/1.1 200"):
        raise SenselessError("no answer to a search")
    headers = {
        name.strip().lower(): value.strip()
        for name, colon, value in (line.partition(":") for line in lines)
        if colon
    }
    try:
        url = urlsplit(headers.get("location", ""))
        port = url.port or 80
        host = ip_address(url.hostname or "")
    except ValueError:
        raise SenselessError("no location") from None
    path = (url.path or "/") + (f"?{url.query}" if url.query else "")
    if url.scheme != "http" or host != router or not _PATH.fullmatch(path):
        raise SenselessError("it leads elsewhere")
    return port, path


def control_of(description: bytes, at: tuple[IPv4Address, int], path: str) -> Control:
    """Return where the gateway described takes orders.

    Raises:
        SenselessError: it has no such service, or takes orders anywhere but ``at``.
    """
    router, port = at
    services: dict[str, str] = {}
    kind = ""
    for name, text in elements(description):
        if name == "serviceType":
            kind = text
        elif name == "controlURL" and kind:
            services.setdefault(kind, text)
            kind = ""
    for service in _SERVICES:
        if service not in services:
            continue
        base = f"http://{router}:{port}"
        try:
            url = urlsplit(urljoin(base + path, services[service]))
            there = f"{url.scheme}://{url.hostname}:{url.port or 80}"
        except ValueError:
            break
        where = url.path + (f"?{url.query}" if url.query else "")
        if there == base and _PATH.fullmatch(where):
            return Control(path=where, service=service)
        break
    raise SenselessError("it leads no ports on")


def add(wanted: MapPort, public_port: int, lifetime_s: int) -> tuple[str, dict[str, str]]:
    """Return the order that ``wanted`` is, by that port and for that long."""
    return "AddPortMapping", {
        "NewRemoteHost": "",
        "NewExternalPort": str(public_port),
        "NewProtocol": "UDP",
        "NewInternalPort": str(wanted.port),
        "NewInternalClient": str(wanted.client),
        "NewEnabled": "1",
        "NewPortMappingDescription": "WorldVPN",
        "NewLeaseDuration": str(lifetime_s),
    }


def entry(action: str, public_port: int) -> tuple[str, dict[str, str]]:
    """Return the order ``action`` about the mapping of ``public_port``."""
    named = {"NewRemoteHost": "", "NewExternalPort": str(public_port), "NewProtocol": "UDP"}
    return action, named


def order(service: str, action: str, arguments: dict[str, str]) -> bytes:
    """Return the SOAP envelope of an order; arguments are ours, and need no escaping."""
    inside = "".join(f"<{name}>{value}</{name}>" for name, value in arguments.items())
    return (
        '<?xml version="1.0"?>\r\n'
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" '
        's:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>'
        f'<u:{action} xmlns:u="{service}">{inside}</u:{action}>'
        "</s:Body></s:Envelope>"
    ).encode()


def values(answer: bytes) -> dict[str, str]:
    """Return what each element of an answer says. Raises SenselessError."""
    return dict(elements(answer))


def number(found: dict[str, str], name: str) -> int:
    """Return a whole number of at most five digits. Raises SenselessError."""
    text = found.get(name, "")
    if not re.fullmatch(r"[0-9]{1,5}", text):
        raise SenselessError(f"no {name}")
    return int(text)


def address(found: dict[str, str], name: str) -> IPv4Address | None:
    """Return an address, None where there is none."""
    try:
        return IPv4Address(found.get(name, ""))
    except ValueError:
        return None


def elements(document: bytes) -> list[tuple[str, str]]:
    """Return local names and texts of all elements, as they end.

    Raises:
        SenselessError: it is no XML, has a document type (and so could have entities), is too
            deep or too long.
    """
    said: list[tuple[str, str]] = []
    texts: list[list[str]] = []

    def begin(_name: str, _attributes: object) -> None:
        texts.append([])
        if len(texts) > _MOST_DEPTH or len(said) > _MOST_ELEMENTS:
            raise SenselessError("too much")

    def end(name: str) -> None:
        said.append((name.rpartition(":")[2], "".join(texts.pop()).strip()))

    def text(data: str) -> None:
        if texts:
            texts[-1].append(data)

    def refuse(*_: object) -> None:
        raise SenselessError("a document type")

    parser = expat.ParserCreate()
    parser.StartElementHandler = begin
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(document[:MOST_BYTES], True)  # noqa: FBT003 - expat takes it by place
    except (expat.ExpatError, ValueError, LookupError):
        raise SenselessError("no XML") from None
    return said
