"""X servers for tests: one of their own, and the app on it."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator, Mapping

from tests.app.programs import PATIENCE_S, WORLDVPN


@contextlib.contextmanager
def x_server() -> Iterator[str]:
    """Run an X server; it chooses a free number and says which."""
    reading, writing = os.pipe()
    with os.fdopen(reading) as told:
        server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1280x800x24", "-nolisten", "tcp"],
            pass_fds=(writing,),
            stderr=subprocess.DEVNULL,
        )
        os.close(writing)
        try:
            yield f":{told.readline().strip()}"
        finally:
            server.terminate()
            server.wait(PATIENCE_S)


@contextlib.contextmanager
def app(environment: Mapping[str, str], *options: str) -> Iterator[subprocess.Popen[str]]:
    """Run ``worldvpn gui``; what it writes on standard error can be read from it at the end."""
    program = subprocess.Popen(
        [WORLDVPN, "gui", *options],
        env=dict(environment),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield program
    finally:
        program.kill()
        program.communicate()


def ended(program: subprocess.Popen[str]) -> tuple[int, str]:
    """Return the exit status, and all that was said on standard error."""
    _, said = program.communicate(timeout=PATIENCE_S)
    return program.returncode, said
