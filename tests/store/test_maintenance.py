"""Retention: what goes, what stays, and that nobody has to wait for it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.store.rows import NOW, a_dag, a_file, a_run, a_try, an_event, an_xcom, days, stored
from tradewind.core.changes import Changes
from tradewind.core.records import RunRecord
from tradewind.core.states import RunState, RunType, TaskState
from tradewind.store import NotFound, Store
from tradewind.store.maintenance import TABLES


@pytest.fixture(autouse=True)
def _in_a_hurry(request: pytest.FixtureRequest) -> None:
    request.getfixturevalue("store").maintenance.pause = lambda seconds: None


def ended(at: datetime, dag_id: str = "nightly", **fields: Any) -> RunRecord:
    given = {"run_type": RunType.SCHEDULED, "logical_date": at, "end_date": at, "state": RunState.SUCCESS}
    return a_run(dag_id, f"run {at}", **{**given, **fields})


def with_rows(store: Store, run: RunRecord, instances: int = 3) -> RunRecord:
    tasks = [f"task_{number}" for number in range(instances)]
    stored(store, run, *tasks, state=TaskState.SUCCESS, end_date=run.end_date)
    tries = [a_try(run, task, state=TaskState.SUCCESS, end_date=run.end_date) for task in tasks]
    xcoms = [an_xcom(run, task, created_at=run.run_after) for task in tasks]
    rendered = [(attempt.try_id, "{}") for attempt in tries]
    store.edit(Changes(new_tries=tries, xcoms=xcoms, rendered=rendered, outbox=[an_event(at=run.run_after)]))
    return run


def test_old_runs_go_with_all_that_belongs_to_them(store: Store) -> None:
    old, new = with_rows(store, ended(NOW - days(9))), with_rows(store, ended(NOW))
    assert store.maintenance.clean(NOW - days(1), ["dag_run"], dry_run=True) == {"dag_run": 1}
    assert store.runs.count() == 2
    assert store.maintenance.clean(NOW - days(1), ["dag_run"]) == {"dag_run": 1}
    assert [run.run_key for run in store.runs.list()] == [new.run_key]
    assert store.instances.of_run(old.run_key) == []
    assert store.tries.of_run(old.run_key) == []
    assert len(store.tries.of_run(new.run_key)) == 3


@pytest.mark.parametrize(
    ("runs", "left"),
    [
        ([ended(NOW - days(9))], 1),
        ([ended(NOW - days(9)), ended(NOW - days(8))], 1),
        ([ended(NOW - days(9)), ended(NOW - days(8), run_type=RunType.MANUAL)], 2),
        ([ended(NOW - days(9)), ended(NOW - days(8), state=RunState.RUNNING, end_date=None)], 1),
        ([ended(NOW - days(9), state=RunState.RUNNING, end_date=None), ended(NOW - days(8))], 2),
    ],
    ids=["the only run", "the older of two", "newest and newest automated", "before a running one", "running itself"],
)
def test_a_dag_keeps_its_newest_runs_and_those_under_way(store: Store, runs: list[RunRecord], left: int) -> None:
    for run in runs:
        stored(store, run)
    store.maintenance.clean(NOW, ["dag_run"])
    assert store.runs.count() == left


def test_rows_of_unfinished_runs_stay(store: Store) -> None:
    run = stored(store, a_run(), "load", state=TaskState.SUCCESS, end_date=NOW - days(9))
    store.edit(Changes(xcoms=[an_xcom(run, created_at=NOW - days(9))]))
    assert set(store.maintenance.clean(NOW).values()) == {0}
    assert len(store.xcoms.get(run.run_key)) == 1


def test_each_table_is_counted_before_and_cleaned_after(store: Store) -> None:
    with_rows(store, ended(NOW - days(9)))
    store.edit(Changes(outbox=[an_event(at=NOW - days(9)), an_event(at=NOW)]))
    store.jobs.heartbeat("a", "engine", "host", 1, "success", NOW - days(9))
    store.dags.save_file(a_file(problems=[("SyntaxError", None)]), NOW - days(9))
    tables = [name for name in TABLES if name != "dag_run"]
    expected = store.maintenance.clean(NOW - days(1), tables, dry_run=True)
    told: dict[str, int] = {}
    done = store.maintenance.clean(
        NOW - days(1), tables, batch_rows=2, progress=lambda name, rows: told.update({name: told.get(name, 0) + rows})
    )
    assert done["task_instance"] == done["xcom"] == done["task_try"] == 3
    assert done["job"] == done["import_error"] == 1
    # The try took its rendered fields along.
    assert {**expected, "rendered_fields": 0} == done
    assert told == {name: count for name, count in done.items() if count}
    assert set(store.maintenance.clean(NOW - days(1), tables).values()) == {0}


def test_the_newest_number_of_the_outbox_is_never_given_twice(store: Store) -> None:
    store.edit(Changes(outbox=[an_event(at=NOW - days(9)) for _ in range(5)]))
    last = store.outbox.last_seq()
    assert store.maintenance.clean(NOW, ["log"]) == {"log": 4}
    store.edit(Changes(outbox=[an_event()]))
    assert [event.seq for event in store.outbox.since(last)] == [last + 1]


def test_versions_and_sources_that_nothing_uses_go(store: Store) -> None:
    for source in ("v1", "v2", "v3"):
        store.dags.save_file(a_file(a_dag(), source=source), NOW - days(9))
    used = store.dags.versions("nightly")[0]
    stored(store, a_run(version_id=used.version_id))
    assert store.maintenance.clean(NOW, ["dag_version"]) == {"dag_version": 1}
    assert [version.number for version in store.dags.versions("nightly")] == [1, 3]
    assert store.dags.source("digest of v2") is None
    assert store.dags.source("digest of v1") == "v1"


def test_a_table_that_cannot_be_cleaned_is_named(store: Store) -> None:
    with pytest.raises(NotFound, match="There is no table 'variable' to clean"):
        store.maintenance.clean(NOW, ["variable"])


def test_many_rows_go_in_many_short_transactions(store: Store) -> None:
    for number in range(1, 4):
        with_rows(store, ended(NOW - days(number * 9)), instances=600)
    pauses: list[float] = []
    store.maintenance.pause = pauses.append
    assert store.maintenance.clean(NOW - days(1), ["dag_run"], batch_rows=100) == {"dag_run": 2}
    # 2 runs of 600 instances, tries and XComs, at most 100 rows at a time.
    assert len(pauses) >= 36
    assert min(pauses) > 0


def test_the_size_of_the_database_is_known(store: Store) -> None:
    assert store.maintenance.size_bytes() > 50_000
    store.maintenance.checkpoint()
