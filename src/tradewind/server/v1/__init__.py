"""Airflow 2's REST API under `/api/v1`, as `apache-airflow-client` 2.10 calls it."""
