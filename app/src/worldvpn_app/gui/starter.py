"""Starts the service from the window, where the system lets somebody who is asked do that."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PyQt6.QtCore import QCoreApplication, QObject, QTimer, pyqtSignal

from worldvpn_app.gui.entries import own_program
from worldvpn_core.ipc.protocol import SOCKET_PATH

translate = QCoreApplication.translate
UNIT: Final = "worldvpnd.service"
_UNITS: Final = ("/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system")
_LOOKS_EVERY_MS: Final = 200
#: pkexec(1): the person did not authorise it, or nobody could be asked.
_NOT_ALLOWED: Final = frozenset({126, 127})


def way_to_start(socket_path: str) -> tuple[str, ...]:
    """Return the command that starts the service at ``socket_path``; () where there is none.

    Without root's rights it is one that asks for them in a window of the desktop's own.
    """
    if socket_path != SOCKET_PATH:
        return ()  # somebody else's, who starts it in a way of their own
    systemctl, pkexec = shutil.which("systemctl"), shutil.which("pkexec")
    if systemctl and any(Path(folder, UNIT).is_file() for folder in _UNITS):
        return (systemctl, "start", UNIT)
    daemon = (*own_program(), "daemon")
    if os.geteuid() == 0:
        return daemon
    return (pkexec, *daemon) if pkexec else ()


class Starter(QObject):
    """Runs such a command; that the service is there is seen at its socket."""

    #: Why it could not be started.
    failed = pyqtSignal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._program: subprocess.Popen[bytes] | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOKS_EVERY_MS)
        self._timer.timeout.connect(self._look)

    @property
    def is_busy(self) -> bool:
        """Whether it runs, and may be asking somebody."""
        return self._program is not None

    def start(self, argv: Sequence[str]) -> None:
        """Run ``argv``, which outlives the app."""
        if self.is_busy:
            return
        try:
            self._program = subprocess.Popen(  # noqa: S603 - a command of ours
                argv,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            reason = str(error.strerror)
            self.failed.emit(translate("link", "It cannot be started: {why}.").format(why=reason))
            return
        self._timer.start()

    def _look(self) -> None:
        status = self._program.poll() if self._program is not None else None
        if status is None:
            return
        self._program = None
        self._timer.stop()
        if status in _NOT_ALLOWED:
            self.failed.emit(translate("link", "It was not allowed. The command does it too."))
        elif status != 0:
            text = translate("link", "It ended at once (status {n}). The command says why.")
            self.failed.emit(text.format(n=status))
