"""Plugins of the app: found, asked for what they offer, and kept from taking the app down."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import entry_points
from types import TracebackType
from typing import Any, Final

import attrs
import pluggy
from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtWidgets import QWidget

from worldvpn_app import hookspecs
from worldvpn_app.gui.link import Link
from worldvpn_app.gui.present.settings import Setting
from worldvpn_app.gui.present.view import clean

_LONGEST_WORD: Final = 24
_LONGEST_REASON: Final = 200


@attrs.frozen(kw_only=True)
class Offered:
    """A page that a plugin offers, its words made plain."""

    plugin: str
    name: str
    title: str
    icon: str
    build: Callable[[], QWidget]


class Plugged(QObject):
    """The plugins of this app, by name."""

    #: A plugin's name: something of it failed just now; ``failures`` says what.
    failed = pyqtSignal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._manager = _manager()
        self._packages: dict[str, str] = {}
        self._versions: dict[str, str] | None = None
        #: Why a plugin does not do what it should, by its name.
        self.failures: dict[str, str] = {}

    def load(self) -> None:
        """Import every plugin of the group that is installed; one that cannot be is noted."""
        from stevedore import ExtensionManager  # noqa: PLC0415 - a window opens sooner without

        def missed(_manager: object, entry: Any, error: BaseException) -> None:  # noqa: ANN401 - stevedore's
            self.note(str(entry.name), error)

        found: ExtensionManager[Any] = ExtensionManager(
            hookspecs.GROUP, on_load_failure_callback=missed
        )
        for extension in sorted(found, key=lambda each: str(each.name)):
            self.add(extension.name, extension.plugin)

    def add(self, name: str, plugin: object) -> None:
        """Take ``plugin`` in, if what it implements are hooks of this app."""
        try:
            # Unknown hooks are told of a whole manager: so it is asked apart from all others.
            alone = _manager()
            alone.register(plugin, name=name)
            alone.check_pending()
            self._manager.register(plugin, name=name)
        except Exception as error:  # noqa: BLE001 - the plugin boundary
            self.note(name, error)
            return
        package = str(getattr(plugin, "__name__", type(plugin).__module__))
        self._packages[package.partition(".")[0]] = name

    def names(self) -> Mapping[str, str]:
        """Return the version of each plugin that is installed, by its name."""
        if self._versions is None:
            self._versions = {
                entry.name: entry.dist.version if entry.dist else "?"
                for entry in entry_points(group=hookspecs.GROUP)
            }
        known = self._versions
        return {name: known.get(name, "") for name in sorted({*known, *self._packages.values()})}

    def pages(self, link: Link, parent: QObject) -> tuple[Offered, ...]:
        """Return the pages that plugins offer; their client lives as long as ``parent``."""
        found: list[Offered] = []
        client = DaemonClient(link, self, parent)
        for plugin, answer in self._asked("worldvpn_app_pages", client=client):
            try:
                found += [_offered(plugin, page) for page in answer]
            except Exception as error:  # noqa: BLE001 - the plugin boundary
                self.note(plugin, error)
        return tuple(found)

    def editor(self, option: Setting, change: Callable[[object], None]) -> Any:  # noqa: ANN401 - a widget with a signal of its own
        """Return what tells ``change`` a new value of ``option``; None: no plugin knows it."""
        for plugin, answer in self._asked("worldvpn_app_option_editor", option=option):
            try:
                made = widget_of(answer(option))
                made.changed.connect(change)
            except Exception as error:  # noqa: BLE001 - the plugin boundary
                self.note(plugin, error)
                continue
            return made
        return None

    def note(self, plugin: str, error: BaseException) -> None:
        """Note that ``plugin`` failed, and tell."""
        self.failures[plugin] = clean(f"{type(error).__name__}: {error}", _LONGEST_REASON)
        self.failed.emit(plugin)

    def owner(self, trace: TracebackType | None) -> str | None:
        """Return the plugin whose code ``trace`` goes through; None: none's."""
        while trace is not None:
            package = str(trace.tb_frame.f_globals.get("__name__", "")).partition(".")[0]
            if package in self._packages:
                return self._packages[package]
            trace = trace.tb_next
        return None

    def guard(self) -> Callable[[], None]:
        """Take what plugins raise inside Qt's loop; return what ends that.

        PyQt gives every exception of a slot or of an event to ``sys.excepthook``.
        """
        former = sys.excepthook

        def heard(
            kind: type[BaseException], error: BaseException, trace: TracebackType | None
        ) -> None:
            plugin = self.owner(trace)
            if plugin is None:
                former(kind, error, trace)
            else:
                self.note(plugin, error)

        def end() -> None:
            sys.excepthook = former

        sys.excepthook = heard
        return end

    def _asked(self, hook: str, **asked: object) -> Iterator[tuple[str, Any]]:
        caller = getattr(self._manager.hook, hook)
        # pluggy itself stops at the first exception; its order is the last registered first.
        for each in reversed(caller.get_hookimpls()):
            try:
                answer = each.function(*(asked[name] for name in each.argnames))
            except Exception as error:  # noqa: BLE001 - the plugin boundary
                self.note(each.plugin_name, error)
                continue
            if answer is not None:
                yield each.plugin_name, answer


class DaemonClient(QObject):
    """A link as plugins may use it: what they raise when they are called back stays theirs."""

    changed = pyqtSignal()

    def __init__(self, link: Link, plugged: Plugged, parent: QObject) -> None:
        super().__init__(parent)
        self._link, self._plugged = link, plugged
        link.snapshot_changed.connect(self.changed)

    @property
    def snapshot(self) -> Mapping[str, Any] | None:
        """The last known."""
        return self._link.snapshot

    def watch(self, hear: Callable[[], None]) -> None:
        """Call ``hear`` after each change."""
        self.changed.connect(hear)

    def call(
        self,
        method: str,
        params: Mapping[str, object] | None = None,
        *,
        done: Callable[[Mapping[str, Any]], None] | None = None,
        refused: Callable[[str, str], None] | None = None,
    ) -> None:
        """Ask the daemon."""
        self._link.call(
            method,
            params,
            done=lambda result: self._tell(done, result),
            refused=lambda refusal: self._tell(refused, refusal.code, refusal.message),
        )

    def _tell(self, hear: Callable[..., None] | None, *told: object) -> None:
        if hear is None:
            return
        try:
            hear(*told)
        except Exception as error:
            plugin = self._plugged.owner(error.__traceback__)
            if plugin is None:
                raise
            self._plugged.note(plugin, error)


def widget_of(made: Any) -> Any:  # noqa: ANN401 - what a plugin made
    """Return ``made``. Raises TypeError: it is no widget."""
    if not isinstance(made, QWidget):
        raise TypeError(f"{type(made).__name__} is no widget")
    return made


def _manager() -> pluggy.PluginManager:
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    return manager


def _offered(plugin: str, page: hookspecs.PluginPage) -> Offered:
    name = clean(str(page.name), _LONGEST_WORD)
    title = clean(str(page.title), _LONGEST_WORD).strip() or name
    return Offered(
        plugin=plugin,
        name=f"{plugin}/{name}",
        title=title,
        icon=str(page.icon),
        build=page.make,
    )
