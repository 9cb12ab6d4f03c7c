"""Receipts on disk: what an end goes on from, and what waits for the central server."""
