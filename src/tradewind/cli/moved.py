"""Commands of Airflow that are not here, and where they went. Each exits with 1 and this sentence."""

from __future__ import annotations

from typing import Final

_CELERY = "Celery workers are not built in yet: tasks run as processes of `{0}`. Drop this service."
_KUBERNETES = "the Kubernetes executor is not built in yet; tasks run on this machine."
_BACKUP = "nothing is archived here: `db clean` deletes. Back up the database file (or use pg_dump) first."

MOVED: Final[dict[str, str]] = {
    # Airflow 1.10
    "initdb": "it is `airflow db migrate` since Airflow 2.",
    "upgradedb": "it is `airflow db migrate` since Airflow 2.",
    "resetdb": "it is `airflow db reset` since Airflow 2.",
    "checkdb": "it is `airflow db check` since Airflow 2.",
    "shell": "it is `airflow db shell` since Airflow 2.",
    "list_dags": "it is `airflow dags list` since Airflow 2.",
    "list_tasks": "it is `airflow tasks list DAG` since Airflow 2.",
    "list_dag_runs": "it is `airflow dags list-runs DAG` since Airflow 2.",
    "trigger_dag": "it is `airflow dags trigger DAG` since Airflow 2.",
    "delete_dag": "it is `airflow dags delete DAG` since Airflow 2.",
    "show_dag": "it is `airflow dags show DAG` since Airflow 2.",
    "dag_state": "it is `airflow dags state DAG RUN` since Airflow 2.",
    "next_execution": "it is `airflow dags next-execution DAG` since Airflow 2.",
    "pause": "it is `airflow dags pause DAG` since Airflow 2.",
    "unpause": "it is `airflow dags unpause DAG` since Airflow 2.",
    "run": "it is `airflow tasks run` since Airflow 2.",
    "test": "it is `airflow tasks test DAG TASK` since Airflow 2.",
    "clear": "it is `airflow tasks clear DAG` since Airflow 2.",
    "render": "it is `airflow tasks render` since Airflow 2.",
    "task_state": "it is `airflow tasks state` since Airflow 2.",
    "task_failed_deps": "it is `airflow tasks failed-deps` since Airflow 2.",
    "create_user": "it is `airflow users create` since Airflow 2.",
    "delete_user": "it is `airflow users delete` since Airflow 2.",
    "list_users": "it is `airflow users list` since Airflow 2.",
    "pool": "it is `airflow pools` since Airflow 2.",
    "sync_perm": "it is `airflow sync-perm` since Airflow 2.",
    "rotate_fernet_key": "it is `airflow rotate-fernet-key` since Airflow 2.",
    "worker": _CELERY.format("airflow scheduler"),
    "flower": _CELERY.format("airflow scheduler"),
    # Other executors
    "celery": _CELERY.format("airflow scheduler"),
    "kubernetes": _KUBERNETES,
    "kerberos": "Kerberos tickets are not renewed here yet; run `k5start` or `kinit` beside it.",
    # Groups of Airflow 3 that come later
    "assets": "assets are not built in yet.",
    "partitions": "partitioned assets are not built in yet.",
    "state-store": "the state store is not built in yet.",
    "teams": "several teams on one installation are not built in yet.",
    "db-manager": "tables of other packages are not managed here.",
    "internal-api": "Airflow 2's internal API is not needed: tasks never open the database.",
    "db downgrade": "the database is not taken back to an older version; restore a backup instead.",
    "db export-archived": _BACKUP,
    "db drop-archived": _BACKUP,
    "connections create-default-connections": "no demonstration connections are made. Add your own with "
    "`airflow connections add`.",
    "dags show-dependencies": "dependencies between DAGs come with the web UI.",
    "config update": "airflow.cfg is yours: `airflow config lint` lists what to change.",
    "providers links": "`airflow providers list` shows the installed packages.",
    "providers widgets": "`airflow providers list` shows the installed packages.",
    "providers behaviours": "`airflow providers list` shows the installed packages.",
    "providers logging": "`airflow providers list` shows the installed packages.",
    "providers secrets": "`airflow providers list` shows the installed packages.",
    "providers auth": "`airflow providers list` shows the installed packages.",
    "providers auth-managers": "`airflow providers list` shows the installed packages.",
    "providers triggers": "`airflow providers list` shows the installed packages.",
    "providers executors": "`airflow providers list` shows the installed packages.",
    "providers queues": "`airflow providers list` shows the installed packages.",
    "providers notifications": "`airflow providers list` shows the installed packages.",
    "providers configs": "`airflow providers list` shows the installed packages.",
    "providers lazy-loaded": "`airflow providers list` shows the installed packages.",
}
