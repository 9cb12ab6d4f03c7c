"""What stands over the page: the alarm, notices, and the page for when there is no service."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QCoreApplication, Qt, pyqtSignal
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from worldvpn_app.gui import icons
from worldvpn_app.gui.link import Trouble
from worldvpn_app.gui.mend import Mend
from worldvpn_app.gui.present.view import Button
from worldvpn_app.gui.tokens import SHAPE, Colours
from worldvpn_app.gui.widgets.cards import row, sign
from worldvpn_app.gui.widgets.controls import button, icon_button
from worldvpn_app.gui.widgets.text import label
from worldvpn_app.gui.widgets.ways import set_margins

translate = QCoreApplication.translate
_MOST_NOTICES = 3


class Alarm(QFrame):
    """Full width, over rail and page; it cannot be dismissed."""

    why = pyqtSignal()

    def __init__(self, colours: Colours) -> None:
        super().__init__()
        self.setProperty("look", "alarm")
        self.setMinimumHeight(SHAPE.alarm_px)
        inside = QHBoxLayout(self)
        set_margins(inside, 22, 8, 24, 8)
        inside.setSpacing(18)
        inside.addWidget(sign("triangle-alert", colours.onalarm, 36))
        words = QVBoxLayout()
        words.setSpacing(2)
        self.cause, then = label("head", wraps=True), label("strong", wraps=True)
        then.setText(
            translate(
                "home",
                "Your traffic may be leaving outside the tunnel. Close private work until this"
                " is fixed.",
            )
        )
        words.addStretch(1)
        words.addWidget(self.cause)
        words.addWidget(then)
        words.addStretch(1)
        inside.addLayout(words, 1)
        self.button = QPushButton(translate("home", "Show why"))
        self.button.setProperty("look", "on alarm")
        self.button.clicked.connect(self.why)
        inside.addWidget(self.button)
        self.hide()

    def show_cause(self, cause: str) -> None:
        """Show why; "" hides the alarm."""
        self.setVisible(bool(cause))
        said = f"{cause[:1].lower()}{cause[1:]}"
        self.cause.setText(translate("home", "Unprotected: {cause}.").format(cause=said))


class Notices(QWidget):
    """Sentences that hold until they are no longer true; each can be put away."""

    #: The Do of an action that was pressed.
    taken = pyqtSignal(object)

    def __init__(self, colours: Colours) -> None:
        super().__init__()
        self.setObjectName("page")
        self._colours = colours
        #: What can be done about a sentence.
        self.offer_of: Callable[[str], Button | None] = lambda _text: None
        self._dismissed: set[str] = set()
        self._shown: tuple[str, ...] = ()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(24, 12, 24, 0)
        self._column.setSpacing(8)
        self.hide()

    def texts(self) -> tuple[str, ...]:
        """Return what is shown."""
        return self._shown

    def show_texts(self, texts: tuple[str, ...]) -> None:
        """Show ``texts`` but for those that were put away and still stand."""
        self._dismissed &= set(texts)
        shown = tuple(each for each in texts if each not in self._dismissed)[:_MOST_NOTICES]
        if shown == self._shown:
            return
        self._shown = shown
        while (item := self._column.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        for text in shown:
            self._column.addWidget(self._bar(text))
        self.setVisible(bool(shown))

    def _bar(self, text: str) -> QFrame:
        bar = QFrame()
        bar.setProperty("look", "notice")
        bar.setMinimumHeight(SHAPE.notice_px)
        words = label("strong", text, wraps=True)
        away = icon_button("x", translate("home", "Put away"), self._colours, self._colours.paused)
        away.clicked.connect(lambda: self._dismiss(text))
        inside = row(sign("circle-alert", self._colours.paused), words)
        offer = self.offer_of(text)
        if offer is not None:
            do = offer.do
            act = button(offer.text)
            act.clicked.connect(lambda: self.taken.emit(do))
            inside.addWidget(act)
        inside.addWidget(away)
        inside.setStretch(1, 1)
        set_margins(inside, 16, 4, 8, 4)
        bar.setLayout(inside)
        return bar

    def _dismiss(self, text: str) -> None:
        self._dismissed.add(text)
        self.show_texts(self._shown)


class TroublePage(QWidget):
    """The whole page while there is no service to show: a sentence, and what to type."""

    def __init__(self, colours: Colours, socket_path: str) -> None:
        super().__init__()
        self.setObjectName("page")
        self._colours = colours
        column = QVBoxLayout(self)
        column.setContentsMargins(40, 40, 40, 40)
        column.setSpacing(12)
        picture = QLabel()
        picture.setPixmap(icons.pixmap("plug", colours.text3, 32, scale=2.0))
        picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.sentence, self.then = label("title", centred=True), label("second", centred=True)
        self.mend = Mend(colours, socket_path)
        self.command = self.mend.command
        column.addStretch(1)
        for each in (picture, self.sentence, self.then):
            column.addWidget(each)
        column.addSpacing(8)
        column.addWidget(self.mend)
        column.addStretch(1)

    def show_trouble(self, trouble: Trouble) -> None:
        """Say what keeps the app from the service, and what mends it."""
        self.sentence.setText(trouble.sentence)
        self.then.setText(trouble.then)
        self.mend.show_trouble(trouble)
