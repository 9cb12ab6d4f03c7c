"""What is wrong with a file that cannot be read as evidence at all."""

from __future__ import annotations


class EvidenceError(Exception):
    """It is no export of receipts, or not as it was written; a sentence for a person."""
