"""`airflow jobs`."""

from __future__ import annotations

import socket

import click

from tradewind.cli.errors import Refused
from tradewind.cli.lazy import group
from tradewind.cli.options import verbose_option
from tradewind.cli.session import services
from tradewind.services import jobs as service

jobs = group("Check that the scheduler is alive.")


@jobs.command()
@click.option("--job-type", type=click.Choice(list(service.JOB_TYPES)), help="Which part; all are in the scheduler.")
@click.option("--hostname", help="Only jobs on this host.")
@click.option("--local", is_flag=True, help="Only jobs on this machine.")
@click.option("--limit", type=int, default=1, show_default=True, help="Most jobs to look at; 0: all.")
@click.option("--allow-multiple", is_flag=True, help="Several alive jobs are fine.")
@verbose_option
def check(job_type: str | None, hostname: str | None, local: bool, limit: int, allow_multiple: bool) -> None:
    """Exit with 0 when the scheduler gave a sign of life lately, else with 1."""
    if allow_multiple and limit == 1:
        raise click.UsageError("To use option --allow-multiple, you must set the limit to a value greater than 1.")
    if local and hostname:
        raise click.UsageError("Give --local or --hostname, not both.")
    with services() as found:
        alive = service.alive_jobs(
            found,
            kind=service.JOB_TYPES[job_type] if job_type else None,
            hostname=socket.gethostname() if local else hostname,
        )
    alive = alive[:limit] if limit > 0 else alive
    if not alive:
        raise Refused("No alive jobs found. Start one: `airflow standalone`, or `airflow scheduler`.")
    if len(alive) > 1 and not allow_multiple:
        raise Refused(f"Found {len(alive)} alive jobs. Expected only one.")
    click.echo("Found one alive job." if len(alive) == 1 else f"Found {len(alive)} alive jobs.")
