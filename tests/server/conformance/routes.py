"""The sixteen routes that existing clients call, as a table: what each takes and answers."""

from __future__ import annotations

from typing import Any, Final

import attrs

#: A compatible client's X25519 key, base64 as WireGuard writes it.
PUBLIC_KEY: Final = "YdaXuk8GTXH0xnhW1b0uk1dHHZ1eqvJ1Jw6wYZQ0dxc="

Json = dict[str, Any]


@attrs.frozen(kw_only=True)
class Route:
    """One route: ``fields`` are the keys of its answer with their JSON types."""

    method: str
    path: str
    body: Json | None = None
    needs_token: bool = True
    status: int = 200
    fields: tuple[tuple[str, type | tuple[type, ...]], ...] = ()

    @property
    def name(self) -> str:
        """Method and path, as people say it."""
        return f"{self.method} {self.path.partition('?')[0]}"


_NONE: Final = type(None)
REGISTER_NODE: Final[Json] = {"country_code": "DE", "protocols": ["WireGuard"]}

HEALTH: Final = Route(
    method="GET",
    path="/health",
    needs_token=False,
    fields=(("status", str), ("service", str), ("version", str)),
)
REGISTER: Final = Route(
    method="POST",
    path="/auth/register",
    body={"username": "another", "password": "a long enough secret 7"},
    needs_token=False,
    status=201,
    fields=(("user_id", str), ("username", str), ("message", str)),
)
LOGIN: Final = Route(
    method="POST",
    path="/auth/login",
    body={"username": "ada", "password": "a long enough secret 7"},
    needs_token=False,
    fields=(("token", str), ("user_id", str), ("username", str)),
)
CONNECT: Final = Route(
    method="POST",
    path="/vpn/connect",
    body={"protocol": "WireGuard", "username": "ada", "public_key": PUBLIC_KEY},
    fields=(
        ("session_id", str),
        ("server_endpoint", str),
        ("assigned_ip", str),
        ("server_public_key", (str, _NONE)),
        ("node_country", (str, _NONE)),
    ),
)
DISCONNECT: Final = Route(
    method="POST",
    path="/vpn/disconnect",
    body={"session_id": "00000000-0000-7000-8000-000000000000"},
    fields=(("status", str), ("session_id", str)),
)
BALANCE: Final = Route(method="GET", path="/credits/balance", fields=(("credits", int),))
HISTORY: Final = Route(method="GET", path="/credits/history")
SYNC: Final = Route(
    method="POST",
    path="/credits/sync",
    body={"shared_bytes": 1_048_576, "consumed_bytes": 1_048_576},
    fields=(("message", str), ("credits_change", int)),
)
NODE: Final = Route(
    method="POST",
    path="/nodes/register",
    body=REGISTER_NODE,
    status=201,
    fields=(("node_id", str), ("status", str), ("message", str)),
)
DISCOVER: Final = Route(
    method="GET", path="/nodes/discover", fields=(("nodes", list), ("count", int))
)
HEARTBEAT: Final = Route(
    method="POST",
    path="/nodes/heartbeat",
    fields=(("status", str), ("node_id", str), ("active_connections", int)),
)
OFFLINE: Final = Route(
    method="POST", path="/nodes/offline", fields=(("status", str), ("message", str))
)
MINE: Final = Route(
    method="GET",
    path="/nodes/my",
    fields=(
        ("id", str),
        ("country_code", str),
        ("is_online", bool),
        ("reputation_score", (int, float)),
        ("current_connections", int),
        ("bandwidth_mbps", int),
        ("allow_streaming", bool),
        ("allow_torrents", bool),
    ),
)
LIVE: Final = Route(
    method="GET",
    path="/transparency/sessions",
    fields=(
        ("active_sessions", list),
        ("count", int),
        ("total_bytes_shared", int),
        ("total_credits_earning", (int, float)),
        ("formatted_bandwidth", str),
    ),
)
PAST: Final = Route(
    method="GET",
    path="/transparency/history?days=7",
    fields=(
        ("history", list),
        ("period_days", int),
        ("total_sessions", int),
        ("total_bytes_shared", int),
        ("total_credits_earned", (int, float)),
        ("formatted_total", str),
    ),
)
STATS: Final = Route(
    method="GET",
    path="/transparency/stats",
    fields=(
        ("node_status", str),
        ("reputation_score", (int, float)),
        ("active_connections", int),
        ("lifetime_sessions", int),
        ("lifetime_bytes_shared", int),
        ("lifetime_formatted", str),
        ("top_countries", list),
        ("impact_message", str),
    ),
)

EVERY: Final = (
    HEALTH,
    REGISTER,
    LOGIN,
    CONNECT,
    DISCONNECT,
    BALANCE,
    HISTORY,
    SYNC,
    NODE,
    DISCOVER,
    HEARTBEAT,
    OFFLINE,
    MINE,
    LIVE,
    PAST,
    STATS,
)
GUARDED: Final = tuple(each for each in EVERY if each.needs_token)
WITH_BODY: Final = tuple(each for each in EVERY if each.body is not None)
