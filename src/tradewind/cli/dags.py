"""`airflow dags`."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click

from tradewind.cli.backfill import backfill_2
from tradewind.cli.clear import clear_with_questions
from tradewind.cli.drawing import draw, save_drawing
from tradewind.cli.errors import Refused
from tradewind.cli.lazy import group
from tradewind.cli.options import JSON_OBJECT, MOMENT, ignored, parse_moment, subdir_option, verbose_option, yes_option
from tradewind.cli.output import output_option, print_rows
from tradewind.cli.session import ensure_parsed, home, services, wiring
from tradewind.core.records import DagRecord, RunRecord
from tradewind.core.states import RunState
from tradewind.services import dags as service
from tradewind.services import import_errors
from tradewind.services import jobs as job_service
from tradewind.services import runs as run_service
from tradewind.services.parsing import ParseReport
from tradewind.services.selections import select_by_date, select_from_run

dags = group("List, pause, trigger, test and delete DAGs.")
dags.add_command(backfill_2, "backfill")


# --- looking ---------------------------------------------------------------------------------------------------------


@dags.command("list")
@click.option("--columns", help="Which columns, separated by commas.")
@click.option("-l", "--local", is_flag=True, help="Import the files now instead of asking the database.")
@subdir_option
@output_option
@verbose_option
def list_(columns: str | None, local: bool, output: str) -> None:
    """List DAGs."""
    with services() as found:
        if local:
            wiring().parse_files(home())
        else:
            ensure_parsed(found)
        rows = [_list_row(dag) for dag in service.list_dags(found)]
        errors = len(import_errors.list_import_errors(found))
    chosen: tuple[str, ...] = ("dag_id", "fileloc", "owners", "is_paused")
    if columns:
        chosen = tuple(name.strip() for name in columns.split(","))
        unknown = [name for name in chosen if rows and name not in rows[0]]
        if unknown:
            raise click.UsageError(f"There is no column '{unknown[0]}'. There are: {', '.join(rows[0])}.")
    print_rows([{name: row[name] for name in chosen} for row in rows], output)
    if errors:
        click.echo(f"{errors} DAG file(s) could not be imported: see `airflow dags list-import-errors`.", err=True)


def _list_row(dag: DagRecord) -> dict[str, Any]:
    return {
        "dag_id": dag.dag_id,
        "fileloc": dag.fileloc,
        "owners": list(dag.spec.owners),
        "is_paused": dag.is_paused,
        "dag_display_name": dag.spec.display_name or dag.dag_id,
        "description": dag.spec.description or None,
        "tags": list(dag.spec.tags),
        "timetable_summary": dag.spec.timetable.summary or None,
        "timetable_description": dag.spec.timetable.description,
        "dialect": dag.spec.dialect,
        "relative_fileloc": dag.relative_fileloc,
        "last_parsed_time": _iso(dag.last_parsed_at),
        "has_import_errors": dag.has_import_error,
        "next_dagrun_logical_date": _iso(dag.next_logical_date),
        "next_dagrun_run_after": _iso(dag.next_run_after),
        "version": dag.version_number,
        # Airflow 3's columns of DAG bundles, for scripts that name them.
        "bundle_name": "dags-folder",
        "bundle_version": None,
    }


@dags.command()
@click.argument("dag_id")
@output_option
@verbose_option
def details(dag_id: str, output: str) -> None:
    """Show what is known of a DAG."""
    with services() as found:
        ensure_parsed(found)
        dag = service.get_dag(found, dag_id)
    spec = dag.spec
    row = {
        "dag_id": dag.dag_id,
        "dag_display_name": spec.display_name or dag.dag_id,
        "is_paused": dag.is_paused,
        "is_stale": dag.is_stale,
        "last_parsed_time": _iso(dag.last_parsed_at),
        "relative_fileloc": dag.relative_fileloc,
        "fileloc": dag.fileloc,
        "description": spec.description or None,
        "dialect": f"{spec.dialect} ({spec.dialect_reason})" if spec.dialect_reason else spec.dialect,
        "timetable_summary": spec.timetable.summary,
        "timetable_description": spec.timetable.description,
        "timezone": spec.timezone,
        "start_date": _iso(spec.start_date),
        "end_date": _iso(spec.end_date),
        "catchup": spec.catchup,
        "tags": [{"name": tag, "dag_id": dag.dag_id} for tag in spec.tags],
        "max_active_tasks": spec.max_active_tasks,
        "max_active_runs": spec.max_active_runs,
        "max_consecutive_failed_dag_runs": spec.max_consecutive_failed_dag_runs,
        "has_task_concurrency_limits": any(
            task.max_active_tis_per_dag or task.max_active_tis_per_dagrun for task in spec.tasks
        ),
        "has_import_errors": dag.has_import_error,
        "next_dagrun_logical_date": _iso(dag.next_logical_date),
        "next_dagrun_data_interval_start": _iso(dag.next_interval_start),
        "next_dagrun_data_interval_end": _iso(dag.next_interval_end),
        "next_dagrun_run_after": _iso(dag.next_run_after),
        "owners": list(spec.owners),
        "version": dag.version_number,
    }
    if output in ("table", "plain"):
        print_rows([{"property_name": name, "property_value": value} for name, value in row.items()], output)
    else:
        print_rows([row], output)


@dags.command("list-import-errors")
@click.option("-l", "--local", is_flag=True, help="Import the files now instead of asking the database.")
@subdir_option
@output_option
@verbose_option
def list_import_errors(local: bool, output: str) -> None:
    """List DAG files that could not be imported. Exits with 1 when there are any."""
    with services() as found:
        if local:
            wiring().parse_files(home())
        else:
            ensure_parsed(found)
        errors = import_errors.list_import_errors(found)
    if output in ("table", "plain") and errors:
        for error in errors:
            click.echo(f"{error.file}{f', line {error.line}' if error.line else ''}:\n{error.message.rstrip()}\n")
    else:
        print_rows([{"filepath": error.file, "line": error.line, "error": error.message} for error in errors], output)
    if errors:
        click.get_current_context().exit(1)


@dags.command()
@subdir_option
@output_option
@verbose_option
def report(output: str) -> None:
    """Import all DAG files and show how long each took."""
    with services():
        reports = wiring().parse_files(home())
    print_rows([_report_row(found) for found in sorted(reports, key=lambda r: -r.duration_s)], output)


def _report_row(found: ParseReport) -> dict[str, Any]:
    return {
        "file": found.file,
        "duration": timedelta(seconds=round(found.duration_s, 6)),
        "dag_num": len(found.dag_ids),
        "task_num": found.task_count,
        "dags": list(found.dag_ids),
    }


@dags.command()
@ignored("--clear-only", flag=True)
@subdir_option
@verbose_option
def reserialize() -> None:
    """Import all DAG files now and store what they define."""
    with services():
        reports = wiring().parse_files(home())
    count = sum(len(found.dag_ids) for found in reports)
    click.echo(f"Imported {len(reports)} file(s) with {count} DAG(s).")
    problems = [problem for found in reports for problem in found.problems]
    if problems:
        raise Refused("\n".join([*problems, f"{len(problems)} problem(s): correct the files above."]))


@dags.command()
@click.argument("dag_id")
@click.option("-s", "--save", type=click.Path(path_type=Path), help="Write a .dot, .mmd, .svg, .png or .pdf file.")
@click.option("--format", "kind", type=click.Choice(["dot", "mermaid", "tree"]), default="dot", show_default=True)
@ignored("--imgcat", flag=True)
@subdir_option
@verbose_option
def show(dag_id: str, save: Path | None, kind: str) -> None:
    """Print the tasks of a DAG with their dependencies, as graphviz dot, mermaid or a tree."""
    with services() as found:
        ensure_parsed(found)
        dag = service.get_dag(found, dag_id)
    if save is None:
        click.echo(draw(dag.spec, kind))
    else:
        save_drawing(dag.spec, save)
        click.echo(f"File {save} saved")


@dags.command("next-execution")
@click.argument("dag_id")
@click.option("-n", "--num-executions", "count", type=click.IntRange(1), default=1, show_default=True)
@click.option(
    "--field",
    type=click.Choice(["logical_date", "data_interval.start", "data_interval.end", "run_after"]),
    default="logical_date",
    help="Which date of the run.",
)
@click.option("--table", is_flag=True, help="All dates as a table.")
@subdir_option
@verbose_option
def next_execution(dag_id: str, count: int, field: str, table: bool) -> None:
    """Print the dates of the next runs of a DAG."""
    with services() as found:
        ensure_parsed(found)
        dag = service.get_dag(found, dag_id)
        planned = service.next_runs(found, dag, count)
    if dag.is_paused:
        click.echo("[INFO] Please be reminded this DAG is PAUSED now.", err=True)
    if not planned:
        click.echo("[WARN] No following schedule can be found. This DAG may have schedule 'None' or '@once'.", err=True)
    rows = [
        {
            "logical_date": _iso(run.logical_date),
            "data_interval.start": _iso(run.data_interval_start),
            "data_interval.end": _iso(run.data_interval_end),
            "run_after": _iso(run.run_after),
        }
        for run in planned
    ]
    if table:
        print_rows(rows, "table")
        return
    for row in rows or [{field: None}]:
        click.echo(row[field])


@dags.command("list-jobs")
@click.option("-d", "--dag-id", help="Accepted: jobs belong to no DAG.", hidden=True)
@click.option("--state", type=click.Choice(["running", "success", "restarting", "failed"]))
@click.option("--limit", type=int, help="Most rows.")
@output_option
@verbose_option
def list_jobs(dag_id: str | None, state: str | None, limit: int | None, output: str) -> None:
    """List the schedulers and web servers that run or ran."""
    with services() as found:
        found_jobs = [job for job in found.store.jobs.list() if state is None or job.state == state]
        alive = {job.job_id for job in job_service.alive_jobs(found)}
    rows = [
        {
            "dag_id": None,
            "state": job.state if job.state != "running" or job.job_id in alive else "lost",
            "job_type": job.kind,
            "start_date": _iso(job.started_at),
            "end_date": None if job.state == "running" else _iso(job.heartbeat_at),
            "hostname": job.hostname,
            "pid": job.pid,
        }
        for job in found_jobs[:limit]
    ]
    print_rows(rows, output)


# --- pausing ---------------------------------------------------------------------------------------------------------


def _set_paused(dag_id: str, regex: bool, yes: bool, output: str, paused: bool) -> None:
    with services() as found:
        ensure_parsed(found)
        dag_ids = [dag.dag_id for dag in service.matching(found, dag_id, regex=regex) if dag.is_paused is not paused]
        if not dag_ids:
            click.echo(f"No {'unpaused' if paused else 'paused'} DAGs were found")
            return
        if regex and not yes:
            word = "pause" if paused else "unpause"
            click.confirm(
                f"You are about to {word} {len(dag_ids)} DAGs:\n{','.join(dag_ids)}\n\nAre you sure?", abort=True
            )
        done = service.set_paused(found, dag_ids, paused)
    print_rows([{"dag_id": one, "is_paused": paused} for one in done.changed or done.unchanged], output)


@dags.command()
@click.argument("dag_id")
@click.option("--treat-dag-id-as-regex", "regex", is_flag=True, help="All DAGs whose ids match the expression.")
@subdir_option
@yes_option
@output_option
@verbose_option
def pause(dag_id: str, regex: bool, yes: bool, output: str) -> None:
    """Pause a DAG: no new runs, and no new tasks."""
    _set_paused(dag_id, regex, yes, output, True)


@dags.command()
@click.argument("dag_id")
@click.option("--treat-dag-id-as-regex", "regex", is_flag=True, help="All DAGs whose ids match the expression.")
@subdir_option
@yes_option
@output_option
@verbose_option
def unpause(dag_id: str, regex: bool, yes: bool, output: str) -> None:
    """Let a paused DAG run."""
    _set_paused(dag_id, regex, yes, output, False)


# --- runs ------------------------------------------------------------------------------------------------------------


@dags.command()
@click.argument("dag_id")
@click.option("-c", "--conf", type=JSON_OBJECT, help="JSON object for the run's tasks.")
@click.option("-r", "--run-id", help="Id of the run.")
@click.option("-l", "-e", "--logical-date", "--exec-date", "logical_date", type=MOMENT, help="Date of the run.")
@click.option("--no-replace-microseconds", is_flag=True, help="Keep the microseconds of the moment.")
@subdir_option
@output_option
@verbose_option
def trigger(
    dag_id: str,
    conf: dict[str, Any] | None,
    run_id: str | None,
    logical_date: datetime | None,
    no_replace_microseconds: bool,
    output: str,
) -> None:
    """Start a run. While the DAG is paused, the run waits."""
    with services() as found:
        ensure_parsed(found)
        run = run_service.trigger_run(
            found,
            dag_id,
            conf=conf,
            run_id=run_id,
            logical_date=logical_date,
            keep_microseconds=no_replace_microseconds,
        )
        paused = service.get_dag(found, dag_id).is_paused
    row = {
        "conf": conf or {},
        "dag_id": run.dag_id,
        "dag_run_id": run.run_id,
        "data_interval_start": _iso(run.data_interval_start),
        "data_interval_end": _iso(run.data_interval_end),
        "end_date": None,
        "logical_date": _iso(run.logical_date),
        "run_type": run.run_type,
        "start_date": None,
        "state": run.state,
        "triggering_user_name": run.triggering_user,
    }
    print_rows([row], output)
    if paused:
        click.echo(f"DAG '{dag_id}' is paused: the run waits for `airflow dags unpause {dag_id}`.", err=True)


@dags.command("list-runs")
@click.argument("dag_id", required=False)
@click.option("-d", "--dag-id", "dag_id_option", help="The DAG (Airflow 2's way to name it).")
@click.option("--state", type=click.Choice([state.value for state in RunState]), help="Only runs in this state.")
@click.option("--no-backfill", is_flag=True, help="Leave out runs of backfills.")
@click.option("-s", "--start-date", type=MOMENT, help="Only runs with this logical date or a later one.")
@click.option("-e", "--end-date", type=MOMENT, help="Only runs with this logical date or an earlier one.")
@output_option
@verbose_option
def list_runs(
    dag_id: str | None,
    dag_id_option: str | None,
    state: str | None,
    no_backfill: bool,
    start_date: datetime | None,
    end_date: datetime | None,
    output: str,
) -> None:
    """List the runs of a DAG, newest first."""
    named = dag_id or dag_id_option
    if named is None:
        raise click.UsageError("Name the DAG.")
    with services() as found:
        listed = run_service.list_runs(
            found,
            named,
            states=None if state is None else [RunState(state)],
            logical_from=start_date,
            logical_to=end_date,
            with_backfills=not no_backfill,
        )
    columns = ("dag_id", "run_id", "state", "run_after", "logical_date", "start_date", "end_date")
    print_rows([_run_row(run) for run in listed], output, columns=columns)


def _run_row(run: RunRecord) -> dict[str, Any]:
    return {
        "dag_id": run.dag_id,
        "run_id": run.run_id,
        "state": run.state,
        "run_after": _iso(run.run_after),
        "logical_date": _iso(run.logical_date) or "",
        # Airflow 2's name of the logical date.
        "execution_date": _iso(run.logical_date) or "",
        "start_date": _iso(run.start_date) or "",
        "end_date": _iso(run.end_date) or "",
    }


@dags.command()
@click.argument("dag_id")
@click.argument("run", metavar="RUN_ID_OR_DATE")
@subdir_option
@verbose_option
def state(dag_id: str, run: str) -> None:
    """Print the state of a run, and its conf; None when there is no such run."""
    with services() as found:
        service.get_dag(found, dag_id)
        moment = parse_moment(run)
        record = run_service.look_up_run(found, dag_id, run)
        if record is None and moment is not None:
            record = run_service.look_up_run(found, dag_id, moment)
    if record is None:
        click.echo("None")
    else:
        click.echo(record.state.value + (f", {record.conf}" if record.conf not in ("", "{}") else ""))


@dags.command()
@click.argument("dag_id")
@click.option("--run-id", help="Only this run.")
@click.option("-f", "--only-failed", is_flag=True, help="Only failed tasks.")
@click.option("-r", "--only-running", is_flag=True, help="Only running tasks.")
@yes_option
@verbose_option
def clear(dag_id: str, run_id: str | None, only_failed: bool, only_running: bool, yes: bool) -> None:
    """Clear all tasks of a DAG's runs, so that they run again."""
    with services() as found:
        if run_id is None:
            selection = select_by_date(found, dag_id)
        else:
            run = run_service.get_run(found, dag_id, run_id)
            selection = select_from_run(found, run)
        clear_with_questions(found, [selection], yes, only_failed=only_failed, only_running=only_running)


@dags.command()
@click.argument("dag_id")
@yes_option
@verbose_option
def delete(dag_id: str, yes: bool) -> None:
    """Delete a DAG's history. While its file is there, the DAG comes back."""
    with services() as found:
        service.get_dag(found, dag_id)
        if not yes:
            click.confirm(f"This will drop all existing records related to the DAG '{dag_id}'. Proceed?", abort=True)
        count = service.delete_dag(found, dag_id)
    click.echo(f"Removed {count} record(s)")


@dags.command()
@click.argument("dag_id")
@click.argument("logical_date", type=MOMENT, required=False)
@click.option("-c", "--conf", type=JSON_OBJECT, help="JSON object for the run's tasks.")
@click.option("-S", "--subdir", "-f", "--dagfile-path", "file", type=click.Path(path_type=Path), help="The DAG's file.")
@click.option("--mark-success-pattern", help="Tasks whose ids match are marked as success instead of run.")
@click.option("--show-dagrun", is_flag=True, help="Print the DAG with the states of its tasks afterwards.")
@ignored("--save-dagrun")
@ignored("--imgcat-dagrun", flag=True)
@ignored("--use-executor", flag=True)
@ignored("-B", "--bundle-name")
@verbose_option
def test(
    dag_id: str,
    logical_date: datetime | None,
    conf: dict[str, Any] | None,
    file: Path | None,
    mark_success_pattern: str | None,
    show_dagrun: bool,
) -> None:
    """Run one DAG run here and now, printing the logs; nothing is stored. Exits with 1 unless it succeeds."""
    ended = wiring().test_dag(
        home(),
        dag_id,
        file=file,
        logical_date=logical_date,
        conf=conf or {},
        mark_success_pattern=mark_success_pattern,
        echo=click.echo,
    )
    if show_dagrun:
        with services() as found:
            click.echo(draw(service.get_dag(found, dag_id).spec, "tree"))
    click.echo(f"Run of DAG '{dag_id}': {ended}")
    if ended != RunState.SUCCESS.value:
        click.get_current_context().exit(1)


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
