"""A map on a screen that nobody sees."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from PyQt6.QtWidgets import QApplication

from worldvpn_app.gui.map.clusters import spots
from worldvpn_app.gui.map.view import MapView
from worldvpn_app.gui.map.widget import WorldMap
from worldvpn_app.gui.map.world import world
from worldvpn_app.gui.tokens import DARK


@pytest.fixture(scope="session")
def application() -> QApplication:
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    running = QApplication.instance()
    return running if isinstance(running, QApplication) else QApplication([])


@pytest.fixture
def shown_map(application: QApplication) -> Iterator[WorldMap]:
    shown = WorldMap(DARK)
    shown.resize(900, 600)
    places = {"helsinki": "FI", "dakar": "SN", "perth": "AU", "lima": "PE"}
    places |= {f"berlin-{number}": "DE" for number in range(9)}
    shown.show_view(
        MapView(
            spots=tuple(spots(places, world().countries)),
            current="helsinki",
            current_label="Helsinki",
            you=(-0.1, -0.9),
            you_label="You",
        )
    )
    shown.show()
    application.processEvents()
    yield shown
    shown.close()
