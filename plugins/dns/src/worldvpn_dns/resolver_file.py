"""The file the host's programs read, as it is on disk: regular, a link, or a mount."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import stat
from pathlib import Path
from typing import Final

from worldvpn_core.errors import DnsError
from worldvpn_dns.saved import Content, Missing, Saved, Symlink

#: More than this is no resolver configuration, and would not fit the journal.
MAX_BYTES: Final = 65_536


class ResolverFile:
    """Reads and replaces resolv.conf. Errors are DnsError, naming the file and the reason.

    A file that is a mount of its own (a container, ``ip netns exec``) cannot be
    replaced and is written in place; a symbolic link leading to one counts as it,
    for the link may be shared with other namespaces. Any other link is replaced.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> Saved:
        """Return what is there now."""
        try:
            if self.path.is_symlink() and not _is_mount(self.path):
                return Symlink(target=str(self.path.readlink()))
            return Content(content=_read_bytes(self.path))
        except FileNotFoundError:
            return Missing()
        except OSError as error:
            raise self._error("read", error) from error

    def text(self) -> bytes:
        """Return what programs read, through links; nothing where there is no file."""
        try:
            return _read_bytes(self.path)
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise self._error("read", error) from error

    def write(self, saved: Saved) -> None:
        """Make the file be ``saved``: atomically, or in place where it is a mount."""
        try:
            if _is_mount(self.path):
                _overwrite(self.path, saved.content if isinstance(saved, Content) else b"")
            else:
                _replace(self.path, saved)
        except OSError as error:
            raise self._error("write", error) from error

    def _error(self, verb: str, error: OSError) -> DnsError:
        return DnsError(
            f"cannot {verb} {self.path}: {error.strerror or error}; make it a writable regular"
            f" file or link of at most {MAX_BYTES} bytes (lsattr shows whether it is immutable)"
        )


def _read_bytes(path: Path) -> bytes:
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(f"{path} is not a regular file")
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise OSError(f"it is longer than {MAX_BYTES} bytes")
    return content


def _is_mount(path: Path) -> bool:
    """Say whether ``path`` leads to a file mounted over another; os.path.ismount misses those."""
    real = Path(os.path.realpath(path))
    try:
        return _mount_id(real) != _mount_id(real.parent)
    except FileNotFoundError:
        return False


def _mount_id(path: Path) -> str | None:
    """Return the mount that ``path`` is on (proc(5), /proc/pid/fdinfo)."""
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        facts = Path(f"/proc/self/fdinfo/{descriptor}").read_text(encoding="ascii")
    finally:
        os.close(descriptor)
    found = re.search(r"^mnt_id:\s*(\d+)$", facts, re.MULTILINE)
    return found and found[1]


def _overwrite(path: Path, content: bytes) -> None:
    # Cut last: a crash between leaves a tail of the old, never an empty file.
    with path.open("r+b", buffering=0) as file:
        file.write(content)
        file.truncate(len(content))
        os.fsync(file.fileno())


def _replace(path: Path, saved: Saved) -> None:
    if isinstance(saved, Missing):
        path.unlink(missing_ok=True)
        return
    # One name, so that what a crash leaves here goes with the next write.
    new = path.with_name(f".{path.name}.worldvpn")
    new.unlink(missing_ok=True)
    try:
        if isinstance(saved, Symlink):
            new.symlink_to(saved.target)
        else:
            with new.open("xb") as file:
                file.write(saved.content)
                _take_after(path, new)
                file.flush()
                os.fsync(file.fileno())
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def _take_after(path: Path, new: Path) -> None:
    """Give ``new`` the owner, mode and labels of ``path``, else what everyone may read."""
    new.chmod(0o644)
    with contextlib.suppress(FileNotFoundError):
        present = path.lstat()
        if stat.S_ISREG(present.st_mode):
            os.chown(new, present.st_uid, present.st_gid)
            shutil.copystat(path, new)
            os.utime(new)
