"""The HTTP surface: one module a group of routes."""
