"""Trigger rules as DAG files write them."""

from __future__ import annotations

from tradewind.core.states import TriggerRule
from tradewind.sdk.exceptions import InvalidTriggerRule
from tradewind.sdk.suggestions import suggestion

__all__ = ["TriggerRule", "read_trigger_rule"]


def read_trigger_rule(value: object, task_id: str) -> TriggerRule:
    """The rule that `value` names; Airflow 2's `dummy` and `none_failed_or_skipped` are known in both dialects.

    Raises InvalidTriggerRule (a ValueError) when there is none of that name.
    """
    name = str(getattr(value, "value", value))
    try:
        return TriggerRule(name)
    except ValueError:
        rules = [rule.value for rule in TriggerRule]
        hint = suggestion(name, rules) or f" Rules are: {', '.join(rules)}."
        raise InvalidTriggerRule(f"Task {task_id!r}: there is no trigger rule {name!r}.{hint}") from None
