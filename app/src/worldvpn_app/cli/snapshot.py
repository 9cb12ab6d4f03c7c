"""The daemon's snapshot as it crosses the local API; fields unknown here are left alone."""

from __future__ import annotations

from typing import NotRequired, TypedDict


class ProfileName(TypedDict):
    """A profile, by the two names it has."""

    id: str
    name: str


class Cause(TypedDict):
    """Why there is no tunnel."""

    code: str
    detail: str
    retryable: bool


class Tunnel(TypedDict):
    """The tunnel's state and what is known of it; times are ISO 8601 in UTC."""

    state: str
    profile: ProfileName | None
    transport: str | None
    engine: str | None
    interface: str | None
    endpoints: list[str]
    addresses: list[str]
    dns: list[str]
    mtu_bytes: int | None
    partial: bool
    protects: list[str]
    received_bytes: int
    sent_bytes: int
    since_utc: str | None
    cause: Cause | None
    retry_in_s: float | None
    paused_until_utc: str | None
    enforced: bool
    next: str | None


class Protection(TypedDict):
    """What the owner chose, and what carries it out here."""

    kill_switch: bool
    lockdown: bool
    allow_lan: bool
    firewall: str | None
    egress_hook: bool
    dns: str | None


class Notice(TypedDict):
    """Something the user should know that is no state."""

    code: str
    text: str


class Daemon(TypedDict):
    """The process that answered."""

    version: str
    pid: int
    agent_pid: int | None


class Guests(TypedDict):
    """What the central server says of the node, and how many guests it has sent."""

    listed: bool
    reason: str
    guests: int


class Guest(TypedDict):
    """One that is here now; bytes are rounded up to MiB, times to a quarter of an hour."""

    kind: str
    alias: str | None
    name: str | None
    country: str | None
    received_bytes: int
    sent_bytes: int
    since_utc: str | None
    duration_s: int
    credits: int | None


class Consent(TypedDict):
    """What one agrees to before anybody is served."""

    version: int
    text: str
    agreed_version: int | None
    agreed_utc: str | None


class SharePause(TypedDict):
    """A pause of sharing; None: until it is ended."""

    until_utc: str | None
    drain: bool


class Schedule(TypedDict):
    """When guests are served; no windows: always."""

    zone: str
    windows: list[str]
    open: bool
    changes_utc: str | None


class Today(TypedDict):
    """What guests have carried since midnight, and may."""

    carried_bytes: int
    cap_bytes: int
    ends_utc: str


class Banned(TypedDict):
    """A guest that was sent away."""

    alias: str
    reason: str
    detail: str
    until_utc: str


class Sharing(TypedDict):
    """The state of sharing: what the owner wants, and what is."""

    state: str
    wanted: bool
    agreed_utc: str | None
    port: int
    engine: str | None
    guests: int
    cause: Cause | None
    #: None on a host that belongs to no central server.
    server: NotRequired[Guests | None]
    consent: NotRequired[Consent]
    accepting: NotRequired[bool]
    why_not: NotRequired[str]
    pause: NotRequired[SharePause | None]
    schedule: NotRequired[Schedule]
    today: NotRequired[Today]
    metered: NotRequired[str]
    people: NotRequired[list[Guest]]
    banned: NotRequired[list[Banned]]


class Balance(TypedDict):
    """Credit: whole credits as they are shown, and ticks by where they lie."""

    credits: int
    promo_ticks: int
    available_ticks: int
    held_ticks: int
    vesting_ticks: int
    debt_ticks: int


class Account(TypedDict):
    """The central server and who is signed in there; ``signed_in`` None: the vault is locked."""

    server: str | None
    reach: str
    detail: str
    signed_in: bool | None
    username: str | None
    balance: Balance | None


class Passage(TypedDict):
    """The session by which a tunnel goes through the directory."""

    node_id: str
    country: str | None
    place: str
    expires_s: int
    cap_bytes: int


class Snapshot(TypedDict):
    """All that the daemon tells its subscribers."""

    version: int
    tunnel: Tunnel
    sharing: Sharing
    protection: Protection
    notices: list[Notice]
    daemon: Daemon
    account: NotRequired[Account]
    session: NotRequired[Passage | None]
