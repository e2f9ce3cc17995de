"""Lists of runs, instances and XComs with filters, the same on both databases."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.store.rows import NOW, a_dag, a_file, a_run, an_instance, an_xcom, stored
from tradewind.core.changes import Changes
from tradewind.core.lists import Ordering, Page, Pattern, Span
from tradewind.core.records import RunRecord
from tradewind.core.states import RunState, RunType, TaskState
from tradewind.store import Store
from tradewind.store.column_types import to_microseconds
from tradewind.store.history import RunFilter
from tradewind.store.instance_pages import InstanceQuery
from tradewind.store.run_pages import RunQuery
from tradewind.store.xcom_pages import XComQuery

ALL = Page(100)
SECOND = timedelta(seconds=1)
LENGTHS = {"short": 0.5, "long": 90.000001, "middle": 3.0}
"""Seconds that each run took; `running` began and did not end, `waiting` did not even begin."""


def order(text: str) -> list[Ordering]:
    return [Ordering(name.lstrip("-"), name.startswith("-")) for name in text.split()]


@pytest.fixture
def runs(store: Store) -> dict[str, RunRecord]:
    made: dict[str, RunRecord] = {}
    for number, name in enumerate(("short", "running", "long", "waiting", "middle")):
        begun = None if name == "waiting" else NOW + number * SECOND
        length = LENGTHS.get(name)
        state = RunState.QUEUED if name == "waiting" else RunState.RUNNING if length is None else RunState.SUCCESS
        made[name] = a_run(
            "Nightly" if name == "long" else "hourly",
            name,
            state=RunState.FAILED if name == "middle" else state,
            run_type=RunType.MANUAL if name == "running" else RunType.SCHEDULED,
            run_after=NOW + number * SECOND,
            logical_date=None if name == "running" else NOW + number * SECOND,
            queued_at=NOW + number * SECOND,
            start_date=begun,
            end_date=None if length is None or begun is None else begun + timedelta(seconds=length),
            conf='{"Region": "eu_1"}' if name == "long" else "{}",
            triggering_user="anna" if name == "running" else None,
            version_id=f"v_{name}",
        )
    assert store.edit(Changes(new_runs=list(made.values()))) is None
    return made


@pytest.mark.parametrize(
    ("by", "names"),
    [
        ("run_key", "short running long waiting middle"),
        ("-run_after", "middle waiting long running short"),
        ("duration", "running waiting short middle long"),
        ("-duration", "long middle short waiting running"),
        ("start_date", "waiting short running long middle"),
        ("-start_date", "middle long running short waiting"),
        ("logical_date", "running short long waiting middle"),
        ("-end_date", "long middle short waiting running"),
        ("state", "middle waiting running short long"),
        ("dag_id -run_after", "long middle waiting running short"),
        ("triggering_user", "short long waiting middle running"),
    ],
)
def test_runs_come_in_the_order_that_was_asked_for(
    store: Store, runs: dict[str, RunRecord], by: str, names: str
) -> None:
    found = store.run_pages.page(ALL, order(by), RunQuery())
    assert [run.run_id for run in found.items] == names.split()
    assert found.items[0] == runs[found.items[0].run_id], "the record is the one that was written"
    assert [run.run_id for run in store.run_pages.page(Page(2, 1), order(by), RunQuery()).items] == names.split()[1:3]


LATER = NOW + 2 * SECOND


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (RunQuery(), "short running long waiting middle"),
        (RunQuery(readable={"hourly"}, dag_ids=["hourly", "Nightly"]), "short running waiting middle"),
        (RunQuery(readable=set()), ""),
        (RunQuery(states=[RunState.RUNNING, RunState.QUEUED]), "running waiting"),
        (RunQuery(states=[RunState.FAILED, RunState.QUEUED]), "waiting middle"),
        (RunQuery(run_types=[RunType.MANUAL]), "running"),
        (RunQuery(run_after=Span(gt=LATER)), "waiting middle"),
        (RunQuery(logical_date=Span(lte=LATER)), "short long"),
        (RunQuery(start_date=Span(gte=LATER)), "long middle"),
        (RunQuery(end_date=Span(lt=NOW + SECOND)), "short"),
        (RunQuery(changed=Span(gte=NOW + 3 * SECOND)), "long waiting middle"),
        (RunQuery(duration_s=Span(gte=3.0)), "long middle"),
        (RunQuery(duration_s=Span(gt=3.0)), "long"),
        (RunQuery(duration_s=Span(lte=90.0)), "short middle"),
        (RunQuery(conf_contains="region"), "long"),
        (RunQuery(conf_contains="eu%1"), ""),
        (RunQuery(run_id=[Pattern.anywhere("ING")]), "running waiting"),
        (RunQuery(run_id=[Pattern.start("l"), Pattern.anywhere("%")]), "long"),
        (RunQuery(dag_id=[Pattern.start("N")]), "long"),
        (RunQuery(dag_id=[Pattern.start("n")]), ""),
        (RunQuery(triggering_user=[Pattern.anywhere("an_a")]), "running"),
        (RunQuery(version_numbers=[7]), ""),
    ],
)
def test_runs_are_found_by_what_is_asked(
    store: Store, runs: dict[str, RunRecord], wanted: RunQuery, names: str
) -> None:
    found = store.run_pages.page(ALL, order("run_key"), wanted)
    assert [run.run_id for run in found.items] == names.split()
    assert found.total == len(found.items)
    assert store.run_pages.page(Page(0), (), wanted).total == found.total


def test_runs_are_found_by_the_number_of_their_version(store: Store) -> None:
    for source in ("v1", "v2"):
        store.dags.save_file(a_file(a_dag("nightly"), source=source), NOW)
        dag = store.dags.get("nightly")
        assert dag is not None
        stored(store, a_run("nightly", source, version_id=dag.version_id))
    found = store.run_pages.page(ALL, (), RunQuery(version_numbers=[2, 5]))
    assert [run.run_id for run in found.items] == ["v2"]


# --- pages that go on where the last one ended ------------------------------------------------------------------------


def _place(run: RunRecord, by: str) -> tuple[datetime | int | None, int]:
    if by != "duration":
        return getattr(run, by), run.run_key
    if run.start_date is None or run.end_date is None:
        return None, run.run_key
    return (run.end_date - run.start_date) // timedelta(microseconds=1), run.run_key


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("by", ["run_after", "logical_date", "start_date", "duration"])
def test_pages_are_the_whole_list_without_a_gap_or_a_repetition(
    store: Store, runs: dict[str, RunRecord], by: str, descending: bool
) -> None:
    def some(**options: Any) -> list[RunRecord]:
        return store.history.runs(RunFilter(), order_by=by, descending=descending, **options)

    whole = some()
    assert len(whole) == 5
    paged: list[RunRecord] = []
    place = None
    for number in range(1, 9):
        page = some(limit=2, after=place)
        if not page:
            break
        place = _place(page[-1], by)
        paged += [run for run in page if run.dag_id != "late"]
        # What arrives meanwhile, most of it at the end that was read already, moves nothing.
        moment = NOW + number * (99 * SECOND if descending else -SECOND)
        stored(store, a_run("late", run_after=moment, logical_date=moment, start_date=moment))
    assert [run.run_id for run in paged] == [run.run_id for run in whole]


def test_lists_of_runs_are_searched_in_any_case(store: Store, runs: dict[str, RunRecord]) -> None:
    def names(**wanted: Any) -> set[str]:
        assert store.history.count(RunFilter(**wanted)) == len(store.history.runs(RunFilter(**wanted)))
        return {run.run_id for run in store.history.runs(RunFilter(**wanted))}

    assert names(text="NIGHT") == {"long"}
    assert names(text="ing") == {"running", "waiting"}
    assert names(text="night", dag_id="hourly") == set()
    assert names(text="%") == set()
    assert names(dag_ids=["hourly"], states=[RunState.FAILED]) == {"middle"}
    assert names(after=LATER, before=NOW + 4 * SECOND) == {"long", "waiting"}
    assert [bar.run_id for bar in store.history.bars(RunFilter(), 2)] == ["middle", "waiting"]


def test_a_calendar_gets_what_was_due(store: Store, runs: dict[str, RunRecord]) -> None:
    second = to_microseconds(NOW) // 1_000_000
    assert [tuple(slot) for slot in store.history.slots("hourly", NOW, NOW + 4 * SECOND, 1)] == [
        (second, "success", "scheduled", 1, 1, 500_000),
        (second + 1, "running", "manual", 1, 0, 0),
        (second + 3, "queued", "scheduled", 1, 0, 0),
    ]
    slots = store.history.slots("hourly", NOW, NOW + 9 * SECOND, 86_400)
    assert {(slot.state, slot.runs, slot.total_us) for slot in slots} >= {
        ("success", 1, 500_000),
        ("failed", 1, 3_000_000),
    }
    assert store.history.oldest("hourly") == NOW
    assert store.history.oldest("never") is None
    assert store.history.runs_by_state(NOW + SECOND, None) == {"running": 1, "success": 1, "queued": 1, "failed": 1}
    assert store.history.runs_by_state(NOW, {"Nightly"}) == {"success": 1}


def test_the_newest_runs_of_many_dags_are_told_at_once(store: Store, runs: dict[str, RunRecord]) -> None:
    store.dags.save_file(a_file(a_dag("hourly"), a_dag("Nightly"), a_dag("idle")), NOW)
    newest = store.bars.newest(["hourly", "Nightly", "idle"], 2)
    assert {dag_id: [bar.run_id for bar in bars] for dag_id, bars in newest.items()} == {
        "hourly": ["middle", "waiting"],
        "Nightly": ["long"],
        "idle": [],
    }
    assert {dag_id: state for dag_id, (state, _) in store.bars.last_states().items()} == {
        "hourly": "failed",
        "Nightly": "success",
    }
    assert {dag_id: run.run_id for dag_id, run in store.bars.last_runs().items()} == {
        "hourly": "middle",
        "Nightly": "long",
    }
    outcomes = {dag_id: set(each) for dag_id, each in store.bars.outcomes(3).items()}
    assert outcomes == {
        "hourly": {("failed", 3.0), ("queued", None), ("running", None)},
        "Nightly": {("success", 90.000001)},
    }
    assert set(store.bars.outcomes(9, ["hourly", "idle"])["hourly"]) == outcomes["hourly"] | {("success", 0.5)}


def test_a_search_among_the_newest_runs_reads_no_others(store: Store, runs: dict[str, RunRecord]) -> None:
    def found(among: int) -> list[str]:
        return [bar.run_id for bar in store.history.bars(RunFilter(text="ing"), 9, among=among)]

    assert found(1) == []
    assert found(2) == found(3) == ["waiting"]
    assert found(4) == found(99) == ["waiting", "running"]


# --- instances --------------------------------------------------------------------------------------------------------


@pytest.fixture
def instances(store: Store, runs: dict[str, RunRecord]) -> None:
    S = TaskState
    short, long = runs["short"], runs["long"]
    begun = NOW + 10 * SECOND
    rows = [
        an_instance(short, "load", state=S.SUCCESS, try_number=1, start_date=begun, end_date=begun + SECOND,
                    duration_s=1.0, operator="BashOperator", queued_at=NOW),
        an_instance(short, "make", map_index=-1, state=S.REMOVED),
        an_instance(short, "make", map_index=0, state=S.FAILED, try_number=2, start_date=begun + SECOND,
                    end_date=begun + 3 * SECOND, duration_s=2.0, pool="gpu", rendered_map_index="First"),
        an_instance(short, "make", map_index=1, state=S.RUNNING, try_number=1, start_date=begun + 2 * SECOND),
        an_instance(long, "Load", state=S.UPSTREAM_FAILED, queue="slow", scheduled_at=NOW + 20 * SECOND),
    ]  # fmt: skip
    assert store.edit(Changes(new_instances=rows)) is None


def _names(found: Any) -> str:
    return " ".join(
        f"{one.task_id}{'' if one.map_index < 0 else one.map_index}{'!' if run.run_id == 'long' else ''}"
        for run, one in found
    )


@pytest.mark.parametrize(
    ("by", "names"),
    [
        ("", "load make make0 make1 Load!"),
        ("run_key", "load make make0 make1 Load!"),
        ("-run_key", "Load! make1 make0 make load"),
        ("start_date", "make Load! load make0 make1"),
        ("-start_date", "make1 make0 load Load! make"),
        ("-duration_s", "make0 load Load! make1 make"),
        ("run_after -map_index", "make1 make0 load make Load!"),
        ("-logical_date", "Load! make1 make0 make load"),
        ("dag_id run_id state", "make0 make make1 load Load!"),
    ],
)
@pytest.mark.usefixtures("instances")
def test_instances_come_in_the_order_that_was_asked_for(store: Store, by: str, names: str) -> None:
    if by.startswith("dag_id"):
        names = "Load! make0 make make1 load" if _is_binary(store) else names
    assert _names(store.instance_pages.page(ALL, order(by), InstanceQuery()).items) == names
    some = store.instance_pages.page(Page(2, 1), order(by), InstanceQuery())
    assert (_names(some.items), some.total) == (" ".join(names.split()[1:3]), 5)


def _is_binary(store: Store) -> bool:
    """Whether this database puts capital letters before all small ones."""
    names = [dag.dag_id for dag, _ in store.instance_pages.page(ALL, order("dag_id"), InstanceQuery()).items]
    return names[0] == "Nightly"


S = TaskState


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (InstanceQuery(runs=RunQuery(dag_ids=["Nightly"])), "Load!"),
        (InstanceQuery(runs=RunQuery(readable={"hourly"}), task_ids=["load", "Load"]), "load"),
        (InstanceQuery(run_ids=["short"], map_indexes=[0, -1]), "load make make0"),
        (InstanceQuery(only_mapped=True), "make0 make1"),
        (InstanceQuery(states=[S.FAILED, S.RUNNING]), "make0 make1"),
        (InstanceQuery(states=[S.FAILED, S.SUCCESS]), "load make0"),
        (InstanceQuery(pools=["gpu"]), "make0"),
        (InstanceQuery(queues=["slow"]), "Load!"),
        (InstanceQuery(operators=["BashOperator"]), "load"),
        (InstanceQuery(try_numbers=[1]), "load make1"),
        (InstanceQuery(start_date=Span(gt=NOW + 10 * SECOND)), "make0 make1"),
        (InstanceQuery(end_date=Span(lte=NOW + 11 * SECOND)), "load"),
        (InstanceQuery(changed=Span(gte=NOW + 12 * SECOND)), "make0 make1 Load!"),
        (InstanceQuery(duration_s=Span(gte=1.5)), "make0"),
        (InstanceQuery(task_id=[Pattern.anywhere("LOAD")]), "load Load!"),
        (InstanceQuery(task_id=[Pattern.start("L")]), "Load!"),
        (InstanceQuery(pool=[Pattern.anywhere("g_u")]), "make0"),
        (InstanceQuery(queue=[Pattern.start("slo")], operator=[Pattern.anywhere("~")]), "Load!"),
        (InstanceQuery(operator=[Pattern.anywhere("bash|python")]), "load"),
        (InstanceQuery(rendered_map_index=[Pattern.anywhere("first")]), "make0"),
    ],
)
@pytest.mark.usefixtures("instances")
def test_instances_are_found_by_what_is_asked(store: Store, wanted: InstanceQuery, names: str) -> None:
    found = store.instance_pages.page(ALL, (), wanted)
    assert _names(found.items) == names
    assert found.total == store.instance_pages.page(Page(0), (), wanted).total == len(found.items)


@pytest.mark.usefixtures("instances")
def test_instances_are_read_by_their_keys(store: Store, runs: dict[str, RunRecord]) -> None:
    short, long = runs["short"].run_key, runs["long"].run_key
    keys = [(long, "Load", -1), (short, "make", 1), (short, "nope", 0), (long, "Load", -1)]
    assert _names(store.instance_pages.named(keys)) == "Load! make1"
    assert store.history.task_seconds([short, long]) == {short: {"load": (1.0, 1), "make": (2.0, 2)}}
    assert [one.task_id for one in store.history.failed_instances(short, 5)] == ["make"]
    assert store.history.counts_by_state() == {"running": 1}
    assert [held.instance.map_index for held in store.history.in_pools([S.RUNNING], 5)] == [1]
    assert store.bars.states_of_task(short, "make") == {"failed": 1, "running": 1}
    assert [one.map_index for one in store.bars.mapped_page(short, "make", [S.RUNNING], 0, 5)] == [1]
    assert store.bars.durations_by_task("hourly", 10) == {"load": [1.0]}
    cells = {(cell.task_id, cell.is_placeholder, cell.state): cell.tries for cell in store.bars.cells([short])}
    assert cells == {("load", True, "success"): 1, ("make", True, "removed"): 0, ("make", False, "failed"): 2,
                     ("make", False, "running"): 1}  # fmt: skip


# --- XComs ------------------------------------------------------------------------------------------------------------


def test_xcoms_are_found_and_ordered(store: Store, runs: dict[str, RunRecord]) -> None:
    short, long = runs["short"], runs["long"]
    rows = [
        an_xcom(short, "load", "rows", created_at=NOW),
        an_xcom(short, "make", "return_value", map_index=1, created_at=None),
        an_xcom(long, "load", "Rows", created_at=NOW - SECOND),
    ]
    assert store.edit(Changes(xcoms=rows)) is None

    def found(by: str = "", page: Page = ALL, **wanted: Any) -> list[str]:
        listed = store.xcom_pages.page(page, order(by), XComQuery(**wanted))
        return [f"{place.run.run_id}.{place.task_id}.{place.key}" for place in listed.items]

    everything = ["short.load.rows", "short.make.return_value", "long.load.Rows"]
    assert found() == everything
    assert found(page=Page(1, 1)) == everything[1:2]
    assert found("created_at") == [everything[1], everything[2], everything[0]]
    assert found("-created_at") == [everything[0], everything[2], everything[1]]
    assert found("-run_after task_id") == [everything[2], everything[0], everything[1]]
    assert found(keys=[Pattern.anywhere("ROW")]) == [everything[0], everything[2]]
    assert found(keys=[Pattern.start("R")]) == everything[2:]
    assert found(tasks=[Pattern.anywhere("make")]) == everything[1:2]
    assert found(map_index=1) == found(key="return_value") == everything[1:2]
    assert found(runs=RunQuery(dag_ids=["Nightly"])) == everything[2:]
    assert found(run_ids=["short"], task_ids=["load"]) == everything[:1]
    assert found(run_keys=[long.run_key]) == everything[2:]
    first = store.xcom_pages.page(Page(1), (), XComQuery())
    assert (first.total, first.items[0].created_at, first.items[0].run) == (3, NOW, short)
