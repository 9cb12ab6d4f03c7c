"""Many guests of one node: each with a session, keys and an engine of its own, in one role."""
