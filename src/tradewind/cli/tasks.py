"""`airflow tasks`."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from tradewind.cli.clear import clear_with_questions
from tradewind.cli.drawing import draw
from tradewind.cli.errors import Refused
from tradewind.cli.lazy import group
from tradewind.cli.options import JSON_OBJECT, MOMENT, ignored, parse_moment, subdir_option, verbose_option, yes_option
from tradewind.cli.output import output_option, print_rows
from tradewind.cli.session import ensure_parsed, home, services, wiring
from tradewind.core.records import NOT_MAPPED, RunRecord
from tradewind.core.states import TaskState
from tradewind.runtime.log_reader import follow, read_log, render_text
from tradewind.services import dags, explaining
from tradewind.services import runs as run_service
from tradewind.services import tasks as service
from tradewind.services.errors import Unknown
from tradewind.services.selections import Selection, select_by_date
from tradewind.services.session import Services

tasks = group("List, clear, test and explain tasks; read their logs.")

_map_index = click.option("--map-index", type=int, default=NOT_MAPPED, help="Which instance of a mapped task.")
_file = click.option("-S", "--subdir", "file", type=click.Path(path_type=Path), help="The DAG's file.")
_run = click.argument("run", metavar="RUN_ID_OR_DATE")


def _find_run(found: Services, dag_id: str, run: str) -> RunRecord:
    return run_service.get_run(found, dag_id, run, parse_moment(run))


@tasks.command("list")
@click.argument("dag_id")
@click.option("-t", "--tree", is_flag=True, help="As a tree: each task under its upstreams.")
@subdir_option
@verbose_option
def list_(dag_id: str, tree: bool) -> None:
    """List the tasks of a DAG."""
    with services() as found:
        ensure_parsed(found)
        dag = dags.get_dag(found, dag_id)
    click.echo(draw(dag.spec, "tree") if tree else "\n".join(sorted(service.task_ids(dag))))


@tasks.command()
@click.argument("dag_id")
@click.option("-t", "--task-regex", help="Only tasks whose ids match.")
@click.option("-s", "--start-date", type=MOMENT, help="Only runs with this logical date or a later one.")
@click.option("-e", "--end-date", type=MOMENT, help="Only runs with this logical date or an earlier one.")
@click.option("-u", "--upstream", is_flag=True, help="Also what is above the tasks.")
@click.option("-d", "--downstream", is_flag=True, help="Also what is below the tasks.")
@click.option("-f", "--only-failed", is_flag=True, help="Only failed tasks.")
@click.option("-r", "--only-running", is_flag=True, help="Only running tasks.")
@click.option("-R", "--dag-regex", is_flag=True, help="DAG_ID is a regular expression.")
@ignored("-x", "--exclude-subdags", flag=True)
@ignored("-X", "--exclude-parentdag", flag=True)
@subdir_option
@yes_option
@verbose_option
def clear(
    dag_id: str,
    task_regex: str | None,
    start_date: datetime | None,
    end_date: datetime | None,
    upstream: bool,
    downstream: bool,
    only_failed: bool,
    only_running: bool,
    dag_regex: bool,
    yes: bool,
) -> None:
    """Clear tasks, so that they run again. Shows what is affected and asks first."""
    with services() as found:
        selections: list[Selection] = []
        for dag in dags.matching(found, dag_id, regex=dag_regex):
            try:
                selection = select_by_date(
                    found,
                    dag.dag_id,
                    task_regex=task_regex,
                    logical_from=start_date,
                    logical_to=end_date,
                    upstream=upstream,
                    downstream=downstream,
                )
            except Unknown:
                # Of several DAGs, not every one has the task.
                if not dag_regex:
                    raise
                continue
            selections.append(selection)
        clear_with_questions(found, selections, yes, only_failed=only_failed, only_running=only_running)


@tasks.command()
@click.argument("dag_id")
@click.argument("task_id")
@_run
@_map_index
@subdir_option
@verbose_option
def state(dag_id: str, task_id: str, run: str, map_index: int) -> None:
    """Print the state of a task instance."""
    with services() as found:
        instance = service.instance_of(found, _find_run(found, dag_id, run), task_id, map_index)
    click.echo(_state(TaskState.NONE if instance is None else instance.state))


@tasks.command("states-for-dag-run")
@click.argument("dag_id")
@_run
@output_option
@verbose_option
def states_for_dag_run(dag_id: str, run: str, output: str) -> None:
    """List the states of all task instances of a run."""
    with services() as found:
        record = _find_run(found, dag_id, run)
        instances = service.instances_of(found, record)
    date = _iso(record.logical_date)
    is_mapped = any(instance.map_index != NOT_MAPPED for instance in instances)
    rows = [
        {
            "dag_id": dag_id,
            "logical_date": date,
            # Airflow 2's name of the logical date.
            "execution_date": date,
            "task_id": instance.task_id,
            "state": None if instance.state is TaskState.NONE else instance.state.value,
            "start_date": _iso(instance.start_date),
            "end_date": _iso(instance.end_date),
            **({"map_index": "" if instance.map_index == NOT_MAPPED else instance.map_index} if is_mapped else {}),
        }
        for instance in instances
    ]
    columns = ["dag_id", "logical_date", "task_id", "state", "start_date", "end_date"]
    print_rows(rows, output, columns=[*columns, "map_index"] if is_mapped else columns)


@tasks.command("failed-deps")
@click.argument("dag_id")
@click.argument("task_id")
@_run
@_map_index
@subdir_option
@verbose_option
def failed_deps(dag_id: str, task_id: str, run: str, map_index: int) -> None:
    """Print what keeps a task instance from running."""
    with services() as found:
        answer = explaining.why(found, _find_run(found, dag_id, run), task_id, map_index)
    if not answer.reasons:
        click.echo("Task instance dependencies are all met.")
        return
    click.echo("Task instance dependencies not met:")
    for reason in answer.reasons:
        click.echo(f"{explaining.DEPENDENCY_NAMES.get(reason.kind, reason.kind)}: {reason.text}")


@tasks.command()
@click.argument("dag_id")
@click.argument("task_id")
@_run
@_map_index
@_file
@ignored("-B", "--bundle-name")
@verbose_option
def render(dag_id: str, task_id: str, run: str, map_index: int, file: Path | None) -> None:
    """Print the rendered templates of a task."""
    rendered = wiring().render_task(home(), dag_id, task_id, file=file, run=run, map_index=map_index)
    for name, text in rendered.items():
        click.echo(f"# ----------------------------------------------------------\n# property: {name}\n#")
        click.echo(f"# ----------------------------------------------------------\n{text}\n")


@tasks.command()
@click.argument("dag_id")
@click.argument("task_id")
@click.argument("run", metavar="[RUN_ID_OR_DATE]", required=False)
@click.option("-t", "--task-params", type=JSON_OBJECT, help="JSON object of params for the task.")
@click.option("--env-vars", type=JSON_OBJECT, help="JSON object of environment variables for the task.")
@click.option("-n", "--dry-run", is_flag=True, help="Render the templates only.")
@_map_index
@_file
@ignored("-B", "--bundle-name")
@ignored("-m", "--post-mortem", flag=True)
@verbose_option
def test(
    dag_id: str,
    task_id: str,
    run: str | None,
    task_params: dict[str, Any] | None,
    env_vars: dict[str, Any] | None,
    dry_run: bool,
    map_index: int,
    file: Path | None,
) -> None:
    """Run one task here and now, without checks and without storing anything. Exits with 1 when it fails."""
    ended = wiring().test_task(
        home(),
        dag_id,
        task_id,
        file=file,
        run=run,
        map_index=map_index,
        params=task_params or {},
        environment={name: str(value) for name, value in (env_vars or {}).items()},
        dry_run=dry_run,
        echo=click.echo,
    )
    if ended not in (TaskState.SUCCESS.value, TaskState.SKIPPED.value):
        raise Refused(f"Task '{task_id}' ended as {ended}: the log above says why.")


@tasks.command("run")
@click.argument("dag_id")
@click.argument("task_id")
@_run
@_map_index
@click.option("-A", "--ignore-all-dependencies", is_flag=True, help="Do not look at dependencies.")
@click.option("-i", "--ignore-dependencies", is_flag=True, help="Do not look at upstream tasks.")
@click.option("-f", "--force", is_flag=True, help="Run it also when it has succeeded already.")
@click.option("-m", "--mark-success", is_flag=True, help="Mark it as success instead of running it.")
@ignored("-I", "--ignore-depends-on-past", flag=True)
@ignored("-d", "--depends-on-past")
@ignored("-l", "--local", flag=True)
@ignored("-r", "--raw", flag=True)
@ignored("-N", "--interactive", flag=True)
@ignored("--ship-dag", flag=True)
@ignored("--read-from-db", flag=True)
@ignored("--no-shut-down-logging", flag=True)
@ignored("--cfg-path")
@ignored("-j", "--job-id")
@ignored("-p", "--pickle")
@ignored("--pool")
@subdir_option
@verbose_option
def run_(
    dag_id: str,
    task_id: str,
    run: str,
    map_index: int,
    ignore_all_dependencies: bool,
    ignore_dependencies: bool,
    force: bool,
    mark_success: bool,
) -> None:
    """Make one stored try of a task instance."""
    with services() as found:
        record = _find_run(found, dag_id, run)
        instance = service.instance_of(found, record, task_id, map_index)
    if instance is not None and instance.state is TaskState.SUCCESS and not force:
        click.echo(f"Task '{task_id}' has succeeded already. --force runs it again.")
        return
    ended = wiring().run_task(
        home(),
        dag_id,
        task_id,
        record.run_id,
        map_index=map_index,
        ignore_dependencies=ignore_all_dependencies or ignore_dependencies or force,
        mark_success=mark_success,
        echo=click.echo,
    )
    if ended not in (TaskState.SUCCESS.value, TaskState.SKIPPED.value):
        raise Refused(f"Task '{task_id}' ended as {ended}: the log above says why.")


@tasks.command()
@click.argument("dag_id")
@click.argument("task_id")
@_run
@_map_index
@click.option("--try-number", type=click.IntRange(1), help="Which try; the newest unless given.")
@click.option("-f", "--follow", "following", is_flag=True, help="Go on as the log grows, until the try ends.")
@click.option("--raw", is_flag=True, help="The log's JSON lines as they are.")
@verbose_option
def logs(
    dag_id: str, task_id: str, run: str, map_index: int, try_number: int | None, following: bool, raw: bool
) -> None:
    """Print the log of a task's newest try, or of another one."""
    with services() as found:
        record = _find_run(found, dag_id, run)
        service.instance_of(found, record, task_id, map_index)
        tries = found.store.tries.of_instance(record.run_key, task_id, map_index)
        if not tries:
            raise Refused(
                f"Task '{task_id}' has not been tried in run '{record.run_id}', so it has no log. "
                f"`tradewind why {dag_id} '{record.run_id}' {task_id}` says what it waits for."
            )
        chosen = next((one for one in tries if one.try_number == try_number), None) if try_number else tries[-1]
        if chosen is None:
            numbers = ", ".join(str(one.try_number) for one in tries)
            raise Refused(f"Task '{task_id}' has no try {try_number}. It has: {numbers}.")
        try_id, path = chosen.try_id, chosen.log_path

        def ended() -> bool:
            current = found.store.tries.get(try_id)
            return current is None or current.end_date is not None

        try:
            if following:
                for part in follow(path, ended, wait=time.sleep):
                    _print_lines(part.lines, raw)
            else:
                offset = 0
                while (part := read_log(path, offset)).end > offset:
                    _print_lines(part.lines, raw)
                    offset = part.end
        except FileNotFoundError:
            raise Refused(
                f"The log of this try is not at {path}: it was deleted, or the task has not written anything yet."
            ) from None


def _print_lines(lines: list[bytes], raw: bool) -> None:
    text = b"\n".join([*lines, b""]).decode("utf-8", "replace") if raw else render_text(lines)
    click.echo(text, nl=False)


def _state(state: TaskState) -> str:
    return "None" if state is TaskState.NONE else state.value


def _iso(moment: datetime | None) -> str:
    return "" if moment is None else moment.isoformat()
