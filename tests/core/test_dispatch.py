"""Who gets the next slot: limits, order, fairness, and what those who wait are told."""

from __future__ import annotations

from collections import Counter, deque
from datetime import timedelta

import pytest

from tests.core.world import START
from tradewind.core.dispatch import Candidate, Dispatcher


def want(dag_id="d", task_id="t", index=-1, run=1, **values):
    values.setdefault("run_after", START)
    return Candidate(dag_id=dag_id, run_key=run, run_id=f"r{run}", task_id=task_id, map_index=index, **values)


def dispatcher(pools=None, parallelism=32, offers=()):
    found = Dispatcher(pools or {"default_pool": 128}, parallelism)
    for candidate in offers:
        found.offer(candidate)
    return found


def names(granted):
    return [candidate.task_id for candidate in granted]


def test_slots_are_handed_out_up_to_each_limit():
    for limit in ({"parallelism": 3}, {"pools": {"default_pool": 3}}):
        found = dispatcher(**limit, offers=[want(index=n) for n in range(5)])
        granted = found.grant(START)
        assert len(granted) == 3 and not found.grant(START)
        found.released(granted[0].key)
        assert len(found.grant(START)) == 1


@pytest.mark.parametrize(
    ("values", "per_run", "in_all"),
    [
        ({"max_active_tasks": 2}, 2, 2),
        ({"max_active_tasks": 2, "counts_per_run": True}, 2, 4),
        ({"max_active_tis_per_dag": 2}, 2, 2),
        ({"max_active_tis_per_dagrun": 2}, 2, 4),
        ({"max_active_tis_per_dagrun": 2, "max_active_tis_per_dag": 3}, 2, 3),
        ({"max_active_tis_per_dagrun": 2, "max_active_tasks": 1, "counts_per_run": True}, 1, 2),
    ],
)
def test_limits_of_dag_task_and_run_bound_what_runs(values, per_run, in_all):
    found = dispatcher(offers=[want(index=n, run=run, **values) for n in range(5) for run in (1, 2)])
    at_work = deque(found.grant(START))
    served = 0
    while at_work:
        assert len(at_work) <= in_all
        assert max(Counter(candidate.run_key for candidate in at_work).values()) <= per_run
        found.released(at_work.popleft().key)
        served += 1
        at_work.extend(found.grant(START))
    assert served == 10 and not found.waiting and not found.holding
    assert not found._limits


def test_within_a_dag_weight_then_age_then_definition_then_index_decide():
    later = START + timedelta(days=1)
    offers = [
        want(task_id="index1", index=1, order=1),
        want(task_id="young", run_after=later),
        want(task_id="heavy", total_weight=5, run_after=later),
        want(task_id="second", order=1),
        want(task_id="first"),
    ]
    found = dispatcher(parallelism=1, offers=offers)
    order = []
    while granted := found.grant(START):
        order += names(granted)
        found.released(granted[0].key)
    assert order == ["heavy", "first", "second", "index1", "young"]


def test_dags_share_a_pool_evenly_whatever_their_weights_add_up_to():
    offers = [want("big", index=n, total_weight=1000) for n in range(2000)]
    offers += [want("small", run=run, run_after=START + timedelta(hours=1)) for run in range(2, 12)]
    found = dispatcher(parallelism=8, offers=offers)
    granted = found.grant(START)
    assert Counter(candidate.dag_id for candidate in granted) == {"big": 4, "small": 4}


def test_a_small_dag_that_comes_late_is_served_with_the_next_slot():
    found = dispatcher(parallelism=8, offers=[want("big", index=n) for n in range(2000)])
    at_work = found.grant(START)
    found.offer(want("small"))
    found.released(at_work[0].key)
    assert [candidate.dag_id for candidate in found.grant(START)] == ["small"]


def test_a_weight_that_a_user_wrote_goes_before_fairness():
    found = dispatcher(parallelism=4, offers=[want("a", index=n) for n in range(4)])
    for index in range(3):
        found.offer(want("urgent", index=index, run=2, own_weight=10, total_weight=10))
    granted = found.grant(START)
    assert [candidate.dag_id for candidate in granted] == ["urgent", "urgent", "urgent", "a"]


def test_a_task_with_several_slots_is_not_overtaken_for_ever():
    found = dispatcher({"p": 4}, offers=[want("small", index=n, pool="p") for n in range(4)])
    at_work = found.grant(START)
    found.offer(want("wide", pool="p", pool_slots=3))
    for index in range(4, 10):
        found.offer(want("small", index=index, pool="p"))
    for count, candidate in enumerate(at_work[:3], start=1):
        found.released(candidate.key)
        granted = found.grant(START)
        assert [c.dag_id for c in granted] == ([] if count < 3 else ["wide"])
    assert found.usage("p")[0] == 4


def test_a_task_too_wide_for_its_pool_waits_alone_until_the_pool_grows():
    found = dispatcher({"p": 2}, offers=[want("wide", pool="p", pool_slots=3), want("small", run=2, pool="p")])
    assert [c.dag_id for c in found.grant(START)] == ["small"]
    assert (
        found.why_waiting((1, "t", -1))[0].text == "It needs 3 slots of pool 'p', which has only 2: it can never start."
    )
    found.set_pool("p", 4)
    assert [c.dag_id for c in found.grant(START)] == ["wide"]


def test_withdrawn_and_unknown_keys_are_no_trouble():
    found = dispatcher(parallelism=1, offers=[want(task_id="a"), want(task_id="b")])
    found.withdraw((1, "a", -1))
    found.withdraw((9, "x", -1))
    found.released((9, "x", -1))
    assert names(found.grant(START)) == ["b"]
    found.offer(want(task_id="b"))
    assert found.waiting == 0
    found.offer(want(task_id="a"))
    found.offer(want(task_id="a"))
    found.released((1, "b", -1))
    assert names(found.grant(START)) == ["a"] and not found.grant(START)


def test_what_ran_before_a_start_counts_even_beyond_a_limit():
    found = dispatcher({"default_pool": 1})
    for index in range(2):
        found.occupied(want(index=index))
    found.offer(want(index=2))
    assert not found.grant(START)
    found.released((1, "t", 0))
    assert not found.grant(START)
    found.released((1, "t", 1))
    assert len(found.grant(START)) == 1


def test_a_raised_limit_lets_sleepers_go():
    found = dispatcher(offers=[want(index=n, max_active_tasks=1) for n in range(3)])
    assert len(found.grant(START)) == 1
    found.set_dag_limits("d", 3)
    assert len(found.grant(START)) == 2


def test_a_lane_that_cannot_use_free_room_passes_it_on():
    """Room in the task's limit goes to the run that can use it, not to the older one whose own limit is full."""
    both = {"max_active_tis_per_dag": 2, "counts_per_run": True, "max_active_tasks": 1}
    found = dispatcher(offers=[want(index=n, run=run, **both) for run in (1, 2, 3) for n in range(2)])
    at_work = found.grant(START)
    assert [c.run_key for c in at_work] == [1, 2]
    found.occupied(want(task_id="other", run=1, counts_per_run=True, max_active_tasks=1))
    found.released(at_work[0].key)
    assert [c.run_key for c in found.grant(START)] == [3]


def test_those_who_wait_are_told_who_holds_what():
    found = dispatcher({"p": 2}, parallelism=2, offers=[want("big", index=n, pool="p") for n in range(2)])
    found.grant(START)
    found.offer(want("late", pool="p"))
    reasons = found.why_waiting((1, "t", -1))
    assert [reason.kind for reason in reasons] == ["parallelism", "pool"]
    assert reasons[1].text == "Pool 'p' has 0 of 2 slots free, it needs 1 ('big' holds 2)."
    assert found.why_waiting((9, "x", -1)) == ()


def test_a_pool_that_does_not_exist_is_named():
    found = dispatcher(offers=[want(pool="gone")])
    assert not found.grant(START)
    reason = found.why_waiting((1, "t", -1))[0]
    assert reason.kind == "no_pool" and "airflow pools set gone" in (reason.remedy or "")
    found.set_pool("gone", -1)
    assert len(found.grant(START)) == 1


@pytest.mark.parametrize(
    ("values", "kind", "text"),
    [
        ({"max_active_tasks": 1}, "dag_limit", "1 tasks of DAG 'd' run, and max_active_tasks is 1."),
        (
            {"max_active_tasks": 1, "counts_per_run": True},
            "dag_limit",
            "1 tasks of run 'r1' run, and max_active_tasks is 1.",
        ),
        ({"max_active_tis_per_dag": 1}, "task_limit", "1 instances of task 't' run, and max_active_tis_per_dag is 1."),
        (
            {"max_active_tis_per_dagrun": 1},
            "run_task_limit",
            "1 instances of task 't' run in this run, and max_active_tis_per_dagrun is 1.",
        ),
    ],
)
def test_each_limit_is_a_reason(values, kind, text):
    found = dispatcher(offers=[want(index=n, **values) for n in range(2)])
    found.grant(START)
    assert [(reason.kind, reason.text) for reason in found.why_waiting((1, "t", 1))] == [(kind, text)]
