"""The window as a program, for a screen reader to read: each line that comes in is done.

``page NAME`` shows a page, ``state NAME`` one of the kept snapshots, ``focus`` what comes next.
"""

from __future__ import annotations

import sys

from PyQt6 import sip
from PyQt6.QtCore import QSocketNotifier
from PyQt6.QtWidgets import QApplication

from worldvpn_app.gui import style
from worldvpn_app.gui.announce import Announcer
from worldvpn_app.gui.language import Language, speak
from worldvpn_app.gui.screens.replay import Replay
from worldvpn_app.gui.screens.shoot import Shot, window_for
from worldvpn_app.gui.tokens import DARK, Theme


def main() -> int:
    """Show the window until standard input ends."""
    application = QApplication([])
    speak(Language.ENGLISH, application)
    style.apply(application, DARK)
    window = window_for(Theme.DARK, Shot(name="", page="home", state="connected"))
    link = window.findChildren(Replay)[0]
    announcer = Announcer(window)
    window.view_changed.connect(announcer.show_view)
    window.show()
    announcer.show_view(window.view())

    def obey() -> None:
        words = sys.stdin.readline().split()
        match words:
            case ["page", name]:
                window.choose(name)
            case ["state", name]:
                link.show_state(name)
            case _:
                application.quit()
        sys.stdout.write("done\n")
        sys.stdout.flush()

    notifier = QSocketNotifier(sip.voidptr(sys.stdin.fileno()), QSocketNotifier.Type.Read)
    notifier.activated.connect(obey)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    return application.exec()


if __name__ == "__main__":
    sys.exit(main())
