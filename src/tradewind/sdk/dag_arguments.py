"""The arguments of a DAG in both spellings: names, defaults by dialect, and how a value is read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from tradewind.configuration import conf
from tradewind.sdk.exceptions import InvalidArgument
from tradewind.sdk.operator_arguments import as_list
from tradewind.sdk.types import ArgNotSet

POSITIONAL_ARGUMENTS = (
    "description",
    "schedule",
    "schedule_interval",
    "timetable",
    "start_date",
    "end_date",
    "full_filepath",
    "template_searchpath",
    "template_undefined",
    "user_defined_macros",
    "user_defined_filters",
    "default_args",
    "concurrency",
    "max_active_tasks",
    "max_active_runs",
)
"""After dag_id, by place, as in Airflow 2. A file that uses them is read as Airflow 2."""

DAG_ARGUMENTS = frozenset(
    {
        *POSITIONAL_ARGUMENTS,
        "access_control",
        "allowed_run_types",
        "auto_register",
        "catchup",
        "dag_display_name",
        "dagrun_timeout",
        "deadline",
        "default_view",
        "disable_bundle_versioning",
        "doc_md",
        "fail_fast",
        "fail_stop",
        "is_paused_upon_creation",
        "jinja_environment_kwargs",
        "max_consecutive_failed_dag_runs",
        "on_failure_callback",
        "on_success_callback",
        "orientation",
        "owner_links",
        "params",
        "render_template_as_native_obj",
        "rerun_with_latest_version",
        "sla_miss_callback",
        "tags",
        "task_group",
    }
)

MAX_TAG_LENGTH = 100
VIEWS = ("grid", "graph", "duration", "gantt", "landing_times")
ORIENTATIONS = ("LR", "TB", "RL", "BT")


def _catchup_default(dialect: int) -> bool:
    # `catchup_by_default` counts only where somebody wrote it down: its own default is what the dialects differ in.
    if conf.is_set("scheduler", "catchup_by_default"):
        return conf.getboolean("scheduler", "catchup_by_default", fallback=dialect < 3)
    return dialect < 3


def _plain(value: Any, default: Any) -> Any:
    return default if value is None or isinstance(value, ArgNotSet) else value


def read_dag_arguments(given: Mapping[str, Any], dag_id: str, dialect: int) -> dict[str, Any]:
    """Attributes of the DAG but for its dates, schedule and params. Raises InvalidArgument."""

    def refuse(name: str, wanted: str) -> InvalidArgument:
        return InvalidArgument(f"DAG {dag_id!r}: {name} takes {wanted}, not {given[name]!r}.")

    def count(name: str, default: int, *, alias: str | None = None, least: int = 0) -> int:
        value = given.get(name)
        if value is None and alias is not None:
            value = given.get(alias)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise refuse(name if given.get(name) is not None else str(alias), f"a whole number of at least {least}")
        return value

    def callbacks(name: str) -> list[Any]:
        found = as_list(given.get(name))
        if not all(callable(callback) for callback in found):
            raise refuse(name, "a function that takes the context, or a list of them")
        return found

    def one_of(name: str, choices: tuple[str, ...]) -> str:
        value = given.get(name) or choices[0]
        if value == "tree" and "grid" in choices:
            value = "grid"
        if value not in choices:
            raise refuse(name, f"one of {', '.join(choices)}")
        return str(value)

    timeout = given.get("dagrun_timeout")
    if timeout is not None and not isinstance(timeout, timedelta):
        raise refuse("dagrun_timeout", "a timedelta, such as timedelta(hours=1)")
    default_args = given.get("default_args") or {}
    if not isinstance(default_args, Mapping):
        raise refuse("default_args", "a dict")
    searchpath = given.get("template_searchpath")
    return {
        "description": given.get("description"),
        "default_args": dict(default_args),
        "catchup": bool(_plain(given.get("catchup"), _catchup_default(dialect))),
        "max_active_runs": count("max_active_runs", conf.getint("core", "max_active_runs_per_dag", fallback=16)),
        "max_active_tasks": count(
            "max_active_tasks", conf.getint("core", "max_active_tasks_per_dag", fallback=16), alias="concurrency"
        ),
        "max_consecutive_failed_dag_runs": count(
            "max_consecutive_failed_dag_runs",
            conf.getint("core", "max_consecutive_failed_dag_runs_per_dag", fallback=0),
        ),
        "dagrun_timeout": timeout,
        "tags": _tags(given, dag_id, dialect),
        "owner_links": _owner_links(given, dag_id),
        "access_control": given.get("access_control"),
        "auto_register": bool(_plain(given.get("auto_register"), True)),
        "fail_fast": bool(given.get("fail_fast") or given.get("fail_stop")),
        "is_paused_upon_creation": given.get("is_paused_upon_creation"),
        "on_success_callback": callbacks("on_success_callback"),
        "on_failure_callback": callbacks("on_failure_callback"),
        "sla_miss_callback": given.get("sla_miss_callback"),
        "deadline": given.get("deadline"),
        "allowed_run_types": given.get("allowed_run_types"),
        "disable_bundle_versioning": bool(_plain(given.get("disable_bundle_versioning"), False)),
        "rerun_with_latest_version": given.get("rerun_with_latest_version"),
        "doc_md": given.get("doc_md"),
        "template_searchpath": [searchpath] if isinstance(searchpath, str) else list(searchpath or ()) or None,
        "template_undefined": given.get("template_undefined"),
        "user_defined_macros": given.get("user_defined_macros"),
        "user_defined_filters": given.get("user_defined_filters"),
        "jinja_environment_kwargs": given.get("jinja_environment_kwargs"),
        "render_template_as_native_obj": bool(_plain(given.get("render_template_as_native_obj"), False)),
        "default_view": one_of("default_view", VIEWS),
        "orientation": one_of("orientation", ORIENTATIONS),
    }


def _tags(given: Mapping[str, Any], dag_id: str, dialect: int) -> Any:
    tags = given.get("tags") or ()
    if isinstance(tags, str):
        raise InvalidArgument(f"DAG {dag_id!r}: tags takes a list: tags=[{tags!r}].")
    tags = [str(tag) for tag in tags]
    for tag in tags:
        if len(tag) > MAX_TAG_LENGTH:
            raise InvalidArgument(
                f"DAG {dag_id!r}: tag {tag[:20]!r}… has {len(tag)} characters; at most {MAX_TAG_LENGTH}."
            )
    return tags if dialect < 3 else set(tags)


def _owner_links(given: Mapping[str, Any], dag_id: str) -> dict[str, str]:
    links = dict(given.get("owner_links") or {})
    for owner, link in links.items():
        if not str(link).startswith(("http://", "https://", "mailto:")):
            raise InvalidArgument(
                f"DAG {dag_id!r}: owner_links[{owner!r}] is {link!r}; it must begin with http://, https:// or mailto:."
            )
    return links
