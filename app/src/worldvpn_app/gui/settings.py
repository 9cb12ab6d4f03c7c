"""Settings: the app's own, those that the daemon declares, the profiles and the plugins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PyQt6.QtCore import QCoreApplication, QTimer
from PyQt6.QtGui import QShowEvent
from PyQt6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from worldvpn_app.gui import icons
from worldvpn_app.gui.desktop_rows import DesktopRows
from worldvpn_app.gui.editors import editor, languages
from worldvpn_app.gui.keeping import Keeping, Privacy
from worldvpn_app.gui.link import Refusal, Result
from worldvpn_app.gui.pages import Context
from worldvpn_app.gui.present.advice import advice
from worldvpn_app.gui.present.settings import (
    Section,
    Setting,
    icon_of,
    matching,
    sections,
)
from worldvpn_app.gui.profiles import Plugins, Profiles
from worldvpn_app.gui.tokens import SPACE, Theme
from worldvpn_app.gui.widgets.cards import emptied, line, row, scrolled
from worldvpn_app.gui.widgets.controls import Segmented, button
from worldvpn_app.gui.widgets.field import lead
from worldvpn_app.gui.widgets.rows import setting_row, setting_rows
from worldvpn_app.gui.widgets.text import label
from worldvpn_app.gui.widgets.ways import set_margins

translate = QCoreApplication.translate
_SECTIONS_PX: Final = 188
_PAGE_PX: Final = 1_280


class SettingsPage(QWidget):
    """Draws what ``settings.get`` answers; each change is sent at once."""

    def __init__(
        self,
        context: Context,
        set_theme: Callable[[str], None],
        set_language: Callable[[str], None],
    ) -> None:
        super().__init__()
        self.setObjectName("page")
        self._context = context
        self._set_theme, self._set_language = set_theme, set_language
        self._answer: Result = {}
        self.shown: tuple[Section, ...] = ()
        self._wrong: dict[str, str] = {}
        self._asked_for: tuple[str, object] | None = None
        self._at = 0
        self._heads: dict[str, QWidget] = {}
        self.finder = QLineEdit()
        self.finder.setProperty("look", "search")
        self.finder.setPlaceholderText(translate("settings", "Search settings"))
        self.finder.setFixedWidth(240)
        self.finder.setAccessibleName(self.finder.placeholderText())
        self.finder.setToolTip(self.finder.placeholderText())
        lead(self.finder, "search", context.colours)
        self.finder.textChanged.connect(lambda _text: self._show())
        self.profiles, self.plugins = Profiles(context), Plugins(context)
        self.privacy, self.keeping = Privacy(context), Keeping(context)
        context.actions.settings_changed.connect(self.refresh)
        self._list = QVBoxLayout()
        self._list.setSpacing(4)
        self._column = QVBoxLayout()
        self._column.setSpacing(12)
        self._scroll = QScrollArea()
        self._lay_out()
        context.store.nodes_changed.connect(self._renew)
        context.store.profiles_changed.connect(self._renew)

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        self.refresh()

    def refresh(self) -> None:
        """Ask for all settings."""
        self._context.link.call("settings.get", done=self._take, refused=self._refused)
        self.profiles.refresh()
        self.plugins.refresh()

    def change(self, setting: Setting, value: object, *, confirm: bool = False) -> None:
        """Send one change; one that gives protection up is asked about first."""
        if setting.is_dangerous(value) and not confirm:
            self._asked_for = (setting.name, value)
            self._show()
            return
        self._asked_for = None
        self._wrong.pop(setting.name, None)
        self._context.link.call(
            "settings.set",
            {"changes": {setting.name: value}, "confirm": confirm},
            done=self._take,
            refused=lambda refusal: self._say(setting.name, refusal),
        )

    def _take(self, result: Result) -> None:
        # A change is answered with the values; what they are was told before.
        self._answer = {**self._answer, **result}
        self._show()

    def _renew(self) -> None:
        if self.isVisible():
            self._show()

    def _say(self, name: str, refusal: Refusal) -> None:
        told = advice(refusal.code, refusal.message)
        self._wrong[name] = f"{told.sentence} {told.then}".strip()
        self._show()

    def _refused(self, refusal: Refusal) -> None:
        self._say("", refusal)

    def _show(self) -> None:
        focused = QApplication.focusWidget()
        name = (
            focused.accessibleName() if focused is not None and self.isAncestorOf(focused) else ""
        )
        bar = self._scroll.verticalScrollBar()
        at = bar.value() if bar is not None else 0
        for kept in (self.profiles, self.plugins, self.privacy, self.keeping):
            kept.setParent(None)
        emptied(self._column)
        emptied(self._list)
        self._heads.clear()
        found = self.shown = matching(sections(self._answer), self.finder.text())
        if not self.finder.text():
            self._add("general", translate("settings", "General"), "settings", self._general())
            desk = DesktopRows(self._context)
            self._add("desktop", translate("settings", "Desktop"), "laptop", desk)
        for section in found:
            self._add(section.name, section.title, icon_of(section.name), self._card(section))
        if not self.finder.text():
            self._add("profiles", translate("settings", "Profiles"), "file-key", self.profiles)
            self._add("plugins", translate("settings", "Plugins"), "plug", self.plugins)
            self._add("privacy", translate("settings", "Privacy"), "eye-off", self.privacy)
            title = translate("settings", "Backup, reset")
            self._add("keeping", title, "file-text", self.keeping)
        elif not found:
            self._column.addWidget(label("second", translate("settings", "No setting fits.")))
        if "" in self._wrong:
            self._column.insertWidget(0, label("answer", self._wrong[""], wraps=True))
        self._column.addStretch(1)
        self._list.addStretch(1)
        if bar is not None:
            # Once it is laid out, it stands where it stood.
            self._at = at
            QTimer.singleShot(0, self._scroll_back)
        again = [
            each for each in self.findChildren(QWidget) if name and each.accessibleName() == name
        ]
        if again and again[-1] is not focused:
            again[-1].setFocus()

    def _scroll_back(self) -> None:
        bar = self._scroll.verticalScrollBar()
        if bar is not None:
            bar.setValue(self._at)

    def _add(self, name: str, title: str, icon: str, inside: QWidget) -> None:
        head = label("section", title)
        self._heads[name] = head
        self._column.addWidget(head)
        self._column.addWidget(inside)
        inside.show()
        self._column.addSpacing(8)
        entry = button(f"  {title}", look="section")
        entry.setIcon(icons.icon(icon, self._context.colours.text2, 18))
        entry.clicked.connect(lambda: self._scroll.ensureWidgetVisible(head, 0, 0))
        self._list.addWidget(entry)

    def _card(self, section: Section) -> QFrame:
        frame, column = setting_rows()
        for place, setting in enumerate(section.settings):
            if place:
                column.addWidget(line())
            column.addWidget(self._row(setting))
            if self._asked_for is not None and self._asked_for[0] == setting.name:
                column.addWidget(self._question(setting, self._asked_for[1]))
        return frame

    def _row(self, setting: Setting) -> QWidget:
        def wrong(text: str) -> None:
            self._wrong[setting.name] = text
            self._show()

        control = editor(setting, self._context, lambda value: self.change(setting, value), wrong)
        said = setting.help
        if not setting.is_known:
            said = translate("settings", "This app is older than the service.")
        return setting_row(setting.label, said, control, self._wrong.get(setting.name, ""))

    def _question(self, setting: Setting, value: object) -> QFrame:
        frame = QFrame()
        frame.setProperty("look", "notice")
        text = f"{setting.consequence[:1].upper()}{setting.consequence[1:]}."
        keep = button(translate("settings", "Keep it"), look="accent")
        keep.clicked.connect(self._kept)
        give_up = self.give_up = button(translate("settings", "Switch it off"))
        give_up.clicked.connect(lambda: self.change(setting, value, confirm=True))
        inside = row(label("strong", text, wraps=True), give_up, keep)
        inside.setStretch(0, 1)
        inside.setContentsMargins(12, 8, 12, 8)
        frame.setLayout(inside)
        return frame

    def _kept(self) -> None:
        self._asked_for = None
        self._show()

    def _general(self) -> QFrame:
        frame, column = setting_rows()
        names = (
            (Theme.SYSTEM.value, translate("settings", "System")),
            (Theme.DARK.value, translate("settings", "Dark")),
            (Theme.LIGHT.value, translate("settings", "Light")),
        )
        kept = self._context.settings
        theme = Segmented(names, translate("settings", "Theme"))
        theme.select(str(kept.value("look/theme", Theme.SYSTEM.value)))
        theme.chosen.connect(self._set_theme)
        spoken = languages(kept.value("look/language"), self._set_language)
        column.addWidget(setting_row(translate("settings", "Theme"), "", theme))
        column.addWidget(line())
        column.addWidget(setting_row(translate("settings", "Language"), "", spoken))
        return frame

    def _lay_out(self) -> None:
        inside = QWidget()
        inside.setObjectName("page")
        inside.setMaximumWidth(_PAGE_PX - _SECTIONS_PX)
        inside.setLayout(self._column)
        set_margins(self._column, 0, 0, SPACE.page_px, SPACE.page_px)
        self._scroll = scrolled(inside)
        left = QWidget()
        left.setFixedWidth(_SECTIONS_PX)
        left.setLayout(self._list)
        self._list.setContentsMargins(0, 0, 0, 0)
        below = QHBoxLayout()
        below.setSpacing(20)
        below.addWidget(left)
        below.addWidget(self._scroll, 1)
        column = QVBoxLayout(self)
        set_margins(column, SPACE.page_px, 20, 0, 0)
        column.setSpacing(16)
        head = row(label("title", translate("settings", "Settings")), None, self.finder)
        set_margins(head, 0, 0, SPACE.page_px, 0)
        column.addLayout(head)
        column.addLayout(below, 1)
