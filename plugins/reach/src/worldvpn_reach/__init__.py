"""Has the router in front of a node lead guests to it."""
