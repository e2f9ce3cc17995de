"""Migrations of the schema. Append-only: a released one is never changed."""
