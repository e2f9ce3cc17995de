"""`depends_on_past` across runs: what a run must know of the one before it, and who must hear of a change."""

from __future__ import annotations

from collections.abc import Callable

from tradewind.core import advance
from tradewind.core.past import (
    PastFacts,
    PreviousKind,
    matters_to_the_next_run,
    past_facts,
    previous_run_kind,
)
from tradewind.core.plan import Plan
from tradewind.core.records import RunRecord
from tradewind.core.states import RunType
from tradewind.engine.live import LiveRun
from tradewind.engine.state import EngineState

Apply = Callable[[LiveRun, Plan], None]


class Past:
    def __init__(self, state: EngineState) -> None:
        self._state = state
        self._followers: dict[int, set[int]] = {}
        """Run key → keys of the live runs whose previous run it is."""

    def attach(self, live: LiveRun) -> None:
        """Gives the run its facts about the previous one, when one of its tasks asks for them."""
        if not matters_to_the_next_run(live.version.graph):
            return
        previous = self._previous(live)
        if previous is not None:
            self._followers.setdefault(previous.run_key, set()).add(live.run_key)
        live.view.past = self._facts(live, previous)

    def changed(self, live: LiveRun, plan: Plan, apply: Apply) -> None:
        """Instances of `live` moved: runs that follow it decide again."""
        if any(transition.new.is_final or transition.old.is_final for transition in plan.transitions):
            self._tell_followers(live, apply)

    def run_ended(self, live: LiveRun, apply: Apply) -> None:
        self._tell_followers(live, apply)
        self._followers.pop(live.run_key, None)

    def _tell_followers(self, live: LiveRun, apply: Apply) -> None:
        for run_key in sorted(self._followers.get(live.run_key, ())):
            follower = self._state.live.get(run_key)
            if follower is None:
                continue
            follower.view.past = self._facts(follower, live.record)
            tasks = [
                task.task_id for task in follower.version.spec.tasks if task.depends_on_past or task.wait_for_downstream
            ]
            apply(follower, advance.advance(follower.view, tasks, self._state.clock.now()))

    def _previous(self, live: LiveRun) -> RunRecord | None:
        if live.record.logical_date is None:
            return None
        automated_only = previous_run_kind(live.version.spec) is PreviousKind.AUTOMATED
        return self._state.store.engine.previous_run(
            live.dag_id, live.record.logical_date, scheduled_only=automated_only
        )

    def _facts(self, live: LiveRun, previous: RunRecord | None) -> PastFacts:
        if previous is None:
            return PastFacts()
        other = self._state.live.get(previous.run_key)
        matters = matters_to_the_next_run(live.version.graph)
        is_first = self._is_first_of_backfill(live, previous)
        if other is not None:
            instances = [other.view.of(task_id) for task_id in matters if task_id in other.version.graph.nodes]
            found = [instance for of_task in instances for instance in of_task]
            return past_facts(
                previous,
                found,
                seen_before=self._seen_before(live, {i.task_id for i in found}),
                is_first_of_backfill=is_first,
            )
        records = self._state.store.engine.instances_of(previous.run_key, sorted(matters))
        return past_facts(
            previous,
            records,
            seen_before=self._seen_before(live, {r.task_id for r in records}),
            is_first_of_backfill=is_first,
        )

    def _is_first_of_backfill(self, live: LiveRun, previous: RunRecord) -> bool:
        """A backfill does not wait for what ran before it began."""
        return live.record.run_type is RunType.BACKFILL and previous.backfill_id != live.record.backfill_id

    def _seen_before(self, live: LiveRun, in_previous: set[str]) -> set[str]:
        """Tasks that any earlier run has, as far as the previous one does not answer it."""
        assert live.record.logical_date is not None
        seen = set(in_previous)
        for task in live.version.spec.tasks:
            if task.task_id not in seen and (task.depends_on_past or task.wait_for_downstream):
                has_some = self._state.store.engine.has_past_instances(
                    live.dag_id, task.task_id, live.record.logical_date
                )
                if has_some:
                    seen.add(task.task_id)
        return seen
