"""nft's own library by ctypes: the same language as the program, without starting it.

libnftables(3), shipped with nftables. A reload takes 2 to 3 ms and runs where it is
called: handing it to a thread would only let other things happen half way.
"""

from __future__ import annotations

import ctypes
import errno
import os
import weakref
from typing import Final, Protocol

from worldvpn_core.errors import FirewallError

_SONAME: Final = "libnftables.so.1"
#: NFT_CTX_OUTPUT_STATELESS, _HANDLE and _NUMERIC_PROTO, nftables/libnftables.h.
_STATELESS: Final = 1 << 2
_HANDLES: Final = 1 << 3
#: Names of protocols would be looked up in /etc/protocols, one file read each.
_NUMERIC: Final = 1 << 7
_NEEDS_RIGHTS: Final = (
    ": loading rules needs root with CAP_NET_ADMIN (in a container: --cap-add=NET_ADMIN)"
)


class Engine(Protocol):
    """What runs nft commands in the namespace it was made in."""

    @property
    def name(self) -> str:
        """Its name, for people and logs."""

    async def run(self, commands: str, *, stateless: bool = True, handles: bool = False) -> str:
        """Run ``commands`` as one transaction and return what they print.

        ``stateless`` leaves out what counters have counted; ``handles`` adds the
        kernel's numbers of all it lists.

        Raises:
            FirewallError: nft refused, with its reason; nothing was changed.
        """


class LibNftables:
    """An nft context, kept for the life of this object. Not for several threads."""

    name: Final = "libnftables"

    def __init__(self) -> None:
        """Open the library.

        Raises:
            OSError: it is not installed.
        """
        library = ctypes.CDLL(_SONAME)
        library.nft_ctx_new.restype = ctypes.c_void_p
        library.nft_ctx_new.argtypes = (ctypes.c_uint32,)
        library.nft_ctx_free.argtypes = (ctypes.c_void_p,)
        for function in (library.nft_ctx_buffer_output, library.nft_ctx_buffer_error):
            function.argtypes = (ctypes.c_void_p,)
        for function in (library.nft_ctx_get_output_buffer, library.nft_ctx_get_error_buffer):
            function.argtypes = (ctypes.c_void_p,)
            function.restype = ctypes.c_char_p
        library.nft_ctx_output_set_flags.argtypes = (ctypes.c_void_p, ctypes.c_uint)
        library.nft_ctx_output_set_flags.restype = None
        library.nft_run_cmd_from_buffer.argtypes = (ctypes.c_void_p, ctypes.c_char_p)
        context = library.nft_ctx_new(0)
        if not context:
            raise OSError(f"{_SONAME} gave no context: is nf_tables in this kernel?")
        weakref.finalize(self, library.nft_ctx_free, context)
        library.nft_ctx_buffer_output(context)
        library.nft_ctx_buffer_error(context)
        self._library = library
        self._context = context

    async def run(self, commands: str, *, stateless: bool = True, handles: bool = False) -> str:
        flags = _NUMERIC | (_STATELESS if stateless else 0) | (_HANDLES if handles else 0)
        self._library.nft_ctx_output_set_flags(self._context, flags)
        status = self._library.nft_run_cmd_from_buffer(self._context, commands.encode())
        # Reading empties a buffer: both are read whatever happened.
        errors = _text(self._library.nft_ctx_get_error_buffer(self._context))
        output = _text(self._library.nft_ctx_get_output_buffer(self._context))
        if status != 0:
            reason = errors.strip() or f"status {status}"
            advice = _NEEDS_RIGHTS if os.strerror(errno.EPERM) in reason else ""
            raise FirewallError(f"nftables refused: {reason}{advice}")
        return output


def _text(raw: bytes | None) -> str:
    return "" if raw is None else raw.decode(errors="replace")
