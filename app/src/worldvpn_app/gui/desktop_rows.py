"""Settings about this desktop: start at login, tray, notifications. The app keeps them itself."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QCoreApplication
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from worldvpn_app.gui import entries
from worldvpn_app.gui.own_settings import CLOSING, IS_PRIVATE, MINIMISING, NOTIFIES
from worldvpn_app.gui.pages import Context
from worldvpn_app.gui.widgets.cards import line
from worldvpn_app.gui.widgets.combo import Combo
from worldvpn_app.gui.widgets.controls import Toggle
from worldvpn_app.gui.widgets.rows import setting_row, setting_rows
from worldvpn_app.gui.widgets.text import label

translate = QCoreApplication.translate


class DesktopRows(QWidget):
    """One row a setting; each change holds at once."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        frame, self._column = setting_rows()
        around = QVBoxLayout(self)
        around.setContentsMargins(0, 0, 0, 0)
        around.addWidget(frame)
        self.answer = label("answer", wraps=True)
        self.answer.hide()
        self.login = self._switch(
            translate("settings", "Start at login"),
            translate("settings", "The app waits in the tray; the service needs no window."),
            self._set_login,
            is_on=entries.starts_at_login(),
        )
        self._column.addWidget(self.answer)
        self.closing = self._closing()
        self.minimising = self._kept_switch(
            translate("settings", "Minimise to the tray"),
            translate("settings", "Where there is a tray."),
            MINIMISING,
            default=True,
        )
        self.notifies = self._kept_switch(
            translate("settings", "Notifications"),
            translate("settings", "When the state changes while the window is not seen."),
            NOTIFIES,
            default=True,
        )
        self.private = self._kept_switch(
            translate("settings", "Private notifications"),
            translate("settings", "They name no place, no node and no cause."),
            IS_PRIVATE,
            default=False,
        )

    def _closing(self) -> Combo:
        title = translate("settings", "When the window closes")
        made = Combo(title)
        made.addItem(translate("settings", "Stay in the tray"), "tray")
        made.addItem(translate("settings", "Quit the app"), "quit")
        kept = self._context.settings
        made.setCurrentIndex(max(0, made.findData(kept.value(CLOSING, "tray"))))
        made.activated.connect(lambda place: kept.setValue(CLOSING, made.itemData(place)))
        self._add(title, translate("settings", "Protection goes on either way."), made)
        return made

    def _kept_switch(self, title: str, said: str, key: str, *, default: bool) -> Toggle:
        kept = self._context.settings
        is_on = bool(kept.value(key, defaultValue=default, type=bool))
        return self._switch(title, said, lambda on: kept.setValue(key, on), is_on=is_on)

    def _switch(
        self, title: str, said: str, change: Callable[[bool], None], *, is_on: bool
    ) -> Toggle:
        made = Toggle(self._context.colours, title)
        made.setChecked(is_on)
        made.clicked.connect(change)
        self._add(title, said, made)
        return made

    def _add(self, title: str, said: str, control: QWidget) -> None:
        if self._column.count():
            self._column.addWidget(line())
        self._column.addWidget(setting_row(title, said, control))

    def _set_login(self, is_wanted: bool) -> None:  # noqa: FBT001 - Qt's signal
        try:
            entries.set_start_at_login(entries.own_command(), is_wanted=is_wanted)
        except OSError as error:
            text = translate("settings", "That could not be written: {reason}.")
            self.answer.setText(text.format(reason=error.strerror))
            self.answer.show()
            self.login.setChecked(not is_wanted)
        else:
            self.answer.hide()
