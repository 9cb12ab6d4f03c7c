"""Makes the tests' own rigs importable from a benchmark: imported for that alone."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))
