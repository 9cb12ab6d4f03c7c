"""The central server: accounts, the directory of nodes, sessions, and the ledger."""
