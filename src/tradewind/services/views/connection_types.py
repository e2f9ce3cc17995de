"""The kinds of connections and the fields that each has, for typed forms. No provider is imported for it."""

from __future__ import annotations

from typing import Final, NamedTuple

from tradewind.services.views.viewer import View


class _Kind(NamedTuple):
    conn_type: str
    label: str
    hook: str
    hidden: str = ""
    """Standard fields that it does not use: of host, schema, login, password, port."""
    extra: str = ""
    """Further fields, kept in `extra`: `name:kind`, separated by spaces."""
    placeholders: str = ""


_KINDS: Final = (
    _Kind("http", "HTTP", "HttpHook", placeholders="host=https://api.example.com"),
    _Kind("postgres", "Postgres", "PostgresHook", extra="sslmode:text", placeholders="port=5432 schema=database"),
    _Kind("mysql", "MySQL", "MySqlHook", extra="charset:text", placeholders="port=3306 schema=database"),
    _Kind("sqlite", "SQLite", "SqliteHook", hidden="schema login password port", placeholders="host=/path/to/file.db"),
    _Kind("mssql", "Microsoft SQL Server", "MsSqlHook", placeholders="port=1433"),
    _Kind("oracle", "Oracle", "OracleHook", extra="sid:text service_name:text", placeholders="port=1521"),
    _Kind("redis", "Redis", "RedisHook", hidden="schema", extra="db:number ssl:boolean", placeholders="port=6379"),
    _Kind("mongo", "MongoDB", "MongoHook", extra="srv:boolean ssl:boolean", placeholders="port=27017"),
    _Kind("ssh", "SSH", "SSHHook", hidden="schema",
          extra="key_file:text private_key:textarea private_key_passphrase:password conn_timeout:number "
          "no_host_key_check:boolean", placeholders="port=22"),
    _Kind("sftp", "SFTP", "SFTPHook", hidden="schema", extra="key_file:text private_key:textarea", placeholders="port=22"),
    _Kind("ftp", "FTP", "FTPHook", hidden="schema", placeholders="port=21"),
    _Kind("aws", "Amazon Web Services", "AwsBaseHook", hidden="host schema port",
          extra="region_name:text role_arn:text endpoint_url:text profile_name:text",
          placeholders="login=access-key-id"),
    _Kind("google_cloud_platform", "Google Cloud", "GoogleBaseHook", hidden="host schema login password port",
          extra="project:text key_path:text keyfile_dict:json scope:text num_retries:number"),
    _Kind("azure_data_lake", "Azure Data Lake", "AzureDataLakeHook", hidden="schema port host",
          extra="tenant:text account_name:text"),
    _Kind("wasb", "Azure Blob Storage", "WasbHook", hidden="schema port",
          extra="connection_string:password tenant_id:text sas_token:password"),
    _Kind("snowflake", "Snowflake", "SnowflakeHook", hidden="port host",
          extra="account:text warehouse:text database:text role:text region:text private_key_file:text"),
    _Kind("databricks", "Databricks", "DatabricksHook", hidden="schema port", extra="token:password http_path:text"),
    _Kind("redshift", "Amazon Redshift", "RedshiftSQLHook", extra="iam:boolean cluster_identifier:text",
          placeholders="port=5439"),
    _Kind("trino", "Trino", "TrinoHook", extra="auth:text protocol:text", placeholders="port=8080 schema=catalog"),
    _Kind("presto", "Presto", "PrestoHook", extra="auth:text protocol:text", placeholders="port=8080"),
    _Kind("spark", "Spark", "SparkSubmitHook", hidden="schema login password",
          extra="queue:text deploy-mode:text spark-binary:text namespace:text", placeholders="host=spark://master"),
    _Kind("livy", "Apache Livy", "LivyHook", placeholders="port=8998"),
    _Kind("hive_cli", "Hive client", "HiveCliHook", extra="use_beeline:boolean proxy_user:text"),
    _Kind("hiveserver2", "Hive Server 2", "HiveServer2Hook", placeholders="port=10000"),
    _Kind("webhdfs", "WebHDFS", "WebHDFSHook", placeholders="port=50070"),
    _Kind("kafka", "Apache Kafka", "KafkaBaseHook", hidden="host schema login password port",
          extra="bootstrap.servers:text group.id:text security.protocol:text"),
    _Kind("elasticsearch", "Elasticsearch", "ElasticsearchSQLHook", placeholders="port=9200"),
    _Kind("neo4j", "Neo4j", "Neo4jHook", extra="bolt_scheme:boolean encrypted:boolean", placeholders="port=7687"),
    _Kind("cassandra", "Cassandra", "CassandraHook", extra="load_balancing_policy:text", placeholders="port=9042"),
    _Kind("clickhouse", "ClickHouse", "ClickHouseHook", placeholders="port=9000"),
    _Kind("vertica", "Vertica", "VerticaHook", placeholders="port=5433"),
    _Kind("duckdb", "DuckDB", "DuckDBHook", hidden="schema login password port", placeholders="host=/path/to/file.duckdb"),
    _Kind("kubernetes", "Kubernetes", "KubernetesHook", hidden="host schema login password port",
          extra="in_cluster:boolean kube_config_path:text namespace:text cluster_context:text"),
    _Kind("docker", "Docker registry", "DockerHook", hidden="schema", extra="reauth:boolean email:text"),
    _Kind("slack", "Slack", "SlackHook", hidden="host schema login port", extra="timeout:number base_url:text"),
    _Kind("slackwebhook", "Slack webhook", "SlackWebhookHook", hidden="schema login port"),
    _Kind("smtp", "SMTP", "SmtpHook", hidden="schema",
          extra="from_email:text disable_ssl:boolean disable_tls:boolean timeout:number", placeholders="port=587"),
    _Kind("jira", "Jira", "JiraHook", hidden="schema", extra="verify:boolean project:text"),
    _Kind("dbt_cloud", "dbt Cloud", "DbtCloudHook", hidden="port",
          placeholders="schema=tenant login=account-id"),
    _Kind("airbyte", "Airbyte", "AirbyteHook", hidden="port"),
    _Kind("opsgenie", "Opsgenie", "OpsgenieAlertHook", hidden="schema login port"),
    _Kind("pagerduty", "PagerDuty", "PagerdutyHook", hidden="host schema login port", extra="routing_key:password"),
    _Kind("fs", "File (path)", "FSHook", hidden="host schema login password port", extra="path:text"),
    _Kind("generic", "Generic", ""),
)  # fmt: skip
_STANDARD: Final = (
    ("host", "Host", "text"),
    ("schema", "Schema", "text"),
    ("login", "Login", "text"),
    ("password", "Password", "password"),
    ("port", "Port", "number"),
)


def connection_types(testable: frozenset[str]) -> list[View]:
    """`shapes.ConnectionType`s by label. `testable`: types whose hook can try the connection out here."""
    return [_view(kind, testable) for kind in sorted(_KINDS, key=lambda kind: kind.label.casefold())]


def _view(kind: _Kind, testable: frozenset[str]) -> View:
    hidden = set(kind.hidden.split())
    shown = dict(part.split("=", 1) for part in kind.placeholders.split() if "=" in part)
    fields = [
        _field(name, label, form, shown.get(name, ""), is_extra=False)
        for name, label, form in _STANDARD
        if name not in hidden
    ]
    for part in kind.extra.split():
        name, _, form = part.partition(":")
        fields.append(_field(name, name.replace("_", " ").capitalize(), form, "", is_extra=True))
    return {
        "conn_type": kind.conn_type,
        "label": kind.label,
        "hook": kind.hook,
        "fields": fields,
        "can_test": kind.conn_type in testable,
    }


def _field(name: str, label: str, kind: str, placeholder: str, *, is_extra: bool) -> View:
    return {"name": name, "label": label, "kind": kind, "placeholder": placeholder, "is_extra": is_extra}
