"""The outbox, and what streams tell."""
