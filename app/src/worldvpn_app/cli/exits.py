"""How the command ends: exit codes for scripts, and the one error that carries them."""

from __future__ import annotations

import enum


class Exit(enum.IntEnum):
    """Exit codes of ``worldvpn``, stable for ever; docs/cli.md says when each is used."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NO_DAEMON = 3
    DENIED = 4
    UNPROTECTED = 5
    BLOCKED = 6
    INTERRUPTED = 130


class CommandError(Exception):
    """A verb that could not do what it was asked; ``code`` is stable, the text for people."""

    def __init__(self, code: str, message: str, exit_code: Exit = Exit.FAILED) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.exit_code = exit_code


class UsageError(CommandError):
    """What was typed makes no sense; nothing was asked of the daemon."""

    def __init__(self, message: str) -> None:
        super().__init__("usage", message, Exit.USAGE)


class NoDaemonError(CommandError):
    """No daemon answers, or it went away."""

    def __init__(self, message: str) -> None:
        super().__init__("no_daemon", message, Exit.NO_DAEMON)


def refused(code: str, message: str, advice: str = "") -> CommandError:
    """Return the error for what the daemon refused with ``code``; ``advice``: what to do."""
    message = f"{message.rstrip('.')}. {advice}" if advice else message
    if code == "denied":
        return CommandError(code, message, Exit.DENIED)
    if code.partition(".")[0] == "protection":
        return CommandError(code, message, Exit.UNPROTECTED)
    return CommandError(code, message)
