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
    #: How people write its name.
    transport_label: NotRequired[str | None]
    #: Whether the owner chose that protocol for places of the directory.
    transport_chosen: NotRequired[bool]
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


class Consent(TypedDict):
    """What one agrees to by sharing, and what was agreed to."""

    version: int
    text: str
    agreed_version: int | None
    agreed_utc: str | None


class SharePause(TypedDict):
    """Nobody is served until then (None: until the owner says so)."""

    until_utc: str | None
    drain: bool


class Hours(TypedDict):
    """The hours in which guests are served; no windows: always."""

    zone: str
    windows: list[str]
    open: bool
    changes_utc: str | None


class Today(TypedDict):
    """What guests have had today, of what they may have."""

    carried_bytes: int
    cap_bytes: int
    ends_utc: str


class ForGuests(TypedDict):
    """The present rate of all guests, and the day so far by steps, rounded to MiB."""

    rate_bps: int
    begins_utc: str
    step_s: int
    bytes: list[int]


#: Written so because "class" is no name in Python.
Person = TypedDict(
    "Person",
    {
        "kind": str,
        "alias": str | None,
        "name": str | None,
        "country": str | None,
        "received_bytes": int,
        "sent_bytes": int,
        "since_utc": str,
        "duration_s": int,
        "class": str | None,
        "credits": int | None,
    },
)


class Banned(TypedDict):
    """A guest who may not come back until then."""

    alias: str
    reason: str
    detail: str
    until_utc: str


class WayIn(TypedDict):
    """How guests get past the router, or why they do not and what to do."""

    way: str
    by: str | None
    public_port: int | None
    reason: str | None
    why: str
    advice: str


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
    #: None while nobody is served.
    reach: WayIn | None
    consent: Consent
    #: Whether new guests are taken, and if not, why those inside may stay all the same.
    accepting: bool
    why_not: str
    pause: SharePause | None
    schedule: Hours
    today: Today
    #: "yes", "no" or "unknown".
    metered: str
    #: None for whoever is neither the owner nor root.
    carried: ForGuests | None
    #: Empty for the same.
    people: list[Person]
    banned: list[Banned]


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


class Carried(TypedDict):
    """What a session has carried by this computer's count, and what of it was signed for."""

    up_bytes: int
    down_bytes: int
    signed_bytes: int


class Passage(TypedDict):
    """The session by which a tunnel goes through the directory."""

    node_id: str
    country: str | None
    place: str
    expires_s: int
    cap_bytes: int
    carried: NotRequired[Carried | None]


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
