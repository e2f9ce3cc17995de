"""tradewind runs workflows written for Apache Airflow on an event-driven engine."""

__version__ = "0.1.0"
