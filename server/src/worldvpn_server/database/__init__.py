"""PostgreSQL: the embedded cluster, migrations, and transactions."""
