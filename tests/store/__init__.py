"""What the store promises, on SQLite and on PostgreSQL alike."""
