"""Entry point of the commands `tradewind` and `airflow`.

The table below names every command with its one-line help, and each command's module is imported when it is used:
that is why `--help` answers at once.
"""

from __future__ import annotations

import sys

import click

from tradewind import __version__
from tradewind.cli.lazy import Commands
from tradewind.cli.real_airflow import refusal

COMMANDS = {
    "standalone": ("tradewind.cli.serve:standalone", "Run everything: web server, scheduler, tasks. Start here."),
    "scheduler": ("tradewind.cli.serve:scheduler", "Run the scheduler and its tasks."),
    "webserver": ("tradewind.cli.serve:webserver", "Run the web server."),
    "api-server": ("tradewind.cli.serve:api_server", "Run the web server (Airflow 3's name)."),
    "triggerer": ("tradewind.cli.serve:triggerer", "Built into the scheduler; says so."),
    "dag-processor": ("tradewind.cli.serve:dag_processor", "Built into the scheduler; says so."),
    "dags": ("tradewind.cli.dags:dags", "List, pause, trigger, test and delete DAGs."),
    "tasks": ("tradewind.cli.tasks:tasks", "List, clear, test and explain tasks; read their logs."),
    "backfill": ("tradewind.cli.backfill:backfill", "Run a DAG for a range of dates."),
    "why": ("tradewind.cli.why:why", "Say why a task is not running."),
    "simulate": ("tradewind.cli.simulate:simulate", "Show which runs a DAG's schedule makes."),
    "db": ("tradewind.cli.db:db", "Make, check, clean and reset the database."),
    "users": ("tradewind.cli.users:users", "Manage users."),
    "roles": ("tradewind.cli.roles:roles", "Manage roles."),
    "variables": ("tradewind.cli.variables:variables", "Manage variables."),
    "connections": ("tradewind.cli.connections:connections", "Manage connections."),
    "pools": ("tradewind.cli.pools:pools", "Manage pools."),
    "config": ("tradewind.cli.config:config", "Show and check the configuration."),
    "jobs": ("tradewind.cli.jobs:jobs", "Check that the scheduler is alive."),
    "providers": ("tradewind.cli.providers:providers", "Show installed provider packages."),
    "plugins": ("tradewind.cli.info:plugins", "Show the plugins in the plugins folder."),
    "info": ("tradewind.cli.info:info", "Show versions, paths and settings."),
    "version": ("tradewind.cli.info:version", "Show the version."),
    "cheat-sheet": ("tradewind.cli.cheat_sheet:cheat_sheet", "Show all commands on one page."),
    "rotate-fernet-key": ("tradewind.cli.db:rotate_fernet_key", "Encrypt stored secrets with the newest key."),
    "sync-perm": ("tradewind.cli.roles:sync_perm", "Nothing to do here; says so."),
    "completion": ("tradewind.cli.completion:completion", "Print the shell completion for bash, zsh or fish."),
}


@click.group(
    cls=Commands,
    commands_table=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="The home in use is $AIRFLOW_HOME, else ~/airflow.",
)
@click.version_option(__version__, "--version", message="%(version)s")
def cli() -> None:
    """Run workflows written for Apache Airflow 2 and 3."""


def main() -> None:
    """What the console scripts call."""
    found = refusal(sys.path)
    if found is not None:
        print(found, file=sys.stderr)
        raise SystemExit(1)
    cli()


if __name__ == "__main__":
    main()
