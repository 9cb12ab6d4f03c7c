"""A folder of a test's own that other accounts can come to, unlike tmp_path's."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def public_folder() -> Iterator[Path]:
    """Make one, as for the account of PostgreSQL; what is in it goes with it."""
    with tempfile.TemporaryDirectory(prefix="wv-test-", ignore_cleanup_errors=True) as made:
        Path(made).chmod(0o755)
        yield Path(made)
