"""How guests get to a node behind a router: what is asked of it, kept, and said."""
