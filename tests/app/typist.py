"""Somebody at a terminal who types only once asked."""

from __future__ import annotations

import os
import pty
import subprocess
from collections.abc import Mapping

from tests.app.programs import PATIENCE_S, WORLDVPN


def at_terminal(
    *typed: str, env: Mapping[str, str], answers: tuple[tuple[str, str], ...]
) -> tuple[int, str]:
    """Run ``worldvpn``; after each text of ``answers`` was shown, type what goes with it.

    Returns its exit code and all that the terminal showed.
    """
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [str(WORLDVPN), *typed],
        env=dict(env),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        # Without a terminal of its own to open, it asks where it was started.
        start_new_session=True,
    )
    os.close(theirs)
    shown, waiting = b"", list(answers)
    try:
        while chunk := os.read(ours, 65_536):
            shown += chunk
            if waiting and shown.endswith(waiting[0][0].encode()):
                os.write(ours, waiting.pop(0)[1].encode())
    except OSError:
        pass  # EIO: nobody holds the terminal's other end any more
    finally:
        os.close(ours)
    return process.wait(PATIENCE_S), shown.decode()
