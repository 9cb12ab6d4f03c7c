"""PostgreSQL's settings for this machine, and what keeps its log free of personal data."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

_MIB: Final = 1024 * 1024
#: Where a container's limit is told: cgroups(7) version 2, then 1.
_LIMITS: Final = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
_FEWEST_BUFFERS_MIB: Final = 64
_MOST_BUFFERS_MIB: Final = 8192

_ALWAYS: Final = (
    "max_connections=300",
    "max_wal_size=2GB",
    "checkpoint_timeout=15min",
    "random_page_cost=1.1",  # what is worth running this on has no spinning disks
    "jit=off",
    # Hot rows (wallets, presence) are updated all the time: clean up early and in small steps.
    "autovacuum_vacuum_scale_factor=0.05",
    "autovacuum_analyze_scale_factor=0.02",
    # A statement or a parameter in the log would be personal data.
    "log_min_error_statement=panic",
    "log_parameter_max_length_on_error=0",
    "log_error_verbosity=terse",
    "log_checkpoints=off",
)


def settings(memory_bytes: int) -> tuple[str, ...]:
    """Return "name=value" settings for a machine that PostgreSQL shares with the server. Pure."""
    total_mib = memory_bytes // _MIB
    buffers_mib = min(max(total_mib // 8, _FEWEST_BUFFERS_MIB), _MOST_BUFFERS_MIB)
    return (
        *_ALWAYS,
        f"shared_buffers={buffers_mib}MB",
        f"effective_cache_size={max(total_mib // 2, 128)}MB",
        f"maintenance_work_mem={min(max(total_mib // 32, 32), 1024)}MB",
    )


def memory_bytes() -> int:
    """Return how much memory we may use: the machine's, or the container's limit."""
    found = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for each in _LIMITS:
        path = Path(each)
        if path.exists() and (limit := path.read_text("ascii").strip()).isdecimal():
            found = min(found, int(limit))
    return found
