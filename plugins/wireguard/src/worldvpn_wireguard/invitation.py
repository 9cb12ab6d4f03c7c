"""A guest's keys, and the wg-quick(8) file that holds them."""

from __future__ import annotations

import base64
import os
from ipaddress import IPv6Address, ip_network

from worldvpn_core.contracts import Guest, Invitation, ListenerInfo
from worldvpn_core.types import EVERYTHING, IpAddress, Server
from worldvpn_wireguard.node_key import public_key_of
from worldvpn_wireguard.options import KEY_BYTES


def invitation(
    node: ListenerInfo,
    remote: Server,
    addresses: tuple[IpAddress, ...],
    dns: tuple[IpAddress, ...],
) -> Invitation:
    """Return a new guest of ``node``, which it reaches at ``remote``."""
    private_key, preshared_key = os.urandom(KEY_BYTES), os.urandom(KEY_BYTES)
    guest = Guest(
        public_key=public_key_of(private_key), preshared_key=preshared_key, addresses=addresses
    )
    lines = (
        "[Interface]",
        f"PrivateKey = {_text(private_key)}",
        f"Address = {', '.join(str(ip_network(address)) for address in addresses)}",
        *((f"DNS = {', '.join(map(str, dns))}",) if dns else ()),
        "",
        "[Peer]",
        f"PublicKey = {_text(node.public_key)}",
        f"PresharedKey = {_text(preshared_key)}",
        f"AllowedIPs = {', '.join(map(str, EVERYTHING))}",
        f"Endpoint = {_host(remote.host)}:{remote.port}",
    )
    return Invitation(guest=guest, profile="\n".join(lines) + "\n")


def _text(key: bytes) -> str:
    return base64.b64encode(key).decode("ascii")


def _host(host: str) -> str:
    """Return ``host`` as an endpoint writes it: an IPv6 address in brackets."""
    try:
        return f"[{IPv6Address(host)}]"
    except ValueError:
        return host
