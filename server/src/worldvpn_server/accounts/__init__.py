"""Accounts, devices, sign-in and tokens."""
