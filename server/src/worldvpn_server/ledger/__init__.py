"""Money: journals, balances, the sealer's chain, and the audit."""
