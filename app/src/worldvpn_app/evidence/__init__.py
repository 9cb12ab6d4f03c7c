"""Checks exported receipts with nothing but the file: no daemon, no network, no code of core.

It is written from docs/receipts.md alone, so that a mistake there is not made here again.
"""
