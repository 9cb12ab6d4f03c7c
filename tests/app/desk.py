"""A desktop's tray and notifications for tests: real services on a message bus of their own."""

from __future__ import annotations

from typing import Any, Final

import attrs
from dbus_fast import Message, MessageType, Variant

from tests.app.on_bus import OnBus
from tests.app.programs import until

WATCHER: Final = "org.kde.StatusNotifierWatcher"
NOTIFICATIONS: Final = "org.freedesktop.Notifications"
_ITEM: Final = "org.kde.StatusNotifierItem"
_MENU: Final = "com.canonical.dbusmenu"
_PROPERTIES: Final = "org.freedesktop.DBus.Properties"
_WATCHER_PATH: Final = "/StatusNotifierWatcher"
_NOTIFICATIONS_PATH: Final = "/org/freedesktop/Notifications"


@attrs.frozen(kw_only=True)
class Note:
    """A notification as its service was asked for it."""

    number: int
    replaces: int
    title: str
    text: str
    #: Keys and their texts.
    offers: dict[str, str]
    urgency: int


@attrs.frozen(kw_only=True)
class Entry:
    """An entry of the tray's menu."""

    number: int
    text: str
    is_visible: bool = True
    #: None: it is nothing to switch.
    is_on: bool | None = None
    inside: tuple[Entry, ...] = ()


class Desk(OnBus):
    """The desktop's side: who watches for tray icons, who shows notifications, or nobody."""

    def __init__(self, address: str, *, tray: bool = True, notifications: bool = True) -> None:
        names = ((WATCHER, tray), (NOTIFICATIONS, notifications))
        super().__init__(address, *(name for name, is_there in names if is_there))
        self.notes: list[Note] = []
        self.items: list[str] = []

    def open_tray(self) -> None:
        """Let there be a tray from now on."""
        self._do(self._on.request_name(WATCHER))

    def close_tray(self) -> None:
        """Let there be none, as when a panel ends."""
        self.items.clear()
        self._do(self._on.release_name(WATCHER))

    def open_notifications(self) -> None:
        """Let there be a service of notifications from now on."""
        self._do(self._on.request_name(NOTIFICATIONS))

    def close_notifications(self) -> None:
        """Let there be none."""
        self._do(self._on.release_name(NOTIFICATIONS))

    def until_item(self) -> None:
        """Wait until somebody shows an icon in the tray."""
        until(lambda: bool(self.items))

    def value(self, name: str) -> Any:  # noqa: ANN401 - as the item has it
        """Return a property of the icon."""
        (value,) = self._ask("/StatusNotifierItem", _PROPERTIES, "Get", "ss", [_ITEM, name])
        return value.value

    def words(self) -> str:
        """Return what the icon says when it is pointed at."""
        return str(self.value("ToolTip")[2])

    def picture(self) -> bytes:
        """Return the icon's largest picture, as ARGB."""
        return bytes(max(self.value("IconPixmap"))[2])

    def activate(self) -> None:
        """Click on the icon."""
        self._ask("/StatusNotifierItem", _ITEM, "Activate", "ii", [0, 0])

    def menu(self) -> tuple[Entry, ...]:
        """Return the menu's entries that are to be seen."""
        path = str(self.value("Menu"))
        _revision, root = self._ask(path, _MENU, "GetLayout", "iias", [0, -1, []])
        return _entry(root).inside

    def entry(self, text: str) -> Entry | None:
        """Return the entry of that text, wherever it is."""
        return next((each for each in _all(self.menu()) if each.text == text), None)

    def press(self, text: str) -> None:
        """Click on an entry, once it is there."""
        until(lambda: self.entry(text) is not None)
        entry = self.entry(text)
        assert entry is not None
        path = str(self.value("Menu"))
        params = [entry.number, "clicked", Variant("i", 0), 0]
        self._ask(path, _MENU, "Event", "isvu", params)

    def take(self, note: Note, key: str) -> None:
        """Press a button of a notification."""
        message = Message.new_signal(
            _NOTIFICATIONS_PATH, NOTIFICATIONS, "ActionInvoked", "us", [note.number, key]
        )
        self._do(self._send(message))

    def _answer(self, asked: Message) -> Message | bool:
        if asked.message_type is not MessageType.METHOD_CALL:
            return False
        match asked.interface, asked.member:
            case "org.kde.StatusNotifierWatcher", "RegisterStatusNotifierItem":
                named = str(asked.body[0])
                self.items.append(named if named.startswith(":") else str(asked.sender))
                return Message.new_method_return(asked)
            case "org.freedesktop.DBus.Properties", "Get" if asked.path == _WATCHER_PATH:
                return Message.new_method_return(asked, "v", [Variant("b", value=True)])
            case "org.freedesktop.Notifications", "Notify":
                return Message.new_method_return(asked, "u", [self._noted(asked.body)])
            case _:
                return False

    def _noted(self, body: list[Any]) -> int:
        _app, replaces, _icon, title, text, offers, hints, _lasts_ms = body
        note = Note(
            number=replaces or len(self.notes) + 1,
            replaces=replaces,
            title=title,
            text=text,
            offers=dict(zip(offers[::2], offers[1::2], strict=True)),
            urgency=hints["urgency"].value,
        )
        self.notes.append(note)
        return note.number

    def _ask(self, path: str, interface: str, member: str, signature: str, body: list[Any]) -> Any:  # noqa: ANN401 - a call of D-Bus
        message = Message(
            destination=self.items[-1],
            path=path,
            interface=interface,
            member=member,
            signature=signature,
            body=body,
        )
        reply = self._do(self._on.call(message))
        assert reply is not None
        assert reply.message_type is MessageType.METHOD_RETURN, reply.body
        return reply.body


def _entry(node: Any) -> Entry:  # noqa: ANN401 - as com.canonical.dbusmenu has it
    number, properties, inside = node
    values = {name: each.value for name, each in properties.items()}
    entries = tuple(_entry(each.value) for each in inside)
    return Entry(
        number=number,
        text=str(values.get("label", "")),
        is_visible=bool(values.get("visible", True)),
        is_on=bool(values["toggle-state"]) if values.get("toggle-type") else None,
        inside=tuple(each for each in entries if each.is_visible),
    )


def _all(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    return tuple(found for each in entries for found in (each, *_all(each.inside)))
