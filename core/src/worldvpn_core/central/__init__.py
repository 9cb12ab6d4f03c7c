"""The daemon's part in speaking with a central server: which one, and this device's secrets.

The conversation itself is the agent's, for the server is a stranger; the agent has no key.
"""
