"""An internet in network namespaces: demo, leak proofs, benchmarks."""

from __future__ import annotations
