"""What a running task has: its context, its instance, skips, sensors, params, masks."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests.sdk.world import MOMENT, FakeClock, Platform, context_of, dag_of, instance, run, run_info
from tradewind.core import messages
from tradewind.sdk import masking, timezone
from tradewind.sdk.context import Context, context_merge, context_to_airflow_vars, get_current_context, push_context
from tradewind.sdk.dag import DAG
from tradewind.sdk.dag_run import DagRunView
from tradewind.sdk.dates import date_range, days_ago
from tradewind.sdk.dialect import reading_file
from tradewind.sdk.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowRescheduleException,
    AirflowSensorTimeout,
    AirflowSkipException,
    InvalidArgument,
    ParamValidationError,
    TaskDeferralError,
    TaskDeferralTimeout,
)
from tradewind.sdk.operator import BaseOperator
from tradewind.sdk.params import Param, ParamsDict, process_params
from tradewind.sdk.sensor import BaseSensorOperator, PokeReturnValue, poke_mode_only
from tradewind.sdk.skipmixin import branch_skips, short_circuit_skips

# --- context ---------------------------------------------------------------------------------------------------------------


def test_values_are_made_once_when_they_are_read() -> None:
    made: list[int] = []
    context = Context({"a": 1}, lazy={"b": lambda: made.append(1) or 2})  # type: ignore[func-returns-value]
    assert ("b" in context, len(context), list(context), made) == (True, 2, ["a", "b"], [])
    assert (context["b"], context.get("b"), made) == (2, 2, [1])
    assert (context.get("c", 5), {**context}, dict(context)) == (5, {"a": 1, "b": 2}, {"a": 1, "b": 2})


def test_a_copy_goes_its_own_way() -> None:
    context = Context({"a": 1}, lazy={"b": lambda: 2})
    copy = context.copy()
    context_merge(copy, {"a": 3}, c=4)
    assert (context["a"], copy["a"], copy["b"], "c" in context) == (1, 3, 2, False)


def test_the_current_context_is_that_of_the_innermost_task() -> None:
    with pytest.raises(AirflowException, match="works while a task runs"):
        get_current_context()
    with push_context({"a": 1}), push_context({"a": 2}):
        assert get_current_context()["a"] == 2


def test_child_processes_are_told_about_the_task() -> None:
    with DAG("d", schedule=None):
        task = BaseOperator(task_id="t", owner="me", email=["a@x", "b@x"])
    context = context_of(instance(task, try_number=2), logical_date=MOMENT)
    found = context_to_airflow_vars(context, in_env_var_format=True)
    assert found["AIRFLOW_CTX_DAG_ID"] == "d"
    assert found["AIRFLOW_CTX_TRY_NUMBER"] == "2"
    assert found["AIRFLOW_CTX_DAG_EMAIL"] == "a@x,b@x"
    assert found["AIRFLOW_CTX_EXECUTION_DATE"] == "2024-03-05T06:07:08+00:00"
    assert "airflow.ctx.dag_run_id" in context_to_airflow_vars(context)


# --- task instance -----------------------------------------------------------------------------------------------------------


def task_of_dialect(dialect: int) -> Any:
    with reading_file("/f.py", dialect), DAG("d", schedule=None):
        return BaseOperator(task_id="me")


@pytest.mark.parametrize("dialect", [2, 3])
def test_one_value_of_one_task(platform: Platform, dialect: int) -> None:
    platform.pushed("a", {"x": 1})
    platform.pushed("a", 2, key="k")
    ti = instance(task_of_dialect(dialect))
    assert ti.xcom_pull(task_ids="a") == {"x": 1}
    assert ti.xcom_pull(task_ids="a", key="k") == 2
    assert (ti.xcom_pull(task_ids="nope"), ti.xcom_pull(task_ids="nope", default=5)) == (None, 5)


def test_without_task_ids_airflow_2_looks_everywhere_and_airflow_3_at_this_task(platform: Platform) -> None:
    platform.pushed("a", "first", key="k")
    platform.pushed("b", "last", key="k")
    assert instance(task_of_dialect(2)).xcom_pull(key="k") == "last"
    assert instance(task_of_dialect(3)).xcom_pull(key="k") is None
    platform.pushed("me", "mine", key="k")
    assert instance(task_of_dialect(3)).xcom_pull(key="k") == "mine"


def test_several_tasks_give_a_list_in_their_order(platform: Platform) -> None:
    platform.pushed("a", 1)
    platform.pushed("b", 2)
    for dialect, expected in ((2, [2, 1]), (3, [2, None, 1])):
        assert instance(task_of_dialect(dialect)).xcom_pull(task_ids=["b", "missing", "a"]) == expected


@pytest.mark.parametrize("dialect", [2, 3])
def test_a_mapped_task_gives_the_list_of_its_instances(platform: Platform, dialect: int) -> None:
    platform.pushed("m", "x", map_index=0)
    platform.pushed("m", "y", map_index=1)
    ti = instance(task_of_dialect(dialect))
    assert list(ti.xcom_pull(task_ids="m")) == ["x", "y"]
    assert ti.xcom_pull(task_ids="m", map_indexes=1) == "y"
    assert ti.xcom_pull(task_ids="m", map_indexes=[1, 0]) in (["y", "x"], ["x", "y"])


def test_a_pushed_value_is_sent_at_once_with_its_place(platform: Platform) -> None:
    ti = instance(task_of_dialect(2), map_index=3)
    ti.xcom_push("k", [1])
    (sent,) = platform.told
    assert (sent.task_id, sent.key, sent.value, sent.map_index, sent.length) == ("me", "k", "[1]", 3, None)


def test_the_instance_knows_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://flows/")
    ti = instance(task_of_dialect(2), try_number=2, max_tries=3, map_index=1)
    assert tuple(ti.key) == ("d", "me", "manual__1", 2, 1)
    assert (ti.try_number, ti.max_tries, ti.operator, ti.is_premature) == (2, 3, "BaseOperator", False)
    assert ti.log_url == "https://flows/dags/d/runs/manual__1/tasks/me/mapped/1?try_number=2"
    assert ti.get_dagrun() is ti.dag_run
    assert ti.execution_date == MOMENT


def test_other_runs_and_instances_are_asked_of_the_platform(platform: Platform) -> None:
    platform.answers = {
        messages.GetPreviousRun: messages.FoundRun(run_info(run_id="before", state="success")),
        messages.CountInstances: messages.Count(3),
        messages.CountRuns: messages.Count(4),
        messages.GetInstanceStates: messages.States({"r": {"t": "success"}}),
        messages.GetRun: messages.FoundRun(run_info(state="failed")),
    }
    ti = instance(task_of_dialect(2))
    previous = ti.get_previous_dagrun(state="success")
    assert previous is not None
    assert (previous.run_id, previous.state) == ("before", "success")
    assert (ti.get_ti_count(dag_id="x"), ti.get_dr_count(dag_id="x")) == (3, 4)
    assert ti.get_task_states(dag_id="x") == {"r": {"t": "success"}}
    assert ti.get_dagrun_state("x", "r") == "failed"


def test_a_run_looks_like_its_dialects() -> None:
    info = run_info(run_type="manual", logical_date=None, conf='{"a": {"b": 2}}')
    two, three = DagRunView(info, 2), DagRunView(info, 3)
    assert (f"{two.run_type}", f"{three.run_type!s}") == ("manual", "DagRunType.MANUAL")
    assert two.run_type == three.run_type == "manual"
    assert (f"{two.state}", f"{three.state!s}") == ("running", "DagRunState.RUNNING")
    assert two.state == three.state == "running"
    assert two.execution_date == MOMENT
    for name in ("execution_date", "external_trigger", "is_backfill"):
        with pytest.raises(AttributeError, match=f"no '{name}' since Airflow 3: use "):
            getattr(three, name)
    assert (two.conf["a"]["b"], two.external_trigger, two.get_state()) == (2, True, "running")
    assert two.run_after.timezone_name == "UTC"


# --- skipping ------------------------------------------------------------------------------------------------------------------


BRANCHED = """
from airflow import DAG
from airflow.operators.empty import EmptyOperator
from airflow.utils.task_group import TaskGroup
with DAG("d", schedule=None):
    b, a, c, join, end = (EmptyOperator(task_id=i) for i in ("branch", "a", "c", "join", "end"))
    with TaskGroup("g") as g:
        EmptyOperator(task_id="g1") >> EmptyOperator(task_id="g2")
    b >> [a, c, join, g]
    [a, c] >> join >> end
    EmptyOperator(task_id="clean").as_teardown() << end
"""


@pytest.mark.parametrize(
    ("chosen", "followed", "skipped"),
    [
        ("a", ["a", "join"], ["c", "g.g1"]),
        (["a", "c"], ["a", "c", "join"], ["g.g1"]),
        ("join", ["join"], ["a", "c", "g.g1"]),
        ("g", ["g.g1"], ["a", "c", "join"]),
        ("g.g1", ["g.g1"], ["a", "c", "join"]),
        (None, [], ["a", "c", "g.g1", "join"]),
        ([], [], ["a", "c", "g.g1", "join"]),
        ("end", [], ["a", "c", "g.g1", "join"]),
    ],
)
def test_a_branch_skips_the_direct_downstreams_that_it_does_not_reach(chosen: Any, followed: Any, skipped: Any) -> None:
    task = dag_of(BRANCHED).get_task("branch")
    assert branch_skips(task, chosen) == ({"followed": followed}, skipped)


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ("g1", "Did you mean 'g.g1'?"),
        ("jion", "Did you mean 'join'?"),
        (5, "must return a task id"),
        ([5], "must return task ids, and 5 is a int"),
    ],
)
def test_a_branch_to_nowhere_says_what_was_meant(chosen: Any, words: str) -> None:
    with pytest.raises(AirflowException) as caught:
        branch_skips(dag_of(BRANCHED).get_task("branch"), chosen)
    assert words in str(caught.value)


def test_a_short_circuit_never_skips_teardowns() -> None:
    task = dag_of(BRANCHED).get_task("join")
    assert short_circuit_skips(task)[1] == ["end"]
    assert short_circuit_skips(dag_of(BRANCHED).get_task("branch"), False)[1] == ["a", "c", "g.g1", "join"]


# --- sensors -------------------------------------------------------------------------------------------------------------------


class Waits(BaseSensorOperator):
    def __init__(self, *, answers: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.answers = iter(answers)

    def poke(self, context: Any) -> Any:
        answer = next(self.answers)
        if isinstance(answer, BaseException):
            raise answer
        return answer


def sensor(answers: Any, **kwargs: Any) -> tuple[Waits, FakeClock]:
    with DAG("d", schedule=None):
        made = Waits(task_id="s", answers=answers, **kwargs)
    made.clock = clock = FakeClock()
    return made, clock


def test_a_sensor_pokes_until_it_is_done() -> None:
    made, clock = sensor([False, 0, PokeReturnValue(False, 1), PokeReturnValue(True, "value")], poke_interval=7)
    assert (run(made)[0], clock.slept) == ("value", [7.0, 7.0, 7.0])


def test_a_rescheduled_sensor_gives_its_process_back_and_counts_from_its_first_start() -> None:
    made, clock = sensor([False, False], poke_interval=60, timeout=100, mode="reschedule")
    with pytest.raises(AirflowRescheduleException) as caught:
        run(made)
    assert caught.value.reschedule_date == MOMENT + dt.timedelta(seconds=60)
    clock.time += dt.timedelta(seconds=120)
    with pytest.raises(AirflowSensorTimeout):
        run(made, first_started_at=MOMENT, reschedule_count=1)


@pytest.mark.parametrize(
    ("error", "options", "expected"),
    [
        (ValueError("x"), {}, ValueError),
        (ValueError("x"), {"soft_fail": True}, ValueError),
        (ValueError("x"), {"never_fail": True}, AirflowSkipException),
        (AirflowFailException("x"), {}, AirflowFailException),
        (AirflowFailException("x"), {"soft_fail": True}, AirflowSkipException),
        (AirflowSkipException("x"), {}, AirflowSkipException),
    ],
)
def test_errors_in_poke(error: Exception, options: dict[str, Any], expected: type[Exception]) -> None:
    with pytest.raises(expected):
        run(sensor([error], **options)[0])


def test_silent_fail_goes_on_after_an_error() -> None:
    assert run(sensor([ValueError("x"), True], silent_fail=True)[0])[0] is None


def test_a_time_out_is_a_failure_or_with_soft_fail_a_skip() -> None:
    for soft, expected in ((False, AirflowSensorTimeout), (True, AirflowSkipException)):
        with pytest.raises(expected):
            run(sensor([False] * 9, poke_interval=5, timeout=9, soft_fail=soft)[0])


def test_exponential_backoff_grows_up_to_its_limit_and_is_the_same_each_time() -> None:
    made, clock = sensor([False] * 6 + [True], poke_interval=10, exponential_backoff=True, max_wait=60)
    run(made)
    assert clock.slept == sorted(clock.slept)
    assert clock.slept[0] <= 10
    assert clock.slept[-1] == 60
    again, other = sensor([False] * 6 + [True], poke_interval=10, exponential_backoff=True, max_wait=60)
    run(again)
    assert other.slept == clock.slept


@pytest.mark.parametrize(
    "options", [{"mode": "x"}, {"poke_interval": -1}, {"timeout": "x"}, {"soft_fail": True, "never_fail": True}]
)
def test_options_that_cannot_be_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument):
        sensor([True], **options)


def test_poke_mode_only_refuses_to_reschedule() -> None:
    @poke_mode_only
    class Keeps(Waits):
        pass

    with DAG("d", schedule=None):
        assert Keeps(task_id="a", answers=[]).mode == "poke"
        with pytest.raises(InvalidArgument, match="works in mode 'poke' only"):
            Keeps(task_id="b", answers=[], mode="reschedule")


def test_a_deferred_task_goes_on_in_its_method() -> None:
    class Goes(BaseOperator):
        def back(self, context: Any, event: Any = None) -> Any:
            return event

    task = Goes(task_id="t")
    assert task.resume_execution("back", {"event": 5}, {}) == 5
    with pytest.raises(TaskDeferralError, match="broke"):
        task.resume_execution("__fail__", {"error": "broke"}, {})
    with pytest.raises(TaskDeferralTimeout):
        task.resume_execution("__fail__", {"error": "Trigger timeout"}, {})


# --- params --------------------------------------------------------------------------------------------------------------------


def test_params_of_dag_task_and_run_are_merged_and_checked() -> None:
    with DAG("d", schedule=None, params={"a": Param(1, type="integer", minimum=0), "b": "x"}) as dag:
        task = BaseOperator(task_id="t", params={"b": "y"})
    assert process_params(dag, task, {}) == {"a": 1, "b": "y"}
    assert process_params(dag, task, {"a": 5, "new": [1]}) == {"a": 5, "b": "y", "new": [1]}
    with pytest.raises(ParamValidationError, match="Param 'a': -1 is less than the minimum of 0"):
        process_params(dag, task, {"a": -1})


def test_a_run_may_be_kept_from_overriding_params(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__DAG_RUN_CONF_OVERRIDES_PARAMS", "False")
    with DAG("d", schedule=None, params={"a": 1}) as dag:
        task = BaseOperator(task_id="t")
    assert process_params(dag, task, {"a": 5}) == {"a": 1}


def test_a_params_dict_reads_values_and_checks_what_is_written() -> None:
    params = ParamsDict({"a": Param(1, type="integer"), "b": 2})
    params["a"] = 3
    params["c"] = "x"
    assert (params["a"], params.dump(), dict(params.items())["b"].value) == (3, {"a": 3, "b": 2, "c": "x"}, 2)
    with pytest.raises(ParamValidationError, match="Param 'a': 'no' is not of type 'integer'"):
        params["a"] = "no"
    assert params["a"] == 3
    with pytest.raises(ParamValidationError, match="must be plain JSON"):
        ParamsDict({"d": dt.date(2024, 1, 1)}).validate()
    with pytest.raises(ParamValidationError, match="No value was given"):
        Param(type="string").resolve()


# --- masking -------------------------------------------------------------------------------------------------------------------


def test_secrets_are_hidden_in_every_form_they_take() -> None:
    masking.mask_secret("p@ss word/1")
    assert masking.redact("a p@ss word/1 p%40ss%20word%2F1 p%40ss+word%2F1 b") == "a *** *** *** b"


def test_short_values_and_values_of_harmless_names_are_not_hidden() -> None:
    masking.mask_secret("abc")
    masking.mask_secret({"region": "europe-west", "password": "long-enough"})
    masking.mask_secret("visible", name="region")
    assert masking.redact("abc europe-west long-enough visible") == "abc europe-west *** visible"


def test_a_longer_secret_is_hidden_as_a_whole_and_each_line_of_a_key_by_itself() -> None:
    masking.mask_secret(["secret", "secret-and-more"])
    masking.mask_secret("-----BEGIN KEY-----\nabcdefgh\n")
    assert masking.redact("x secret-and-more abcdefgh") == "x *** ***"


def test_values_under_secret_names_are_hidden_in_mappings() -> None:
    assert masking.redact({"api_key": "x", "n": [{"token": ["a", 1]}], "plain": 1, "password": None}) == {
        "api_key": "***",
        "n": [{"token": ["***", "***"]}],
        "plain": 1,
        "password": None,
    }


def test_more_words_can_be_configured_and_hiding_turned_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__SENSITIVE_VAR_CONN_NAMES", "geheim, other")
    assert masking.should_hide_value_for_key("Das_Geheimnis")
    monkeypatch.setenv("AIRFLOW__CORE__HIDE_SENSITIVE_VAR_CONN_FIELDS", "False")
    assert not masking.should_hide_value_for_key("password")


def test_sinks_hear_of_every_new_secret() -> None:
    heard: list[list[str]] = []
    masking.mask_secret("first-secret")
    masking.MASKER.add_sink(heard.append)
    masking.mask_secret("second-secret")
    masking.mask_secret("second-secret")
    assert heard == [["first-secret"], ["second-secret"]]


# --- times ---------------------------------------------------------------------------------------------------------------------


def test_naive_times_are_of_the_default_zone_and_aware_ones_keep_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    assert timezone.datetime(2024, 1, 1).isoformat() == "2024-01-01T00:00:00+00:00"
    assert timezone.parse("2024-01-01T00:00:00+09:00").isoformat() == "2024-01-01T00:00:00+09:00"
    monkeypatch.setenv("AIRFLOW__CORE__DEFAULT_TIMEZONE", "Asia/Seoul")
    assert timezone.convert_to_utc(dt.datetime(2024, 1, 1, 9)).isoformat() == "2024-01-01T00:00:00+00:00"
    assert timezone.make_naive(MOMENT).hour == 15
    with pytest.raises(ValueError, match="expects a naive datetime"):
        timezone.make_aware(MOMENT)
    with pytest.raises(ValueError, match="cannot be applied to a naive"):
        timezone.make_naive(dt.datetime(2024, 1, 1))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, None), (0.5, "<1s"), (61, "1M:1s"), (3600, "1h"), (90000, "1d:1h"), (86400 * 400, "1y:1mo:10d")],
)
def test_durations_in_words(seconds: float | None, text: str | None) -> None:
    assert timezone.td_format(seconds) == text


def test_days_ago_is_midnight_utc() -> None:
    two = days_ago(2)
    assert (two.hour, two.minute, two.timezone_name) == (0, 0, "UTC")
    assert (timezone.utcnow() - two).days == 2
    assert days_ago(1, hour=6).hour == 6


def test_ranges_of_dates_by_delta_by_cron_and_by_number() -> None:
    start = timezone.datetime(2024, 1, 1)
    day = dt.timedelta(days=1)
    assert date_range(start, end_date=start + 2 * day, delta=day) == [start, start + day, start + 2 * day]
    assert date_range(start, num=-2, delta=day) == [start - day, start]
    assert date_range(start, num=2, delta="@daily") == [start, start + day]
    assert date_range(start, end_date=start + day, delta="0 12 * * *") == [start + dt.timedelta(hours=12)]
    with pytest.raises(ValueError, match="end_date or num"):
        date_range(start, end_date=start, num=1, delta=day)
