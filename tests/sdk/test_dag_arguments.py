"""The arguments of DAG(…), in both spellings."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from tests.sdk.world import collect, problem, spec
from tradewind.core.spec import DagSpec
from tradewind.sdk.dag import DAG
from tradewind.sdk.dialect import reading_file
from tradewind.sdk.exceptions import AirflowException


def made(arguments: str, *, comment: str = "") -> DagSpec:
    return spec(
        f"""
        {comment}
        from datetime import date, datetime, timedelta, timezone
        from airflow import DAG
        from airflow.timetables.trigger import CronTriggerTimetable
        from airflow.timetables.simple import OnceTimetable

        def tell(context): pass

        with DAG("d", {arguments}):
            pass
        """
    )


@pytest.mark.parametrize(
    ("arguments", "field", "expected"),
    [
        ("schedule=None, description='words'", "description", "words"),
        ("schedule=None, concurrency=3", "max_active_tasks", 3),
        ("schedule=None, max_active_tasks=4", "max_active_tasks", 4),
        ("schedule=None, max_active_runs=2", "max_active_runs", 2),
        ("schedule=None, max_consecutive_failed_dag_runs=5", "max_consecutive_failed_dag_runs", 5),
        ("schedule=None, dagrun_timeout=timedelta(minutes=2)", "dagrun_timeout_s", 120.0),
        ("schedule=None, catchup=False", "catchup", False),
        ("schedule=None, tags=['b', 'a', 'b']", "tags", ("a", "b")),
        ("schedule=None, tags={'x'}", "tags", ("x",)),
        ("schedule=None, owner_links={'me': 'https://me'}", "owner_links", {"me": "https://me"}),
        ("schedule=None, doc_md='# Title'", "doc_md", "# Title"),
        ("schedule=None, fail_stop=True", "fail_fast", True),
        ("schedule=None, fail_fast=True", "fail_fast", True),
        ("schedule=None, dag_display_name='Nice'", "display_name", "Nice"),
        ("schedule=None, is_paused_upon_creation=False", "is_paused_upon_creation", False),
        ("schedule=None, default_view='graph'", "default_view", "graph"),
        ("schedule=None, default_view='tree'", "default_view", "grid"),
        ("schedule=None, orientation='TB'", "orientation", "TB"),
        ("schedule=None, template_searchpath='/sql'", "template_searchpath", ("/sql",)),
        ("schedule=None, render_template_as_native_obj=True", "render_template_as_native_obj", True),
        ("schedule=None, on_success_callback=tell, on_failure_callback=[tell]", "callbacks", ("success", "failure")),
        ("schedule=None, access_control={'Ops': {'can_read'}}", "access_control", {"Ops": ["can_read"]}),
        ("schedule=None, sla_miss_callback=tell, full_filepath='/x'", "dag_id", "d"),
        ("schedule=None, start_date='2025-01-01'", "start_date", datetime(2025, 1, 1, tzinfo=timezone.utc)),
        ("schedule=None, start_date=date(2025, 1, 2)", "start_date", datetime(2025, 1, 2, tzinfo=timezone.utc)),
        ("schedule=None, start_date=datetime(2025, 1, 3)", "start_date", datetime(2025, 1, 3, tzinfo=timezone.utc)),
        (
            "schedule=None, start_date=datetime(2025, 1, 3, tzinfo=timezone(timedelta(hours=9)))",
            "start_date",
            datetime(2025, 1, 2, 15, tzinfo=timezone.utc),
        ),
        ("schedule=None, default_args={'start_date': '2025-02-01'}", "start_date", None),
        (
            "schedule=None, end_date='2025-03-01T12:00:00+01:00'",
            "end_date",
            datetime(2025, 3, 1, 11, tzinfo=timezone.utc),
        ),
    ],
)
def test_an_argument_reaches_the_specification(arguments: str, field: str, expected: Any) -> None:
    assert getattr(made(arguments), field) == expected


@pytest.mark.parametrize(
    ("arguments", "comment", "kind", "summary"),
    [
        ("start_date='2025-01-01'", "", "delta_interval", "1 day, 0:00:00"),
        ("start_date='2025-01-01'", "# tradewind: dialect=3", "null", "None"),
        ("start_date='2025-01-01', schedule='@daily'", "", "cron_interval", "0 0 * * *"),
        ("start_date='2025-01-01', schedule='@daily'", "# tradewind: dialect=3", "cron_trigger", "0 0 * * *"),
        ("start_date='2025-01-01', schedule_interval='@once'", "", "once", "@once"),
        ("start_date='2025-01-01', schedule='@continuous', max_active_runs=1", "", "continuous", "@continuous"),
        ("start_date='2025-01-01', schedule_interval=None", "", "null", "None"),
        ("start_date='2025-01-01', schedule=timedelta(hours=2)", "", "delta_interval", "2:00:00"),
        ("start_date='2025-01-01', timetable=OnceTimetable()", "", "once", "@once"),
        (
            "start_date='2025-01-01', schedule=CronTriggerTimetable('0 1 * * *', timezone='UTC')",
            "",
            "cron_trigger",
            "0 1 * * *",
        ),
        ("'words', '@hourly', start_date='2025-01-01'", "", "cron_interval", "0 * * * *"),
    ],
)
def test_a_schedule_means_what_its_dialect_says(arguments: str, comment: str, kind: str, summary: str) -> None:
    timetable = made(arguments, comment=comment).timetable
    assert (timetable.kind, timetable.summary) == (kind, summary)


def test_catchup_is_on_in_airflow_2_and_off_in_airflow_3() -> None:
    assert made("start_date='2025-01-01'").catchup
    assert not made("start_date='2025-01-01'", comment="# tradewind: dialect=3").catchup


def test_a_configured_catchup_default_wins_over_the_dialect(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__SCHEDULER__CATCHUP_BY_DEFAULT", "False")
    assert not made("start_date='2025-01-01'").catchup


def test_configured_limits_are_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__MAX_ACTIVE_RUNS_PER_DAG", "7")
    monkeypatch.setenv("AIRFLOW__CORE__MAX_ACTIVE_TASKS_PER_DAG", "8")
    found = made("schedule=None")
    assert (found.max_active_runs, found.max_active_tasks) == (7, 8)


def test_naive_dates_and_cron_strings_count_in_the_zone_of_the_start_date() -> None:
    found = spec(
        """
        import pendulum
        from datetime import datetime
        from airflow import DAG
        start = pendulum.datetime(2025, 1, 1, tz="Asia/Seoul")
        d = DAG("d", start_date=start, end_date=datetime(2025, 2, 1), schedule="0 9 * * *")
        """
    )
    assert found.timezone == "Asia/Seoul"
    assert found.timetable.data["timezone"] == "Asia/Seoul"
    assert found.end_date == datetime(2025, 1, 31, 15, tzinfo=timezone.utc)


def test_the_default_time_zone_is_configurable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__DEFAULT_TIMEZONE", "Europe/Amsterdam")
    found = made("schedule=None, start_date=datetime(2025, 7, 1)")
    assert (found.timezone, found.start_date) == ("Europe/Amsterdam", datetime(2025, 6, 30, 22, tzinfo=timezone.utc))


@pytest.mark.parametrize(
    ("dag", "first", "second", "start", "end"),
    [
        # What a task says of its own cannot widen what the DAG says.
        ("'2025-01-05', '2025-02-01'", "'2025-01-01', '2025-03-01'", "None, None", "2025-01-05", "2025-02-01"),
        (
            "'2025-01-05', '2025-02-01'",
            "'2025-01-09', '2025-01-20'",
            "'2025-01-08', '2025-01-21'",
            "2025-01-05",
            "2025-02-01",
        ),
        ("None, None", "'2025-01-02', '2025-03-01'", "'2025-01-01', '2025-02-01'", "2025-01-01", "2025-03-01"),
        # A task without an end goes on for ever.
        ("None, None", "'2025-01-02', '2025-03-01'", "None, None", "2025-01-02", None),
    ],
)
def test_a_dag_starts_with_its_first_task_and_ends_with_its_last(
    dag: str, first: str, second: str, start: str, end: str | None
) -> None:
    found = spec(
        f"""
        from airflow import DAG
        from airflow.operators.empty import EmptyOperator
        dates = lambda start, end: {{"start_date": start, "end_date": end}}
        with DAG("d", schedule=None, **dates({dag})):
            EmptyOperator(task_id="a", **dates({first}))
            EmptyOperator(task_id="b", **dates({second}))
        """
    )
    assert [found.start_date, found.end_date] == [
        None if text is None else datetime.fromisoformat(f"{text}T00:00:00+00:00") for text in (start, end)
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("dag_id='a b'", "dag_id 'a b' may only have letters"),
        ("dag_id='x' * 251", "at most 250"),
        ("dag_id='d', schedul=None", "has no argument 'schedul'. Did you mean 'schedule'?"),
        ("dag_id='d', schedule=None, timetable=1", "has schedule and timetable: keep one of them"),
        ("dag_id='d', schedule='61 * * * *', start_date='2025-01-01'", "minute"),
        ("dag_id='d', schedule='* * *', start_date='2025-01-01'", "5"),
        ("dag_id='d', schedule=[1]", "a list of assets"),
        ("dag_id='d', schedule=5", "is not a schedule"),
        ("dag_id='d', schedule='@daily'", "needs a start_date"),
        ("dag_id='d', schedule=None, tags='one'", "tags=['one']"),
        ("dag_id='d', schedule=None, tags=['x' * 101]", "at most 100"),
        ("dag_id='d', schedule=None, start_date='soon'", "start_date='soon' is not a date"),
        ("dag_id='d', schedule=None, start_date=5", "start_date takes a datetime"),
        ("dag_id='d', schedule=None, default_args=[1]", "default_args takes a dict"),
        ("dag_id='d', schedule=None, dagrun_timeout=5", "dagrun_timeout takes a timedelta"),
        ("dag_id='d', schedule=None, max_active_runs='x'", "max_active_runs takes a whole number"),
        ("dag_id='d', schedule=None, on_failure_callback='x'", "on_failure_callback takes a function"),
        ("dag_id='d', schedule=None, owner_links={'a': 'x'}", "must begin with http://"),
        ("dag_id='d', schedule=None, default_view='moon'", "default_view takes one of grid"),
        ("dag_id='d', schedule='@continuous', start_date='2025-01-01', max_active_runs=3", "max_active_runs is 3"),
    ],
)
def test_a_wrong_argument_is_refused_with_its_line_and_what_to_do(arguments: str, words: str) -> None:
    found = problem(f"from airflow import DAG\n\nd = DAG({arguments})\n")
    assert words in found.message
    assert found.line == 3
    assert found.message.startswith("/dags/example.py:3: ")


def test_a_schedule_needs_params_with_defaults() -> None:
    source = """
        from airflow import DAG
        from airflow.models.param import Param
        with DAG("d", schedule={}, start_date="2025-01-01", params={{"x": Param(type="integer")}}):
            pass
    """
    assert "Param 'x': No value was given" in problem(source.format("'@daily'")).message
    assert spec(source.format("None")).params["x"]["required"]


def test_params_carry_their_schema() -> None:
    found = made("schedule=None, params={'plain': 7}")
    assert found.params == {"plain": {"value": 7, "schema": {}, "description": None}}


def test_dags_by_place_by_with_and_by_decorator_are_found_once() -> None:
    found = collect(
        """
        from airflow import DAG
        from airflow.decorators import dag

        one = same = DAG("one", schedule=None)

        def inside():
            with DAG("two", schedule=None):
                pass
            with DAG("hidden", schedule=None, auto_register=False):
                pass

        inside()

        @dag(schedule=None)
        def three(x=1):
            "Words about it."

        three()
        """
    )
    assert found.problems == []
    assert [spec.dag_id for spec in found.specs] == ["one", "two", "three"]
    assert found.specs[2].doc_md == "Words about it."
    assert found.specs[2].params["x"]["value"] == 1


def test_two_dags_of_one_name_are_refused_naming_the_first_ones_line() -> None:
    found = collect("from airflow import DAG\na = DAG('d', schedule=None)\nb = DAG('d', schedule=None)\n")
    assert [spec.dag_id for spec in found.specs] == ["d"]
    (mistake,) = found.problems
    assert (mistake.dag_id, mistake.line) == ("d", 3)
    assert "the first one at line 2" in mistake.message


def test_outside_of_a_file_a_dag_is_of_dialect_2_and_knows_where_it_was_made() -> None:
    dag = DAG("here", schedule=None)
    assert dag.dialect == 2
    assert dag.fileloc.endswith("test_dag_arguments.py")


def test_the_dialect_is_that_of_the_file_being_read() -> None:
    with reading_file("/dags/three.py", 3):
        dag = DAG("d")
    assert (dag.dialect, dag.fileloc, dag.catchup) == (3, "/dags/three.py", False)


def test_a_subset_keeps_what_matches_and_its_upstreams() -> None:
    from airflow.operators.empty import EmptyOperator

    with DAG("d", schedule=None) as dag:
        a, b, c = (EmptyOperator(task_id=name) for name in "abc")
        a >> b >> c
    assert dag.partial_subset("b").task_ids == ["a", "b"]
    assert dag.partial_subset(["b"], include_upstream=False, include_downstream=True).task_ids == ["b", "c"]
    assert dag.task_ids == ["a", "b", "c"]


def test_a_file_started_by_itself_says_how_to_run_its_dag() -> None:
    with pytest.raises(AirflowException, match="airflow dags test d"):
        DAG("d", schedule=None).test()
