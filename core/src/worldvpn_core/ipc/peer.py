"""Who is at the other end of a Unix socket: the kernel's word, taken when it connected.

SO_PEERCRED and SO_PEERGROUPS (unix(7), socket(7); Linux 4.13) describe the process
at the time of its connect(2). Reading /proc/PID instead would describe whoever has
that pid now.
"""

from __future__ import annotations

import errno
import os
import pwd
import socket
import struct
from typing import Final

from worldvpn_core.ipc.rights import Caller

#: From asm-generic/socket.h: Python has no name for it.
_SO_PEERGROUPS: Final = 59
_UCRED: Final = struct.Struct("3i")
_GID: Final = struct.Struct("I")
#: CPython's getsockopt gives at most this much: 256 groups.
_MAX_OPTION_BYTES: Final = 1_024


def caller_of(peer: socket.socket) -> Caller:
    """Return the process that connected ``peer``.

    Raises:
        OSError: the socket is not a connected Unix socket.
    """
    raw = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
    pid, uid, gid = _UCRED.unpack(raw)
    return Caller(pid=pid, uid=uid, gid=gid, groups=_groups(peer, uid, gid))


def _groups(peer: socket.socket, uid: int, gid: int) -> frozenset[int]:
    try:
        raw = peer.getsockopt(socket.SOL_SOCKET, _SO_PEERGROUPS, _MAX_OPTION_BYTES)
    except OSError as error:
        if error.errno != errno.ERANGE:
            raise
        return _groups_on_record(uid, gid)
    return frozenset(value for (value,) in _GID.iter_unpack(raw))


def _groups_on_record(uid: int, gid: int) -> frozenset[int]:
    """Return the groups the user database gives ``uid``: for callers with more than 256."""
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        return frozenset()
    return frozenset(os.getgrouplist(name, gid))
