"""`airflow backfill create` (Airflow 3) and `airflow dags backfill` (Airflow 2)."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import click

from tradewind.cli.errors import Refused
from tradewind.cli.lazy import HELP, group
from tradewind.cli.options import JSON_OBJECT, MOMENT, ignored, verbose_option, yes_option
from tradewind.cli.output import print_rows
from tradewind.cli.progress import progress
from tradewind.cli.session import ensure_parsed, home, services, wiring
from tradewind.core.states import RunState
from tradewind.services import backfills as service
from tradewind.services import dags, jobs
from tradewind.services.session import Services

backfill = group("Run a DAG for a range of dates.")
_POLL_S = 0.25


@backfill.command()
@click.option("--dag-id", required=True, help="The DAG.")
@click.option("--from-date", type=MOMENT, required=True, help="First logical date.")
@click.option("--to-date", type=MOMENT, required=True, help="Last logical date.")
@click.option("--dag-run-conf", type=JSON_OBJECT, help="JSON object for the runs' tasks.")
@click.option("--max-active-runs", type=click.IntRange(1), help="Runs of the backfill that are active at once.")
@click.option(
    "--reprocess-behavior",
    type=click.Choice([one.value for one in service.Reprocess]),
    default="none",
    show_default=True,
    help="Which existing runs are run again.",
)
@click.option("--run-backwards", is_flag=True, help="Newest date first.")
@click.option("--dry-run", is_flag=True, help="Only show the dates.")
@click.option("--wait", is_flag=True, help="Wait until all runs have ended.")
@ignored("--run-on-latest-version", "--no-run-on-latest-version", flag=True)
@verbose_option
def create(
    dag_id: str,
    from_date: datetime,
    to_date: datetime,
    dag_run_conf: dict[str, Any] | None,
    max_active_runs: int | None,
    reprocess_behavior: str,
    run_backwards: bool,
    dry_run: bool,
    wait: bool,
) -> None:
    """Make the runs of a DAG for a range of dates; the scheduler works them off."""
    request = service.Request(
        dag_id,
        from_date,
        to_date,
        dag_run_conf or {},
        max_active_runs=max_active_runs,
        reprocess=service.Reprocess(reprocess_behavior),
        run_backwards=run_backwards,
    )
    with services() as found:
        ensure_parsed(found)
        if dry_run:
            click.echo("Performing dry run of backfill.")
            _print_steps(service.plan_backfill(found, request))
            return
        started = service.start_backfill(found, request)
        _print_counts(started)
        if started.run_keys and not jobs.is_alive(found, jobs.ENGINE) and not wait:
            click.echo("No scheduler is running: the runs start when one does (`airflow scheduler`).", err=True)
        if wait:
            _wait(found, dag_id, started.run_keys)


@click.command(context_settings=HELP)
@click.argument("dag_id")
@click.option("-s", "--start-date", type=MOMENT, help="First logical date.")
@click.option("-e", "--end-date", type=MOMENT, help="Last logical date.")
@click.option("-c", "--conf", type=JSON_OBJECT, help="JSON object for the runs' tasks.")
@click.option("-n", "--dry-run", is_flag=True, help="Only show the dates.")
@click.option("-m", "--mark-success", is_flag=True, help="Make the runs as successes without running their tasks.")
@click.option("-B", "--run-backwards", is_flag=True, help="Newest date first.")
@click.option("--reset-dagruns", is_flag=True, help="Clear existing runs, so that they run again.")
@click.option("--rerun-failed-tasks", is_flag=True, help="Of existing failed runs, run the failed tasks again.")
@click.option("--treat-dag-id-as-regex", "--treat-dag-as-regex", "regex", is_flag=True, help="DAG_ID is an expression.")
@click.option("-t", "--task-regex", help="Not built in yet.")
@click.option("-i", "--ignore-dependencies", is_flag=True, help="Goes with --task-regex.", hidden=True)
@click.option("--pool", help="Not built in yet.", hidden=True)
@click.option("--disable-retry", is_flag=True, help="Not built in yet.", hidden=True)
@ignored("-I", "--ignore-first-depends-on-past", flag=True, help="Always so: the first run of a backfill has no past.")
@ignored("--continue-on-failures", flag=True, help="Always so: a failed run does not stop the others.")
@ignored("-l", "--local", flag=True)
@ignored("-x", "--donot-pickle", flag=True)
@ignored("--delay-on-limit")
@ignored("-S", "--subdir")
@yes_option
@verbose_option
def backfill_2(
    dag_id: str,
    start_date: datetime | None,
    end_date: datetime | None,
    conf: dict[str, Any] | None,
    dry_run: bool,
    mark_success: bool,
    run_backwards: bool,
    reset_dagruns: bool,
    rerun_failed_tasks: bool,
    regex: bool,
    task_regex: str | None,
    ignore_dependencies: bool,
    pool: str | None,
    disable_retry: bool,
    yes: bool,
) -> None:
    """Run a DAG for a range of dates and wait until all runs have ended. Exits with 1 when one fails."""
    if start_date is None and end_date is None:
        raise click.UsageError("Provide a start_date and/or end_date")
    if task_regex is not None or pool is not None or disable_retry:
        raise Refused(
            "--task-regex, --pool and --disable-retry are not built in yet. Backfill the whole DAG, or clear single "
            f"tasks: `airflow tasks clear {dag_id} -t … -s … -e …`."
        )
    first, last = start_date or end_date, end_date or start_date
    assert first is not None and last is not None
    with services() as found:
        ensure_parsed(found)
        for dag in dags.matching(found, dag_id, regex=regex):
            request = service.Request(
                dag.dag_id,
                first,
                last,
                conf or {},
                reprocess=service.Reprocess.COMPLETED if reset_dagruns else service.Reprocess.NONE,
                run_backwards=run_backwards,
                rerun_failed_tasks=rerun_failed_tasks,
                join_existing=True,
                mark_success=mark_success,
            )
            steps = service.plan_backfill(found, request)
            if dry_run:
                click.echo(f"Dry run of DAG {dag.dag_id}")
                _print_steps(steps)
                continue
            again = [step for step in steps if step.action is service.Action.RERUN]
            if again and not yes:
                click.confirm(f"{len(again)} existing run(s) will be cleared and run again. Are you sure?", abort=True)
            started = service.start_backfill(found, request)
            _print_counts(started)
            _wait(found, dag.dag_id, started.run_keys)


def _print_steps(steps: Sequence[service.Step]) -> None:
    rows = [
        {
            "logical_date": step.planned.logical_date.isoformat() if step.planned.logical_date else None,
            "action": step.action.value,
            "existing_run": step.existing.run_id if step.existing else "",
            "state": step.existing.state if step.existing else "",
        }
        for step in steps
    ]
    print_rows(rows, "table")


def _print_counts(started: service.Started) -> None:
    counts = Counter(step.action.value for step in started.steps)
    if not counts:
        click.echo("There is no run in this range: no date of the schedule lies in it, or none is over yet.")
        return
    number = "" if started.backfill_id is None else f"Backfill {started.backfill_id}: "
    click.echo(number + ", ".join(f"{action} {count}" for action, count in counts.items()))
    left = [
        s
        for s in started.steps
        if s.action is service.Action.SKIP and s.existing and s.existing.state.value == "failed"
    ]
    if left:
        click.echo(
            f"{len(left)} existing failed run(s) stay as they are. To run them again: --rerun-failed-tasks, "
            "--reset-dagruns or --reprocess-behavior failed.",
            err=True,
        )


def _wait(found: Services, dag_id: str, run_keys: Sequence[int]) -> None:
    """Until all runs have ended, with an engine of our own when none is running. Raises Refused for failures."""
    if not run_keys:
        return
    with progress(f"Backfill of {dag_id}") as show:
        states: dict[int, RunState] = {}

        def done() -> bool:
            nonlocal states
            states = service.states(found, run_keys)
            ended = sum(state.is_final for state in states.values())
            failed = sum(state is RunState.FAILED for state in states.values())
            show(ended, len(states), f"{failed} failed" if failed else "")
            return ended == len(states)

        if not jobs.is_alive(found, jobs.ENGINE):
            wiring().run_engine_until(home(), done)
        while not done():
            time.sleep(_POLL_S)
    service.settle(found, dag_id)
    failed = sum(state is RunState.FAILED for state in states.values())
    if failed:
        raise Refused(f"{failed} of {len(states)} runs failed: `airflow dags list-runs {dag_id} --state failed`.")
    count = len(states)
    click.echo(f"Backfill done: {count} {'run' if count == 1 else 'runs'} succeeded.")
