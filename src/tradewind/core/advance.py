"""Brings a run to where nothing more follows from what is known, and says what that changed.

Every function applies its changes to the view it is given and returns them as a `Plan`. What became known is followed in
layers: all instances woken by one layer are judged on the same states before any of them changes, so the result does not
depend on the order in which tasks are defined. The work is proportional to the edges below what changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from tradewind.core import messages, run_state
from tradewind.core.graph import Node
from tradewind.core.mapping import total_length
from tradewind.core.past import past_reason
from tradewind.core.plan import Plan, RunTransition
from tradewind.core.readiness import is_uniform, judge, paired_indexes_below
from tradewind.core.reason import DAG_PAUSED, Reason, rule_reason
from tradewind.core.records import NOT_MAPPED
from tradewind.core.retries import can_retry, retry_delay_s
from tradewind.core.run_view import DECISION_KEY, Instance, RunView, read_decision
from tradewind.core.spec import TaskSpec
from tradewind.core.states import ACTIVE, RunState, RunType, TaskEvent, TaskState
from tradewind.core.trigger_rules import Verdict

RETURN_KEY = "return_value"
_DELAYED = (TaskState.UP_FOR_RETRY, TaskState.UP_FOR_RESCHEDULE)
_SKIPPABLE = (TaskState.NONE, TaskState.SCHEDULED, TaskState.UPSTREAM_FAILED, *_DELAYED)
_LISTENING = (TaskState.QUEUED, TaskState.RUNNING)


def begin(view: RunView, now: datetime) -> Plan:
    """Make the instances of a new run and evaluate its first tasks.

    A task mapped over literals is expanded at once; one that is mapped over a result gets one placeholder with map index
    -1 until that result is known. A task outside of its own start and end date gets no instance.
    """
    return _evaluate(_Step(view, now, 0), None)


def advance(view: RunView, task_ids: Iterable[str] | None, now: datetime) -> Plan:
    """Evaluate these tasks again; None: all of them, after making the instances that are missing.

    For what changed outside of the run: it was loaded, cleared or marked, its DAG was un-paused, its past changed. With
    None, `Plan.ready` also names the instances that were SCHEDULED before.
    """
    return _evaluate(_Step(view, now), task_ids)


def _evaluate(step: _Step, task_ids: Iterable[str] | None) -> Plan:
    view = step.view
    if task_ids is None:
        for node in view.graph.ordered:
            if not view.of_task[node.task_id] and _is_in_date_range(view, node.task):
                step.create_all(node)
            step.wake(node)
        if not view.paused:
            step.plan.ready += [i for i in view.instances.values() if i.state is TaskState.SCHEDULED]
    else:
        for task_id in task_ids:
            if (found := view.graph.nodes.get(task_id)) is not None:
                step.wake(found)
    return step.finish()


def started(view: RunView, instance: Instance, at: datetime, pid: int | None, hostname: str) -> Plan:
    """The newest try of `instance` runs since `at`. Changes nothing unless the instance is QUEUED."""
    plan = Plan()
    if instance.state is TaskState.QUEUED:
        plan.transitions.append(view.apply(instance, TaskEvent.STARTED, at))
        if instance.first_started_at is None:
            instance.first_started_at = at
        instance.start_date = instance.first_started_at
        instance.end_date = None
        instance.pid = pid
        instance.hostname = hostname
    return plan


def ended(view: RunView, instance: Instance, outcome: messages.Outcome, at: datetime, now: datetime) -> Plan:
    """The newest try of `instance` ended at `at`. Only QUEUED, RUNNING and RESTARTING instances listen."""
    if instance.state is TaskState.RESTARTING:
        return restart_ready(view, instance, now)
    step = _Step(view, now, instance.round)
    if instance.state not in _LISTENING:
        return step.plan
    match outcome:
        case messages.Succeeded():
            _take_results(view, instance, outcome)
            step.skip(outcome.skip, instance)
            step.apply(instance, TaskEvent.SUCCEEDED, at=at)
        case messages.Skipped():
            step.skip(outcome.skip, instance)
            step.apply(instance, TaskEvent.SKIPPED, outcome.reason, at=at)
        case messages.Failed():
            _fail(step, instance, outcome, at)
        case messages.Rescheduled():
            step.apply(instance, TaskEvent.RESCHEDULED, at=at)
            instance.reschedule_count += 1
            step.delay(instance, outcome.at)
        case messages.Deferred():
            step.apply(instance, TaskEvent.DEFERRED, at=at)
            instance.reschedule_count += 1
            step.delay(instance, None if outcome.timeout_s is None else at + timedelta(seconds=outcome.timeout_s))
        case messages.Lost():
            # The platform's fault: one more try than the user allowed, so that none of his is used up.
            instance.max_tries += 1
            instance.fresh_interpreter = instance.fresh_interpreter or outcome.fresh_interpreter
            step.apply(instance, TaskEvent.TRY_LOST, outcome.cause)
    return step.finish()


def skip_now(view: RunView, task_ids: Iterable[str], by_instance: Instance, now: datetime) -> Plan:
    """A running branch or short-circuit decided to skip these tasks: those that have not started are skipped."""
    step = _Step(view, now, by_instance.round)
    step.skip(task_ids, by_instance)
    return step.finish()


def due(view: RunView, instance: Instance, now: datetime) -> Plan:
    """The delay of a retry or reschedule is over. Changes nothing when it is not over yet, or not waited for any more.

    When an upstream was cleared in the meantime, the instance first waits for its trigger rule again.
    """
    step = _Step(view, now)
    if instance.due_at is None or instance.due_at > now:
        return step.plan
    if instance.state is TaskState.DEFERRED:
        step.apply(instance, TaskEvent.DELAY_OVER)
    elif instance.state in _DELAYED:
        step.judge_delayed(view.graph.nodes[instance.task_id], instance)
    return step.finish()


def restart_ready(view: RunView, instance: Instance, now: datetime) -> Plan:
    """The running try of a cleared instance has ended, or never started: the instance waits for its trigger rule again."""
    step = _Step(view, now)
    if instance.state is TaskState.RESTARTING:
        step.apply(instance, TaskEvent.RESTART_READY)
        step.wake(view.graph.nodes[instance.task_id], instance.map_index)
    return step.finish()


def time_out(view: RunView, now: datetime) -> Plan:
    """`dagrun_timeout` is over: what has not ended is skipped, what runs is stopped, the run failed."""
    step = _Step(view, now)
    if view.run.state.is_final:
        return step.plan
    why = f"dagrun_timeout of {view.graph.spec.dagrun_timeout_s or 0:g} s"
    for instance in _unfinished(view):
        step.stop(instance, TaskEvent.RUN_ENDED, "dagrun_timeout", why)
    step.plan.run = RunTransition(view.run.state, RunState.FAILED, why)
    return step.plan


def _take_results(view: RunView, instance: Instance, outcome: messages.Succeeded) -> None:
    if outcome.rendered_map_index is not None:
        instance.rendered_map_index = outcome.rendered_map_index
    for xcom in outcome.xcoms:
        if (xcom.task_id, xcom.map_index) != instance.key:
            continue
        if xcom.key == RETURN_KEY:
            view.record_length(xcom.task_id, xcom.map_index, xcom.length)
        elif xcom.key == DECISION_KEY and (decision := read_decision(xcom.value)) is not None:
            view.record_decision(instance.key, decision)


def _fail(step: _Step, instance: Instance, outcome: messages.Failed, at: datetime) -> None:
    view, task = step.view, instance.task
    if outcome.retry and can_retry(task, instance.try_number, instance.max_tries):
        step.apply(instance, TaskEvent.FAILED_RETRIES, outcome.cause, at=at)
        instance.end_date = at
        delay_s = outcome.retry_delay_s
        if delay_s is None:
            delay_s = retry_delay_s(
                task,
                dag_id=view.run.dag_id,
                logical_date=view.run.logical_date,
                try_number=instance.try_number,
                dialect=view.graph.spec.dialect,
            )
        step.delay(instance, at + timedelta(seconds=delay_s))
        return
    step.apply(instance, TaskEvent.FAILED_FINALLY, outcome.cause, at=at)
    if view.graph.spec.fail_fast:
        why = f"fail_fast: '{instance.task_id}' failed"
        for other in _unfinished(view):
            if other.task_id != instance.task_id and not other.task.is_teardown:
                event = TaskEvent.MARKED_FAILED if other.state in ACTIVE else TaskEvent.RUN_ENDED
                step.stop(other, event, "fail_fast", why)


def _unfinished(view: RunView) -> list[Instance]:
    return [
        instance
        for node in view.graph.ordered
        if view.tallies[node.task_id].done < view.tallies[node.task_id].total
        for instance in view.of(node.task_id)
        if not instance.state.is_final
    ]


def _is_in_date_range(view: RunView, task: TaskSpec) -> bool:
    date = view.run.logical_date
    if date is None or view.run.run_type is RunType.BACKFILL:
        return True
    return (task.start_date is None or task.start_date <= date) and (task.end_date is None or date <= task.end_date)


class _Step:
    """One decision being made: the plan so far, and the tasks that are still to be looked at."""

    def __init__(self, view: RunView, now: datetime, round_: int | None = None) -> None:
        """`round_` is that of the try whose end is followed, 0 for a new run; None when rounds are not known."""
        self.view = view
        self.now = now
        self._round = round_
        self.plan = Plan()
        self._front: dict[str, set[int] | None] = {}
        """Task id → map indexes to look at; None: all."""
        self._revised: set[str] = set()

    # --- changing ----------------------------------------------------------------------------------------------------

    def apply(self, instance: Instance, event: TaskEvent, why: str = "", at: datetime | None = None) -> None:
        old = instance.state
        transition = self.view.apply(instance, event, at or self.now, why)
        plan = self.plan
        plan.transitions.append(transition)
        new = transition.new
        if new is TaskState.SCHEDULED:
            plan.ready.append(instance)
        elif old is TaskState.SCHEDULED:
            plan.unready.append(instance)
        if old in _DELAYED and new is not TaskState.SCHEDULED:
            plan.retime.append(instance)
        if new is TaskState.SCHEDULED and old is not TaskState.NONE:
            instance.round += 1
        elif old not in ACTIVE and (new is TaskState.SCHEDULED or new.is_final):
            instance.round = self.view.graph.nodes[instance.task_id].depth if self._round is None else self._round
        if new.is_final or (new in _DELAYED and self.view.awaited):
            self.wake_below(instance)

    def delay(self, instance: Instance, until: datetime | None) -> None:
        instance.due_at = until
        self.plan.retime.append(instance)

    def stop(self, instance: Instance, event: TaskEvent, cause: str, why: str) -> None:
        """End an instance from outside, together with its try."""
        if instance.state in ACTIVE:
            self.plan.kill.append((instance, cause))
        self.apply(instance, event, why)

    def skip(self, task_ids: Iterable[str], by: Instance) -> None:
        view = self.view
        parent = view.graph.nodes[by.task_id]
        for task_id in task_ids:
            node = view.graph.nodes.get(task_id)
            if node is None:
                continue
            indexes: Iterable[int] = (NOT_MAPPED,)
            if by.map_index >= 0:
                # From inside a mapped group: only the same index of tasks in that group. Others look at the decision.
                group = next((dep.shared_scopes for dep in parent.dependents if dep.node is node), ())
                indexes = (group and paired_indexes_below(view, parent, by.map_index, node, group[-1])) or ()
            for index in indexes:
                instance = view.instances.get((task_id, index))
                if instance is not None and instance.state in _SKIPPABLE and view.counts(instance):
                    self.apply(instance, TaskEvent.RULE_SKIPPED, f"skipped by '{by.task_id}'")

    # --- looking -----------------------------------------------------------------------------------------------------

    def wake(self, node: Node, map_index: int | None = None) -> None:
        if map_index is None:
            self._front[node.task_id] = None
            return
        indexes = self._front.setdefault(node.task_id, set())
        if indexes is not None:
            indexes.add(map_index)

    def wake_below(self, instance: Instance) -> None:
        for dependent in self.view.graph.nodes[instance.task.task_id].dependents:
            below = dependent.node
            if not dependent.shared_scopes:
                self._front[below.task_id] = None
                continue
            node = self.view.graph.nodes[instance.task_id]
            indexes = paired_indexes_below(self.view, node, instance.map_index, below, dependent.shared_scopes[-1])
            if indexes is None:
                self.wake(below)
            else:
                for index in indexes:
                    self.wake(below, index)

    def finish(self) -> Plan:
        """Follow everything that was woken, then see whether the run has ended."""
        view = self.view
        while self._front:
            layer, self._front = self._front, {}
            if self._round is not None:
                self._round += 1
            verdicts: list[tuple[Instance, Verdict]] = []
            for task_id, indexes in layer.items():
                tally = view.tallies[task_id].by_state
                if tally[TaskState.NONE] or tally[TaskState.UP_FOR_RETRY] or tally[TaskState.UP_FOR_RESCHEDULE]:
                    self._judge(view.graph.nodes[task_id], indexes, verdicts)
            for instance, verdict in verdicts:
                self._carry(instance, verdict)
        if self.plan.run is None:
            self.plan.run = run_state.derive(view) or self._deadlock()
        return self.plan

    def judge_delayed(self, node: Node, instance: Instance) -> None:
        if judge(self.view, node, instance.map_index) is Verdict.WAIT:
            self._wait(instance, rule_reason(node.task))
        elif self.view.paused:
            self._wait(instance, DAG_PAUSED)
        else:
            self.apply(instance, TaskEvent.DELAY_OVER)

    def _judge(self, node: Node, indexes: set[int] | None, verdicts: list[tuple[Instance, Verdict]]) -> None:
        view = self.view
        of_task = view.of_task[node.task_id]
        if not node.is_scoped:
            found = list(of_task.values())
        elif indexes is None or not view.is_expanded(node.task_id):
            found = view.of(node.task_id)
        else:
            found = [of_task[index] for index in sorted(indexes) if index in of_task]
        shared: Verdict | None = None
        uniform = len(found) > 1 and is_uniform(view, node)
        for instance in found:
            if instance.state is TaskState.NONE:
                if uniform and instance.map_index >= 0:
                    if shared is None:
                        shared = judge(view, node, instance.map_index)
                    verdicts.append((instance, shared))
                else:
                    verdicts.append((instance, judge(view, node, instance.map_index)))
            elif instance.state in _DELAYED and instance.due_at is not None and instance.due_at <= self.now:
                self.judge_delayed(node, instance)

    def _carry(self, instance: Instance, verdict: Verdict) -> None:
        """Act on a verdict. An instance that changed since it was judged is left alone."""
        if instance.state is not TaskState.NONE:
            return
        node = self.view.graph.nodes[instance.task.task_id]
        if verdict is Verdict.WAIT:
            self._wait(instance, rule_reason(node.task))
        elif verdict is Verdict.FAILED:
            self.apply(instance, TaskEvent.RULE_FAILED)
        elif verdict is Verdict.SKIPPED:
            held = node.task.wait_for_past_depends_before_skipping and past_reason(
                self.view.graph, node, self.view.past
            )
            if held:
                self._wait(instance, held)
            else:
                self.apply(instance, TaskEvent.RULE_SKIPPED)
        else:
            self._start(node, instance)

    def _start(self, node: Node, instance: Instance) -> None:
        if self.view.paused:
            self._wait(instance, DAG_PAUSED)
            return
        if self.view.graph.has_past and (held := past_reason(self.view.graph, node, self.view.past)) is not None:
            self._wait(instance, held)
            return
        if node.is_scoped:
            if instance.is_placeholder:
                self._expand(node, instance)
                return
            self._revise(node)
            if instance.state is not TaskState.NONE:
                return
        if node.task.inline:
            instance.try_number += 1
            self.apply(instance, TaskEvent.COMPLETED_INLINE)
        else:
            self.apply(instance, TaskEvent.RULE_MET)

    def _wait(self, instance: Instance, reason: Reason) -> None:
        if instance.waiting_for and instance.waiting_for[0] is reason:
            return
        if instance.waiting_for != (reason,):
            if instance.waiting_since is None:
                instance.waiting_since = self.now
            instance.waiting_for = (reason,)
            self.plan.reasons.append(instance)

    # --- making instances --------------------------------------------------------------------------------------------

    def create_all(self, node: Node) -> None:
        """The first instances of a task: as many as can be known, else a placeholder."""
        total = total_length(self.view, node) if node.is_scoped else None
        for index in range(total) if total else (NOT_MAPPED,):
            self.plan.created.append(self.view.new_instance(node, index))

    def _expand(self, node: Node, placeholder: Instance) -> None:
        """The rule of a task that is not expanded yet is met: now its length has to be known."""
        total = total_length(self.view, node)
        if total is None:
            self.apply(placeholder, TaskEvent.RULE_FAILED, "what it is mapped over gave no list or mapping")
        elif not total:
            self.apply(placeholder, TaskEvent.RULE_SKIPPED, "mapped over nothing")
        else:
            self.plan.transitions.append(
                self.view.apply(placeholder, TaskEvent.REMOVED, self.now, f"expanded into {total} instances")
            )
            self._fit(node, total)
            self.wake(node)
            for dependent in node.dependents:
                if dependent.shared_scopes:
                    self.wake(dependent.node)

    def _revise(self, node: Node) -> None:
        """Before an expanded task runs again: its length may have changed."""
        if node.task_id in self._revised:
            return
        self._revised.add(node.task_id)
        total = total_length(self.view, node)
        tally = self.view.tallies[node.task_id]
        if total is not None and total != tally.total - tally[TaskState.REMOVED]:
            self._fit(node, total)
            self.wake(node)

    def _fit(self, node: Node, total: int) -> None:
        """Make the instances of a task be those with the indexes 0 to total - 1."""
        view = self.view
        existing = view.of_task[node.task_id]
        for index, instance in sorted(existing.items()):
            if index >= total and instance.state is not TaskState.REMOVED:
                self.stop(instance, TaskEvent.REMOVED, "removed", f"the task is mapped over {total} items now")
            elif 0 <= index < total and instance.state is TaskState.REMOVED:
                self.apply(instance, TaskEvent.RESTORED)
        for index in range(total):
            if index not in existing:
                self.plan.created.append(view.new_instance(node, index))

    # --- ending ------------------------------------------------------------------------------------------------------

    def _deadlock(self) -> RunTransition | None:
        view = self.view
        if not run_state.is_stuck(view):
            return None
        stuck = list(view.waiting())
        for instance in stuck:
            node = view.graph.nodes[instance.task_id]
            if judge(view, node, instance.map_index) is not Verdict.WAIT:
                # Only the past holds it, so it can still run.
                return None
        return run_state.deadlock(view, stuck)
