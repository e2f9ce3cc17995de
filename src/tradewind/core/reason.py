"""Why a task instance, a run or a DAG does not go on, as values that a user can read.

Every sentence says what is waited for and, in `remedy`, what to do about it when waiting is not the answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import msgspec

from tradewind.core.spec import TaskSpec
from tradewind.core.trigger_rules import WORDS


class Reason(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that holds something up."""

    kind: str
    """trigger_rule, past, skipped_past, mapped_source, start_date, end_date, retry_delay, reschedule, deferred, pool,
    no_pool, parallelism, dag_limit, task_limit, run_task_limit, turn, dag_paused, run_queued, max_active_runs, active,
    final, kill."""
    text: str
    since: datetime | None = None
    holder: str | None = None
    """Who or what holds it: task ids, a DAG, a pool, a run."""
    remedy: str | None = None


_DECODER = msgspec.json.Decoder(tuple[Reason, ...])


def encode_reasons(reasons: Iterable[Reason]) -> str:
    """JSON for the store; empty when there are none."""
    found = tuple(reasons)
    return msgspec.json.encode(found).decode() if found else ""


def decode_reasons(text: str) -> tuple[Reason, ...]:
    """Inverse of `encode_reasons`. Raises msgspec.DecodeError for anything else."""
    return _DECODER.decode(text) if text else ()


DAG_PAUSED: Final = Reason(
    kind="dag_paused",
    text="The DAG is paused: nothing of it starts.",
    remedy="Un-pause it: airflow dags unpause DAG_ID.",
)

_BY_RULE: dict[str, Reason] = {}


def rule_reason(task: TaskSpec) -> Reason:
    """What is kept of a task that waits for others.

    Which ones it still waits for changes with every event, so that is worked out when somebody asks (`why_not`).
    """
    rule = task.trigger_rule.value
    found = _BY_RULE.get(rule)
    if found is None:
        text = f"Waits for its upstream tasks: {WORDS[task.trigger_rule]} ({rule})."
        found = _BY_RULE[rule] = Reason(kind="trigger_rule", text=text)
    return found
