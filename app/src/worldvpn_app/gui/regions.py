"""The parts of the window that F6 goes through: what stands over the page, rail, page, panel."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication, QWidget


def step(parts: Sequence[QWidget], by: int) -> None:
    """Give the focus to the first of the next part where something can have it."""
    focused = QApplication.focusWidget()
    # A panel is part of its page, too: the last that has it is the nearest.
    having = [place for place, part in enumerate(parts) if focused and part.isAncestorOf(focused)]
    at = having[-1] if having else -1 if by > 0 else 0
    for away in range(1, len(parts) + 1):
        entered = first_of(parts[(at + by * away) % len(parts)])
        if entered is not None:
            entered.setFocus(Qt.FocusReason.TabFocusReason)
            return


def first_of(part: QWidget) -> QWidget | None:
    """Return what Tab would come to first in ``part``; None: nothing there takes it."""
    each = part
    while (each := each.nextInFocusChain() or part) is not part:
        takes = each.isEnabled() and each.focusPolicy() & Qt.FocusPolicy.TabFocus
        if takes and each.isVisible() and part.isAncestorOf(each):
            return each
    return None
