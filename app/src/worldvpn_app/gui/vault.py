"""What opens the vault, brought to the daemon: from the keyring, a passphrase, or its own file.

The keyring may ask its owner for minutes: a thread waits for it, not the window.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PyQt6.QtCore import QCoreApplication, QObject, QRunnable, QThreadPool, pyqtSignal

from worldvpn_app.cli.opening import NOTHING_DONE
from worldvpn_app.gui.link import Link, Refusal, Result
from worldvpn_app.gui.present.advice import sentence
from worldvpn_app.keys.keeper import Keeper, KeyringError

translate = QCoreApplication.translate


class _Told(QObject):
    """Carries what the keyring said from its thread to the window's."""

    came = pyqtSignal(object)


class _Asked(QRunnable):
    """One question to the keyring."""

    def __init__(self, ask: Callable[[], object]) -> None:
        super().__init__()
        self._ask = ask
        self.told = _Told()

    def run(self) -> None:
        try:
            answer: object = self._ask()
        except KeyringError as error:
            answer = Refusal(code=error.code, message=error.message)
        self.told.came.emit(answer)


class Opener(QObject):
    """Has the vault open: makes or opens it, asking for a passphrase only where it must."""

    #: A passphrase is needed; why a new vault gets one, "" for the one that opens it.
    wants_passphrase = pyqtSignal(str)
    #: Whether it waits for the keyring, from now on.
    waits = pyqtSignal(bool)

    def __init__(self, link: Link, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._link = link
        self._done: Callable[[], None] = lambda: None
        self._refused: Callable[[Refusal], None] = lambda _refusal: None
        self._is_new = False
        self._pending: _Asked | None = None
        self._keeper = Keeper()

    def ensure_open(self, done: Callable[[], None], refused: Callable[[Refusal], None]) -> None:
        """Call ``done`` once the vault is open, or ``refused``; or ask for a passphrase first."""
        self._done, self._refused = done, refused
        if self._link.listener_uid != 0:
            refused(Refusal(code="denied", message=stranger()))
            return
        self._link.call("vault.status", done=self._seen, refused=refused)

    def bring_passphrase(self, passphrase: str) -> None:
        """Make or open the vault by ``passphrase``."""
        self._bring({"kind": "passphrase", "secret": passphrase})

    def stop(self) -> None:
        """Wait for the keyring no longer: a new vault gets a passphrase instead."""
        self._keeper.stop()

    def _seen(self, status: Result) -> None:
        self._is_new = not status["exists"]
        if status.get("open"):
            self._done()
            return
        keeper = self._keeper = Keeper()
        if self._is_new:
            self._ask(keeper.make)
            return
        match status.get("opened_by"):
            case "keyring":
                key_id = str(status["key_id"])
                self._ask(lambda: (keeper.get(key_id), key_id))
            case "passphrase":
                self.wants_passphrase.emit("")
            case _:
                self._bring({"kind": "file"})

    def _ask(self, ask: Callable[[], object]) -> None:
        self.waits.emit(True)
        asked = self._pending = _Asked(ask)
        asked.setAutoDelete(False)
        asked.told.came.connect(self._keyring_said)
        _in_the_background(asked)

    def _keyring_said(self, answer: Any) -> None:  # noqa: ANN401 - a signal's object
        self._pending = None
        self.waits.emit(False)
        if isinstance(answer, Refusal):
            if self._is_new:
                self.wants_passphrase.emit(sentence(answer.message))
            else:
                self._refused(answer)
            return
        key, key_id = answer
        opening = {"kind": "keyring", "secret": key}
        self._bring({**opening, "key_id": key_id} if self._is_new else opening)

    def _bring(self, opening: dict[str, str]) -> None:
        method = "vault.create" if self._is_new else "vault.unlock"

        def refused(refusal: Refusal) -> None:
            key_id = opening.get("key_id")
            if key_id is not None and refusal.code in NOTHING_DONE:
                _in_the_background(_Asked(lambda: Keeper().forget(key_id)))
            self._refused(refusal)

        self._link.call(method, {"opening": opening}, done=lambda _: self._done(), refused=refused)


def stranger() -> str:
    """Return what to say where a secret would go to somebody else's program."""
    text = translate("account", "What answers is not the system's own service.")
    return f"{text} {translate('account', 'It gets no secret of yours.')}"


def _in_the_background(asked: _Asked) -> None:
    pool = QThreadPool.globalInstance()
    if pool is not None:
        pool.start(asked)
