"""Running it: processes, PostgreSQL, TLS, metrics, logs, background jobs."""
