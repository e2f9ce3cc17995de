"""What a trigger rule makes of the states of a task's upstream instances.

One function from counts to a verdict; where the counts come from (all instances, those of one map index, indirect setups)
is the caller's business.

Where a rule can end in upstream_failed as well as in skipped, a failure that is known outranks a skip that is known. Whether
`all_success` may be settled by a skip before everything above has ended is seen from the run, not from counts: `readiness`.
A branch that decides against a task outranks both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Final, NamedTuple

from tradewind.core.states import TaskState, TriggerRule


class Verdict(Enum):
    WAIT = "wait"
    MET = "met"
    FAILED = "failed"
    """Can never be met because of a failure: upstream_failed."""
    SKIPPED = "skipped"
    """Can never be met, and nobody is to blame: skipped."""


class Counts(NamedTuple):
    """Upstream instances by how they ended. A removed instance has ended, and counts for `done`."""

    total: int = 0
    success: int = 0
    skipped: int = 0
    failed: int = 0
    upstream_failed: int = 0
    removed: int = 0
    setups: int = 0
    """How many of `total` are instances of setups."""
    setups_success: int = 0
    setups_skipped: int = 0

    @property
    def done(self) -> int:
        return self.success + self.skipped + self.failed + self.upstream_failed + self.removed

    @property
    def all_done(self) -> bool:
        return self.done >= self.total

    @property
    def any_failure(self) -> bool:
        return bool(self.failed or self.upstream_failed)


def _all_success(c: Counts) -> Verdict:
    if c.any_failure:
        return Verdict.FAILED
    if not c.all_done:
        return Verdict.WAIT
    return Verdict.SKIPPED if c.skipped else Verdict.MET


def _all_failed(c: Counts) -> Verdict:
    if c.success or c.skipped:
        return Verdict.SKIPPED
    return Verdict.MET if c.all_done else Verdict.WAIT


def _all_done(c: Counts) -> Verdict:
    return Verdict.MET if c.all_done else Verdict.WAIT


def _all_done_setup_success(c: Counts) -> Verdict:
    if not c.all_done:
        return Verdict.WAIT
    if c.setups and c.setups_skipped >= c.setups:
        return Verdict.SKIPPED
    if c.setups and not c.setups_success:
        return Verdict.FAILED
    return Verdict.MET


def _all_done_min_one_success(c: Counts) -> Verdict:
    # A skipped upstream does not count as done for this rule, so one is enough to skip the task.
    if c.skipped:
        return Verdict.SKIPPED
    if not c.all_done:
        return Verdict.WAIT
    return Verdict.MET if c.success else Verdict.FAILED


def _all_skipped(c: Counts) -> Verdict:
    if c.success or c.any_failure:
        return Verdict.SKIPPED
    return Verdict.MET if c.skipped >= c.total else Verdict.WAIT


def _one_success(c: Counts) -> Verdict:
    if c.success:
        return Verdict.MET
    if not c.all_done:
        return Verdict.WAIT
    return Verdict.SKIPPED if c.done == c.skipped else Verdict.FAILED


def _one_failed(c: Counts) -> Verdict:
    if c.any_failure:
        return Verdict.MET
    return Verdict.SKIPPED if c.all_done else Verdict.WAIT


def _one_done(c: Counts) -> Verdict:
    # An upstream that was only upstream_failed or skipped has not run, so it does not count.
    if c.success or c.failed:
        return Verdict.MET
    return Verdict.SKIPPED if c.all_done else Verdict.WAIT


def _none_failed(c: Counts) -> Verdict:
    if c.any_failure:
        return Verdict.FAILED
    return Verdict.MET if c.all_done else Verdict.WAIT


def _none_failed_min_one_success(c: Counts) -> Verdict:
    if c.any_failure:
        return Verdict.FAILED
    if c.skipped == c.total:
        return Verdict.SKIPPED
    if not c.all_done:
        return Verdict.WAIT
    return Verdict.MET if c.success else Verdict.FAILED


def _none_skipped(c: Counts) -> Verdict:
    if c.skipped:
        return Verdict.SKIPPED
    return Verdict.MET if c.all_done else Verdict.WAIT


def _always(c: Counts) -> Verdict:
    return Verdict.MET


RULES: Final[Mapping[TriggerRule, Callable[[Counts], Verdict]]] = {
    TriggerRule.ALL_SUCCESS: _all_success,
    TriggerRule.ALL_FAILED: _all_failed,
    TriggerRule.ALL_DONE: _all_done,
    TriggerRule.ALL_DONE_SETUP_SUCCESS: _all_done_setup_success,
    TriggerRule.ALL_DONE_MIN_ONE_SUCCESS: _all_done_min_one_success,
    TriggerRule.ALL_SKIPPED: _all_skipped,
    TriggerRule.ONE_SUCCESS: _one_success,
    TriggerRule.ONE_FAILED: _one_failed,
    TriggerRule.ONE_DONE: _one_done,
    TriggerRule.NONE_FAILED: _none_failed,
    TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS: _none_failed_min_one_success,
    TriggerRule.NONE_SKIPPED: _none_skipped,
    TriggerRule.ALWAYS: _always,
}

WORDS: Final[Mapping[TriggerRule, str]] = {
    TriggerRule.ALL_SUCCESS: "all upstream tasks must succeed",
    TriggerRule.ALL_FAILED: "all upstream tasks must fail",
    TriggerRule.ALL_DONE: "all upstream tasks must have ended",
    TriggerRule.ALL_DONE_SETUP_SUCCESS: "all upstream tasks must have ended, and a setup among them succeeded",
    TriggerRule.ALL_DONE_MIN_ONE_SUCCESS: "all upstream tasks must have run, and one of them succeeded",
    TriggerRule.ALL_SKIPPED: "all upstream tasks must be skipped",
    TriggerRule.ONE_SUCCESS: "one upstream task must succeed",
    TriggerRule.ONE_FAILED: "one upstream task must fail",
    TriggerRule.ONE_DONE: "one upstream task must succeed or fail",
    TriggerRule.NONE_FAILED: "all upstream tasks must succeed or be skipped",
    TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS: "all upstream tasks must succeed or be skipped, and one succeed",
    TriggerRule.NONE_SKIPPED: "all upstream tasks must have ended, and none skipped",
    TriggerRule.ALWAYS: "it does not wait for its upstream tasks",
}


def evaluate(rule: TriggerRule, counts: Counts) -> Verdict:
    """The verdict of `rule` on upstream instances. Without any upstream instance every rule is met."""
    if not counts.total:
        return Verdict.MET
    return RULES[rule](counts)


def evaluate_setups(counts: Counts) -> Verdict:
    """Whether the setups that a task relies on without being directly below them let it run.

    All of them must have succeeded: as with the rule all_success.
    """
    return _all_success(counts)


def counts_from(
    by_state: Mapping[TaskState, int],
    total: int,
    *,
    setups: Mapping[TaskState, int] | None = None,
    setup_total: int = 0,
) -> Counts:
    """Counts from tallies of states."""
    if setups is None:
        return Counts(
            total,
            by_state[TaskState.SUCCESS],
            by_state[TaskState.SKIPPED],
            by_state[TaskState.FAILED],
            by_state[TaskState.UPSTREAM_FAILED],
            by_state[TaskState.REMOVED],
        )
    return Counts(
        total,
        by_state[TaskState.SUCCESS],
        by_state[TaskState.SKIPPED],
        by_state[TaskState.FAILED],
        by_state[TaskState.UPSTREAM_FAILED],
        by_state[TaskState.REMOVED],
        setup_total,
        setups[TaskState.SUCCESS],
        setups[TaskState.SKIPPED],
    )
