"""The rail: the pages by name, and how this computer stands, bottom left."""

from __future__ import annotations

from PyQt6.QtCore import QCoreApplication, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QPainter, QPaintEvent
from PyQt6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from worldvpn_app.gui import icons
from worldvpn_app.gui.home import label
from worldvpn_app.gui.pages import Page
from worldvpn_app.gui.present.view import HomeView, Mark
from worldvpn_app.gui.tokens import SHAPE, Colours, Tone
from worldvpn_app.gui.widgets.dial import draw

_RING_PX = 20
_UNITS = 100


class Ring(QWidget):
    """The dial at 20 px, which never moves."""

    def __init__(self, colours: Colours) -> None:
        super().__init__()
        self._colours, self._mark, self._tone = colours, Mark.DASHED, Tone.UNKNOWN
        self.setFixedSize(QSize(_RING_PX, _RING_PX))

    def show_state(self, mark: Mark, tone: Tone) -> None:
        """Draw ``mark`` in the colour of ``tone``."""
        self._mark, self._tone = mark, tone
        self.update()

    def paintEvent(self, _event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's own
        painter = QPainter(self)
        area = QRectF(self.rect())
        painter.translate(area.center())
        painter.scale(area.width() / _UNITS, area.height() / _UNITS)
        draw(painter, self._mark, self._tone, self._colours)
        painter.end()


class Rail(QFrame):
    """Lists ``pages``; ``chosen`` tells which was pressed by its name."""

    chosen = pyqtSignal(str)

    def __init__(self, pages: tuple[Page, ...], colours: Colours) -> None:
        super().__init__()
        self.setObjectName("rail")
        self._group = QButtonGroup(self)
        self._buttons: dict[str, tuple[QPushButton, str]] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 24, 8, 16)
        for page in pages:
            button = QPushButton(icons.icon(page.icon, colours.text2), "")
            button.setProperty("look", "rail")
            button.setIconSize(QSize(20, 20))
            button.setCheckable(True)
            button.setAccessibleName(page.title)
            button.clicked.connect(lambda _checked, name=page.name: self.chosen.emit(name))
            self._group.addButton(button)
            self._buttons[page.name] = (button, page.title)
            column.addWidget(button)
        column.addStretch(1)
        self.ring, self.state, self.where = Ring(colours), label("strong"), label("small")
        self._colours = colours
        foot = QHBoxLayout()
        foot.setContentsMargins(12, 0, 4, 0)
        foot.addWidget(self.ring, 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.addWidget(self.state)
        words.addWidget(self.where)
        self.where.setWordWrap(True)
        foot.addLayout(words, 1)
        column.addLayout(foot)
        self.set_narrow(is_narrow=False)

    def set_narrow(self, *, is_narrow: bool) -> None:
        """Show icons only, with the names as tooltips, or both."""
        self.setFixedWidth(SHAPE.rail_narrow_px if is_narrow else SHAPE.rail_px)
        for button, title in self._buttons.values():
            button.setText("" if is_narrow else f"  {title}")
            button.setToolTip(title if is_narrow else "")
        self.state.setVisible(not is_narrow)
        self.where.setVisible(not is_narrow)

    def select(self, name: str) -> None:
        """Mark the page ``name`` as the one that is shown."""
        self._buttons[name][0].setChecked(True)

    def show_view(self, view: HomeView) -> None:
        """Say how this computer stands."""
        self.ring.show_state(view.mark, view.tone)
        self.ring.setToolTip(f"{view.title}. {view.line}")
        self.state.setText(view.title)
        self.state.setStyleSheet(f"color: {self._colours.state(view.tone)}")
        self.where.setText(view.line)

    def show_unknown(self) -> None:
        """Say that nothing is known: the last state may not be so any more."""
        self.ring.show_state(Mark.DASHED, Tone.UNKNOWN)
        self.state.setText(QCoreApplication.translate("home", "Not known"))
        self.state.setStyleSheet(f"color: {self._colours.text2}")
        self.where.setText(QCoreApplication.translate("home", "The service does not answer"))
