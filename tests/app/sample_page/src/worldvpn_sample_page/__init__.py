"""A page and an editor by somebody else."""

from __future__ import annotations
