"""Airflow 3's REST API under `/api/v2`, as `apache-airflow-client` 3.3 and airflowctl call it."""
