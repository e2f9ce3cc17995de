"""The connections that Airflow makes for a new installation, so that examples which name them find them."""

from __future__ import annotations

from typing import Final

from tradewind.core.records import ConnectionRecord


def _of(
    conn_id: str, conn_type: str, host: str | None = None, port: int | None = None, **fields: str
) -> ConnectionRecord:
    return ConnectionRecord(
        conn_id=conn_id,
        conn_type=conn_type,
        host=host,
        port=port,
        login=fields.get("login"),
        schema=fields.get("schema"),
        extra=fields.get("extra"),
    )


DEFAULT_CONNECTIONS: Final = (
    _of("aws_default", "aws"),
    _of("azure_batch_default", "azure_batch", login="<ACCOUNT_NAME>", extra='{"account_url": "<ACCOUNT_URL>"}'),
    _of("azure_default", "azure"),
    _of("cassandra_default", "cassandra", "cassandra", 9042),
    _of("databricks_default", "databricks", "localhost"),
    _of("dingding_default", "http"),
    _of("docker_default", "docker", "localhost"),
    _of("drill_default", "drill", "localhost", 8047),
    _of("druid_broker_default", "druid", "druid-broker", 8082, extra='{"endpoint": "druid/v2/sql"}'),
    _of("elasticsearch_default", "elasticsearch", "localhost", 9200, schema="http"),
    _of("emr_default", "emr"),
    _of("facebook_default", "facebook_social"),
    _of("fs_default", "fs", extra='{"path": "/"}'),
    _of("ftp_default", "ftp", "localhost", 21, login="airflow"),
    _of("google_cloud_default", "google_cloud_platform", schema="default"),
    _of("hive_cli_default", "hive_cli", "localhost", 10000, schema="default"),
    _of("hiveserver2_default", "hiveserver2", "localhost", 10000, schema="default"),
    _of("http_default", "http", "https://www.httpbin.org/"),
    _of("kafka_default", "kafka", extra='{"bootstrap.servers": "broker:29092", "group.id": "my-group"}'),
    _of("kubernetes_default", "kubernetes"),
    _of("livy_default", "livy", "livy", 8998),
    _of("local_mysql", "mysql", "localhost", login="airflow", schema="airflow"),
    _of("metastore_default", "hive_metastore", "localhost", 9083, extra='{"authMechanism": "PLAIN"}'),
    _of("mongo_default", "mongo", "mongo", 27017),
    _of("mssql_default", "mssql", "localhost", 1433),
    _of("mysql_default", "mysql", "mysql", login="root", schema="airflow"),
    _of("opensearch_default", "opensearch", "localhost", 9200, schema="http"),
    _of("oracle_default", "oracle", "localhost", 1521, login="root", schema="schema"),
    _of("pig_cli_default", "pig_cli", schema="default"),
    _of("postgres_default", "postgres", "postgres", login="postgres", schema="airflow"),
    _of("presto_default", "presto", "localhost", 3400, schema="hive"),
    _of("redis_default", "redis", "redis", 6379, extra='{"db": 0}'),
    _of("redshift_default", "redshift"),
    _of("segment_default", "segment", extra='{"write_key": "my-segment-write-key"}'),
    _of("sftp_default", "sftp", "localhost", 22, login="airflow"),
    _of("snowflake_default", "snowflake"),
    _of("spark_default", "spark", "yarn", extra='{"queue": "root.default"}'),
    _of("sqlite_default", "sqlite", "/tmp/sqlite_default.db"),
    _of("ssh_default", "ssh", "localhost"),
    _of("tableau_default", "tableau", "https://tableau.server.url", login="user"),
    _of("teradata_default", "teradata", "localhost", login="user", schema="schema"),
    _of("trino_default", "trino", "localhost", 3400, schema="hive"),
    _of("vertica_default", "vertica", "localhost", 5433),
    _of("wasb_default", "wasb", extra='{"sas_token": null}'),
    _of("yandexcloud_default", "yandexcloud", schema="default"),
)
"""By id. None of them has a password."""
