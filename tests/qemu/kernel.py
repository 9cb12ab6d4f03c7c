"""Fetches Debian's generic kernel, to boot it under emulation.

Only what a network test needs is unpacked, into ``.cache/kernel``: nothing is
installed, and no right is needed.
"""

from __future__ import annotations

import fcntl
import subprocess
import tempfile
from pathlib import Path

import attrs

ROOT = Path(__file__).resolve().parents[2]
_CACHE = ROOT / ".cache" / "kernel"

#: What of the package is unpacked, as patterns of tar(1).
_WANTED = (
    "./boot/vmlinuz-*",
    "./lib/modules/*/modules.*",
    *(
        f"./lib/modules/*/kernel/{folder}/*"
        for folder in (
            "arch",
            "crypto",
            "drivers/net",
            "drivers/virtio",
            "fs/9p",
            "fs/fscache",
            "fs/netfs",
            "fs/overlayfs",
            "lib",
            "net",
        )
    ),
)
_UNWANTED = ("*/drivers/net/ethernet", "*/drivers/net/wireless")


@attrs.frozen(kw_only=True)
class Kernel:
    """A kernel unpacked in ``folder``: its image, and its modules under lib/modules."""

    release: str
    folder: Path

    @property
    def image(self) -> Path:
        """Return the bootable image."""
        return self.folder / "boot" / f"vmlinuz-{self.release}"

    def modules(self, *names: str) -> tuple[Path, ...]:
        """Return the files of modules ``names`` and all they need, in loading order."""
        command = ["modprobe", "-d", self.folder, "-S", self.release, "-a", "--show-depends"]
        lines = _output(*map(str, command), *names).splitlines()
        needed = [line.split()[1] for line in lines if line.startswith("insmod ")]
        return tuple(Path(name) for name in dict.fromkeys(needed))


def debian_kernel() -> Kernel:
    """Return the kernel that this Debian's ``linux-image-amd64`` stands for.

    Fetched by apt at the first call, some 70 MB.
    """
    package = _field("linux-image-amd64", "Depends").split()[0]
    release = package.removeprefix("linux-image-")
    version = _field(package, "Version").partition(":")[2] or _field(package, "Version")
    kernel = Kernel(release=release, folder=_CACHE / f"{release}_{version}")
    _CACHE.mkdir(parents=True, exist_ok=True)
    with (_CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kernel.folder.exists():
            _unpack(package, kernel)
    return kernel


def _unpack(package: str, kernel: Kernel) -> None:
    with tempfile.TemporaryDirectory(dir=_CACHE) as scratch:
        subprocess.run(["apt-get", "-q", "download", package], cwd=scratch, check=True)
        (archive,) = Path(scratch).glob("*.deb")
        unpacked = Path(scratch) / "unpacked"
        unpacked.mkdir()
        with subprocess.Popen(
            ["dpkg-deb", "--fsys-tarfile", archive], stdout=subprocess.PIPE
        ) as reader:
            subprocess.run(
                [
                    *("tar", "-x", "--no-same-owner", "-C", str(unpacked), "--wildcards"),
                    *(f"--exclude={pattern}" for pattern in _UNWANTED),
                    *_WANTED,
                ],
                stdin=reader.stdout,
                check=True,
            )
        subprocess.run(["depmod", "-b", unpacked, kernel.release], check=True)
        unpacked.rename(kernel.folder)


def _field(package: str, name: str) -> str:
    shown = _output("apt-cache", "show", "--no-all-versions", package)
    values = [line.partition(": ")[2] for line in shown.splitlines() if line.startswith(f"{name}:")]
    return values[0]


def _output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
