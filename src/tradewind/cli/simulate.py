"""`tradewind simulate`."""

from __future__ import annotations

from datetime import datetime
from itertools import islice

import click

from tradewind.cli.lazy import HELP
from tradewind.cli.options import MOMENT, verbose_option
from tradewind.cli.output import output_option, print_rows
from tradewind.cli.session import ensure_parsed, services
from tradewind.services import dags
from tradewind.services.simulation import simulate as run_simulation


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
    runs = list(islice(run_simulation(dag, start=start, end=end), limit + 1))
    rows = [
        {
            "created_at": run.created_at.isoformat(),
            "run_id": run.run_id,
            "logical_date": _iso(run.planned.logical_date),
            "data_interval_start": _iso(run.planned.data_interval_start),
            "data_interval_end": _iso(run.planned.data_interval_end),
        }
        for run in runs[:limit]
    ]
    print_rows(rows, output)
    if len(runs) > limit:
        click.echo(f"There are more: these are the first {limit}. --limit shows more of them.", err=True)


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
