"""The signed directory: held, shown, and chosen from."""
