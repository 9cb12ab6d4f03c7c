"""A display that nobody sees."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator

from tests.app.programs import PATIENCE_S


@contextlib.contextmanager
def display() -> Iterator[str]:
    """Run an X server; yield what DISPLAY is to be."""
    reading, writing = os.pipe()
    with os.fdopen(reading) as told:
        # It chooses a free number and says which.
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
