"""Every request of the local API: its fields, how large it may be, and who may make it.

A request is checked whole before anyone sees it: unknown fields, wrong types and
values out of range are refused, and what is refused is not repeated in the error.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import attrs
from attrs.validators import optional

from worldvpn_core.ipc import account
from worldvpn_core.ipc.checks import must as _must
from worldvpn_core.ipc.checks import name, place, word
from worldvpn_core.ipc.firewall import (
    FirewallCounters,
    FirewallOutside,
    FirewallRequest,
    FirewallWhy,
    LogTail,
)
from worldvpn_core.ipc.protocol import MAX_PROFILE_BYTES
from worldvpn_core.ipc.receipts import ReceiptsRequest, ReceiptsShow
from worldvpn_core.ipc.rights import Row
from worldvpn_core.ipc.share import (
    ShareGuests,
    ShareInvite,
    ShareKick,
    ShareLetBack,
    ShareOff,
    ShareOn,
    SharePause,
    ShareRequest,
    ShareResume,
    ShareRevoke,
    ShareStatus,
)
from worldvpn_core.ipc.traffic import TrafficRequest, TrafficShow, TrafficWatch
from worldvpn_core.ipc.vault import (
    MAX_EXPORT_CHARACTERS,
    VaultChange,
    VaultCreate,
    VaultExport,
    VaultLock,
    VaultRequest,
    VaultStatus,
    VaultUnlock,
    VaultWipe,
)

MIN_PAUSE_S: Final = 60
MAX_PAUSE_S: Final = 86_400
_MAX_CHANGES: Final = 64

_PROFILE_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")

_profile_id: Final = _must(
    lambda value: _PROFILE_ID.fullmatch(value) is not None,
    "1 to 64 characters of a-z, 0-9 and '-', not beginning with '-'",
)
_pause: Final = _must(
    lambda value: MIN_PAUSE_S <= value <= MAX_PAUSE_S,
    f"{MIN_PAUSE_S} to {MAX_PAUSE_S} seconds",
)
_profile_text: Final = _must(
    lambda value: 1 <= len(value.encode()) <= MAX_PROFILE_BYTES,
    f"1 to {MAX_PROFILE_BYTES} bytes",
)
_changes: Final = _must(
    lambda value: 1 <= len(value) <= _MAX_CHANGES,
    f"an object of 1 to {_MAX_CHANGES} settings",
)


@attrs.frozen(kw_only=True)
class Hello:
    """Say which version of the API the client speaks; first on every connection."""

    version: int


@attrs.frozen(kw_only=True)
class Status:
    """Ask for the snapshot once."""


@attrs.frozen(kw_only=True)
class Subscribe:
    """Ask for the snapshot now and after every change."""


@attrs.frozen(kw_only=True)
class TunnelConnect:
    """Connect by a profile, or to a place of the directory: exactly one of them.

    ``place`` is written as ``central.place`` reads it; only there is ``protocol`` to choose.
    ``partial``: accept that a profile protects only some destinations.
    """

    profile_id: str | None = attrs.field(default=None, validator=optional(_profile_id))
    place: str | None = attrs.field(default=None, validator=optional(place))
    protocol: str | None = attrs.field(default=None, validator=optional(word))
    partial: bool = False

    def __attrs_post_init__(self) -> None:
        if (self.profile_id is None) is (self.place is None):
            raise ValueError("say either profile_id or place")
        if self.place is None and self.protocol is not None:
            raise ValueError("protocol must be null: a profile has its own")


@attrs.frozen(kw_only=True)
class TunnelDisconnect:
    """Close the tunnel, or stop trying; without lockdown traffic is free then."""


@attrs.frozen(kw_only=True)
class TunnelPause:
    """Open the host for ``duration_s`` and connect again by itself."""

    duration_s: int = attrs.field(validator=_pause)


@attrs.frozen(kw_only=True)
class TunnelResume:
    """End a pause now."""


@attrs.frozen(kw_only=True)
class ProfilesList:
    """Ask for the profiles, without their secrets."""


@attrs.frozen(kw_only=True)
class ProfilesImport:
    """Keep a profile written in a format some plugin reads; ``text`` holds its keys."""

    name: str = attrs.field(validator=name)
    text: str = attrs.field(validator=_profile_text, repr=False)
    replace: bool = False


@attrs.frozen(kw_only=True)
class ProfilesRemove:
    """Forget a profile and its keys."""

    profile_id: str = attrs.field(validator=_profile_id)


@attrs.frozen(kw_only=True)
class SettingsGet:
    """Ask for all settings."""


@attrs.frozen(kw_only=True)
class SettingsSet:
    """Change settings, all or none. ``confirm``: a dangerous change was agreed to."""

    changes: Mapping[str, object] = attrs.field(validator=_changes, repr=False)
    confirm: bool = False


@attrs.frozen(kw_only=True)
class PluginsList:
    """Ask which plugins are loaded, and where."""


@attrs.frozen(kw_only=True)
class HostReset:
    """Undo everything on the host, the block included."""

    confirm: bool


Request = (
    Hello
    | Status
    | Subscribe
    | TunnelConnect
    | TunnelDisconnect
    | TunnelPause
    | TunnelResume
    | ProfilesList
    | ProfilesImport
    | ProfilesRemove
    | SettingsGet
    | SettingsSet
    | FirewallRequest
    | LogTail
    | PluginsList
    | HostReset
    | ShareRequest
    | VaultRequest
    | account.AccountRequest
    | TrafficRequest
    | ReceiptsRequest
)


@attrs.frozen(kw_only=True)
class Method:
    """One method: what it takes, its row of the rights table, and its longest line."""

    request: type[Request]
    row: Row
    max_bytes: int = 4_096


METHODS: Final[Mapping[str, Method]] = {
    "hello": Method(request=Hello, row=Row.ANYONE),
    "status": Method(request=Status, row=Row.GROUP),
    "subscribe": Method(request=Subscribe, row=Row.GROUP),
    "tunnel.connect": Method(request=TunnelConnect, row=Row.GROUP),
    "tunnel.disconnect": Method(request=TunnelDisconnect, row=Row.OWNER),
    "tunnel.pause": Method(request=TunnelPause, row=Row.OWNER),
    "tunnel.resume": Method(request=TunnelResume, row=Row.OWNER),
    "profiles.list": Method(request=ProfilesList, row=Row.GROUP),
    # JSON may write one byte of the text as six (\u0009), hence more than MAX_PROFILE_BYTES.
    "profiles.import": Method(
        request=ProfilesImport,
        row=Row.CLAIM,
        max_bytes=6 * MAX_PROFILE_BYTES + 4_096,
    ),
    "profiles.remove": Method(request=ProfilesRemove, row=Row.OWNER),
    "settings.get": Method(request=SettingsGet, row=Row.GROUP),
    "settings.set": Method(request=SettingsSet, row=Row.OWNER, max_bytes=16_384),
    "share.on": Method(request=ShareOn, row=Row.OWNER),
    "share.off": Method(request=ShareOff, row=Row.OWNER),
    "share.status": Method(request=ShareStatus, row=Row.GROUP),
    "share.guests": Method(request=ShareGuests, row=Row.OWNER),
    "share.kick": Method(request=ShareKick, row=Row.OWNER),
    "share.let_back": Method(request=ShareLetBack, row=Row.OWNER),
    "share.pause": Method(request=SharePause, row=Row.OWNER),
    "share.resume": Method(request=ShareResume, row=Row.OWNER),
    "share.invite": Method(request=ShareInvite, row=Row.OWNER),
    "share.revoke": Method(request=ShareRevoke, row=Row.OWNER),
    "firewall.why": Method(request=FirewallWhy, row=Row.GROUP),
    "firewall.counters": Method(request=FirewallCounters, row=Row.GROUP),
    "firewall.outside": Method(request=FirewallOutside, row=Row.GROUP),
    "log.tail": Method(request=LogTail, row=Row.OWNER),
    "plugins.list": Method(request=PluginsList, row=Row.GROUP),
    "host.reset": Method(request=HostReset, row=Row.ROOT),
    "vault.status": Method(request=VaultStatus, row=Row.GROUP),
    # Who brings what opens it becomes the owner, while there is none.
    "vault.create": Method(
        request=VaultCreate, row=Row.CLAIM, max_bytes=MAX_EXPORT_CHARACTERS + 32_768
    ),
    "vault.unlock": Method(request=VaultUnlock, row=Row.CLAIM, max_bytes=16_384),
    "vault.lock": Method(request=VaultLock, row=Row.OWNER),
    "vault.change": Method(request=VaultChange, row=Row.OWNER, max_bytes=32_768),
    "vault.export": Method(request=VaultExport, row=Row.OWNER, max_bytes=32_768),
    "vault.wipe": Method(request=VaultWipe, row=Row.OWNER),
    # Whoever signs in becomes the owner, while there is none. JSON may write one character
    # of a password in twelve bytes.
    "account.register": Method(request=account.AccountRegister, row=Row.CLAIM, max_bytes=16_384),
    "account.login": Method(request=account.AccountLogin, row=Row.CLAIM, max_bytes=16_384),
    "account.recover": Method(request=account.AccountRecover, row=Row.CLAIM, max_bytes=32_768),
    "account.password": Method(request=account.AccountPassword, row=Row.OWNER, max_bytes=32_768),
    "account.logout": Method(request=account.AccountLogout, row=Row.OWNER),
    "account.revoke": Method(request=account.AccountRevoke, row=Row.OWNER),
    "account.show": Method(request=account.AccountShow, row=Row.OWNER),
    "account.devices": Method(request=account.AccountDevices, row=Row.OWNER),
    "account.sessions": Method(request=account.AccountSessions, row=Row.OWNER),
    "directory.nodes": Method(request=account.DirectoryNodes, row=Row.GROUP),
    "wallet.balance": Method(request=account.WalletBalance, row=Row.OWNER),
    "wallet.history": Method(request=account.WalletHistory, row=Row.OWNER),
    "wallet.earned": Method(request=account.WalletEarned, row=Row.OWNER),
    "wallet.settled": Method(request=account.WalletSettled, row=Row.OWNER),
    "privacy.show": Method(request=account.PrivacyShow, row=Row.OWNER),
    "traffic.show": Method(request=TrafficShow, row=Row.OWNER),
    "traffic.watch": Method(request=TrafficWatch, row=Row.OWNER),
    "receipts.show": Method(request=ReceiptsShow, row=Row.OWNER),
}
