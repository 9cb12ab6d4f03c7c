"""The app's own pages besides Home, in the rail's order."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QCoreApplication
from PyQt6.QtWidgets import QWidget

from worldvpn_app.gui.pages import Context, Entry, Pages

translate = QCoreApplication.translate


def own_pages(set_theme: Callable[[str], None], set_language: Callable[[str], None]) -> Pages:
    """Return the pages; what each needs is imported when it is first shown."""
    pages = Pages()
    entries = (
        Entry(name="map", title=translate("rail", "Map"), icon="map", build=_map),
        Entry(name="wallet", title=translate("rail", "Wallet"), icon="wallet", build=_wallet),
        Entry(name="sharing", title=translate("rail", "Sharing"), icon="share-2", build=_sharing),
        Entry(
            name="account",
            title=translate("rail", "Account"),
            icon="user",
            build=_account,
            is_low=True,
        ),
        Entry(
            name="diagnostics",
            title=translate("rail", "Diagnostics"),
            icon="activity",
            build=_diagnostics,
            is_low=True,
        ),
        Entry(
            name="settings",
            title=translate("rail", "Settings"),
            icon="settings",
            build=lambda context: _settings(context, set_theme, set_language),
            is_low=True,
        ),
    )
    for entry in entries:
        pages.register(entry)
    return pages


def _map(context: Context) -> QWidget:
    from worldvpn_app.gui.map.page import MapPage  # noqa: PLC0415 - a window opens sooner without

    return MapPage(context)


def _wallet(context: Context) -> QWidget:
    from worldvpn_app.gui.wallet import WalletPage  # noqa: PLC0415 - as above

    return WalletPage(context)


def _sharing(context: Context) -> QWidget:
    from worldvpn_app.gui.sharing import SharingPage  # noqa: PLC0415 - as above

    return SharingPage(context)


def _account(context: Context) -> QWidget:
    from worldvpn_app.gui.account import AccountPage  # noqa: PLC0415 - as above

    return AccountPage(context)


def _diagnostics(context: Context) -> QWidget:
    from worldvpn_app.gui.diagnostics import DiagnosticsPage  # noqa: PLC0415 - as above

    return DiagnosticsPage(context)


def _settings(
    context: Context, set_theme: Callable[[str], None], set_language: Callable[[str], None]
) -> QWidget:
    from worldvpn_app.gui.settings import SettingsPage  # noqa: PLC0415 - as above

    return SettingsPage(context, set_theme, set_language)
