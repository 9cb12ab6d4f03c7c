"""The number the kernel raises with every change of any nftables rule (NFT_MSG_GETGEN)."""

from __future__ import annotations

import socket
import struct
import weakref
from typing import Final

from worldvpn_core.errors import FirewallError

# linux/netlink.h, linux/netfilter/nfnetlink.h and nf_tables.h
_NETLINK_NETFILTER: Final = 12
_NLM_F_REQUEST: Final = 1
_NFT_MSG_NEWGEN: Final = (10 << 8) | 15
_NFT_MSG_GETGEN: Final = (10 << 8) | 16
_NFTA_GEN_ID: Final = 1
_HEADER: Final = struct.Struct("=LHHLL")
_ATTRIBUTE: Final = struct.Struct("=HH")
#: nfgenmsg: family, version, resource identifier.
_NFGENMSG: Final = struct.pack("=BBH", 0, 0, 0)
_WRAP: Final = 1 << 32
#: The kernel answers before ``sendto`` returns; this only keeps a surprise from hanging us.
_TIMEOUT_S: Final = 1.0


class Generation:
    """Asks the kernel for the generation of the namespace it was made in.

    Keeps its socket: closing one of nf_tables waits for a grace period, some 9 ms.
    """

    def __init__(self) -> None:
        """Open the socket.

        Raises:
            OSError: this kernel has no netfilter, or we have no right to it.
        """
        self._kernel = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_NETFILTER)
        self._kernel.settimeout(_TIMEOUT_S)
        weakref.finalize(self, self._kernel.close)

    def read(self) -> int:
        """Return the generation of all rules in this namespace; takes some 10 µs.

        Raises:
            FirewallError: this kernel has no nf_tables, or does not answer.
        """
        length = _HEADER.size + len(_NFGENMSG)
        request = _HEADER.pack(length, _NFT_MSG_GETGEN, _NLM_F_REQUEST, 1, 0) + _NFGENMSG
        try:
            self._kernel.sendto(request, (0, 0))
            answer = self._kernel.recv(4_096)
        except OSError as error:
            raise FirewallError(f"the kernel's rules cannot be asked for: {error}") from error
        return parse(answer)


def parse(answer: bytes) -> int:
    """Return the generation that ``answer``, a whole netlink message, tells.

    Raises:
        FirewallError: it is an error message, or tells none.
    """
    if len(answer) >= _HEADER.size:
        length, kind, *_ = _HEADER.unpack_from(answer)
        position = _HEADER.size + len(_NFGENMSG)
        while kind == _NFT_MSG_NEWGEN and position + _ATTRIBUTE.size <= min(length, len(answer)):
            size, attribute = _ATTRIBUTE.unpack_from(answer, position)
            body = answer[position + _ATTRIBUTE.size : position + size]
            if attribute == _NFTA_GEN_ID and len(body) == struct.calcsize("!L"):
                return int.from_bytes(body, "big")
            # Attributes stand on multiples of four; one of no size would never end.
            position += max((size + 3) & ~3, _ATTRIBUTE.size)
    raise FirewallError("the kernel does not tell the generation of its rules (NFT_MSG_GETGEN)")


def follows(earlier: int, later: int) -> bool:
    """Say whether exactly one transaction lies between the two generations."""
    # The kernel skips 0 when it wraps.
    return later == ((earlier + 1) % _WRAP or 1)
