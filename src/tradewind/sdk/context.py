"""The context of a running task: what `**kwargs`, templates and `get_current_context()` see."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tradewind.sdk.exceptions import AirflowException


class Context(dict[str, Any]):
    """A dict, some of whose values are made on first use.

    `lazy` maps keys to functions without arguments; a value is computed once, when it is first read by key. Iterating
    over values, `dict(context)` and `**context` compute them all, so the runtime keeps them cheap or few.
    """

    def __init__(self, values: Mapping[str, Any] | None = None, /, lazy: Mapping[str, Callable[[], Any]] | None = None):
        self._lazy: dict[str, Callable[[], Any]] = {}
        super().__init__(values or {})
        self._lazy.update(
            (key, make) for key, make in (lazy or {}).items() if not super(Context, self).__contains__(key)
        )

    def known(self) -> dict[str, Any]:
        """The values that need no work: those that were given, and the lazy ones that were read before."""
        return {key: dict.__getitem__(self, key) for key in dict.keys(self)}

    def __missing__(self, key: str) -> Any:
        make = self._lazy.pop(key, None)
        if make is None:
            raise KeyError(key)
        value = make()
        dict.__setitem__(self, key, value)
        return value

    def __setitem__(self, key: str, value: Any) -> None:
        self._lazy.pop(key, None)
        super().__setitem__(key, value)

    def __delitem__(self, key: str) -> None:
        if self._lazy.pop(key, None) is None:
            super().__delitem__(key)

    def __contains__(self, key: object) -> bool:
        return super().__contains__(key) or key in self._lazy

    def __iter__(self) -> Iterator[str]:
        yield from list(super().__iter__())
        yield from list(self._lazy)

    def __len__(self) -> int:
        return super().__len__() + len(self._lazy)

    def __bool__(self) -> bool:
        return len(self) > 0

    def get(self, key: str, default: Any = None) -> Any:
        # dict.get would not see what is still to be computed.
        return self[key] if key in self else default  # noqa: SIM401

    def pop(self, key: str, *default: Any) -> Any:
        if key in self:
            value = self[key]
            del self[key]
            return value
        return super().pop(key, *default)

    def setdefault(self, key: str, default: Any = None) -> Any:
        if key not in self:
            self[key] = default
        return self[key]

    def _compute(self) -> None:
        for key in list(self._lazy):
            self[key]

    def keys(self) -> Any:
        return dict.fromkeys(self).keys()

    def values(self) -> Any:
        self._compute()
        return super().values()

    def items(self) -> Any:
        self._compute()
        return super().items()

    def update(self, *args: Any, **kwargs: Any) -> None:
        for key, value in dict(*args, **kwargs).items():
            self[key] = value

    def copy(self) -> Context:
        """A copy that shares what was not computed yet: each copy computes for itself."""
        return Context(self.known(), lazy=self._lazy)

    def __copy__(self) -> Context:
        return self.copy()

    def __eq__(self, other: object) -> bool:
        self._compute()
        return super().__eq__(other)

    __hash__ = None

    def __or__(self, other: Any) -> Any:
        merged = self.copy()
        merged.update(other)
        return merged


# A plain stack, not a ContextVar: code that a task runs in threads of its own reads it too, as it does in Airflow.
_stack: list[Mapping[str, Any]] = []


@contextmanager
def push_context(context: Mapping[str, Any]) -> Iterator[None]:
    """Make `context` the current one for the body."""
    _stack.append(context)
    try:
        yield
    finally:
        _stack.pop()


def get_current_context() -> Any:
    """The context of the task that is running. Raises AirflowException outside of one."""
    if not _stack:
        raise AirflowException(
            "There is no current context: get_current_context() works while a task runs, "
            "not at the top of a DAG file. Call it inside the task's function."
        )
    return _stack[-1]


def current_context_or_none() -> Mapping[str, Any] | None:
    return _stack[-1] if _stack else None


def context_merge(context: Any, *additions: Any, **others: Any) -> None:
    """Add to `context` in place."""
    for addition in additions:
        for key, value in dict(addition).items():
            context[key] = value
    for key, value in others.items():
        context[key] = value


KNOWN_CONTEXT_KEYS = frozenset(
    {
        "conf",
        "conn",
        "dag",
        "dag_run",
        "data_interval_end",
        "data_interval_start",
        "ds",
        "ds_nodash",
        "exception",
        "execution_date",
        "expanded_ti_count",
        "inlet_events",
        "inlets",
        "logical_date",
        "macros",
        "map_index_template",
        "next_ds",
        "next_ds_nodash",
        "next_execution_date",
        "outlet_events",
        "outlets",
        "params",
        "partition_date",
        "partition_key",
        "prev_data_interval_end_success",
        "prev_data_interval_start_success",
        "prev_ds",
        "prev_ds_nodash",
        "prev_end_date_success",
        "prev_execution_date",
        "prev_execution_date_success",
        "prev_start_date_success",
        "reason",
        "run_id",
        "start_date",
        "task",
        "task_instance",
        "task_instance_key_str",
        "task_reschedule_count",
        "templates_dict",
        "test_mode",
        "ti",
        "tomorrow_ds",
        "tomorrow_ds_nodash",
        "triggering_asset_events",
        "triggering_dataset_events",
        "try_number",
        "ts",
        "ts_nodash",
        "ts_nodash_with_tz",
        "var",
        "yesterday_ds",
        "yesterday_ds_nodash",
    }
)


def context_to_airflow_vars(context: Mapping[str, Any], in_env_var_format: bool = False) -> dict[str, str]:
    """What a child process is told about the task: `AIRFLOW_CTX_DAG_ID` … (or `airflow.ctx.dag_id` …)."""
    task, run, ti = context.get("task"), context.get("dag_run"), context.get("ti")
    email = getattr(task, "email", None)
    found: dict[str, Any] = {
        "dag_email": email if isinstance(email, str) or not email else ",".join(email),
        "dag_owner": getattr(task, "owner", None),
        "dag_id": getattr(ti, "dag_id", None),
        "task_id": getattr(ti, "task_id", None),
        "execution_date": context.get("logical_date"),
        "logical_date": context.get("logical_date"),
        "try_number": getattr(ti, "try_number", None),
        "dag_run_id": getattr(run, "run_id", None),
    }
    result = {}
    for name, value in found.items():
        if value in (None, ""):
            continue
        text = value.isoformat() if hasattr(value, "isoformat") else str(value)
        result[f"AIRFLOW_CTX_{name.upper()}" if in_env_var_format else f"airflow.ctx.{name}"] = text
    return result
