"""Options that moved between Airflow 2.x and 3.x: both names mean the same thing here.

The value is the place where we keep the option (and where 3.x has it).
"""

from __future__ import annotations

from typing import Final

Name = tuple[str, str]
"""(section, key), both in lower case."""

_SAME_KEY: Final = {
    ("core", "database"): (
        "sql_alchemy_conn sql_engine_encoding sql_engine_collation_for_ids sql_alchemy_pool_enabled "
        "sql_alchemy_pool_size sql_alchemy_max_overflow sql_alchemy_pool_recycle sql_alchemy_pool_pre_ping "
        "sql_alchemy_schema "
        "sql_alchemy_connect_args load_default_connections max_db_retries"
    ),
    ("core", "logging"): (
        "base_log_folder remote_logging remote_log_conn_id remote_base_log_folder encrypt_s3_logs logging_level "
        "fab_logging_level logging_config_class colored_console_log colored_log_format colored_formatter_class "
        "log_format simple_log_format task_log_prefix_template log_filename_template log_processor_filename_template "
        "dag_processor_manager_log_location task_log_reader"
    ),
    ("core", "dag_processor"): "dag_file_processor_timeout",
    ("webserver", "api"): (
        "base_url workers access_logfile expose_config expose_stacktrace secret_key enable_swagger_ui "
        "grid_view_sorting_order log_fetch_timeout_sec hide_paused_dags_by_default default_wrap auto_refresh_interval "
        "require_confirmation_dag_change instance_name worker_refresh_interval worker_refresh_batch_size "
        "instance_name_has_markup"
    ),
    ("webserver", "fab"): (
        "access_denied_message expose_hostname navbar_color navbar_text_color navbar_hover_color "
        "navbar_text_hover_color navbar_logo_text_color cookie_samesite cookie_secure config_file "
        "session_backend session_lifetime_minutes "
        "update_fab_perms auth_rate_limited auth_rate_limit enable_proxy_fix proxy_fix_x_for proxy_fix_x_proto "
        "proxy_fix_x_host proxy_fix_x_port proxy_fix_x_prefix"
    ),
    ("scheduler", "dag_processor"): (
        "parsing_processes file_parsing_sort_mode max_callbacks_per_loop min_file_process_interval stale_dag_threshold "
        "print_stats_interval parsing_pre_import_modules"
    ),
    ("scheduler", "metrics"): (
        "statsd_on statsd_host statsd_port statsd_prefix stat_name_handler statsd_datadog_enabled statsd_datadog_tags "
        "statsd_datadog_metrics_tags statsd_custom_client_path"
    ),
    ("celery", "operators"): "default_queue",
    ("workers", "core"): "execution_api_server_url",
}

_OTHER_KEY: Final[dict[Name, Name]] = {
    ("webserver", "web_server_host"): ("api", "host"),
    ("webserver", "web_server_port"): ("api", "port"),
    ("webserver", "web_server_worker_timeout"): ("api", "worker_timeout"),
    ("webserver", "web_server_ssl_cert"): ("api", "ssl_cert"),
    ("webserver", "web_server_ssl_key"): ("api", "ssl_key"),
    ("webserver", "page_size"): ("api", "fallback_page_limit"),
    ("api", "page_size"): ("api", "fallback_page_limit"),
    ("api", "access_control_allow_origin"): ("api", "access_control_allow_origins"),
    ("core", "dag_concurrency"): ("core", "max_active_tasks_per_dag"),
    ("core", "non_pooled_task_slot_count"): ("core", "default_pool_task_slot_count"),
    ("core", "max_num_rendered_ti_fields_per_task"): ("core", "num_dag_runs_to_retain_rendered_fields"),
    ("core", "dataset_manager_class"): ("core", "asset_manager_class"),
    ("core", "dataset_manager_kwargs"): ("core", "asset_manager_kwargs"),
    ("admin", "hide_sensitive_variable_fields"): ("core", "hide_sensitive_var_conn_fields"),
    ("admin", "sensitive_variable_fields"): ("core", "sensitive_var_conn_names"),
    ("scheduler", "dag_dir_list_interval"): ("dag_processor", "refresh_interval"),
    ("scheduler", "max_threads"): ("dag_processor", "parsing_processes"),
    ("scheduler", "processor_poll_interval"): ("scheduler", "scheduler_idle_sleep_time"),
    ("scheduler", "deactivate_stale_dags_interval"): ("scheduler", "parsing_cleanup_interval"),
    ("scheduler", "local_task_job_heartbeat_sec"): ("scheduler", "task_instance_heartbeat_sec"),
    ("scheduler", "scheduler_zombie_task_threshold"): ("scheduler", "task_instance_heartbeat_timeout"),
    ("scheduler", "zombie_detection_interval"): ("scheduler", "task_instance_heartbeat_timeout_detection_interval"),
    ("scheduler", "running_metrics_interval"): ("scheduler", "ti_metrics_interval"),
    ("scheduler", "child_process_log_directory"): ("logging", "dag_processor_child_process_log_directory"),
    ("celery", "stalled_task_timeout"): ("scheduler", "task_queued_timeout"),
    ("celery", "task_adoption_timeout"): ("scheduler", "task_queued_timeout"),
    ("kubernetes_executor", "worker_pods_pending_timeout"): ("scheduler", "task_queued_timeout"),
    ("metrics", "statsd_allow_list"): ("metrics", "metrics_allow_list"),
    ("metrics", "statsd_block_list"): ("metrics", "metrics_block_list"),
    ("scheduler", "statsd_allow_list"): ("metrics", "metrics_allow_list"),
    ("scheduler", "statsd_block_list"): ("metrics", "metrics_block_list"),
    ("triggerer", "default_capacity"): ("triggerer", "capacity"),
    ("workers", "missing_dag_retires"): ("workers", "missing_dag_retries"),
}

RENAMES: Final[dict[Name, Name]] = {
    (old, key): (new, key) for (old, new), keys in _SAME_KEY.items() for key in keys.split()
} | _OTHER_KEY

FORMER_NAMES: Final[dict[Name, tuple[Name, ...]]] = {
    kept: tuple(old for old, new in RENAMES.items() if new == kept) for kept in set(RENAMES.values())
}


def canonical(section: str, key: str) -> Name:
    """Where the option is kept, under whatever name it is asked for. The case of letters does not matter."""
    name = (section.lower(), key.lower())
    return RENAMES.get(name, name)
