"""The arguments that every operator takes: names, defaults, and how a value is read and checked.

One table for `BaseOperator`, for `.partial()`, and for "did you mean …?".
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from tradewind.configuration import conf
from tradewind.core.states import TriggerRule
from tradewind.sdk import timezone
from tradewind.sdk.exceptions import InvalidArgument
from tradewind.sdk.params import ParamsDict
from tradewind.sdk.trigger_rules import read_trigger_rule
from tradewind.sdk.types import WeightRule

DEFAULT_POOL = "default_pool"

Read = Callable[[Any, str], Any]
"""(value, task id) → what the operator keeps. Raises InvalidArgument."""


class Argument(NamedTuple):
    default: Any = None
    read: Read | None = None


def _refuse(task_id: str, name: str, value: Any, wanted: str) -> InvalidArgument:
    return InvalidArgument(f"Task {task_id!r}: {name} takes {wanted}, not {value!r} ({type(value).__name__}).")


def _duration(name: str, *, numbers: bool = True) -> Read:
    def read(value: Any, task_id: str) -> timedelta | None:
        if value is None or isinstance(value, timedelta):
            return value
        if isinstance(value, (int, float)) and not isinstance(value, bool) and numbers:
            return timedelta(seconds=value)
        raise _refuse(task_id, name, value, "a timedelta, such as timedelta(minutes=5)" + (", or seconds" * numbers))

    return read


def _count(name: str, *, least: int | None = None, none_is: int | None = None) -> Read:
    def read(value: Any, task_id: str) -> int | None:
        if value is None:
            return none_is
        if isinstance(value, str):
            try:
                value = int(value)
            except ValueError:
                raise _refuse(task_id, name, value, "a whole number") from None
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not isinstance(value, int):
            raise _refuse(task_id, name, value, "a whole number")
        if least is not None and value < least:
            raise InvalidArgument(f"Task {task_id!r}: {name} cannot be less than {least}; it is {value}.")
        return value

    return read


def _date(name: str) -> Read:
    def read(value: Any, task_id: str) -> Any:
        try:
            return timezone.convert_to_utc(timezone.read_date(value, what=name))
        except ValueError as error:
            raise InvalidArgument(f"Task {task_id!r}: {error}") from None

    return read


def as_list(value: Any) -> list[Any]:
    """None → [], one → [one], several → list of them."""
    if value is None:
        return []
    if isinstance(value, (list, tuple, set, frozenset)) and not hasattr(value, "_fields"):
        return list(value)
    return [value]


def _callbacks(name: str) -> Read:
    def read(value: Any, task_id: str) -> list[Any]:
        found = as_list(value)
        for callback in found:
            if not callable(callback):
                raise _refuse(task_id, name, callback, "a function that takes the context, or a list of them")
        return found

    return read


def _email(value: Any, task_id: str) -> Any:
    if value is not None and not isinstance(value, (str, Iterable)):
        raise _refuse(task_id, "email", value, "an address or a list of addresses")
    return value


def addresses(email: Any) -> list[str]:
    """The single addresses of an `email` argument: text may hold several, parted by commas or semicolons."""
    if not email:
        return []
    if isinstance(email, str):
        return [part.strip() for part in email.replace(";", ",").split(",") if part.strip()]
    return [str(address) for address in email]


def _weight_rule(value: Any, task_id: str) -> Any:
    name = getattr(value, "value", value)
    if isinstance(name, str):
        try:
            return WeightRule(name)
        except ValueError:
            if "." in name:
                return name
            raise _refuse(task_id, "weight_rule", value, "downstream, upstream or absolute") from None
    return value


def _backoff(value: Any, task_id: str) -> float | bool:
    if value is None:
        return False
    if isinstance(value, (bool, int, float)):
        if value < 0:
            raise _refuse(task_id, "retry_exponential_backoff", value, "True, False or a multiplier of at least 0")
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise _refuse(task_id, "retry_exponential_backoff", value, "True, False or a multiplier")


def _mapping(name: str) -> Read:
    def read(value: Any, task_id: str) -> Any:
        return value or {}

    return read


def _hook(name: str) -> Read:
    def read(value: Any, task_id: str) -> Any:
        if value is not None and not callable(value):
            raise _refuse(task_id, name, value, "a function")
        return value

    return read


CALLBACK_NAMES = (
    "on_execute_callback",
    "on_failure_callback",
    "on_success_callback",
    "on_retry_callback",
    "on_skipped_callback",
)

ARGUMENTS: dict[str, Argument] = {
    "owner": Argument("airflow"),
    "email": Argument(None, _email),
    "email_on_retry": Argument(True),
    "email_on_failure": Argument(True),
    "retries": Argument(0, _count("retries", none_is=0)),
    "retry_delay": Argument(timedelta(seconds=300), _duration("retry_delay")),
    "retry_exponential_backoff": Argument(False, _backoff),
    "max_retry_delay": Argument(None, _duration("max_retry_delay")),
    "retry_policy": Argument(),
    "start_date": Argument(None, _date("start_date")),
    "end_date": Argument(None, _date("end_date")),
    "depends_on_past": Argument(False),
    "ignore_first_depends_on_past": Argument(True),
    "wait_for_past_depends_before_skipping": Argument(False),
    "wait_for_downstream": Argument(False),
    "params": Argument(None, lambda value, task_id: ParamsDict(value)),
    "priority_weight": Argument(1, _count("priority_weight", none_is=1)),
    "weight_rule": Argument(WeightRule.DOWNSTREAM, _weight_rule),
    "queue": Argument("default"),
    "pool": Argument(None, lambda value, task_id: DEFAULT_POOL if value is None else value),
    "pool_slots": Argument(1, _count("pool_slots", least=1, none_is=1)),
    "sla": Argument(),
    "execution_timeout": Argument(None, _duration("execution_timeout", numbers=False)),
    **{name: Argument(None, _callbacks(name)) for name in CALLBACK_NAMES},
    "pre_execute": Argument(None, _hook("pre_execute")),
    "post_execute": Argument(None, _hook("post_execute")),
    "trigger_rule": Argument(TriggerRule.ALL_SUCCESS, read_trigger_rule),
    "resources": Argument(),
    "run_as_user": Argument(),
    "map_index_template": Argument(),
    "max_active_tis_per_dag": Argument(None, _count("max_active_tis_per_dag", least=1)),
    "max_active_tis_per_dagrun": Argument(None, _count("max_active_tis_per_dagrun", least=1)),
    "executor": Argument(),
    "executor_config": Argument(None, _mapping("executor_config")),
    "do_xcom_push": Argument(True),
    "multiple_outputs": Argument(False),
    "inlets": Argument(None, lambda value, task_id: as_list(value)),
    "outlets": Argument(None, lambda value, task_id: as_list(value)),
    "doc": Argument(),
    "doc_md": Argument(),
    "doc_json": Argument(),
    "doc_yaml": Argument(),
    "doc_rst": Argument(),
    "task_display_name": Argument(),
    "logger_name": Argument(),
    "allow_nested_operators": Argument(True),
    "render_template_as_native_obj": Argument(),
}

PLACEMENT = ("task_id", "dag", "task_group", "default_args")
"""Arguments that say where a task stands; they are not attributes to read."""

RENAMED = {"task_concurrency": "max_active_tis_per_dag"}

ACCEPTED: Collection[str] = frozenset({*ARGUMENTS, *PLACEMENT, *RENAMED})


@lru_cache(maxsize=1)
def configured_defaults() -> dict[str, Any]:
    """Defaults that come from the configuration. Kept; `forget_configured_defaults` reads them anew."""
    timeout = conf.get("core", "default_task_execution_timeout", fallback="") or ""
    longest = conf.getfloat("core", "max_task_retry_delay", fallback=24 * 60 * 60)
    return {
        "owner": conf.get("operators", "default_owner", fallback="airflow"),
        "queue": conf.get("operators", "default_queue", fallback="default"),
        "retries": conf.getint("core", "default_task_retries", fallback=0),
        "retry_delay": timedelta(seconds=conf.getfloat("core", "default_task_retry_delay", fallback=300)),
        "max_retry_delay": timedelta(seconds=longest) if longest < 24 * 60 * 60 else None,
        "weight_rule": WeightRule(conf.get("core", "default_task_weight_rule", fallback="downstream") or "downstream"),
        "execution_timeout": timedelta(seconds=float(timeout)) if str(timeout).strip() else None,
        "ignore_first_depends_on_past": conf.getboolean(
            "scheduler", "ignore_first_depends_on_past_by_default", fallback=True
        ),
        "email_on_retry": conf.getboolean("email", "default_email_on_retry", fallback=True),
        "email_on_failure": conf.getboolean("email", "default_email_on_failure", fallback=True),
    }


def forget_configured_defaults() -> None:
    configured_defaults.cache_clear()


def read_arguments(given: dict[str, Any], task_id: str) -> dict[str, Any]:
    """Every argument of the table with its value: the one given, else the configured default, else the table's.

    `given` holds names of the table and of `RENAMED` only. Raises InvalidArgument.
    """
    for old, new in RENAMED.items():
        if old in given:
            given = {**given, new: given.get(new) if given.get(new) is not None else given[old]}
            del given[old]
    defaults = configured_defaults()
    values = {}
    for name, argument in ARGUMENTS.items():
        value = given[name] if name in given else defaults.get(name, argument.default)
        values[name] = argument.read(value, task_id) if argument.read is not None else value
    if values["wait_for_downstream"]:
        values["depends_on_past"] = True
    return values
