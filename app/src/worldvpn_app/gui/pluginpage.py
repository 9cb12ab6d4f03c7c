"""A page that a plugin brings, and what stands in its place once it has failed."""

from __future__ import annotations

from PyQt6.QtCore import QCoreApplication, Qt, QTimer
from PyQt6.QtWidgets import QLabel, QStackedWidget, QVBoxLayout, QWidget

from worldvpn_app.gui import icons
from worldvpn_app.gui.pages import Context
from worldvpn_app.gui.plugged import Offered, Plugged, widget_of
from worldvpn_app.gui.widgets.controls import button
from worldvpn_app.gui.widgets.text import copy, label

translate = QCoreApplication.translate


class PluginEntry:
    """A page of a plugin as the rail and the window know pages."""

    is_low = False

    def __init__(self, offered: Offered, plugged: Plugged) -> None:
        self._offered, self._plugged = offered, plugged
        self.name, self.title = offered.name, offered.title
        self.icon = offered.icon if icons.is_there(offered.icon) else "plug"

    def make(self, context: Context) -> QWidget:
        """Return the page's widget, or why there is none."""
        return Kept(self._offered, self._plugged, context)


class Kept(QStackedWidget):
    """Shows the plugin's widget as long as it does not fail."""

    def __init__(self, offered: Offered, plugged: Plugged, context: Context) -> None:
        super().__init__()
        self.setObjectName("page")
        self._offered, self._plugged, self._context = offered, plugged, context
        self.broken: Broken | None = None
        self._inner: QWidget | None = None
        plugged.failed.connect(self._heard)
        try:
            self._inner = widget_of(offered.build())
            self.addWidget(self._inner)
        except Exception as error:  # noqa: BLE001 - the plugin boundary
            plugged.note(offered.plugin, error)
            self._put_aside()

    def _heard(self, plugin: str) -> None:
        # Not now: it may be in the middle of drawing itself.
        if plugin == self._offered.plugin:
            QTimer.singleShot(0, self._put_aside)

    def _put_aside(self) -> None:
        if self.broken is not None:
            return
        self.broken = Broken(
            self._offered, self._plugged.failures[self._offered.plugin], self._context
        )
        self.addWidget(self.broken)
        self.setCurrentWidget(self.broken)
        if self._inner is not None:
            self.removeWidget(self._inner)
            self._inner.deleteLater()
            self._inner = None


class Broken(QWidget):
    """Says what failed, that nothing else did, and what to send to its author."""

    def __init__(self, offered: Offered, reason: str, context: Context) -> None:
        super().__init__()
        self.setObjectName("page")
        column = QVBoxLayout(self)
        column.setContentsMargins(40, 40, 40, 40)
        column.setSpacing(12)
        picture = QLabel()
        picture.setPixmap(icons.pixmap("plug", context.colours.text3, 32, scale=2.0))
        picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.sentence = label(
            "title",
            translate("plugins", "“{page}” cannot be shown").format(page=offered.title),
            centred=True,
        )
        then = translate(
            "plugins", "The plugin {plugin} failed. Your tunnel and every other page go on."
        ).format(plugin=offered.plugin)
        self.reason = label("mono", reason, centred=True)
        copied = button(translate("plugins", "Copy"), icon="copy", colours=context.colours)
        copied.clicked.connect(lambda: copy(f"{offered.plugin}: {reason}"))
        column.addStretch(1)
        for each in (picture, self.sentence, label("second", then, centred=True), self.reason):
            column.addWidget(each)
        column.addSpacing(8)
        column.addWidget(copied, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)
