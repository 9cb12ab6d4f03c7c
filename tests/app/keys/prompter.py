"""A person at the keyring's prompt: the service that a desktop shows it by, with a hand of its own.

gnome-keyring shows nothing itself; it asks ``org.gnome.keyring.SystemPrompter``, which is
the desktop's shell, and is called back with what a person has typed or pressed.
"""

from __future__ import annotations

from typing import Any, Final

import attrs
from dbus_fast import Message, MessageFlag, MessageType, Variant

from tests.app.keys.exchange import Exchange
from tests.app.on_bus import OnBus

NAME: Final = "org.gnome.keyring.SystemPrompter"
_INTERFACE: Final = "org.gnome.keyring.internal.Prompter"
_CALLBACK: Final = f"{_INTERFACE}.Callback"
#: The button beside the field.
CANCEL: Final = None


@attrs.frozen(kw_only=True)
class Shown:
    """What a person reads in a prompt."""

    message: str
    description: str
    #: Why it is shown again.
    warning: str


@attrs.frozen(kw_only=True)
class _Open:
    """A prompt on the screen, and who waits for what becomes of it."""

    sender: str
    path: str
    received: str
    #: A password is chosen, not told.
    is_new: bool


class Prompter(OnBus):
    """Shows the keyring's prompts on the bus at ``address`` and answers them in turn.

    Each of ``answers`` is what is typed, or CANCEL. After the last, a prompt stays open
    until ``answer`` is called.
    """

    def __init__(self, address: str, *answers: str | None) -> None:
        super().__init__(address, NAME)
        self.shown: list[Shown] = []
        self._answers = list(answers)
        self._open: _Open | None = None
        self._exchanges: dict[str, Exchange] = {}

    @property
    def is_open(self) -> bool:
        """Whether a prompt is on the screen."""
        return self._open is not None

    @property
    def is_over(self) -> bool:
        """Whether the keyring has taken its answers, and asks for none."""
        return not self._exchanges

    def answer(self, typed: str | None) -> None:
        """Answer the prompt that is open."""
        self._do(self._take(typed))

    def _answer(self, asked: Message) -> Message | bool:
        if asked.message_type is not MessageType.METHOD_CALL or asked.interface != _INTERFACE:
            return False
        callback = f"{asked.sender}{asked.body[0]}"
        match asked.member:
            case "BeginPrompting":
                exchange = self._exchanges[callback] = Exchange()
                self._later(_ready(str(asked.sender), asked.body[0], "", exchange.begun()))
            case "PerformPrompt":
                self._show(asked)
            case "StopPrompting":
                self._open = None
                self._exchanges.pop(callback, None)
                self._later(_call(str(asked.sender), asked.body[0], "PromptDone"))
        return Message.new_method_return(asked)

    def _show(self, asked: Message) -> None:
        path, _kind, properties, received = asked.body
        words = {name: value.value for name, value in properties.items()}
        self._open = _Open(
            sender=str(asked.sender),
            path=path,
            received=received,
            is_new=bool(words.get("password-new")),
        )
        self.shown.append(
            Shown(
                message=words.get("message", ""),
                description=words.get("description", ""),
                warning=words.get("warning", ""),
            )
        )
        if self._answers:
            self._later(self._answered(self._answers.pop(0)))

    async def _take(self, typed: str | None) -> None:
        await self._send(self._answered(typed))

    def _answered(self, typed: str | None) -> Message:
        assert self._open is not None, "there is no prompt"
        prompt, self._open = self._open, None
        exchange = self._exchanges[f"{prompt.sender}{prompt.path}"]
        if typed is CANCEL:
            return _ready(prompt.sender, prompt.path, "no", exchange.begun())
        sealed = exchange.sealed(prompt.received, typed)
        # Without it, a new password counts as none. libgcr reads it out of a second variant.
        judged = {"password-strength": Variant("v", Variant("i", 1))} if prompt.is_new else {}
        return _ready(prompt.sender, prompt.path, "yes", sealed, judged)

    def _later(self, message: Message) -> None:
        """Send it after the answer to what is being handled."""
        self._loop.call_soon(self._on.send, message)


def _ready(
    sender: str, path: str, reply: str, exchange: str, changed: dict[str, Variant] | None = None
) -> Message:
    return _call(sender, path, "PromptReady", "sa{sv}s", [reply, changed or {}, exchange])


def _call(
    sender: str, path: str, member: str, signature: str = "", body: list[Any] | None = None
) -> Message:
    return Message(
        destination=sender,
        path=path,
        interface=_CALLBACK,
        member=member,
        signature=signature,
        body=body or [],
        flags=MessageFlag.NO_REPLY_EXPECTED,
    )
