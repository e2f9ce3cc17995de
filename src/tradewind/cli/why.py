"""`tradewind why`."""

from __future__ import annotations

import click

from tradewind.cli.lazy import HELP
from tradewind.cli.options import parse_moment, verbose_option
from tradewind.cli.output import output_option, print_rows
from tradewind.cli.session import services
from tradewind.core.records import NOT_MAPPED
from tradewind.core.states import TaskState
from tradewind.services import explaining
from tradewind.services import runs as run_service


@click.command(context_settings=HELP)
@click.argument("dag_id", metavar="DAG")
@click.argument("run", metavar="RUN")
@click.argument("task_id", metavar="TASK")
@click.option("--map-index", type=int, default=NOT_MAPPED, help="Which instance of a mapped task.")
@output_option
@verbose_option
def why(dag_id: str, run: str, task_id: str, map_index: int, output: str) -> None:
    """Say why a task is not running: what holds it, since when, and what to do."""
    with services() as found:
        record = run_service.get_run(found, dag_id, run, parse_moment(run))
        answer = explaining.why(found, record, task_id, map_index)
        now = found.now()
    if output != "table":
        rows = [
            {"kind": r.kind, "text": r.text, "since": r.since, "holder": r.holder, "remedy": r.remedy}
            for r in answer.reasons
        ]
        print_rows(rows, output)
        return
    state = TaskState.NONE if answer.instance is None else answer.instance.state
    shown = "not begun" if state is TaskState.NONE else state.value
    click.echo(f"{dag_id}.{task_id} in {record.run_id} (run {record.state}): {shown}")
    if not answer.reasons:
        click.echo("  Nothing holds it: it starts as soon as the scheduler comes to it.")
    for reason in answer.reasons:
        since = f" (for {explaining.since_text(reason.since, now)})" if reason.since else ""
        click.echo(f"  {reason.text}{since}")
        if reason.remedy:
            click.echo(f"    → {reason.remedy}")
