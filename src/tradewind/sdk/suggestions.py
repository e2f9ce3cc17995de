""" "Did you mean …?": the nearest known name for a misspelt one, and words for arguments that are gone."""

from __future__ import annotations

from collections.abc import Iterable

# Misspellings seen in real files that difflib alone would send elsewhere.
_MISSPELT = {
    "op_kargs": "op_kwargs",
    "op_arg": "op_args",
    "kwargs": "op_kwargs",
    "callable": "python_callable",
    "python_callback": "python_callable",
    "command": "bash_command",
    "cmd": "bash_command",
    "retry": "retries",
    "retry_interval": "retry_delay",
    "retries_delay": "retry_delay",
    "timeout": "execution_timeout",
    "depend_on_past": "depends_on_past",
    "id": "task_id",
    "name": "task_id",
    "interval": "schedule",
    "cron": "schedule",
    "schedule_inteval": "schedule_interval",
    "tag": "tags",
    "max_active_run": "max_active_runs",
    "on_failure": "on_failure_callback",
    "on_success": "on_success_callback",
}

REMOVED = {
    "provide_context": "It is not needed since Airflow 2: the context is always given. Delete the argument.",
    "xcom_push": "It is called do_xcom_push since Airflow 2.",
    "sla_miss_callback": "SLAs are gone; use execution_timeout or on_failure_callback.",
    "full_filepath": "It had no effect; delete the argument.",
}


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that `name` was most likely meant to be, or None."""
    names = sorted(known)
    listed = _MISSPELT.get(name)
    if listed in names:
        return listed
    import difflib

    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    return close[0] if close else None


def suggestion(name: str, known: Iterable[str]) -> str:
    """A sentence that starts with a space, or an empty string."""
    found = nearest(name, known)
    if found is not None:
        return f" Did you mean {found!r}?"
    return f" {REMOVED[name]}" if name in REMOVED else ""
