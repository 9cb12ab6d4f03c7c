"""Runs a command on a real Debian kernel, under emulation, with this host's files.

The machine sees the host's root read-only, with an overlay in memory, so that
the command finds the same programs and virtual environment; nothing it writes
reaches the host. By hand: ``python -m tests.qemu.guest COMMAND…``.
"""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import attrs

from tests.qemu.kernel import ROOT, Kernel, debian_kernel

_INIT = Path(__file__).with_name("init")

#: Modules without which the root cannot be mounted; the kernel asks for all others itself.
_BOOT_MODULES = ("virtio_pci", "9pnet_virtio", "9p", "overlay")


@attrs.frozen(kw_only=True)
class Outcome:
    """What a command in the guest left: ``status`` is None when it did not end in time."""

    status: int | None
    output: str
    console: str


def run_in_guest(command: Sequence[str], *, timeout_s: float = 300) -> Outcome:
    """Boot the kernel, run ``command`` in the repository's folder as root, power off.

    A machine that is still up after ``timeout_s`` is ended.
    """
    kernel = debian_kernel()
    with tempfile.TemporaryDirectory() as scratch:
        shared = Path(scratch) / "shared"
        shared.mkdir()
        (shared / "modules").write_text(f"{kernel.folder}\n")
        (shared / "command").write_text(_script(command))
        initramfs = Path(scratch) / "initramfs"
        _write_initramfs(kernel, Path(scratch) / "initramfs.d", initramfs)
        console = _console(_machine(kernel, initramfs, shared), timeout_s)
        status, output = shared / "status", shared / "output"
        return Outcome(
            status=int(status.read_text()) if status.exists() else None,
            output=output.read_text(errors="replace") if output.exists() else "",
            console=console,
        )


def _console(machine: list[str], timeout_s: float) -> str:
    """Run ``machine`` and return what its console said."""
    with subprocess.Popen(
        machine, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        try:
            said, _ = process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            process.kill()
            said, _ = process.communicate()
            said += f"\nstill up after {timeout_s:g} s: ended".encode()
    return said.decode(errors="replace")


def _script(command: Sequence[str]) -> str:
    return (
        f"cd {shlex.quote(str(ROOT))}\n"
        "export HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin\n"
        f"exec {shlex.join(command)}\n"
    )


def _write_initramfs(kernel: Kernel, folder: Path, archive: Path) -> None:
    modules = folder / "modules"
    modules.mkdir(parents=True)
    (folder / "bin").mkdir()
    shutil.copy("/bin/busybox", folder / "bin" / "busybox")
    shutil.copy(_INIT, folder / "init")
    (folder / "init").chmod(0o755)
    files = kernel.modules(*_BOOT_MODULES)
    for file in files:
        shutil.copy(file, modules / file.name)
    (modules / "order").write_text("".join(f"{file.name}\n" for file in files))
    names = "\n".join(str(path.relative_to(folder)) for path in folder.rglob("*"))
    with archive.open("wb") as out:
        subprocess.run(
            ["cpio", "-o", "-H", "newc", "--quiet", "-R", "0:0"],
            cwd=folder,
            input=names.encode(),
            stdout=out,
            check=True,
        )


def _machine(kernel: Kernel, initramfs: Path, shared: Path) -> list[str]:
    share = "local,security_model=none,multidevs=remap"
    return [
        *("qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2"),
        *("-m", "1G", "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none"),
        *("-serial", "stdio", "-device", "virtio-rng-pci"),
        *("-kernel", str(kernel.image), "-initrd", str(initramfs)),
        *("-append", "console=ttyS0 quiet panic=-1 mitigations=off random.trust_cpu=on"),
        *("-virtfs", f"{share},path=/,mount_tag=host,readonly=on"),
        *("-virtfs", f"{share},path={shared},mount_tag=out"),
    ]


if __name__ == "__main__":
    outcome = run_in_guest(sys.argv[1:])
    sys.stdout.write(outcome.output)
    if outcome.status is None:
        sys.exit(f"the machine ended without a status; its console said:\n{outcome.console}")
    sys.exit(outcome.status)
