"""What is measured of a process; ``http.metrics`` serves the sum over all of them.

prometheus-client reads PROMETHEUS_MULTIPROC_DIR when first imported: the worker sets it before.
"""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

_FAST_S: Final = (0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

REQUESTS: Final = Counter(
    "worldvpn_requests_total", "Requests answered.", ("method", "route", "status")
)
SECONDS: Final = Histogram(
    "worldvpn_request_seconds",
    "Time to the end of the answer; streams are not in it.",
    ("route",),
    buckets=_FAST_S,
)
STREAMS: Final = Gauge("worldvpn_streams", "Event streams open now.", multiprocess_mode="livesum")
CONNECTIONS_CUT: Final = Counter(
    "worldvpn_connections_cut_total", "Connections closed by us, by why.", ("why",)
)
DATABASE_AWAY: Final = Counter(
    "worldvpn_database_away_total", "Requests that found the database away."
)
POOL_SECONDS: Final = Histogram(
    "worldvpn_pool_wait_seconds", "Time until a connection of the pool was lent.", buckets=_FAST_S
)
JOBS: Final = Counter("worldvpn_job_runs_total", "Runs of background jobs.", ("job", "outcome"))
JOB_SECONDS: Final = Histogram(
    "worldvpn_job_seconds", "How long a background job ran.", ("job",), buckets=(*_FAST_S, 60.0)
)
LEADING: Final = Gauge(
    "worldvpn_leading", "Processes that run the jobs of one: 1.", multiprocess_mode="livesum"
)
OUTBOX_LAG: Final = Gauge(
    "worldvpn_outbox_lag_seconds",
    "Age of the oldest event that an open transaction holds back.",
    multiprocess_mode="mostrecent",
)
SEAL_LAG: Final = Gauge(
    "worldvpn_seal_lag_seconds",
    "Age of the oldest journal that no checkpoint covers.",
    multiprocess_mode="mostrecent",
)
PAYOUTS: Final = Gauge(
    "worldvpn_payouts_waiting",
    "Settlements that wait for their batch.",
    multiprocess_mode="mostrecent",
)
SESSIONS: Final = Gauge(
    "worldvpn_sessions_open", "Sessions that run now.", multiprocess_mode="mostrecent"
)
