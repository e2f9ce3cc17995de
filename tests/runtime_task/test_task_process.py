"""One try in a process of its own: how it ends, what it tells, what its log says."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from tests.runtime_task.fake_host import LOGICAL_DATE, Platform, make_callback, make_try, run_info
from tradewind.core.messages import (
    CallbackRun,
    CallbacksDone,
    ConnectionInfo,
    Failed,
    FoundRun,
    Rescheduled,
    Skipped,
    Succeeded,
    TaskTry,
)
from tradewind.operators.empty import EmptyOperator
from tradewind.operators.python import BranchPythonOperator, PythonOperator, ShortCircuitOperator
from tradewind.sdk.context import get_current_context
from tradewind.sdk.dag import DAG
from tradewind.sdk.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowRescheduleException,
    AirflowSensorTimeout,
    AirflowSkipException,
    AirflowTaskTimeout,
    DagRunTriggerException,
    DownstreamTasksSkipped,
)
from tradewind.sdk.masking import mask_secret
from tradewind.sdk.operator import BaseOperator
from tradewind.sdk.variable import Variable
from tradewind.sdk.xcom_codec import decode

LATER = datetime(2024, 3, 7, tzinfo=timezone.utc)


def new_dag(dialect: int = 2, **kwargs: Any) -> DAG:
    dag = DAG("d", schedule="@daily", start_date=datetime(2024, 1, 1, tzinfo=timezone.utc), **kwargs)
    dag.dialect = dialect
    return dag


def calling(function: Any, dialect: int = 2, **kwargs: Any) -> DAG:
    """A DAG whose task `t` calls `function`."""
    with new_dag(dialect) as dag:
        PythonOperator(task_id="t", python_callable=function, **kwargs)
    return dag


def raising(error: BaseException) -> Any:
    def raise_it() -> None:
        raise error

    return raise_it


def returned(outcome: Any) -> Any:
    assert isinstance(outcome, Succeeded), outcome
    return {xcom.key: decode(xcom.value) for xcom in outcome.xcoms}


# --- outcomes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (ValueError("planned failure"), Failed(error="ValueError: planned failure")),
        (ValueError("first\nsecond"), Failed(error="ValueError: first …")),
        (KeyError(), Failed(error="KeyError")),
        (AirflowException("no"), Failed(error="AirflowException: no")),
        (AirflowFailException("never again"), Failed(error="AirflowFailException: never again", retry=False)),
        (AirflowSkipException("not today"), Skipped(reason="not today")),
        (
            AirflowSensorTimeout("too long"),
            Failed(cause="sensor_timeout", error="AirflowSensorTimeout: too long", retry=False),
        ),
        (AirflowTaskTimeout("late"), Failed(cause="execution_timeout", error="AirflowTaskTimeout: late")),
        (AirflowRescheduleException(LATER), Rescheduled(LATER)),
        (MemoryError(), Failed(cause="out_of_memory", error="MemoryError")),
        (KeyboardInterrupt(), Failed(error="KeyboardInterrupt")),
        (SystemExit(3), Failed(cause="exit_code", error="SystemExit: the task called sys.exit(3)")),
        (DownstreamTasksSkipped(tasks=["a", ("b", -1)]), Succeeded(skip=["a", "b"])),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_an_exception_decides_the_outcome(error: BaseException, outcome: Any, tmp_path: Path) -> None:
    ended = make_try(calling(raising(error)), "t", tmp_path)
    assert ended.outcome == outcome
    assert ended.exit_code == 0
    assert ended.callbacks == CallbacksDone()


@pytest.mark.parametrize(
    ("dialect", "code", "succeeds"), [(2, 0, True), (2, None, True), (2, 1, False), (3, 0, False), (3, "text", False)]
)
def test_sys_exit_means_what_it_does_in_the_dialect(dialect: int, code: Any, succeeds: bool, tmp_path: Path) -> None:
    ended = make_try(calling(lambda: sys.exit(code), dialect), "t", tmp_path)
    assert isinstance(ended.outcome, Succeeded if succeeds else Failed)


def test_a_process_that_leaves_by_itself_tells_no_outcome(tmp_path: Path) -> None:
    ended = make_try(calling(lambda: os._exit(0)), "t", tmp_path)
    assert ended.outcome is None
    assert ended.exit_code == 0
    assert ended.events == ["Try 1 of task t of DAG d starts."]


def test_a_crash_in_c_code_keeps_its_signal_and_prints_where_it_was(tmp_path: Path) -> None:
    ended = make_try(calling(lambda: os.kill(os.getpid(), signal.SIGSEGV)), "t", tmp_path)
    assert ended.outcome is None
    assert ended.exit_code == -signal.SIGSEGV
    assert "test_task_process.py" in ended.output


def test_a_task_that_is_not_in_the_dag_fails_with_its_name(tmp_path: Path) -> None:
    ended = make_try(new_dag(), "gone", tmp_path)
    assert isinstance(ended.outcome, Failed)
    assert "'gone'" in ended.outcome.error


def test_marking_success_runs_nothing(tmp_path: Path) -> None:
    assert make_try(calling(raising(ValueError())), "t", tmp_path, mark_success=True).outcome == Succeeded()


# --- results -----------------------------------------------------------------------------------------------------------


def test_the_return_value_comes_with_the_success(tmp_path: Path) -> None:
    ended = make_try(calling(lambda: [1, "two"]), "t", tmp_path)
    assert returned(ended.outcome) == {"return_value": [1, "two"]}
    assert ended.outcome.xcoms[0].length == 2  # type: ignore[union-attr]


def test_nothing_is_pushed_for_none_or_without_do_xcom_push(tmp_path: Path) -> None:
    assert returned(make_try(calling(lambda: None), "t", tmp_path).outcome) == {}
    assert returned(make_try(calling(lambda: 1, do_xcom_push=False), "t", tmp_path).outcome) == {}


def test_multiple_outputs_are_pushed_by_their_keys(tmp_path: Path) -> None:
    ended = make_try(calling(lambda: {"a": 1, "b": 2}, multiple_outputs=True), "t", tmp_path)
    assert returned(ended.outcome) == {"a": 1, "b": 2, "return_value": {"a": 1, "b": 2}}


def test_a_result_that_cannot_be_kept_fails_the_task(tmp_path: Path) -> None:
    ended = make_try(calling(lambda: threading.Lock()), "t", tmp_path)
    assert isinstance(ended.outcome, Failed)
    assert "SerializationError" in ended.outcome.error


def test_what_is_pushed_on_the_way_is_kept_also_when_the_task_fails(tmp_path: Path) -> None:
    def push_and_fail(ti: Any) -> None:
        ti.xcom_push("early", 1)
        raise ValueError

    platform = Platform()
    assert isinstance(make_try(calling(push_and_fail), "t", tmp_path, platform).outcome, Failed)
    assert [xcom.key for xcom in platform.xcoms] == ["early"]


def test_a_branch_skips_and_remembers_what_it_followed(tmp_path: Path) -> None:
    with new_dag() as dag:
        branch = BranchPythonOperator(task_id="t", python_callable=lambda: "a")
        branch >> [EmptyOperator(task_id="a"), EmptyOperator(task_id="b")]
    outcome = make_try(dag, "t", tmp_path).outcome
    assert returned(outcome) == {"skipmixin_key": {"followed": ["a"]}, "return_value": "a"}
    assert outcome.skip == ["b"]  # type: ignore[union-attr]


def test_a_short_circuit_skips_everything_downstream(tmp_path: Path) -> None:
    with new_dag() as dag:
        (
            ShortCircuitOperator(task_id="t", python_callable=lambda: 0)
            >> EmptyOperator(task_id="a")
            >> EmptyOperator(task_id="b")
        )
    outcome = make_try(dag, "t", tmp_path).outcome
    assert isinstance(outcome, Succeeded)
    assert sorted(outcome.skip) == ["a", "b"]


def test_a_mapped_instance_gets_its_item_and_its_name(tmp_path: Path) -> None:
    with new_dag() as dag:
        PythonOperator.partial(
            task_id="t", python_callable=lambda x: x * 10, map_index_template="item {{ task.op_kwargs['x'] }}"
        ).expand(op_kwargs=[{"x": 1}, {"x": 2}])
    outcome = make_try(dag, "t", tmp_path, map_index=1, map_lengths={"op_kwargs": 2}).outcome
    assert returned(outcome) == {"return_value": 20}
    assert outcome.rendered_map_index == "item 2"  # type: ignore[union-attr]


def test_an_order_to_trigger_a_run_is_carried_out(tmp_path: Path) -> None:
    """Operators of the published provider raise it; the platform does the rest."""
    order = DagRunTriggerException(
        trigger_dag_id="other",
        dag_run_id="mine",
        conf={"a": 1},
        logical_date=None,
        reset_dag_run=False,
        skip_when_already_exists=False,
        wait_for_completion=False,
        allowed_states=["success"],
        failed_states=["failed"],
        poke_interval=1,
        deferrable=False,
    )
    asked = []

    def trigger(request: Any) -> Any:
        asked.append(request)
        return FoundRun(run_info(dag_id="other", run_id="mine"))

    platform = Platform(on_trigger=trigger)
    outcome = make_try(calling(raising(order)), "t", tmp_path, platform).outcome
    assert isinstance(outcome, Succeeded)
    assert (asked[0].dag_id, asked[0].run_id, asked[0].conf) == ("other", "mine", '{"a": 1}')
    assert platform.xcoms[0].key == "trigger_run_id"


# --- templates and context ---------------------------------------------------------------------------------------------


def test_template_fields_are_rendered_and_told(tmp_path: Path) -> None:
    dag = calling(lambda day, **_: day, op_kwargs={"day": "{{ ds }}"})
    ended = make_try(dag, "t", tmp_path)
    assert returned(ended.outcome) == {"return_value": "2024-03-05"}
    assert ended.rendered == {"op_kwargs": {"day": "2024-03-05"}}


def test_rendered_fields_are_masked_and_cut(tmp_path: Path) -> None:
    connection = ConnectionInfo(conn_id="db", conn_type="x", password="hunter2-secret")
    dag = calling(
        lambda **_: None,
        op_kwargs={"url": "p={{ conn.db.password }}", "api_key": "visible", "long": "{{ 'x' * 9000 }}"},
    )
    ended = make_try(dag, "t", tmp_path, Platform(connections={"db": connection}))
    assert isinstance(ended.outcome, Succeeded)
    assert "hunter2" not in str(ended.rendered)
    assert "visible" not in str(ended.rendered)
    assert "max_templated_field_length" in ended.rendered["op_kwargs"]


def test_a_template_that_fails_fails_the_task_with_its_error(tmp_path: Path) -> None:
    ended = make_try(calling(lambda x: x, op_kwargs={"x": "{{ nope.y }}"}), "t", tmp_path)
    assert ended.outcome == Failed(error="UndefinedError: 'nope' is undefined")


def test_a_template_file_is_found_beside_the_dag_and_in_its_search_path(tmp_path: Path) -> None:
    (tmp_path / "beside.sql").write_text("select '{{ ds }}'")
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "other.sql").write_text("delete {{ ds_nodash }}")

    class Sql(BaseOperator):
        template_fields = ("sql", "also")
        template_ext = (".sql",)

        def __init__(self, *, sql: str, also: str, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.sql, self.also = sql, also

        def execute(self, context: Any) -> list[str]:
            return [self.sql, self.also]

    with new_dag(template_searchpath=str(tmp_path / "more")) as dag:
        dag.fileloc = str(tmp_path / "dag.py")
        Sql(task_id="t", sql="beside.sql", also="other.sql")
    assert returned(make_try(dag, "t", tmp_path).outcome) == {
        "return_value": ["select '2024-03-05'", "delete 20240305"]
    }


def test_native_rendering_gives_python_values(tmp_path: Path) -> None:
    with new_dag(render_template_as_native_obj=True) as dag:
        PythonOperator(task_id="t", python_callable=lambda x: [*x, 3], op_kwargs={"x": "{{ [1, 2] }}"})
    assert returned(make_try(dag, "t", tmp_path).outcome) == {"return_value": [1, 2, 3]}


def test_the_current_context_and_the_environment_know_the_task(tmp_path: Path) -> None:
    def look() -> list[Any]:
        return [
            get_current_context()["ti"].task_id,
            os.environ["AIRFLOW_CTX_DAG_ID"],
            os.environ["AIRFLOW_CTX_TRY_NUMBER"],
        ]

    assert returned(make_try(calling(look), "t", tmp_path, try_number=2).outcome) == {"return_value": ["t", "d", "2"]}


@pytest.mark.parametrize("dialect", [2, 3])
def test_a_run_without_a_logical_date_has_no_keys_of_it_in_dialect_3(dialect: int, tmp_path: Path) -> None:
    run = run_info(logical_date=None, data_interval_start=None, data_interval_end=None, run_type="manual")
    outcome = make_try(calling(lambda **context: sorted(context), dialect), "t", tmp_path, run=run).outcome
    keys = returned(outcome)["return_value"]
    assert ("ds" in keys) == (dialect == 2)
    assert "run_id" in keys


def test_a_missing_variable_says_how_to_set_it(tmp_path: Path) -> None:
    ended = make_try(calling(lambda: Variable.get("nope")), "t", tmp_path)
    assert isinstance(ended.outcome, Failed)
    assert "airflow variables set nope" in ended.outcome.error


# --- hooks and callbacks -----------------------------------------------------------------------------------------------


def test_hooks_run_around_the_work_in_their_order(tmp_path: Path) -> None:
    order: list[str] = []

    class Mine(BaseOperator):
        def pre_execute(self, context: Any) -> None:
            order.append("pre")

        def execute(self, context: Any) -> list[str]:
            order.append("execute")
            return order

        def post_execute(self, context: Any) -> None:  # type: ignore[override]
            order.append("post")

    with new_dag() as dag:
        Mine(task_id="t", on_execute_callback=lambda context: order.append("on_execute"))
    assert returned(make_try(dag, "t", tmp_path).outcome) == {"return_value": ["pre", "on_execute", "execute", "post"]}


@pytest.mark.parametrize(
    ("function", "tries", "expected"),
    [
        (lambda: None, (1, 0), "success"),
        (raising(ValueError("x")), (1, 0), "failure"),
        (raising(ValueError("x")), (1, 1), "retry"),
        (raising(ValueError("x")), (2, 1), "failure"),
        (raising(AirflowFailException("x")), (1, 1), "failure"),
        (raising(AirflowSkipException("x")), (1, 1), "skipped"),
        (raising(AirflowRescheduleException(LATER)), (1, 1), ""),
    ],
)
def test_the_outcome_calls_its_callbacks_with_the_context(
    function: Any, tries: tuple[int, int], expected: str, tmp_path: Path
) -> None:
    def note(kind: str) -> Any:
        def write(context: Any) -> None:
            error = context.get("exception")
            (tmp_path / "called").write_text(f"{kind} {context['ti'].state} {type(error).__name__}")

        return write

    kinds = {f"on_{kind}_callback": note(kind) for kind in ("success", "failure", "retry", "skipped")}
    make_try(calling(function, **kinds), "t", tmp_path, try_number=tries[0], max_tries=tries[1])
    called = (tmp_path / "called").read_text() if (tmp_path / "called").exists() else ""
    states = {"success": "success", "failure": "failed", "retry": "up_for_retry", "skipped": "skipped"}
    assert called.split()[:2] == ([expected, states[expected]] if expected else [])


def test_a_callback_that_fails_changes_nothing_and_is_told(tmp_path: Path) -> None:
    def broken(context: Any) -> None:
        raise RuntimeError("cannot notify")

    called = tmp_path / "called"
    dag = calling(lambda: 1, on_success_callback=[broken, lambda context: called.touch()])
    ended = make_try(dag, "t", tmp_path)
    assert isinstance(ended.outcome, Succeeded)
    assert ended.callbacks is not None
    assert "RuntimeError: cannot notify" in ended.callbacks.error
    assert called.exists()
    assert "cannot notify" in str(ended.lines)


def test_a_process_that_dies_in_a_callback_has_told_its_outcome(tmp_path: Path) -> None:
    ended = make_try(calling(lambda: 1, on_success_callback=lambda context: os._exit(9)), "t", tmp_path)
    assert isinstance(ended.outcome, Succeeded)
    assert ended.callbacks is None
    assert ended.exit_code == 9


@pytest.mark.parametrize("kind", ["success", "failure"])
def test_callbacks_of_a_dag_see_its_context_and_the_reason(kind: str, tmp_path: Path) -> None:
    told = tmp_path / "told"

    def tell(context: Any) -> None:
        told.write_text(f"{context['dag_run'].run_id} {context['ti'].task_id} {context['reason']}")

    with new_dag(on_failure_callback=tell, on_success_callback=[tell]) as dag:
        EmptyOperator(task_id="a") >> EmptyOperator(task_id="b") >> EmptyOperator(task_id="c")
    run = run_info()
    platform = Platform(states={"d": {run.run_id: {"a": "success", "b": "failed", "c": "upstream_failed"}}})
    callback = CallbackRun(
        callback_id="c", kind=kind, run=run, reason="task_failure", log_path=str(tmp_path / "callback.log")
    )
    ended = make_callback(dag, callback, platform)
    assert ended.callbacks == CallbacksDone()
    assert told.read_text() == f"{run.run_id} {'b' if kind == 'failure' else 'c'} task_failure"


def test_the_callback_of_a_try_whose_process_died_gets_the_error(tmp_path: Path) -> None:
    told = tmp_path / "told"
    dag = calling(lambda: 1, on_failure_callback=lambda context: told.write_text(str(context["exception"])))
    task_try = TaskTry(try_id="t", run=run_info(), task_id="t")
    callback = CallbackRun(callback_id="c", kind="failure", run=task_try.run, task=task_try, error="ended by SIGKILL")
    assert make_callback(dag, callback).callbacks == CallbacksDone()
    assert told.read_text() == "ended by SIGKILL"


# --- kills and time-outs -----------------------------------------------------------------------------------------------


class Waits(BaseOperator):
    """Sleeps, and notes each call of `on_kill`."""

    def __init__(self, *, note: Path, swallow: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.note, self.swallow = note, swallow

    def execute(self, context: Any) -> str:
        self.log.info("waiting")
        end = time.monotonic() + 20
        while time.monotonic() < end:
            try:
                time.sleep(20)
            except BaseException:
                if not self.swallow:
                    raise
                if self.swallow == "once":
                    break
        return "as if nothing had happened"

    def on_kill(self) -> None:
        with self.note.open("a") as file:
            file.write("killed\n")


def waiting(tmp_path: Path, **kwargs: Any) -> DAG:
    with new_dag() as dag:
        Waits(task_id="t", note=tmp_path / "note", **kwargs)
    return dag


def test_sigterm_runs_on_kill_once_and_the_failure_callback(tmp_path: Path) -> None:
    dag = waiting(tmp_path, on_failure_callback=lambda context: (tmp_path / "called").touch())
    ended = make_try(dag, "t", tmp_path, kill_when="waiting")
    assert isinstance(ended.outcome, Failed)
    assert ended.outcome.cause == "killed"
    assert (tmp_path / "note").read_text() == "killed\n"
    assert (tmp_path / "called").exists()


def test_a_task_that_swallows_sigterm_has_failed_all_the_same(tmp_path: Path) -> None:
    ended = make_try(waiting(tmp_path, swallow="once"), "t", tmp_path, kill_when="waiting")
    assert isinstance(ended.outcome, Failed)
    assert ended.outcome.cause == "killed"


def test_a_task_over_its_time_fails_with_that_cause(tmp_path: Path) -> None:
    ended = make_try(waiting(tmp_path, execution_timeout=timedelta(seconds=0.3)), "t", tmp_path)
    assert isinstance(ended.outcome, Failed)
    assert ended.outcome.cause == "execution_timeout"
    assert "execution_timeout of 0.3 s" in ended.outcome.error
    assert ended.outcome.retry
    assert (tmp_path / "note").read_text() == "killed\n"


@pytest.mark.slow
def test_a_task_that_swallows_its_time_out_is_ended(tmp_path: Path) -> None:
    dag = waiting(tmp_path, swallow=True, execution_timeout=timedelta(seconds=0.2))
    started = time.monotonic()
    ended = make_try(dag, "t", tmp_path)
    assert time.monotonic() - started < 10
    assert isinstance(ended.outcome, Failed)
    assert ended.outcome.cause == "execution_timeout"
    assert ended.callbacks == CallbacksDone()
    assert (tmp_path / "note").read_text() == "killed\n"


def test_a_time_out_that_is_swallowed_once_is_a_failure(tmp_path: Path) -> None:
    dag = waiting(tmp_path, swallow="once", execution_timeout=timedelta(seconds=0.2))
    ended = make_try(dag, "t", tmp_path)
    assert isinstance(ended.outcome, Failed)
    assert ended.outcome.cause == "execution_timeout"


def test_a_forked_child_dies_of_sigterm_without_the_tasks_on_kill(tmp_path: Path) -> None:
    def fork_and_kill() -> int:
        # Python forgets signals that arrive before a fork is complete.
        readable, writable = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.write(writable, b"x")
            time.sleep(20)
            os._exit(0)
        os.read(readable, 1)
        os.kill(pid, signal.SIGTERM)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    assert returned(make_try(calling(fork_and_kill), "t", tmp_path).outcome) == {"return_value": -signal.SIGTERM}


def test_a_host_that_is_gone_ends_the_task_with_its_own_exit_code(tmp_path: Path) -> None:
    from tests.runtime_task import fake_host

    _, body = fake_host.start_try(calling(lambda: 1), "t", tmp_path)
    ours, theirs = fake_host.socket.socketpair()
    ours.close()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        body(theirs)
    theirs.close()
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 71


# --- the log -----------------------------------------------------------------------------------------------------------


def test_everything_that_a_task_says_is_in_its_log(tmp_path: Path) -> None:
    def talk() -> None:
        print("printed")
        print("to stderr", file=sys.stderr)
        logging.getLogger("my.lib").warning("logged")
        warnings.simplefilter("always")
        warnings.warn("warned", UserWarning, stacklevel=1)
        print("unfinished", end="")

    ended = make_try(calling(talk), "t", tmp_path)
    said = [(line["logger"], line["level"], line["event"]) for line in ended.lines]
    assert said == [
        ("task", "info", "Try 1 of task t of DAG d starts."),
        ("task.stdout", "info", "printed"),
        ("task.stderr", "error", "to stderr"),
        ("my.lib", "warning", "logged"),
        ("py.warnings", "warning", "UserWarning: warned"),
        ("task.stdout", "info", "unfinished"),
    ]


def test_secrets_are_neither_in_the_log_nor_in_the_outcome_and_the_host_learns_them(tmp_path: Path) -> None:
    def leak() -> None:
        mask_secret("hunter2-secret")
        print("it is hunter2-secret")
        raise ValueError("bad password hunter2-secret")

    ended = make_try(calling(leak), "t", tmp_path)
    assert ended.outcome == Failed(error="ValueError: bad password ***")
    assert "hunter2" not in str(ended.lines)
    assert "hunter2-secret" in ended.masks


def test_the_traceback_starts_in_the_users_code(tmp_path: Path) -> None:
    def inner() -> None:
        raise ValueError("deep")

    def outer() -> None:
        try:
            inner()
        except ValueError as error:
            raise RuntimeError("above") from error

    ended = make_try(calling(outer), "t", tmp_path)
    (line,) = [line for line in ended.lines if line["level"] == "error"]
    trace = line["exception"]
    assert "in inner" in trace
    assert "in outer" in trace
    assert "tradewind/runtime" not in trace
    assert line["event"] == "Task failed: RuntimeError: above"


def test_output_of_children_goes_to_the_descriptors(tmp_path: Path) -> None:
    ended = make_try(
        calling(lambda: subprocess.run(["echo", "from a child"], stdout=sys.stdout, check=True)), "t", tmp_path
    )
    assert "from a child" in ended.output


def test_a_log_that_cannot_be_written_does_not_fail_the_task(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "t.log").symlink_to("/dev/full")
    ended = make_try(calling(lambda: print("x" * 100)), "t", tmp_path)
    assert isinstance(ended.outcome, Succeeded)


def test_exit_functions_of_the_task_run_and_those_of_its_host_do_not(tmp_path: Path) -> None:
    import atexit

    def from_the_host() -> None:
        (tmp_path / "host").touch()

    atexit.register(from_the_host)
    try:
        make_try(calling(lambda: atexit.register((tmp_path / "task").touch) and None), "t", tmp_path)
    finally:
        atexit.unregister(from_the_host)
    assert (tmp_path / "task").exists()
    assert not (tmp_path / "host").exists()


def test_threads_that_still_work_are_named_and_not_waited_for(tmp_path: Path) -> None:
    def leave_a_thread() -> None:
        threading.Thread(target=time.sleep, args=(30,), name="my-thread").start()

    ended = make_try(calling(leave_a_thread), "t", tmp_path)
    assert isinstance(ended.outcome, Succeeded)
    assert any("my-thread" in event for event in ended.events)


def test_a_retry_policy_decides_about_the_next_try(tmp_path: Path) -> None:
    class Decision:
        def __init__(self, action: str, delay: timedelta | None = None) -> None:
            self.action, self.retry_delay, self.reason = action, delay, ""

    class Policy:
        def __init__(self, decision: Decision) -> None:
            self.decision = decision

        def evaluate(self, **_: Any) -> Decision:
            return self.decision

    dag = calling(raising(ValueError("x")))
    dag.get_task("t").retry_policy = Policy(Decision("retry", timedelta(seconds=7)))
    assert make_try(dag, "t", tmp_path, max_tries=1).outcome == Failed(error="ValueError: x", retry_delay_s=7)
    dag.get_task("t").retry_policy = Policy(Decision("fail"))
    assert make_try(dag, "t", tmp_path, max_tries=1).outcome == Failed(error="ValueError: x", retry=False)


def test_a_run_knows_the_successful_run_before_it(tmp_path: Path) -> None:
    platform = Platform(previous_run=run_info(data_interval_start=LOGICAL_DATE - timedelta(days=1)))
    dag = calling(lambda x: x, op_kwargs={"x": "{{ prev_data_interval_start_success }}"})
    assert returned(make_try(dag, "t", tmp_path, platform).outcome) == {"return_value": "2024-03-04 00:00:00+00:00"}
    assert len(platform.asked) == 2, "one question, and the rendered fields"
