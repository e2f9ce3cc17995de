"""The engine's batch: everything or nothing, and only while the rows are as expected."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from tests.store.rows import NOW, a_run, a_try, an_event, an_instance, an_xcom, moves, stored
from tradewind.core.changes import Changes, Conflict, InstanceUpdate, RunUpdate, TryUpdate, XComDelete
from tradewind.core.records import CallbackRecord, OutboxRecord, RunRecord
from tradewind.core.states import RunState, RunType, TaskState
from tradewind.store import ChangesRejected, LeaseHeld, LeaseLost, Store, StoreError

S = TaskState


def test_a_run_comes_back_as_it_was_written(store: Store) -> None:
    run = a_run(
        logical_date=NOW,
        data_interval_start=NOW - timedelta(days=1),
        data_interval_end=NOW,
        queued_at=NOW,
        start_date=NOW,
        conf='{"a": 1}',
        triggered_by="cli:root",
        triggering_user="alice",
        note="hällo",
        backfill_id=3,
        expanded=True,
        end_reason="",
        callback_pending=True,
    )
    stored(store, run)
    assert store.runs.by_key(run.run_key) == run


def test_times_come_back_in_utc_to_the_microsecond(store: Store) -> None:
    noon_in_tokyo = datetime(2024, 5, 1, 12, 0, 0, 1, tzinfo=timezone(timedelta(hours=9)))
    run = stored(store, a_run(logical_date=noon_in_tokyo))
    found = store.runs.by_key(run.run_key)
    assert found is not None
    assert found.logical_date == noon_in_tokyo
    assert found.logical_date.tzinfo is timezone.utc


def test_a_time_before_1970_is_kept(store: Store) -> None:
    long_ago = datetime(1900, 1, 1, tzinfo=timezone.utc)
    run = stored(store, a_run(logical_date=long_ago))
    assert store.runs.by_logical_date(run.dag_id, long_ago) == run


def test_a_time_without_a_zone_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        store.edit(Changes(new_runs=[a_run(start_date=datetime(2024, 1, 1))]))


def test_instances_come_back_as_they_were_written(store: Store) -> None:
    run = a_run()
    idle = an_instance(run, "a", max_tries=3, priority_weight=1 << 40)
    busy = an_instance(
        run, "b", map_index=4, state=S.RUNNING, try_number=2, try_id="x", scheduled_at=NOW, duration_s=1.5,
        fresh_interpreter=True, hostname="h", pid=7, waiting_for="[]", note="n", due_at=NOW,
    )  # fmt: skip
    store.edit(Changes(new_runs=[run], new_instances=[idle, busy]))
    assert store.instances.of_run(run.run_key) == [idle, busy]


def test_a_hop_between_two_tasks_is_one_batch(store: Store) -> None:
    run = a_run()
    first = a_try(run, "extract")
    store.edit(
        Changes(
            new_runs=[run],
            new_instances=[an_instance(run, "extract", state=S.RUNNING, try_id=first.try_id), an_instance(run, "load")],
            new_tries=[first],
        )
    )
    second = a_try(run, "load", state=S.QUEUED)
    ends = {"state": S.SUCCESS, "end_date": NOW, "duration_s": 0.5}
    conflict = store.engine.commit(
        Changes(
            instance_updates=[
                InstanceUpdate(run.run_key, "extract", -1, S.RUNNING, ends, expect_try=first.try_id),
                moves(run, S.NONE, S.QUEUED, try_id=second.try_id, try_number=1),
            ],
            new_tries=[second],
            try_updates=[TryUpdate(first.try_id, {"state": S.SUCCESS, "end_date": NOW, "exit_code": 0})],
            xcoms=[an_xcom(run, "extract", value="[1, 2]", length=2)],
            rendered=[(second.try_id, '{"sql": "select 1"}')],
            outbox=[an_event(run_key=run.run_key, task_id="extract", detail={"a": [1]}), an_event(task_id="load")],
        )
    )
    assert conflict is None
    loaded = store.engine.load_run(run.run_key)
    assert loaded is not None
    assert [instance.state for instance in loaded.instances] == [S.SUCCESS, S.QUEUED]
    assert loaded.lengths == {"extract": {-1: 2}}
    assert [attempt.try_id for attempt in store.engine.running_tries()] == [second.try_id]
    ended = store.tries.get(first.try_id)
    assert ended is not None
    assert (ended.state, ended.end_date, ended.exit_code) == (S.SUCCESS, NOW, 0)
    assert store.tries.rendered(second.try_id) == '{"sql": "select 1"}'
    assert [event.detail for event in store.outbox.since(0)] == [{"a": [1]}, {}]


def test_an_empty_batch_writes_nothing(store: Store) -> None:
    assert store.engine.commit(Changes()) is None


@pytest.mark.parametrize(
    ("state", "try_id", "expect", "expect_try", "fits"),
    [
        (S.RUNNING, "t1", S.RUNNING, None, True),
        (S.RUNNING, "t1", S.RUNNING, "t1", True),
        (S.RUNNING, "t2", S.RUNNING, "t1", False),
        (S.RUNNING, None, S.RUNNING, "t1", False),
        (S.RESTARTING, "t1", S.RUNNING, "t1", False),
    ],
)
def test_an_update_needs_the_expected_state_and_try(
    store: Store, state: TaskState, try_id: str | None, expect: TaskState, expect_try: str | None, fits: bool
) -> None:
    run = stored(store, a_run(), "load", state=state, try_id=try_id)
    update = InstanceUpdate(run.run_key, "load", -1, expect, {"state": S.SUCCESS}, expect_try=expect_try)
    answer = store.edit(Changes(instance_updates=[update]))
    assert answer == (None if fits else Conflict(frozenset({run.run_key})))
    found = store.instances.get(run.run_key, "load")
    assert found is not None
    assert found.state is (S.SUCCESS if fits else state)


def test_one_moved_row_of_a_batch_writes_nothing_and_names_only_its_run(store: Store) -> None:
    still, moved = stored(store, a_run(), "load"), stored(store, a_run(), "load")
    store.edit(Changes(instance_updates=[moves(moved, S.NONE, S.SKIPPED)]))
    before = store.outbox.last_seq()
    conflict = store.edit(
        Changes(
            new_runs=[new := a_run()],
            instance_updates=[moves(still, S.NONE, S.SCHEDULED), moves(moved, S.NONE, S.SCHEDULED)],
            xcoms=[an_xcom(still)],
            outbox=[an_event()],
        )
    )
    assert conflict == Conflict(frozenset({moved.run_key}))
    assert store.instances.counts_by_state(still.run_key) == {S.NONE: 1}
    assert store.runs.by_key(new.run_key) is None
    assert store.xcoms.get(still.run_key) == []
    assert store.outbox.since(before) == []


def test_a_run_that_moved_is_a_conflict(store: Store) -> None:
    run = stored(store, a_run())
    ends = {"state": RunState.SUCCESS, "end_date": NOW}
    assert store.edit(Changes(run_updates=[RunUpdate(run.run_key, RunState.QUEUED, ends)])) == Conflict(
        frozenset({run.run_key})
    )
    assert store.edit(Changes(run_updates=[RunUpdate(run.run_key, RunState.RUNNING, ends)])) is None
    found = store.runs.by_key(run.run_key)
    assert found is not None
    assert (found.state, found.end_date) == (RunState.SUCCESS, NOW)


def test_two_changes_of_one_row_in_a_batch_are_made_in_their_order(store: Store) -> None:
    run = stored(store, a_run(), "a", "b")
    updates = [
        moves(run, S.NONE, S.SCHEDULED, "a"),
        moves(run, S.NONE, S.SCHEDULED, "b", scheduled_at=NOW),
        moves(run, S.SCHEDULED, S.QUEUED, "a", queued_at=NOW),
        moves(run, S.SCHEDULED, S.QUEUED, "b"),
        moves(run, S.QUEUED, S.RUNNING, "a"),
        moves(run, S.RUNNING, S.SUCCESS, "a", queued_at=None),
    ]
    assert store.edit(Changes(instance_updates=updates)) is None
    states = {record.task_id: record.state for record in store.instances.of_run(run.run_key)}
    assert states == {"a": S.SUCCESS, "b": S.QUEUED}


def test_an_update_without_values_is_a_guard_alone(store: Store) -> None:
    run = stored(store, a_run(), "load")
    assert store.edit(Changes(instance_updates=[InstanceUpdate(run.run_key, "load", -1, S.NONE, {})])) is None
    assert store.edit(Changes(instance_updates=[InstanceUpdate(run.run_key, "load", -1, S.FAILED, {})])) is not None


def test_a_column_that_does_not_exist_is_named(store: Store) -> None:
    run = stored(store, a_run(), "load")
    with pytest.raises(ValueError, match="no column colour"):
        store.edit(Changes(instance_updates=[moves(run, S.NONE, S.SCHEDULED, colour="red")]))


@pytest.mark.parametrize("clash", ["run id", "logical date"])
def test_a_new_run_that_exists_is_a_conflict_that_names_it(store: Store, clash: str) -> None:
    stored(store, a_run("nightly", "first", logical_date=NOW))
    other = NOW + timedelta(days=1)
    new = (
        a_run("nightly", "first", logical_date=other) if clash == "run id" else a_run("nightly", "x", logical_date=NOW)
    )
    fine = a_run("nightly", "second", logical_date=NOW + timedelta(days=2))
    conflict = store.edit(Changes(new_runs=[fine, new], new_instances=[an_instance(new)]))
    assert conflict == Conflict(frozenset(), (("nightly", new.run_id),))
    assert store.runs.count() == 1


def test_two_runs_of_one_batch_that_clash_are_a_conflict(store: Store) -> None:
    twins = [a_run("nightly", "same"), a_run("nightly", "same")]
    assert store.edit(Changes(new_runs=twins)) == Conflict(frozenset(), (("nightly", "same"),))


def test_runs_without_a_logical_date_never_clash_by_it(store: Store) -> None:
    stored(store, a_run("nightly"))
    stored(store, a_run("nightly"))
    assert store.runs.count(dag_id="nightly") == 2


@pytest.mark.parametrize("count", [1, 500])
def test_instances_that_exist_already_are_a_conflict(store: Store, count: int) -> None:
    run = stored(store, a_run(), "load_0")
    new = [an_instance(run, f"load_{number}") for number in range(count)]
    assert store.edit(Changes(new_instances=new)) == Conflict(frozenset({run.run_key}))
    assert len(store.instances.of_run(run.run_key)) == 1


@pytest.mark.parametrize("rows", ["new_instances", "new_tries", "xcoms"])
def test_rows_of_a_run_that_was_deleted_are_a_conflict(store: Store, rows: str) -> None:
    run = stored(store, a_run(), "load")
    store.runs.delete(run.run_key)
    made: dict[str, Any] = {"new_instances": an_instance(run, "b"), "new_tries": a_try(run), "xcoms": an_xcom(run)}
    assert store.edit(Changes(**{rows: [made[rows]]}, outbox=[an_event()])) == Conflict(frozenset({run.run_key}))
    assert store.outbox.since(0) == []


@pytest.mark.parametrize(
    "run",
    [a_run(end_date=NOW), a_run(state=RunState.SUCCESS, end_date=None), a_run(data_interval_start=NOW)],
    ids=["running with an end", "ended without an end", "half a data interval"],
)
def test_a_run_that_cannot_be_is_refused(store: Store, run: RunRecord) -> None:
    with pytest.raises(ChangesRejected, match="ck_dag_run_"):
        store.edit(Changes(new_runs=[run]))
    assert store.runs.count() == 0


def test_xcoms_are_replaced_and_deletes_come_first(store: Store) -> None:
    run = stored(store, a_run(), "load")
    store.edit(Changes(xcoms=[an_xcom(run, key="a"), an_xcom(run, key="b"), an_xcom(run, key="a", map_index=1)]))
    store.edit(Changes(xcom_deletes=[XComDelete(run.run_key, "load", -1)], xcoms=[an_xcom(run, key="a", value="2")]))
    found = [(record.key, record.map_index, record.value) for record in store.xcoms.get(run.run_key)]
    assert found == [("a", -1, "2"), ("a", 1, "1")]
    store.edit(Changes(xcom_deletes=[XComDelete(run.run_key, "load", key="a")]))
    assert store.xcoms.get(run.run_key) == []


def test_callbacks_are_pending_until_they_are_done(store: Store) -> None:
    run = stored(store, a_run())
    callback = CallbackRecord(callback_id="c", run_key=run.run_key, kind="failure", created_at=NOW)
    store.edit(Changes(callbacks=[callback]))
    assert store.engine.pending_callbacks() == [callback]
    assert store.callbacks.attempted("c") == 1
    store.callbacks.finish("c", NOW, "it failed")
    assert store.engine.pending_callbacks() == []
    (done,) = store.callbacks.of_run(run.run_key)
    assert (done.attempts, done.done_at, done.error) == (1, NOW, "it failed")


def test_texts_that_no_database_holds_do_not_stop_the_engine(store: Store) -> None:
    run = stored(store, a_run(), "load")
    attempt = a_try(run, error="NUL \0 and a lone surrogate \udcff")
    assert store.edit(Changes(new_tries=[attempt], outbox=[an_event()])) is None
    found = store.tries.get(attempt.try_id)
    assert found is not None
    assert found.error.startswith("NUL ")
    assert len(store.outbox.since(0)) == 1


def test_ten_thousand_instances_are_written_and_loaded(store: Store) -> None:
    run = a_run()
    instances = [an_instance(run, f"load_{number:05}") for number in range(10_000)]
    assert store.edit(Changes(new_runs=[run], new_instances=instances, outbox=[an_event()])) is None
    loaded = store.engine.load_run(run.run_key)
    assert loaded is not None
    assert loaded.instances == instances


def test_of_two_engines_that_take_the_same_row_one_wins(opened: Callable[..., Store]) -> None:
    one, other = opened(), opened()
    run = stored(one, a_run(), *(f"task_{number}" for number in range(50)))
    wins: dict[str, list[str]] = {"one": [], "other": []}
    ready = threading.Barrier(2)

    def take(name: str, store: Store) -> None:
        for number in range(50):
            ready.wait()
            task_id = f"task_{number}"
            update = moves(run, S.NONE, S.QUEUED, task_id, hostname=name)
            if store.edit(Changes(instance_updates=[update], outbox=[an_event(who=name)])) is None:
                wins[name].append(task_id)

    threads = [threading.Thread(target=take, args=pair) for pair in (("one", one), ("other", other))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(wins["one"]) + len(wins["other"]) == 50
    for record in one.instances.of_run(run.run_key):
        assert record.task_id in wins[record.hostname]
    assert len(one.outbox.since(0)) == 50


def test_two_engines_that_write_rows_in_opposite_order_both_go_on(opened: Callable[..., Store]) -> None:
    one, other = opened(), opened()
    run = stored(one, a_run(), "a", "b")
    failures: list[BaseException] = []

    def turn(store: Store, tasks: list[str]) -> None:
        try:
            for _ in range(30):
                updates = [moves(run, S.NONE, S.NONE, task, note=task) for task in tasks]
                assert store.edit(Changes(instance_updates=updates)) is None
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=turn, args=pair) for pair in ((one, ["a", "b"]), (other, ["b", "a"]))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_an_engine_whose_lease_was_taken_over_writes_nothing(store: Store) -> None:
    run = stored(store, a_run(), "load")
    old = store.engine.acquire_lease("one", "host-1", 11, 30, NOW)
    with pytest.raises(LeaseHeld, match="pid 11") as held:
        store.engine.acquire_lease("two", "host-2", 22, 30, NOW + timedelta(seconds=29))
    assert (held.value.host, held.value.pid) == ("host-1", 11)
    new = store.engine.acquire_lease("two", "host-2", 22, 30, NOW + timedelta(seconds=31))
    assert new > old
    change = Changes(instance_updates=[moves(run, S.NONE, S.SCHEDULED)])
    with pytest.raises(LeaseLost, match="Stop this engine"):
        store.engine.commit(change, epoch=old)
    assert not store.engine.refresh_lease(old, 30, NOW)
    assert store.engine.commit(change, epoch=new) is None
    store.engine.release_lease(new)
    assert store.engine.acquire_lease("one", "host-1", 11, 30, NOW) > new


def test_dag_rows_take_the_engines_next_run_and_pausing(store: Store) -> None:
    from tests.store.rows import a_dag, a_file

    store.dags.save_file(a_file(a_dag()), NOW, paused_by_default=False)
    store.edit(
        Changes(
            dag_next_runs=[("nightly", {"next_logical_date": NOW, "next_run_after": NOW})],
            paused=[("nightly", "3 failed runs in a row")],
        )
    )
    dag = store.dags.get("nightly")
    assert dag is not None
    assert (dag.next_run_after, dag.is_paused, dag.paused_reason) == (NOW, True, "3 failed runs in a row")


def test_a_store_is_not_used_after_it_was_closed(store: Store) -> None:
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.edit(Changes(outbox=[OutboxRecord(at=NOW, kind="dag")]))


def test_a_run_type_is_kept(store: Store) -> None:
    run = stored(store, a_run(run_type=RunType.ASSET_TRIGGERED))
    found = store.runs.by_key(run.run_key)
    assert found is not None
    assert found.run_type is RunType.ASSET_TRIGGERED


def test_rendered_fields_of_a_try_that_is_gone_are_dropped(store: Store) -> None:
    run = stored(store, a_run(), "load")
    attempt = a_try(run)
    store.edit(Changes(new_tries=[attempt], rendered=[(attempt.try_id, "{}")]))
    store.edit(Changes(rendered=[(attempt.try_id, '{"a": 1}')]))
    assert store.tries.rendered(attempt.try_id) == '{"a": 1}'
    store.runs.delete(run.run_key)
    assert store.edit(Changes(rendered=[(attempt.try_id, "{}")], outbox=[an_event()])) is None
    assert store.tries.rendered(attempt.try_id) is None
