"""The vault's key in the session's keyring: kept, verified, found again, never waited for long.

The keyring is asked in a process of its own (``worker``): a prompt nobody answers, a
bus that hangs or a backend that crashes ends with that process. Keys go through pipes,
never through arguments or environment.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Final

from worldvpn_app.cli.exits import CommandError
from worldvpn_core import dumps

#: Time for a person to look up and type the keyring's password.
ANSWER_S: Final = 120.0
KEY_BYTES: Final = 32
KEY_ID_BYTES: Final = 16

#: Why it is of no use, by the last part of an error's code.
SENTENCES: Final = {
    "absent": "no keyring answers in this session",
    "locked": "the keyring stayed locked: its prompt was dismissed, or could not be shown here",
    "refused": (
        "the keyring here is {backend}, which is not trusted with a key: only Secret Service,"
        " KWallet, Windows and macOS are"
    ),
    "failed": "the keyring failed ({backend})",
    "timeout": "the keyring did not answer in {limit_s} s; its prompt may still be open",
    "missing": "the keyring holds no key of this vault: it may be another user's, or was reset",
    "changed": "the keyring did not keep the key it was given",
    "stopped": "the keyring was not waited for any longer; its prompt may still be open",
}


class KeyringError(CommandError):
    """Why the keyring is of no use now."""

    def __init__(self, kind: str, *, backend: str = "", limit_s: float = ANSWER_S) -> None:
        sentence = SENTENCES[kind].format(backend=backend, limit_s=f"{limit_s:g}")
        super().__init__(f"keyring.{kind}", sentence)

    def or_else(self, next_step: str) -> CommandError:
        """Return the same with what to do instead."""
        return CommandError(self.code, f"{self.message}. {next_step}")


class Keeper:
    """The keyring of this session. Whatever asks it raises KeyringError."""

    def __init__(self, limit_s: float = ANSWER_S) -> None:
        self._limit_s = limit_s
        self._worker: subprocess.Popen[str] | None = None
        self._is_stopped = False

    def stop(self) -> None:
        """End what another thread asks, and whatever it would ask next: "keyring.stopped"."""
        self._is_stopped = True
        if self._worker is not None:
            self._worker.kill()

    def make(self) -> tuple[str, str]:
        """Keep a fresh key; return it and the id it is found by, both in hex.

        It is read back by another process before this returns.
        """
        key, key_id = os.urandom(KEY_BYTES).hex(), os.urandom(KEY_ID_BYTES).hex()
        self._ask("set", key_id, key)
        if self._ask("get", key_id) != key:
            raise KeyringError("changed")
        return key, key_id

    def get(self, key_id: str) -> str:
        """Return the key of that id."""
        key = self._ask("get", key_id)
        if key is None:
            raise KeyringError("missing")
        return key

    def forget(self, key_id: str) -> None:
        """Remove the key of that id. One that is not there is no error."""
        self._ask("delete", key_id)

    def _ask(self, act: str, key_id: str, key: str = "") -> str | None:
        asked = json.dumps({"act": act, "name": f"vault-{key_id}", "key": key})
        # The worker inherits it.
        dumps.limit(for_good=False)
        try:
            status, text = self._answered(asked)
        except subprocess.TimeoutExpired:
            raise KeyringError("timeout", limit_s=self._limit_s) from None
        except OSError as error:
            raise KeyringError("failed", backend=str(error.strerror)) from None
        if self._is_stopped:
            raise KeyringError("stopped")
        try:
            answer = json.loads(text)
        except ValueError:
            raise KeyringError("failed", backend=f"exit status {status}") from None
        if "problem" in answer:
            raise KeyringError(answer["problem"], backend=answer["backend"])
        found: str | None = answer["key"]
        return found

    def _answered(self, asked: str) -> tuple[int, str]:
        """Return the exit status of a worker that was told ``asked``, and what it wrote."""
        # -P: the present directory may hold a module of any name.
        argv = (sys.executable, "-P", "-m", "worldvpn_app.keys.worker")
        pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
        with subprocess.Popen(  # noqa: S603 - our own interpreter, no word of the user's
            argv, stdin=pipe, stdout=pipe, stderr=nothing, text=True
        ) as worker:
            self._worker = worker
            try:
                # Said between this process's last look and the worker's start.
                if self._is_stopped:
                    worker.kill()
                text, _ = worker.communicate(asked, timeout=self._limit_s)
            except BaseException:
                worker.kill()
                raise
            finally:
                self._worker = None
        return worker.returncode, text
