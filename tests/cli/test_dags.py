"""`dags`, `tasks`, `backfill`, `why`, `simulate`: what they print, change and refuse."""

from __future__ import annotations

import json
import shutil
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import FakeWiring, Run, save
from tests.services.conftest import a_dag, a_task
from tradewind.core.changes import Changes, RunUpdate
from tradewind.core.records import InstanceRecord, RunRecord, TryRecord
from tradewind.core.spec import EdgeLabel, GroupSpec
from tradewind.core.states import RunState, TaskState
from tradewind.services import jobs, runs
from tradewind.services.session import Services

UTC = timezone.utc


def begin(services: Services, run: RunRecord, **states: TaskState) -> None:
    spec = services.store.dags.get(run.dag_id).spec  # type: ignore[union-attr]
    now = services.now()
    instances = [
        InstanceRecord(run_key=run.run_key, task_id=task.task_id, state=states.get(task.task_id, TaskState.NONE))
        for task in spec.tasks
    ]
    ended = all(instance.state.is_final for instance in instances)
    state = RunState.SUCCESS if ended else RunState.RUNNING
    values: dict[str, Any] = {"state": state, "expanded": True, "start_date": now, "end_date": now if ended else None}
    changes = Changes(new_instances=instances, run_updates=[RunUpdate(run.run_key, run.state, values)])
    assert services.store.edit(changes) is None


@pytest.fixture
def ended(services: Services) -> RunRecord:
    run = runs.trigger_run(services, "nightly", run_id="r1", logical_date=datetime(2025, 1, 5, 6, tzinfo=UTC))
    begin(services, run, extract=TaskState.SUCCESS, load=TaskState.FAILED)
    return run


# --- dags ------------------------------------------------------------------------------------------------------------


def test_the_first_list_of_an_empty_store_imports_the_files_and_later_ones_do_not(run: Run, wiring: FakeWiring):
    for _ in range(2):
        assert json.loads(run("dags list -o json").output) == [
            {"dag_id": "nightly", "fileloc": "/home/me/dags/nightly.py", "owners": ["airflow"], "is_paused": "True"}
        ]
    assert [name for name, _ in wiring.asked] == ["parse_files"]


def test_columns_are_chosen_by_name(run: Run):
    output = run("dags list --columns dag_id,timetable_summary,tags -o plain").output
    assert output.splitlines()[1].split() == ["nightly", "0", "6", "*", "*", "*"]
    assert "There is no column 'x'" in run("dags list --columns x", fails=2).output


def test_pausing_prints_the_new_state_and_says_when_there_is_nothing_to_do(run: Run):
    assert json.loads(run("dags unpause nightly -o json").output) == [{"dag_id": "nightly", "is_paused": "False"}]
    assert run("dags unpause nightly").output == "No paused DAGs were found\n"
    assert json.loads(run("dags pause nightly -o json").output) == [{"dag_id": "nightly", "is_paused": "True"}]


def test_pausing_by_expression_asks_unless_told_not_to(run: Run, wiring: FakeWiring):
    wiring.dags = [a_dag("nightly_a"), a_dag("nightly_b"), a_dag("other")]
    assert "nightly_a,nightly_b" in run("dags unpause ^night --treat-dag-id-as-regex", fails=1, answer="n\n").output
    output = run("dags unpause ^night --treat-dag-id-as-regex -y -o json").output
    assert [row["dag_id"] for row in json.loads(output)] == ["nightly_a", "nightly_b"]


def test_a_dag_that_is_not_there_is_an_error_with_the_nearest_id(run: Run):
    for line in ("dags pause nigtly", "dags trigger nigtly", "tasks list nigtly", "dags details nigtly"):
        assert "Did you mean 'nightly'" in run(line, fails=1).output


def test_details_come_as_properties_or_as_one_object(run: Run):
    assert "timetable_summary" in run("dags details nightly").output
    (row,) = json.loads(run("dags details nightly -o json").output)
    assert row["max_active_runs"] == "16" and row["has_import_errors"] == "False"


def test_import_errors_are_shown_with_their_text_and_fail(run: Run, services: Services):
    from tradewind.core.messages import ImportProblem

    problem = ImportProblem(file="/home/me/dags/nightly.py", message="Traceback …\nSyntaxError: invalid syntax", line=3)
    save(services, a_dag("nightly"), services.now(), [problem])
    output = run("dags list-import-errors", fails=1).output
    assert "/home/me/dags/nightly.py, line 3:\nTraceback …\nSyntaxError" in output
    (row,) = json.loads(run("dags list-import-errors -o json", fails=1).output)
    assert row["filepath"] == "/home/me/dags/nightly.py"


def test_report_shows_how_long_each_file_took(run: Run):
    assert json.loads(run("dags report -o json").output) == [
        {
            "file": "/home/me/dags/nightly.py",
            "duration": "0:00:00.250000",
            "dag_num": "1",
            "task_num": "2",
            "dags": ["nightly"],
        }
    ]


def test_trigger_prints_the_run_and_warns_of_a_paused_dag(run: Run):
    result = run(["dags", "trigger", "nightly", "-r", "r1", "-c", '{"a": 1}', "-e", "2025-01-05", "-o", "json"])
    (row,) = json.loads(result.stdout)
    assert (row["dag_run_id"], row["conf"], row["logical_date"], row["state"]) == (
        "r1",
        {"a": "1"},
        "2025-01-05T00:00:00+00:00",
        "queued",
    )
    assert "is paused" in result.stderr
    assert "already has a run" in run("dags trigger nightly -r r1", fails=1).output
    assert run("dags state nightly r1").output == 'queued, {"a": 1}\n'
    assert run("dags state nightly 2025-01-05").output == 'queued, {"a": 1}\n'
    assert run("dags state nightly r2").output == "None\n"


@pytest.mark.parametrize("conf", ["{", "[1]", "1"])
def test_a_conf_that_is_no_json_object_is_a_usage_error(conf: str, run: Run):
    assert "JSON" in run(["dags", "trigger", "nightly", "-c", conf], fails=2).output


def test_list_runs_takes_the_dag_both_ways_and_has_both_names_of_the_date(run: Run, ended: RunRecord):
    (row,) = json.loads(run("dags list-runs -d nightly -o json").output)
    assert row["logical_date"] == row["execution_date"] == "2025-01-05T06:00:00+00:00"
    assert "execution_date" not in run("dags list-runs nightly").output
    assert run("dags list-runs nightly --state queued").output == "No data found\n"
    assert run("dags list-runs nightly -s 2025-02-01").output == "No data found\n"


def test_next_execution_prints_dates_and_reminds_of_the_pause(run: Run):
    result = run("dags next-execution nightly -n 2")
    assert result.stdout == "2025-01-01T06:00:00+00:00\n2025-01-02T06:00:00+00:00\n"
    assert "PAUSED" in result.stderr
    assert run("dags next-execution nightly --field run_after").stdout == "2025-01-02T06:00:00+00:00\n"


def test_delete_asks_first(run: Run, ended: RunRecord):
    run("dags delete nightly", fails=1, answer="n\n")
    assert run("dags delete nightly -y").output.startswith("Removed ")
    assert run("dags state nightly r1", fails=1)


def test_test_runs_through_wiring_and_exits_by_the_outcome(run: Run, wiring: FakeWiring):
    wiring.answers["test_dag"] = "success"
    run(["dags", "test", "nightly", "2025-01-05", "-c", '{"a": 1}', "-S", "dags/x.py"])
    (_, asked) = wiring.asked[-1]
    assert (asked["conf"], asked["file"], asked["logical_date"]) == (
        {"a": 1},
        Path("dags/x.py"),
        datetime(2025, 1, 5, tzinfo=UTC),
    )
    wiring.answers["test_dag"] = "failed"
    run("dags test nightly", fails=1)


# --- drawings --------------------------------------------------------------------------------------------------------


@pytest.fixture
def grouped(wiring: FakeWiring) -> None:
    wiring.dags = [
        a_dag(
            "nightly",
            a_task("a"),
            a_task("g.b", "a", label="b", group="g"),
            a_task("c", "a", "g.b"),
            groups=(GroupSpec(group_id="g", label="Group", children=("g.b",)),),
            roots=("a", "g", "c"),
            edge_labels=(EdgeLabel("a", "c", 'skip "it"'),),
        )
    ]


def test_show_prints_dot_with_groups_and_labels(run: Run, grouped: None):
    output = run("dags show nightly").output
    for line in ('digraph "nightly" {', 'subgraph "cluster_g" {', '"a" -> "g.b"', r'"a" -> "c" [label="skip \"it\""]'):
        assert line in output


@pytest.mark.skipif(shutil.which("dot") is None, reason="graphviz is not installed")
def test_graphviz_reads_what_show_prints(run: Run, grouped: None, tmp_path: Path):
    run(f"dags show nightly --save {tmp_path / 'x.svg'}")
    assert "<svg" in (tmp_path / "x.svg").read_text()


def test_show_prints_mermaid_and_a_tree(run: Run, grouped: None):
    assert 't0 -->|skip "it"| t2' in run("dags show nightly --format mermaid").output
    assert run("dags show nightly --format tree").output == (
        "<Task(BashOperator): a>\n    <Task(BashOperator): g.b>\n        <Task(BashOperator): c>\n"
        "    <Task(BashOperator): c>\n"
    )


def test_a_picture_without_graphviz_says_what_else_can_be_saved(
    run: Run, grouped: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("shutil.which", lambda program: None)
    assert "x.mmd" in run(f"dags show nightly --save {tmp_path / 'x.svg'}", fails=1).output
    run(f"dags show nightly --save {tmp_path / 'x.dot'}")
    assert (tmp_path / "x.dot").read_text().startswith("digraph")
    assert "Name it" in run(f"dags show nightly --save {tmp_path / 'x.txt'}", fails=1).output


# --- tasks -----------------------------------------------------------------------------------------------------------


def test_tasks_are_listed_and_drawn_as_a_tree(run: Run):
    assert run("tasks list nightly").output == "extract\nload\n"
    assert run("tasks list nightly -t").output == "<Task(BashOperator): extract>\n    <Task(BashOperator): load>\n"


def test_states_of_a_run_have_both_names_of_the_date(run: Run, ended: RunRecord):
    rows = json.loads(run("tasks states-for-dag-run nightly r1 -o json").output)
    assert [(row["task_id"], row["state"]) for row in rows] == [("extract", "success"), ("load", "failed")]
    assert rows[0]["execution_date"] == rows[0]["logical_date"]
    assert run("tasks state nightly load 2025-01-05T06:00:00").output == "failed\n"


def test_tasks_of_a_run_that_has_not_begun_are_listed_without_a_state(run: Run, services: Services):
    runs.trigger_run(services, "nightly", run_id="r1")
    rows = json.loads(run("tasks states-for-dag-run nightly r1 -o json").output)
    assert [(row["task_id"], row["state"]) for row in rows] == [("extract", None), ("load", None)]
    assert run("tasks state nightly load r1").output == "None\n"


def test_clear_lists_what_is_affected_asks_and_clears(run: Run, ended: RunRecord, services: Services):
    output = run("tasks clear nightly -t extract -d", fails=1, answer="n\n").output
    assert "You are about to clear these 2 tasks:" in output
    assert "<TaskInstance: nightly.load r1 [failed]>" in output
    assert services.store.instances.get(ended.run_key, "load").state is TaskState.FAILED  # type: ignore[union-attr]
    assert run("tasks clear nightly -f -y").output == "1 task instance has been cleared\n"
    assert run("tasks state nightly load r1").output == "None\n"
    assert run("dags state nightly r1").output == "queued\n"
    assert run("tasks clear nightly -f -y").output == "Nothing to clear.\n"


def test_clear_takes_dates_and_expressions_over_dags(run: Run, ended: RunRecord):
    assert run("tasks clear nightly -s 2025-01-06 -y").output == "Nothing to clear.\n"
    assert run("tasks clear ^night -R -e 2025-01-06 -y").output == "2 task instances have been cleared\n"
    assert "no regular expression" in run("tasks clear nightly -t (", fails=1).output


def test_dags_clear_takes_a_run(run: Run, ended: RunRecord):
    assert run("dags clear nightly --run-id r1 -y").output == "2 task instances have been cleared\n"


def test_failed_deps_uses_the_names_that_airflow_gives_them(run: Run, services: Services):
    runs.trigger_run(services, "nightly", run_id="r1")
    lines = run("tasks failed-deps nightly load r1").output.splitlines()
    assert lines[0] == "Task instance dependencies not met:"
    assert [line.split(":")[0] for line in lines[1:]] == ["Scheduler Running", "Dag Not Paused", "Dagrun Running"]


def test_why_says_what_holds_a_task_and_what_to_do(run: Run, services: Services):
    runs.trigger_run(services, "nightly", run_id="r1")
    output = run("why nightly r1 load").output
    assert output.startswith("nightly.load in r1 (run queued): not begun\n")
    assert "→ `airflow dags unpause nightly`" in output
    kinds = [row["kind"] for row in json.loads(run("why nightly r1 load -o json").output)]
    assert kinds == ["engine", "dag_paused", "run_queued"]


def test_logs_are_read_as_text_or_as_they_are(run: Run, services: Services, ended: RunRecord, tmp_path: Path):
    now = services.now()
    tries = []
    for number in (1, 2):
        path = tmp_path / f"attempt={number}.log"
        event = {"timestamp": now.isoformat(), "level": "info", "event": f"Hello {number}"}
        path.write_text(json.dumps(event) + "\n")
        tries.append(
            TryRecord(
                try_id=f"t{number}",
                run_key=ended.run_key,
                task_id="load",
                try_number=number,
                state=TaskState.FAILED,
                version_id=ended.version_id,
                queued_at=now,
                end_date=now,
                log_path=str(path),
            )
        )
    assert services.store.edit(Changes(new_tries=tries)) is None
    assert "Hello 2" in run("tasks logs nightly load r1").output
    assert "Hello 1" in run("tasks logs nightly load r1 --try-number 1").output
    assert "Hello 2" in run("tasks logs nightly load r1 --follow").output
    assert json.loads(run("tasks logs nightly load r1 --raw").output)["event"] == "Hello 2"
    assert "has no try 3. It has: 1, 2" in run("tasks logs nightly load r1 --try-number 3", fails=1).output
    assert "has not been tried" in run("tasks logs nightly extract r1", fails=1).output
    (tmp_path / "attempt=2.log").unlink()
    assert "was deleted" in run("tasks logs nightly load r1", fails=1).output


def test_user_code_runs_through_wiring_only(run: Run, wiring: FakeWiring, ended: RunRecord):
    wiring.answers |= {"render_task": {"bash_command": "echo 1"}, "test_task": "success", "run_task": "failed"}
    assert "# property: bash_command" in run("tasks render nightly load r1").output
    run(["tasks", "test", "nightly", "load", "2025-01-05", "-t", '{"a": 1}', "--env-vars", '{"B": 2}'])
    assert wiring.asked[-1][1]["params"] == {"a": 1} and wiring.asked[-1][1]["environment"] == {"B": "2"}
    assert "ended as failed" in run("tasks run nightly load r1 --force --local", fails=1).output
    assert "succeeded already" in run("tasks run nightly extract r1").output


# --- backfill and simulate -------------------------------------------------------------------------------------------

CREATE = "backfill create --dag-id nightly --from-date 2025-01-02 --to-date 2025-01-03T06:00:00"


def test_backfill_create_shows_its_dates_and_makes_its_runs(run: Run, services: Services):
    assert run(f"{CREATE} --dry-run").output.count("create") == 2
    assert services.store.runs.list(dag_id="nightly") == []
    result = run(CREATE)
    assert result.stdout == "Backfill 1: create 2\n" and "No scheduler is running" in result.stderr
    assert "under way" in run(CREATE, fails=1).output


def test_dags_backfill_waits_with_an_engine_of_its_own_and_fails_with_its_runs(
    run: Run, wiring: FakeWiring, services: Services
):
    outcome = [RunState.SUCCESS, RunState.FAILED]

    def engine(home: Path, done: Any) -> None:
        for record, state in zip(services.store.runs.list(dag_id="nightly"), outcome, strict=True):
            assert not done()
            values = {"state": state, "start_date": services.now(), "end_date": services.now()}
            assert services.store.edit(Changes(run_updates=[RunUpdate(record.run_key, record.state, values)])) is None
        assert done()

    wiring.answers["run_engine_until"] = engine
    result = run("dags backfill nightly -s 2025-01-02 -e 2025-01-03T06:00 -y", fails=1)
    assert result.stdout == "Backfill 1: create 2\n"
    assert "1 of 2 runs failed" in result.stderr
    assert services.store.backfills.get(1).completed_at is not None  # type: ignore[union-attr]
    again = run("dags backfill nightly -s 2025-01-02 -e 2025-01-03T06:00")
    assert again.stdout == "skip 2\n" and "1 existing failed run(s) stay" in again.stderr


def test_dags_backfill_leaves_the_work_to_a_scheduler_that_runs(run: Run, wiring: FakeWiring, services: Services):
    services.store.jobs.heartbeat("e", jobs.ENGINE, "here", 1, "running", services.now() + timedelta(hours=1))
    output = run("dags backfill nightly -s 2025-01-02 -e 2025-01-02T06:00 -m").output
    assert output == "Backfill 1: create 1\nBackfill done: 1 run succeeded.\n"
    assert "run_engine_until" not in [name for name, _ in wiring.asked]


@pytest.mark.parametrize("line", ["-t load", "--pool p", "--disable-retry"])
def test_what_a_backfill_cannot_do_yet_is_refused_and_not_ignored(line: str, run: Run):
    assert "not built in yet" in run(f"dags backfill nightly -s 2025-01-02 {line}", fails=1).output


def test_simulate_shows_runs_and_says_when_there_are_more(run: Run):
    line = "simulate nightly --from 2025-01-01 --to 2025-01-05"
    rows = json.loads(run(f"{line} -o json").output)
    assert [row["logical_date"][:10] for row in rows] == ["2025-01-01", "2025-01-02", "2025-01-03"]
    assert rows[0]["created_at"] == "2025-01-02T06:00:00+00:00"
    assert "There are more" in run(f"{line} --limit 2").stderr
    assert "before it begins" in run("simulate nightly --from 2025-01-02 --to 2025-01-01", fails=1).output
    assert "no date or time" in run("simulate nightly --from soon --to 2025-01-01", fails=2).output
