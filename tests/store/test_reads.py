"""What the engine and the lists read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.store.rows import NOW, a_run, a_try, an_event, an_xcom, days, moves, stored
from tradewind.core.changes import Changes
from tradewind.core.records import BackfillRecord, PoolRecord, RunRecord
from tradewind.core.states import RunState, RunType, TaskState
from tradewind.store import NotFound, RunExists, Store, StoreError

S = TaskState
SCHEDULED, MANUAL, BACKFILL = RunType.SCHEDULED, RunType.MANUAL, RunType.BACKFILL


def at(day: float, run_type: RunType, state: RunState = RunState.SUCCESS, dag_id: str = "nightly") -> RunRecord:
    """A run with the logical date NOW + `day` days, named after it."""
    return a_run(dag_id, f"{run_type}_{day}", run_type=run_type, state=state, logical_date=NOW + days(day))


HISTORY = [(1, SCHEDULED), (2, MANUAL), (3, BACKFILL), (4, SCHEDULED), (5, MANUAL)]


def write_history(store: Store) -> None:
    runs = [at(day, run_type) for day, run_type in HISTORY]
    others = [at(2.5, SCHEDULED, dag_id="other"), a_run("nightly", "no_date", run_type=MANUAL)]
    assert store.edit(Changes(new_runs=[*runs, *others])) is None


@pytest.mark.parametrize(
    ("day", "scheduled_only", "found"),
    [
        (1, False, None),
        (1.5, False, "scheduled_1"),
        (2, False, "scheduled_1"),
        (3, False, "manual_2"),
        (3, True, "scheduled_1"),
        (4, True, "backfill_3"),
        (9, False, "manual_5"),
        (9, True, "scheduled_4"),
    ],
)
def test_the_previous_run_is_the_newest_with_an_earlier_logical_date(
    store: Store, day: float, scheduled_only: bool, found: str | None
) -> None:
    write_history(store)
    previous = store.engine.previous_run("nightly", NOW + days(day), scheduled_only=scheduled_only)
    assert (previous and previous.run_id) == found


@pytest.mark.parametrize(
    ("history", "last"),
    [
        ([], None),
        ([(1, MANUAL)], None),
        ([(1, SCHEDULED), (2, MANUAL)], "scheduled_1"),
        ([(1, SCHEDULED), (2, BACKFILL)], "backfill_2"),
        ([(3, SCHEDULED), (2, BACKFILL)], "scheduled_3"),
    ],
)
def test_the_schedule_goes_on_from_the_last_automated_run(
    store: Store, history: list[tuple[float, RunType]], last: str | None
) -> None:
    store.edit(Changes(new_runs=[at(day, run_type) for day, run_type in history]))
    run = store.engine.last_automated_run("nightly")
    assert (run and run.run_id) == last


def test_unfinished_runs_come_in_the_order_they_are_due(store: Store) -> None:
    late = stored(store, at(2, MANUAL, RunState.RUNNING))
    early = stored(store, at(1, MANUAL, RunState.QUEUED))
    stored(store, at(0, MANUAL, RunState.SUCCESS))
    assert store.engine.unfinished_runs() == [early.run_key, late.run_key]


def test_next_runs_are_unfinished_and_later(store: Store) -> None:
    stored(store, at(1, SCHEDULED, RunState.RUNNING))
    later = [stored(store, at(day, SCHEDULED, RunState.QUEUED)).run_key for day in (3, 2)]
    stored(store, at(4, SCHEDULED, RunState.FAILED))
    assert store.engine.next_run_keys("nightly", NOW + days(1)) == [later[1], later[0]]


def test_active_runs_are_counted_by_dag_and_type(store: Store) -> None:
    for day, run_type, state in [(1, MANUAL, RunState.RUNNING), (2, SCHEDULED, RunState.RUNNING),
                                 (3, SCHEDULED, RunState.RUNNING), (4, SCHEDULED, RunState.QUEUED)]:  # fmt: skip
        stored(store, at(day, run_type, state))
    stored(store, at(1, BACKFILL, RunState.RUNNING, dag_id="other"))
    assert store.engine.active_run_counts() == {"nightly": {MANUAL: 1, SCHEDULED: 2}, "other": {BACKFILL: 1}}
    assert store.engine.active_run_counts("other") == {"other": {BACKFILL: 1}}


def test_last_outcomes_are_of_finished_scheduled_and_manual_runs(store: Store) -> None:
    F, O, R = RunState.FAILED, RunState.SUCCESS, RunState.RUNNING  # noqa: E741
    for day, run_type, state in [(1, MANUAL, O), (2, SCHEDULED, F), (3, BACKFILL, O), (4, MANUAL, F), (5, MANUAL, R)]:
        stored(store, at(day, run_type, state))
    assert store.engine.last_outcomes("nightly", 2) == [F, F]
    assert store.engine.last_outcomes("nightly", 9) == [F, F, O]


def test_states_of_the_previous_run(store: Store) -> None:
    stored(store, at(1, SCHEDULED), "load", "clean", state=S.FAILED)
    stored(store, at(2, MANUAL), "load", state=S.SUCCESS)
    before = NOW + days(3)
    assert store.engine.previous_states("nightly", before) == {("load", -1): S.SUCCESS}
    assert store.engine.previous_states("nightly", before, scheduled_only=True, task_ids=["load"]) == {
        ("load", -1): S.FAILED
    }
    assert store.engine.previous_states("nightly", NOW) is None
    assert [one.task_id for one in store.engine.past_instances("nightly", NOW + days(2))] == ["clean", "load"]
    assert store.engine.has_past_instances("nightly", "clean", before)
    assert not store.engine.has_past_instances("nightly", "clean", NOW + days(1))


def test_a_loaded_run_has_its_decisions_and_lengths(store: Store) -> None:
    run = stored(store, at(1, MANUAL), "branch", "make")
    other = stored(store, at(2, MANUAL), "make")
    store.edit(
        Changes(
            xcoms=[
                an_xcom(run, "branch", "skipmixin_key", value='{"followed": ["a"]}'),
                an_xcom(run, "make", length=3, map_index=0),
                an_xcom(run, "make", length=None, map_index=1),
                an_xcom(run, "make", "other", length=9),
                an_xcom(other, "make", length=7),
            ]
        )
    )
    loaded, second = store.engine.load_runs([run.run_key, 404, other.run_key])
    assert loaded.decisions == {("branch", -1): '{"followed": ["a"]}'}
    assert loaded.lengths == {"make": {0: 3, 1: None}}
    assert second.lengths == {"make": {-1: 7}}
    assert store.engine.load_run(404) is None


def test_running_tries_are_found_by_run(store: Store) -> None:
    one, two = stored(store, at(1, MANUAL)), stored(store, at(2, MANUAL))
    tries = [a_try(one, state=S.QUEUED), a_try(one, state=S.SUCCESS), a_try(two, state=S.RESTARTING), a_try(two)]
    store.edit(Changes(new_tries=tries))
    assert store.engine.running_tries() == [tries[0], tries[2], tries[3]]
    assert store.engine.running_tries([two.run_key]) == [tries[2], tries[3]]
    assert store.engine.running_tries([]) == []


def test_tries_of_an_instance_are_listed_oldest_first(store: Store) -> None:
    run = stored(store, at(1, MANUAL), "load")
    tries = [a_try(run, try_number=number) for number in (1, 2)]
    store.edit(Changes(new_tries=[*reversed(tries), a_try(run, "other")]))
    assert store.tries.of_instance(run.run_key, "load") == tries
    assert len(store.tries.of_run(run.run_key)) == 3


def test_a_run_that_exists_is_reported_with_the_existing_one(store: Store) -> None:
    first = at(1, SCHEDULED)
    store.runs.create(first, an_event("run"))
    with pytest.raises(RunExists, match="already has a run with logical date") as clash:
        store.runs.create(a_run("nightly", "other", logical_date=first.logical_date), an_event("run"))
    assert clash.value.existing == first
    with pytest.raises(RunExists, match="run id 'scheduled_1'"):
        store.runs.create(a_run("nightly", first.run_id), an_event("run"))
    assert len(store.outbox.since(0)) == 1


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, ["manual_5", "scheduled_4", "backfill_3", "manual_2", "scheduled_1"]),
        ({"newest_first": False, "limit": 2}, ["scheduled_1", "manual_2"]),
        ({"limit": 2, "offset": 1}, ["scheduled_4", "backfill_3"]),
        ({"run_types": [BACKFILL, MANUAL]}, ["manual_5", "backfill_3", "manual_2"]),
        ({"logical_from": NOW + days(2), "logical_to": NOW + days(4)}, ["scheduled_4", "backfill_3", "manual_2"]),
        ({"run_ids": ["manual_2", "nope"]}, ["manual_2"]),
        ({"states": [RunState.FAILED]}, []),
        ({"states": [RunState.RUNNING]}, []),
        ({"dag_id": "nope"}, []),
    ],
)
def test_runs_are_listed_by_filter(store: Store, filters: dict[str, Any], found: list[str]) -> None:
    store.edit(Changes(new_runs=[at(day, run_type) for day, run_type in HISTORY]))
    assert [run.run_id for run in store.runs.list(**{"dag_id": "nightly", **filters})] == found
    if not {"limit", "newest_first"} & filters.keys():
        assert store.runs.count(**{"dag_id": "nightly", **filters}) == len(found)


def test_instances_are_listed_with_their_runs(store: Store) -> None:
    old, new = stored(store, at(1, SCHEDULED), "a", "b"), stored(store, at(2, SCHEDULED), "a")
    stored(store, at(1, SCHEDULED, dag_id="other"), "a")
    store.edit(Changes(instance_updates=[moves(old, S.NONE, S.FAILED, "b")]))

    def found(**filters: Any) -> list[tuple[str, str]]:
        return [(run.run_id, one.task_id) for run, one in store.instances.list("nightly", **filters)]

    assert found() == [(old.run_id, "a"), (old.run_id, "b"), (new.run_id, "a")]
    assert found(states=[S.FAILED]) == [(old.run_id, "b")]
    assert found(task_ids=["a"], logical_from=NOW + days(2)) == [(new.run_id, "a")]
    assert found(run_ids=[old.run_id], logical_to=NOW + days(1), limit=1) == [(old.run_id, "a")]
    assert len(store.instances.list()) == 4
    assert store.instances.counts_of_runs([old.run_key, new.run_key]) == {
        old.run_key: {S.NONE: 1, S.FAILED: 1},
        new.run_key: {S.NONE: 1},
    }
    assert {key: len(rows) for key, rows in store.instances.of_runs([old.run_key, new.run_key]).items()} == {
        old.run_key: 2,
        new.run_key: 1,
    }


def test_a_deleted_run_takes_everything_but_its_history(store: Store) -> None:
    run = stored(store, at(1, MANUAL), "load")
    attempt = a_try(run)
    store.edit(Changes(new_tries=[attempt], xcoms=[an_xcom(run)], rendered=[(attempt.try_id, "{}")],
                       outbox=[an_event(run_key=run.run_key)]))  # fmt: skip
    store.runs.delete(run.run_key)
    assert store.instances.of_run(run.run_key) == []
    assert store.tries.get(attempt.try_id) is None
    assert store.tries.rendered(attempt.try_id) is None
    assert store.xcoms.get(run.run_key) == []
    assert len(store.outbox.history(run.run_key)) == 1
    with pytest.raises(NotFound):
        store.runs.delete(run.run_key)


def test_notes_are_kept(store: Store) -> None:
    run = stored(store, at(1, MANUAL), "load")
    store.runs.set_note(run.run_key, "by hand")
    store.instances.set_note(run.run_key, "load", -1, "odd")
    found, instance = store.runs.by_keys([run.run_key])[run.run_key], store.instances.get(run.run_key, "load")
    assert instance is not None
    assert (found.note, instance.note) == ("by hand", "odd")
    with pytest.raises(NotFound):
        store.instances.set_note(run.run_key, "nope", -1, "odd")


def test_xcoms_come_in_the_order_that_was_asked_for(store: Store) -> None:
    run = stored(store, at(1, MANUAL))
    records = [an_xcom(run, task, key, map_index=index) for task in "ab" for index in (0, 1) for key in ("x", "y")]
    store.edit(Changes(xcoms=records))

    def found(**filters: Any) -> list[str]:
        return [f"{one.task_id}{one.map_index}{one.key}" for one in store.xcoms.get(run.run_key, **filters)]

    assert found(key="x") == ["a0x", "a1x", "b0x", "b1x"]
    assert found(task_ids=["b", "a"], key="x") == ["b0x", "b1x", "a0x", "a1x"]
    assert found(task_ids=["b"], map_indexes=[1]) == ["b1x", "b1y"]
    assert found(limit=1) == ["a0x"]
    assert found(task_ids=[]) == []


def test_earlier_runs_xcoms_are_found_newest_first(store: Store) -> None:
    for day in (1, 2, 3):
        store.xcoms.set(an_xcom(stored(store, at(day, SCHEDULED)), value=str(day)))
    found = store.xcoms.latest("nightly", NOW + days(2), ["load"], "return_value")
    assert [(run_id, record.value) for run_id, record in found] == [("scheduled_2", "2"), ("scheduled_1", "1")]


def test_pools_count_the_slots_of_their_instances(store: Store) -> None:
    store.pools.set(PoolRecord(name="gpu", slots=2, include_deferred=True))
    run = at(1, MANUAL, RunState.RUNNING)
    stored(store, run, "a", "b", pool="gpu", pool_slots=2)
    stored(store, at(2, MANUAL, RunState.RUNNING), "c", "d", pool="unknown", state=S.RUNNING)
    assert store.pools.usage() == {"default_pool": {}, "gpu": {}, "unknown": {S.RUNNING: 2}}
    updates = [moves(run, S.NONE, S.QUEUED, "a"), moves(run, S.NONE, S.DEFERRED, "b")]
    store.edit(Changes(instance_updates=updates))
    assert store.pools.usage()["gpu"] == {S.QUEUED: 2, S.DEFERRED: 2}
    store.edit(Changes(instance_updates=[moves(run, S.QUEUED, S.SUCCESS, "a"), moves(run, S.DEFERRED, S.FAILED, "b")]))
    assert store.pools.usage()["gpu"] == {}


def test_the_default_pool_cannot_be_deleted(store: Store) -> None:
    store.pools.set(PoolRecord(name="gpu", slots=2))
    assert store.pools.delete("gpu")
    assert not store.pools.delete("gpu")
    with pytest.raises(StoreError, match="cannot be deleted"):
        store.pools.delete("default_pool")
    store.pools.set(PoolRecord(name="default_pool", slots=-1))
    assert store.pools.get("default_pool") == PoolRecord(name="default_pool", slots=-1)


def test_backfills_are_numbered_and_changed(store: Store) -> None:
    record = BackfillRecord(
        backfill_id=0, dag_id="nightly", from_date=NOW, to_date=NOW + days(3), max_active_runs=2, created_at=NOW
    )
    number = store.backfills.create(record)
    assert store.backfills.create(record) == number + 1
    assert store.backfills.update(number, is_paused=True, completed_at=NOW).completed_at == NOW
    assert [one.backfill_id for one in store.backfills.list(dag_id="nightly")] == [number + 1, number]
    assert [one.backfill_id for one in store.backfills.list(active_only=True)] == [number + 1]
    with pytest.raises(NotFound):
        store.backfills.update(99, is_paused=True)


def test_heartbeats_tell_who_lives(store: Store) -> None:
    store.jobs.heartbeat("a", "engine", "host", 1, "running", NOW)
    store.engine.heartbeat("a", "engine", "host", 1, "running", NOW + timedelta(seconds=60))
    store.jobs.heartbeat("b", "engine", "host", 2, "running", NOW)
    store.jobs.heartbeat("c", "api", "host", 3, "success", NOW + timedelta(seconds=60))
    (alive,) = store.jobs.list(alive_since=NOW + timedelta(seconds=30))
    assert (alive.job_id, alive.started_at) == ("a", NOW)
    assert [job.job_id for job in store.jobs.list(kind="engine")] == ["a", "b"]
