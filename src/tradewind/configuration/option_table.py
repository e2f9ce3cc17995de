"""The rows behind `options`: (section, why it has no effect, rows). An empty reason means that the options are used.

A row reads `key | type | default | description`. `!` after the key marks a secret, `-` an option that is unset.
Defaults are ours; the ones that Airflow 2 and 3 disagree about follow Airflow 2, as an undeclared DAG file does.
"""

from __future__ import annotations

from typing import Final

_EVENTS = "the engine acts on each event as it happens, so there is no loop, batch or polling interval to tune"
_HOSTS = "every DAG file has a process of its own that imports it; there are no parsing processes to tune"
_STORE = "the store keeps the few connections that it needs and sets them up itself"
_LOGS = "logs have one fixed form: one file of JSON lines for each try, shown as text by `airflow tasks logs`"
_ONE_PORT = "only the web server listens on a port; logs need no server of their own"
_REMOTE_LOGS = "logs stay in [logging] base_log_folder; copying them elsewhere is not built in yet"
_PAGES = "the web UI has no such setting"
_SESSIONS = "sessions are rows of the database, so nothing is signed with it"
_SERVER = "one server process answers everything; it needs no workers or reloads"
_USERS = "users and roles are part of the database; no auth manager is loaded"
_METRICS = "sending metrics and traces is not built in yet"
_CHANNEL = "a task talks to its own host over a pipe, not to a server over HTTP"
_TRIGGERS = "deferred tasks are part of the engine; there is no triggerer to tune"
_NOT_YET = "it is not built in yet"
_GONE = "what it configured does not exist any more"
_BUNDLES = "DAG files are read from [core] dags_folder; bundles are not built in yet"
_FAB = "users and pages are built in; Flask-AppBuilder is not part of this"
_PROVIDER = "it belongs to a provider package; nothing here reads it"

TABLE: Final[tuple[tuple[str, str, str], ...]] = (
    (
        "core",
        "",
        """
dags_folder | string | {AIRFLOW_HOME}/dags | Folder that is searched for DAG files.
plugins_folder | string | {AIRFLOW_HOME}/plugins | Folder with plugins and modules that DAG files may import.
dialect | integer | 2 | Whose defaults a DAG file gets that does not tell: 2 for Airflow 2, 3 for Airflow 3.
default_timezone | string | utc | Zone of dates that have none: utc, system, or a name such as Europe/Amsterdam.
executor | string | LocalExecutor | Where tasks run. LocalExecutor (also SequentialExecutor): processes on this machine.
parallelism | integer | 32 | Tasks that may run at the same time in all.
max_active_tasks_per_dag | integer | 16 | Tasks of one DAG that may run at once, unless it says otherwise.
max_active_runs_per_dag | integer | 16 | Runs of one DAG that may be active at once, unless it says otherwise.
max_consecutive_failed_dag_runs_per_dag | integer | 0 | Failed runs in a row after which a DAG is paused; 0: never.
dags_are_paused_at_creation | boolean | True | Whether a new DAG waits for somebody to un-pause it.
load_examples | boolean | True | Whether the example DAGs are loaded. Takes effect without a restart.
fernet_key ! | string | | Encrypts passwords and variables; of several, with commas between, the first encrypts.
dagbag_import_timeout | float | 30.0 | Seconds that the import of a DAG file may take.
dag_discovery_safe_mode | boolean | True | Whether files that mention neither a DAG nor airflow are left out.
dag_ignore_file_syntax | string | regexp | How .airflowignore is read: regexp as in 2.x, or glob as in 3.x.
default_task_retries | integer | 0 | Retries of a task that does not say how many.
default_task_retry_delay | integer | 300 | Seconds between two tries of a task that does not say how many.
max_task_retry_delay | integer | 86400 | Longest delay, in seconds, that exponential back-off reaches.
default_task_weight_rule | string | downstream | Weights that make a task's priority: downstream, upstream or absolute.
default_task_execution_timeout | integer | | Seconds after which a task is stopped; empty: never.
killed_task_cleanup_time | integer | 60 | Seconds that a stopped task has to clean up before it is killed.
execute_tasks_new_python_interpreter | boolean | False | Start tasks in fresh interpreters instead of forks.
default_pool_task_slot_count | integer | 128 | Slots of default_pool when the database is made.
max_map_length | integer | 1024 | Longest list or dict that a task may be mapped over.
max_templated_field_length | integer | 4096 | Longest rendered field that is kept for display, in characters.
dag_run_conf_overrides_params | boolean | True | Whether the conf of a run replaces params of the same name.
hide_sensitive_var_conn_fields | boolean | True | Whether values whose names look secret are hidden.
sensitive_var_conn_names | list | | More words that make a name look secret, separated by commas.
allowed_deserialization_classes | list | airflow.* | Classes that an XCom may be made into, besides those of DAG files.
allowed_deserialization_classes_regexp | list | | The same as regular expressions, for whole names.
""",
    ),
    (
        "core",
        "",
        """
simple_auth_manager_all_admins | boolean | False | Whether everybody is an administrator without logging in.
test_connection | string | Disabled | Whether connections may be tested from the UI, API and command line.
""",
    ),
    (
        "api",
        "",
        """
instance_name | string | - | Name of this installation, shown on every page.
expose_config | string | False | Whether the configuration is shown: True, False or non-sensitive-only.
maximum_page_limit | integer | 100 | Most rows that the API gives at once.
fallback_page_limit | integer | 50 | Rows that it gives when not asked for a number.
auth_backends | list | - | Ways to log in to the API.
""",
    ),
    (
        "api_auth",
        "",
        """
jwt_expiration_time | integer | 86400 | Seconds for which they are good.
jwt_cli_expiration_time | integer | 3600 | Seconds for those of the command line.
jwt_secret ! | string | | Key that signs them.
jwt_leeway | integer | 10 | Seconds by which clocks may differ.
""",
    ),
    (
        "fab",
        "",
        """
session_lifetime_minutes | integer | 43200 | How long one lasts.
auth_rate_limited | boolean | True | Whether log-ins are limited.
enable_proxy_fix | boolean | False | Whether a proxy's headers are believed.
proxy_fix_x_for | integer | 1 | How many X-Forwarded-For.
proxy_fix_x_proto | integer | 1 | How many X-Forwarded-Proto.
proxy_fix_x_host | integer | 1 | How many X-Forwarded-Host.
proxy_fix_x_port | integer | 1 | How many X-Forwarded-Port.
proxy_fix_x_prefix | integer | 1 | How many X-Forwarded-Prefix.
""",
    ),
    (
        "webserver",
        "",
        """
default_ui_timezone | string | UTC | Zone that times are shown in.
""",
    ),
    (
        "oidc",
        "",
        """
issuer | string | | OpenID Connect provider that users may log in with; empty: none.
client_id | string | | Our id at the provider.
client_secret ! | string | | Our secret there.
label | string | | Name on the login button; the provider's host unless set.
scope | string | openid profile email | What the provider is asked for.
username_claim | string | preferred_username | Claim that names the user here.
roles_claim | string | | Claim with the user's groups; empty: roles are given here.
role_mapping | json | {} | Value of that claim to role.
default_role | string | Viewer | Role of users whom the mapping gives none; empty: they may not log in.
bind_by_name | boolean | False | Whether somebody who comes with the name of a user here is that user.
allow_http | boolean | False | Whether the provider may be reached without TLS, for one on this machine.
""",
    ),
    (
        "core",
        _USERS,
        """
auth_manager | string | - | Class that logs users in.
simple_auth_manager_users | string | admin:admin | Users of Airflow 3's simple auth manager.
simple_auth_manager_passwords_file | string | - | Passwords of the simple auth manager.
security | string | | Security module, such as kerberos.
""",
    ),
    (
        "core",
        _NOT_YET,
        """
default_impersonation | string | | User whom tasks without run_as_user run as.
unit_test_mode | boolean | False | Settings for Airflow's own tests.
xcom_backend | string | - | Class that stores XComs elsewhere.
asset_manager_class | string | - | Class that records asset events.
asset_manager_kwargs ! | json | - | Its arguments.
multi_team | boolean | False | Several teams on one installation.
team_name_cache_ttl | integer | 30 | Seconds for which a DAG's team is remembered.
rerun_with_latest_version | boolean | - | Whether a cleared run moves to the newest version of its DAG.
hostname_callable | string | - | Function that tells this machine's name.
might_contain_dag_callable | string | - | Function that tells whether a file may hold DAGs.
""",
    ),
    (
        "core",
        _HOSTS,
        """
mp_start_method | string | - | How worker processes are started.
mp_forkserver_preload | list | - | Modules that a fork server imports first.
lazy_load_plugins | boolean | True | Whether plugins are loaded only when needed.
lazy_discover_providers | boolean | True | Whether providers are looked for only when needed.
dagbag_import_error_tracebacks | boolean | True | Whether import errors show a traceback; ours always do.
dagbag_import_error_traceback_depth | integer | 2 | Lines of that traceback.
min_serialized_dag_update_interval | integer | 30 | Seconds between two writes of a DAG's serialized form.
min_serialized_dag_fetch_interval | integer | 10 | Seconds between two reads of a DAG's serialized form.
compress_serialized_dags | boolean | False | Whether serialized DAGs are compressed.
""",
    ),
    (
        "core",
        _CHANNEL,
        """
execution_api_server_url | string | - | Where Airflow 3 tasks find their API server.
database_access_isolation | boolean | False | Airflow 2's experimental internal API.
internal_api_url | string | - | Where that API is.
internal_api_secret_key ! | string | - | Its key.
""",
    ),
    (
        "core",
        _GONE,
        """
check_slas | boolean | True | SLAs.
donot_pickle | boolean | True | Pickled DAGs.
enable_xcom_pickling | boolean | False | Pickled XComs.
task_runner | string | - | How a task's process is started.
strict_dataset_uri_validation | boolean | False | Strict dataset addresses.
task_success_overtime | integer | 20 | Seconds for listeners after a task succeeded.
num_dag_runs_to_retain_rendered_fields | integer | 30 | Runs whose rendered fields are kept; ours are kept with the try.
allow_double_dot_in_ids | boolean | False | Whether ids may hold two dots in a row.
daemon_umask | string | 0o077 | File mode mask of daemons.
hostname | string | - | Name of this machine.
worker_precheck | boolean | False | Whether Celery workers check the database at start.
""",
    ),
    (
        "database",
        "",
        """
sql_alchemy_conn ! | string | sqlite:///{AIRFLOW_HOME}/airflow.db | sqlite:////path/to/file or postgresql://user:password@host/name.
""",
    ),
    (
        "database",
        _STORE,
        """
alembic_ini_file_path | string | - | Settings of the migration tool.
sql_alchemy_conn_async ! | string | - | The database for asynchronous connections.
sql_alchemy_engine_args ! | json | - | More arguments for the engine.
sql_engine_encoding | string | utf-8 | Encoding of the database.
sql_engine_collation_for_ids | string | - | Collation of id columns.
sql_alchemy_pool_enabled | boolean | True | Whether connections are pooled.
sql_alchemy_pool_size | integer | 5 | Connections in the pool.
sql_alchemy_max_overflow | integer | 10 | Connections beyond the pool.
sql_alchemy_pool_recycle | integer | 1800 | Seconds after which a connection is renewed.
sql_alchemy_pool_pre_ping | boolean | True | Whether a connection is tried before it is used.
sql_alchemy_schema | string | | Schema that holds the tables.
sql_alchemy_connect_args | string | - | More arguments for a connection.
sql_alchemy_connect_args_async | string | - | The same for asynchronous connections.
sql_alchemy_session_maker | string | - | Function that makes sessions.
max_db_retries | integer | 3 | Attempts when the database fails.
check_migrations | boolean | True | Whether migrations are checked at start; ours always are.
external_db_managers | list | - | Tables of other packages to migrate.
migration_batch_size | integer | 10000 | Rows that a migration moves at once.
load_default_connections | boolean | True | Whether a new database holds demonstration connections; ours holds none.
""",
    ),
    (
        "logging",
        "",
        """
base_log_folder | string | {AIRFLOW_HOME}/logs | Folder that holds the log file of each try.
logging_level | string | INFO | Least level that tasks and services log.
""",
    ),
    (
        "logging",
        _REMOTE_LOGS,
        """
remote_logging | boolean | False | Whether logs are copied to object storage.
remote_log_conn_id | string | | Connection for that.
delete_local_logs | boolean | False | Whether local logs are deleted afterwards.
google_key_path | string | | Google credentials for remote logs.
remote_base_log_folder | string | | Where remote logs go.
remote_task_handler_kwargs ! | json | | More arguments of the remote handler.
encrypt_s3_logs | boolean | False | Whether logs in S3 are encrypted.
""",
    ),
    (
        "logging",
        _LOGS,
        """
namespace_levels | string | - | Levels of single loggers.
celery_logging_level | string | | Level of Celery.
fab_logging_level | string | WARNING | Level of Flask-AppBuilder.
json_logs | boolean | False | Whether services log JSON.
uvicorn_logging_level | string | INFO | Level of the web server.
logging_config_class | string | | Python logging configuration.
colored_console_log | boolean | True | Colours on the console.
colored_log_format | string | - | Format of coloured lines.
colored_formatter_class | string | - | Class that colours lines.
log_format | string | | Format of a line.
callsite_parameters | list | filename,lineno | What is logged about the place of a call.
simple_log_format | string | - | Format of simple lines.
dag_processor_log_target | string | file | Where DAG parsing is logged.
dag_processor_log_format | string | - | Format of its lines.
dag_processor_child_process_log_directory | string | - | Folder of its logs.
dag_processor_manager_log_location | string | - | Folder of its manager's log.
dag_processor_manager_log_stdout | boolean | False | Whether its manager logs to stdout.
log_processor_filename_template | string | - | Names of its log files.
log_formatter_class | string | - | Class that formats lines.
log_timestamp_format | string | iso | Format of times.
secret_mask_adapter | string | | Function that prepares secrets for masking.
min_length_masked_secret | integer | 5 | Shortest secret that is masked.
task_log_prefix_template | string | | Prefix of a task's lines.
log_filename_template | string | - | Path of a try's log below the log folder.
task_log_reader | string | task | Handler that reads task logs.
extra_logger_names | list | | More loggers that go to the task log.
interleave_timestamp_parser | string | - | Function that reads times of log lines.
file_task_handler_new_folder_permissions | string | 0o775 | Mode of new log folders.
file_task_handler_new_file_permissions | string | 0o664 | Mode of new log files.
celery_stdout_stderr_separation | boolean | False | Two log files for Celery.
color_log_error_keywords | list | error,exception | Words shown as errors.
color_log_warning_keywords | list | warn | Words shown as warnings.
enable_task_context_logger | boolean | True | Whether services write to task logs.
use_historical_filename_templates | boolean | False | Whether old log names are remembered.
""",
    ),
    (
        "logging",
        _ONE_PORT,
        """
worker_log_server_port | integer | 8793 | Port of a worker's logs.
trigger_log_server_port | integer | 8794 | Port of a triggerer's logs.
""",
    ),
    (
        "metrics",
        _METRICS,
        """
metrics_allow_list | list | | Metrics to send.
metrics_block_list | list | | Metrics to leave out.
metrics_use_pattern_match | boolean | False | Whether those lists are expressions.
legacy_names_on | boolean | True | Whether old metric names are sent, too.
statsd_on | boolean | False | Whether metrics go to StatsD.
statsd_host | string | localhost | Its host.
statsd_ipv6 | boolean | False | Whether it is reached by IPv6.
statsd_port | integer | 8125 | Its port.
statsd_prefix | string | airflow | Prefix of the names.
stat_name_handler | string | | Function that changes the names.
statsd_datadog_enabled | boolean | False | Whether Datadog's tags are sent.
statsd_datadog_tags | list | | Tags of all metrics.
statsd_datadog_metrics_tags | boolean | True | Whether metrics have their own tags.
statsd_custom_client_path | string | - | Class of the client.
statsd_disabled_tags | list | job_id,run_id | Tags to leave out.
statsd_influxdb_enabled | boolean | False | Whether InfluxDB's format is used.
timer_unit_consistency | boolean | False | Whether all timers are in milliseconds.
otel_on | boolean | False | Whether metrics go to OpenTelemetry.
otel_host | string | localhost | Its host.
otel_port | integer | 8889 | Its port.
otel_prefix | string | airflow | Prefix of the names.
otel_interval_milliseconds | integer | 60000 | Time between two reports.
otel_debugging_on | boolean | False | Whether metrics are printed.
otel_service | string | Airflow | Name of the service.
otel_ssl_active | boolean | False | Whether TLS is used.
""",
    ),
    (
        "traces",
        _METRICS,
        """
otel_on | boolean | False | Whether traces go to OpenTelemetry.
otel_host | string | localhost | Its host.
otel_port | integer | 8889 | Its port.
otel_service | string | Airflow | Name of the service.
otel_debugging_on | boolean | False | Whether traces are printed.
otel_ssl_active | boolean | False | Whether TLS is used.
otel_task_log_event | boolean | False | Whether log lines become events.
otel_debug_traces_on | boolean | False | Whether detailed traces are sent.
task_runner_flush_timeout_milliseconds | integer | 30000 | Time to send what is left at a task's end.
""",
    ),
    (
        "secrets",
        "",
        """
backend | string | | Class of a secrets backend; it is asked for options that are written as <key>_secret.
backend_kwargs ! | json | | Its arguments.
""",
    ),
    (
        "secrets",
        _NOT_YET,
        """
use_cache | boolean | False | Whether secrets are remembered while DAG files are parsed.
cache_ttl_seconds | integer | 900 | For how long.
""",
    ),
    (
        "api",
        "",
        """
host | string | 0.0.0.0 | Address that the web server listens on.
port | integer | 8080 | Its port.
base_url | string | - | The address that users see, when a proxy stands in front.
expose_stacktrace | boolean | False | Whether the answer about a fault of the web server shows where it happened.
access_control_allow_headers | string | | What these pages may send; Authorization, Content-Type, Accept unless set.
access_control_allow_methods | string | | Methods that these pages may use; all of the API's unless set.
access_control_allow_origins | string | | Origins whose pages may read the REST API with a token, with spaces or commas between.
ssl_cert | string | | Certificate (PEM, with its chain) of the web server, which then speaks HTTPS.
ssl_key | string | | Its private key; empty: it is in the same file.
""",
    ),
    (
        "api",
        _SESSIONS,
        """
secret_key ! | string | | Key that signs sessions.
""",
    ),
    (
        "api",
        _PAGES,
        """
instance_name_has_markup | boolean | False | Whether that name is HTML.
theme | json | - | Colours of the pages.
enable_swagger_ui | boolean | True | Whether the API has a page to try it.
grid_view_sorting_order | string | topological | Order of the tasks in the grid.
log_fetch_timeout_sec | integer | 5 | Seconds that fetching a log may take.
hide_paused_dags_by_default | boolean | False | Whether the list shows paused DAGs.
default_wrap | boolean | False | Whether long lines are wrapped.
auto_refresh_interval | integer | 3 | Seconds between two refreshes; our pages are told of changes.
require_confirmation_dag_change | boolean | False | Whether pausing asks first.
enable_experimental_api | boolean | False | Airflow 1's API.
enable_xcom_deserialize_support | boolean | False | Whether the API gives XComs as objects.
log_stream_buffer_size | integer | 500 | Lines that a log stream sends at once.
""",
    ),
    (
        "api",
        _NOT_YET,
        """
google_key_path | string | | Google credentials of the API.
google_oauth2_audience | string | | Audience of Google tokens.
ssl_ca_file | string | - | Authorities for client certificates.
ssl_cert_reqs | string | none | Whether clients need a certificate.
client_ssl_cert | string | - | Certificate of the command line's client.
client_ssl_key | string | - | Its key.
client_use_public_certs | boolean | True | Whether public authorities count.
access_logfile | string | - | File of the access log.
log_config | string | - | Logging configuration of the web server.
""",
    ),
    (
        "api",
        _SERVER,
        """
workers | integer | 1 | Processes of the web server.
worker_timeout | integer | 120 | Seconds after which a silent one is replaced.
server_type | string | uvicorn | Kind of web server.
worker_refresh_interval | integer | 0 | Seconds between two renewals of a process.
worker_refresh_batch_size | integer | 1 | Processes that are renewed at once.
dag_cache_size | integer | 64 | DAGs that the server remembers.
dag_cache_ttl | integer | 3600 | Seconds for which it does.
""",
    ),
    (
        "fab",
        _FAB,
        """
auth_backends | list | - | Ways to log in to the API.
access_denied_message | string | Access is Denied | What a user without rights reads.
expose_hostname | boolean | False | Whether error pages name the machine.
navbar_color | string | #fff | Colour of the bar.
navbar_text_color | string | #51504f | Colour of its text.
navbar_hover_color | string | #eee | Colour below the mouse.
navbar_text_hover_color | string | #51504f | Colour of text below the mouse.
navbar_logo_text_color | string | #51504f | Colour of the name.
cookie_samesite | string | Lax | SameSite of the session's cookie.
cookie_secure | boolean | False | Whether it goes over TLS only.
config_file | string | - | webserver_config.py.
session_backend | string | database | Where sessions are kept.
update_fab_perms | boolean | True | Whether roles are updated at start.
auth_rate_limit | string | 5 per 40 second | To how many.
""",
    ),
    (
        "api_auth",
        _NOT_YET,
        """
jwt_audience | string | - | Audience of API tokens.
jwt_private_key_path | string | - | The same as a file.
jwt_algorithm | string | - | How they are signed.
jwt_kid | string | - | Id of the key.
trusted_jwks_url | string | - | Where trusted keys are published.
jwt_issuer | string | - | Who signs them.
""",
    ),
    (
        "webserver",
        _PAGES,
        """
dag_default_view | string | grid | First page of a DAG.
dag_orientation | string | LR | Direction of the graph.
default_dag_run_display_number | integer | 25 | Runs shown at first.
show_recent_stats_for_completed_runs | boolean | True | Whether counts include ended runs.
show_trigger_form_if_no_params | boolean | False | Whether a trigger always asks for a conf.
num_recent_configurations_for_trigger | integer | 5 | Former confs that are offered.
audit_view_included_events | list | - | Events that the audit page shows.
audit_view_excluded_events | list | - | Events that it leaves out.
allow_raw_html_descriptions | boolean | False | Whether descriptions may be HTML.
analytics_tool | string | - | Web analytics.
analytics_id | string | - | Id for it.
analytics_url | string | - | Address of it.
warn_deployment_exposure | boolean | True | Whether a public address is warned of.
x_frame_enabled | boolean | True | Whether pages may be shown in a frame.
log_auto_tailing_offset | integer | 30 | When a log starts to follow.
log_animation_speed | integer | 1000 | Speed of that.
log_fetch_delay_sec | integer | 2 | Seconds between two fetches of a log.
""",
    ),
    (
        "webserver",
        _SERVER,
        """
web_server_master_timeout | integer | 120 | Seconds that the server may take to start.
worker_class | string | sync | Kind of server process.
reload_on_plugin_change | boolean | False | Whether a changed plugin restarts the server.
error_logfile | string | - | File of the error log.
access_logformat | string | | Format of the access log.
run_internal_api | boolean | False | Airflow 2's internal API.
caching_hash_method | string | md5 | Hash of cached pages.
allowed_payload_size | float | 1.0 | Largest request in megabytes.
max_form_memory_size | integer | 500000 | Largest form in bytes.
max_form_parts | integer | 1000 | Most fields of a form.
""",
    ),
    (
        "cli",
        "commands work on the database directly",
        """
api_client | string | - | Class through which commands reach the API.
endpoint_url | string | http://localhost:8080 | Where that API is.
""",
    ),
    (
        "debug",
        _GONE,
        """
fail_fast | boolean | False | Whether the debug executor stops at the first failure.
""",
    ),
    (
        "workers",
        _CHANNEL,
        """
min_heartbeat_interval | integer | 5 | Seconds between two heartbeats of a task.
max_failed_heartbeats | integer | 3 | Failed ones after which it ends itself.
execution_api_retries | integer | 5 | Attempts to reach the API.
execution_api_retry_wait_min | float | 1.0 | Shortest pause between two.
execution_api_retry_wait_max | float | 90.0 | Longest pause between two.
execution_api_timeout | float | 5.0 | Seconds that a request may take.
socket_cleanup_timeout | float | 60.0 | Seconds to close a task's sockets.
missing_dag_retries | integer | 3 | Attempts to find a DAG.
missing_dag_retry_delay | integer | 60 | Seconds between two.
""",
    ),
    (
        "workers",
        _NOT_YET,
        """
secrets_backend | string | | Secrets backend of tasks only.
secrets_backend_kwargs ! | json | | Its arguments.
state_store_backend | string | | State store of tasks only.
""",
    ),
    (
        "sdk",
        _NOT_YET,
        """
coordinators | json | - | Runtimes for tasks in other languages.
queue_to_coordinator | json | - | Which queue uses which.
""",
    ),
    (
        "execution_api",
        _CHANNEL,
        """
jwt_expiration_time | integer | 600 | Seconds for which a task's token is good.
jwt_audience | string | urn:airflow.apache.org:task | Audience of that token.
otel_trace_propagation | string | only-authenticated | Whose trace ids are taken over.
""",
    ),
    (
        "lineage",
        _NOT_YET,
        """
backend | string | | Class that records lineage.
max_assets_per_collector | integer | 100 | Assets that one hook may report.
max_extras_per_collector | integer | 200 | Further facts that one hook may report.
""",
    ),
    (
        "operators",
        "",
        """
default_owner | string | airflow | Owner of a task that names none.
default_deferrable | boolean | False | Whether operators that can defer do so unless told otherwise.
default_queue | string | default | Queue of a task that names none.
""",
    ),
    (
        "operators",
        "this machine's resources are not shared out among tasks; use pools",
        """
default_cpus | integer | 1 | CPUs of a task.
default_ram | integer | 512 | Memory of a task in megabytes.
default_disk | integer | 512 | Disk space of a task in megabytes.
default_gpus | integer | 0 | GPUs of a task.
""",
    ),
    (
        "operators",
        "an argument that an operator does not have is always an import error, with a suggestion",
        """
allow_illegal_arguments | boolean | False | Whether operators take arguments that they do not have.
""",
    ),
    (
        "email",
        _NOT_YET,
        """
email_backend | string | - | Function that sends mail.
email_conn_id | string | smtp_default | Connection for it.
default_email_on_retry | boolean | True | Whether a retry sends mail.
default_email_on_failure | boolean | True | Whether a failure sends mail.
subject_template | string | - | File with the subject.
html_content_template | string | - | File with the text.
from_email | string | - | Sender.
ssl_context | string | default | TLS context.
""",
    ),
    (
        "smtp",
        _NOT_YET,
        """
smtp_host | string | localhost | Mail server.
smtp_starttls | boolean | True | Whether STARTTLS is used.
smtp_ssl | boolean | False | Whether TLS is used.
smtp_user | string | - | User there.
smtp_password ! | string | - | That user's password.
smtp_port | integer | 25 | Port of the server.
smtp_mail_from | string | airflow@example.com | Sender.
smtp_timeout | integer | 30 | Seconds that sending may take.
smtp_retry_limit | integer | 5 | Attempts.
""",
    ),
    (
        "sentry",
        _NOT_YET,
        """
sentry_on | boolean | False | Whether errors go to Sentry.
sentry_dsn ! | string | | Where to.
before_send | string | - | Function that sees each report first.
""",
    ),
    (
        "scheduler",
        "",
        """
catchup_by_default | boolean | True | Whether missed intervals are made up for. Unset: True in dialect 2, False in 3.
create_cron_data_intervals | boolean | True | Whether cron strings mean intervals. Unset: True in dialect 2, False in 3.
create_delta_data_intervals | boolean | True | The same for a timedelta.
ignore_first_depends_on_past_by_default | boolean | True | Whether the first instance of a task passes depends_on_past.
allowed_run_id_pattern | string | ^[A-Za-z0-9_.~:+-]+$ | Run ids that users may choose.
scheduler_heartbeat_sec | integer | 5 | Seconds between two signs of life of the scheduler.
scheduler_health_check_threshold | integer | 30 | Seconds without one after which the scheduler counts as dead.
""",
    ),
    (
        "scheduler",
        _EVENTS,
        """
job_heartbeat_sec | float | 5 | Seconds between two signs of life of a task.
task_instance_heartbeat_sec | integer | 0 | The same in later versions.
task_instance_heartbeat_timeout | integer | 300 | Seconds without one after which a task counts as lost.
task_instance_heartbeat_timeout_detection_interval | float | 10.0 | How often that is looked for.
num_runs | integer | -1 | Loops after which the scheduler ends.
only_idle | boolean | False | Whether only idle loops count.
scheduler_idle_sleep_time | float | 1 | Pause between two loops.
schedule_after_task_execution | boolean | True | Whether a task's end looks for what comes next; here it always does.
parsing_cleanup_interval | integer | 60 | How often vanished DAGs are looked for.
orphaned_tasks_check_interval | float | 300.0 | How often orphaned tasks are looked for.
max_tis_per_query | integer | 16 | Tasks looked at in one loop.
use_row_level_locking | boolean | True | Whether rows are locked.
max_dagruns_to_create_per_loop | integer | 10 | Runs created in one loop.
max_dagruns_per_loop_to_schedule | integer | 20 | Runs looked at in one loop.
partition_mapper_max_downstream_keys | integer | 1000 | Keys that a partition mapper may make.
task_queued_timeout | float | 600.0 | Seconds after which a queued task that did not start is queued again.
task_queued_timeout_check_interval | float | 120.0 | How often queued tasks are looked at.
trigger_timeout_check_interval | float | 15 | How often expired triggers are looked for.
enable_tracemalloc | boolean | False | Whether memory is traced.
dependency_detector | string | - | Class that finds dependencies between DAGs.
""",
    ),
    (
        "scheduler",
        _METRICS,
        """
pool_metrics_interval | float | 5.0 | How often pool figures are sent.
ti_metrics_interval | float | 30.0 | How often task figures are sent.
dagrun_metrics_interval | float | 30.0 | How often run figures are sent.
""",
    ),
    (
        "scheduler",
        _ONE_PORT,
        """
enable_health_check | boolean | False | Whether the scheduler has a health page; the web server's answers for it.
scheduler_health_check_server_host | string | 0.0.0.0 | Address of that page.
scheduler_health_check_server_port | integer | 8974 | Its port.
""",
    ),
    (
        "scheduler",
        _GONE,
        """
use_job_schedule | boolean | True | Whether DAGs run on their schedules; pause them instead.
allow_trigger_in_future | boolean | False | Whether a run may have a later date; here it may, and waits for it.
standalone_dag_processor | boolean | False | Whether parsing is a service of its own.
dag_stale_not_seen_duration | integer | 600 | Seconds after which an unseen DAG is stale.
""",
    ),
    (
        "connection_test",
        _NOT_YET,
        """
timeout | integer | 60 | Seconds that a connection test may take.
max_concurrency | integer | 4 | Tests at the same time.
reaper_interval | float | 30.0 | How often stuck tests are looked for.
""",
    ),
    (
        "triggerer",
        _TRIGGERS,
        """
capacity | integer | 1000 | Triggers that one triggerer runs.
job_heartbeat_sec | float | 5 | Seconds between two signs of life.
triggerer_health_check_threshold | float | 30 | Seconds without one after which it counts as dead.
runner_health_check_threshold | float | 30 | The same for its event loop.
blocked_main_thread_warning_threshold | float | 0.2 | Seconds of a blocked event loop that are warned of.
max_trigger_to_select_per_loop | integer | 50 | Triggers taken up at once.
on_kill_timeout | integer | 30 | Seconds that on_kill of a trigger may take.
queues_enabled | boolean | False | Whether triggers have queues.
shared_stream_subscriber_queue_size | integer | 1024 | Events that wait for one trigger of a shared stream.
shared_stream_ack_timeout | float | 300.0 | Seconds until an event must be taken.
shared_stream_cohort_grace_period | float | 0.0 | Seconds before a shared stream starts.
""",
    ),
    (
        "kerberos",
        _NOT_YET,
        """
ccache | string | /tmp/airflow_krb5_ccache | File of the tickets.
principal | string | airflow | Whose tickets.
reinit_frequency | integer | 3600 | Seconds between two renewals.
kinit_path | string | kinit | The program for that.
keytab | string | airflow.keytab | File of the key.
forwardable | boolean | True | Whether tickets may be forwarded.
include_ip | boolean | True | Whether they name this machine's address.
""",
    ),
    (
        "sensors",
        "",
        """
default_timeout | float | 604800 | Seconds after which a sensor gives up, when it does not say.
""",
    ),
    (
        "dag_processor",
        "",
        """
min_file_process_interval | integer | 30 | Seconds after which an unchanged DAG file is imported again.
""",
    ),
    (
        "dag_processor",
        _HOSTS,
        """
refresh_interval | integer | 300 | How often new files are looked for; here they are seen as they are saved.
parsing_processes | integer | 2 | Processes that parse.
file_parsing_sort_mode | string | modified_time | Order of parsing.
max_callbacks_per_loop | integer | 20 | Callbacks in one loop.
stale_dag_threshold | integer | 50 | Seconds after which a DAG that its file lost is stale.
dag_file_processor_timeout | integer | 50 | Seconds that parsing may take; see [core] dagbag_import_timeout.
print_stats_interval | integer | 30 | How often figures are logged.
health_check_threshold | integer | 30 | Seconds after which the parser counts as dead.
parsing_pre_import_modules | boolean | True | Whether modules are imported before parsing.
dag_version_inflation_check_level | string | warning | Whether files that change by themselves are warned of.
""",
    ),
    (
        "dag_processor",
        _BUNDLES,
        """
dag_bundle_storage_path | string | - | Folder of the bundles.
dag_bundle_config_list | json | - | The bundles.
disable_bundle_versioning | boolean | False | Whether tasks always use the newest files.
bundle_refresh_check_interval | integer | 5 | How often bundles are refreshed.
stale_bundle_cleanup_interval | integer | 1800 | How often old ones are deleted.
stale_bundle_cleanup_age_threshold | integer | 21600 | Age at which they are.
stale_bundle_cleanup_min_versions | integer | 10 | Versions that are kept.
""",
    ),
    (
        "state_store",
        _NOT_YET,
        """
backend | string | - | Class that keeps state of tasks and assets.
clear_on_success | boolean | False | Whether it is deleted on success.
default_retention_days | integer | 30 | Days for which it is kept.
state_cleanup_batch_size | integer | 0 | Rows deleted at once.
max_value_storage_bytes | integer | 65535 | Largest value.
""",
    ),
    (
        "profiling",
        _NOT_YET,
        """
memray_trace_components | list | - | Services whose memory is profiled.
memray_detailed_tracing | boolean | False | Whether that is done in detail.
""",
    ),
    (
        "callbacks",
        _NOT_YET,
        """
callback_execution_timeout | integer | 0 | Seconds that a deadline's callback may take.
""",
    ),
    (
        "celery",
        _PROVIDER,
        """
broker_url ! | string | redis://redis:6379/0 | Queue of the Celery executor.
result_backend ! | string | - | Where its results go.
worker_concurrency | integer | 16 | Tasks on one worker.
flower_host | string | 0.0.0.0 | Address of Flower.
flower_port | integer | 5555 | Its port.
flower_basic_auth ! | string | | Its users.
""",
    ),
)
