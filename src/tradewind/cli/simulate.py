"""`tradewind simulate`."""

from __future__ import annotations

from datetime import datetime

import click

from tradewind.cli.lazy import HELP
from tradewind.cli.options import MOMENT, verbose_option
from tradewind.cli.output import output_option, print_rows
from tradewind.cli.session import ensure_parsed, services, wiring
from tradewind.services import dags
from tradewind.services.timetables import timetable_of


@click.command(context_settings=HELP)
@click.argument("dag_id", metavar="DAG")
@click.option("--from", "start", type=MOMENT, required=True, help="When the DAG is un-paused.")
@click.option("--to", "end", type=MOMENT, required=True, help="Until when it is watched.")
@click.option("--limit", type=click.IntRange(1), default=1000, show_default=True, help="Most runs to show.")
@output_option
@verbose_option
def simulate(dag_id: str, start: datetime, end: datetime, limit: int, output: str) -> None:
    """Show which runs a DAG's schedule makes, on a virtual clock. Nothing is run or written."""
    with services() as found:
        ensure_parsed(found)
        dag = dags.get_dag(found, dag_id)
    timetable_of(dag)  # a timetable of the author's own cannot be simulated; says so
    simulated = wiring().simulate(dag.spec, start, end, limit=limit)
    rows = [
        {
            "created_at": _iso(run.queued_at),
            "run_id": run.run_id,
            "logical_date": _iso(run.logical_date),
            "data_interval_start": _iso(run.data_interval_start),
            "data_interval_end": _iso(run.data_interval_end),
            "state": run.state.value,
        }
        for run in simulated.runs
    ]
    print_rows(rows, output)
    if not simulated.is_complete:
        click.echo(f"There are more: these are the first {limit}. --limit shows more of them.", err=True)


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
