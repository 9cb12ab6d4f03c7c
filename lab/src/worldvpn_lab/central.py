"""A real worldvpn-server in the lab's internet, and what daemons must know of it.

with CentralHouse.open(world) as house:
Daemon.start(world, Start(config=house.daemon_toml()))
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import attrs
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_pem_x509_certificate

from worldvpn_core.errors import EngineError
from worldvpn_lab.disturb.processes import end, family
from worldvpn_lab.map import PLACES

if TYPE_CHECKING:
    from worldvpn_lab.program import Program
    from worldvpn_lab.world import World

ROLE: Final = "internet"
PORT: Final = 8_443
START_S: Final = 60.0
STOP_S: Final = 20.0
CLOSE_S: Final = 1.0
_POLL_S: Final = 0.02
_LONGEST_PLACE: Final = 40
_READY: Final = "listening on "
#: Where the lab's nodes are: documentation ranges, which the server would not probe elsewhere.
_RANGES: Final = ("203.0.113.0/24", "192.0.2.0/24")


@attrs.define
class CentralHouse:
    """The server, its data, and its words."""

    world: World
    data: Path
    _program: Program | None = None

    @classmethod
    def open(cls, world: World, *, wait: bool = True) -> Self:
        """Make a server with nobody in it, and start it; without ``wait`` it may not answer yet.

        Raises:
            EngineError: it did not start; its last words are quoted.
        """
        # Where the account of PostgreSQL can come to: the lab's own folder is its owner's alone.
        place = tempfile.gettempdir()
        # A socket's path has room for 107 characters (unix(7)), and PostgreSQL's is further below.
        short = place if len(place) <= _LONGEST_PLACE else "/tmp"  # noqa: S108 - mkdtemp's own
        folder = Path(tempfile.mkdtemp(prefix="wv-central-", dir=short))
        folder.chmod(0o755)
        house = cls(world, folder / "data")
        try:
            house.launch()
            if wait:
                house.wait_ready()
        except BaseException:
            house.close()
            raise
        return house

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def url(self) -> str:
        """Where clients find it."""
        return f"https://{PLACES.central}:{PORT}"

    @property
    def program(self) -> tuple[str, ...]:
        """The server's command, with its data: an operator's words may follow."""
        return (sys.executable, "-m", "worldvpn_server", "--data", str(self.data))

    def start(self) -> None:
        """Start the server, again if it was stopped, and return once it answers.

        Raises:
            EngineError: it did not start.
        """
        self.launch()
        self.wait_ready()

    def launch(self) -> None:
        """Start it, and return at once. Raises EngineError."""
        log = os.open(self._log, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
        null = os.open(os.devnull, os.O_RDWR)
        argv = (
            *_as_somebody(),
            *self.program,
            *("--host", str(PLACES.central), "--port", str(PORT), "--workers", "1"),
            *("--payout-interval", "1", "--directory-interval", "1"),
            *("--lab-ranges", *_RANGES),
        )
        try:
            self._program = self.world.spawn(ROLE, argv, stdio=(null, log, log))
        finally:
            os.close(log)
            os.close(null)

    def wait_ready(self) -> None:
        """Return once it answers. Raises EngineError as ``start``."""
        deadline_s = time.monotonic() + START_S
        while _READY not in self.said():
            if self._program is None or self._program.wait(_POLL_S) is not None:
                raise EngineError(f"the central server ended: {self.said()[-600:]}")
            if time.monotonic() > deadline_s:
                raise EngineError(f"the central server did not start: {self.said()[-600:]}")

    def stop(self) -> None:
        """Stop it; its data stay. Raises EngineError: it did not stop."""
        program, self._program = self._program, None
        if program is None:
            return
        program.signal(signal.SIGTERM)
        if program.wait(STOP_S) is None:
            program.close()
            raise EngineError(f"the central server did not stop in {STOP_S:g} s")
        program.close()

    def vanish(self) -> None:
        """Kill it and its database at once, as a computer that loses power; its data stay."""
        program, self._program = self._program, None
        if program is not None:
            everybody = family(program.pid)
            end(everybody)
            for pidfd in everybody:
                os.close(pidfd)
            program.close()

    def close(self) -> None:
        """End it and remove what it kept. Idempotent."""
        program, self._program = self._program, None
        if program is not None:
            # Its grace for clients that have vanished is not worth waiting for: nothing is kept.
            everybody = family(program.pid)
            program.signal(signal.SIGTERM)
            if program.wait(CLOSE_S) is None:
                end(everybody)
            for pidfd in everybody:
                os.close(pidfd)
            program.close()
        shutil.rmtree(self.data.parent, ignore_errors=True)

    def said(self) -> str:
        """Return what it has said since it was started last."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def daemon_toml(self) -> str:
        """Return a daemon.toml by which a host belongs to it, and asks the lab's resolvers."""
        pem = (self.data / "tls" / "tls.crt").read_bytes()
        key = load_pem_x509_certificate(pem).public_key()
        spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        root = (self.data / "keys" / "root.pub").read_bytes().hex()
        return "\n".join(
            (
                f'default_dns = ["{PLACES.resolver}", "{PLACES.resolver6}"]',
                "[central]",
                f'url = "{self.url}"',
                f'addresses = ["{PLACES.central}:{PORT}"]',
                f'root_key = "{root}"',
                f'spki_sha256 = "{hashlib.sha256(spki).hexdigest()}"',
                "",
            )
        )

    @property
    def _log(self) -> Path:
        return self.data.parent / "log"


def _as_somebody() -> tuple[str, ...]:
    """Return the command by which the lab's only account is not root to the server.

    PostgreSQL refuses to run as root. Where the lab was made without rights there is no other
    account: one more user namespace gives the same one another number (user_namespaces(7)).
    """
    if os.geteuid() == 0:
        return ()
    unshare = shutil.which("unshare")
    if unshare is None:
        raise EngineError("unshare (of util-linux) is missing: the central server needs it here")
    return (unshare, "--user", "--map-user=1000", "--map-group=1000", "--")
