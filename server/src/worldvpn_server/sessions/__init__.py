"""Sessions: picking a node, the ticket, the hold, and the end."""
