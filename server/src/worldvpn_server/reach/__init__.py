"""Whether a node can be reached, without becoming a scanner."""
