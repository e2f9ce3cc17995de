"""The long-running commands: standalone, scheduler, webserver."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from tradewind.cli.daemon import daemonize
from tradewind.cli.lazy import HELP
from tradewind.cli.options import ignored, subdir_option, verbose_option
from tradewind.cli.session import hint, home, wiring
from tradewind.configuration import conf
from tradewind.runtime.process_facts import die_with_parent

_BUILT_IN = (
    "The {0} is built into the scheduler (`airflow scheduler`, or `airflow standalone` for everything); "
    "there is nothing to start."
)


def _daemon_options(command: Callable[..., Any]) -> Callable[..., Any]:
    command = click.option("-D", "--daemon", is_flag=True, help="Go into the background.")(command)
    command = click.option("--pid", type=click.Path(path_type=Path), help="File for the process id.")(command)
    command = click.option("--stdout", type=click.Path(path_type=Path), help="File for stdout of the daemon.")(command)
    command = click.option("--stderr", type=click.Path(path_type=Path), help="File for stderr of the daemon.")(command)
    return click.option("-l", "--log-file", type=click.Path(path_type=Path), help="File for the daemon's log.")(command)


def _address_options(command: Callable[..., Any]) -> Callable[..., Any]:
    command = click.option("-p", "--port", type=click.IntRange(0, 65535), help="[api] port, 8080 unless set.")(command)
    return click.option("-H", "--hostname", "--host", "host", help="[api] host, 0.0.0.0 unless set.")(command)


def _web_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What gunicorn and uvicorn were told in Airflow."""
    for names in (
        ("-w", "--workers"),
        ("-k", "--workerclass"),
        ("-t", "--worker-timeout"),
        ("-A", "--access-logfile"),
        ("-E", "--error-logfile"),
        ("-L", "--access-logformat"),
        ("--log-config",),
        ("--apps",),
    ):
        command = ignored(*names)(command)
    command = click.option("--ssl-key", help="[api] ssl_key: its key, when it is in a file of its own.")(command)
    command = click.option("--ssl-cert", help="[api] ssl_cert: a certificate (PEM). The web server speaks HTTPS.")(
        command
    )
    command = ignored("-d", "--debug", "--dev", flag=True)(command)
    return ignored("--proxy-headers", flag=True)(command)


def _address(host: str | None, port: int | None) -> tuple[str, int]:
    return host or conf.get("api", "host"), conf.getint("api", "port") if port is None else port


def _start(name: str, daemon: bool, files: dict[str, Path | None], run: Callable[[Path], int]) -> None:
    place = home()
    parent = os.environ.get("TRADEWIND_HALF")
    if parent is None:
        hint()
        click.echo(f"Home: {place}")
    else:
        # Of `standalone`, which has told the user about the home. Running tries outlive both, and are adopted again.
        die_with_parent(int(parent))
    if daemon:
        daemonize(name, place, **files)
    try:
        code = run(place)
    except Exception as error:
        if type(error).__name__ != "HomeInUse" or name != "scheduler":
            raise
        # The tutorial starts the scheduler in a second terminal; one that already runs does what was asked for.
        click.echo(str(error))
        code = 0
    sys.exit(code)


@click.command(context_settings=HELP)
@_address_options
@verbose_option
def standalone(host: str | None, port: int | None) -> None:
    """Run everything: web server, scheduler, tasks. Ctrl-C stops it all."""
    from tradewind.standalone import run_standalone

    chosen_host, chosen_port = _address(host, port)
    _start("standalone", False, {}, lambda place: run_standalone(place, host=chosen_host, port=chosen_port))


@click.command(context_settings=HELP)
@_daemon_options
@ignored("-n", "--num-runs")
@ignored("-i", "--only-idle", flag=True)
@ignored("-p", "--do-pickle", flag=True)
@ignored("-s", "--skip-serve-logs", flag=True)
@ignored("-d", "--dev", flag=True)
@subdir_option
@verbose_option
def scheduler(daemon: bool, pid: Path | None, stdout: Path | None, stderr: Path | None, log_file: Path | None) -> None:
    """Run the scheduler and its tasks. When one runs already, says so and exits with 0."""
    files = {"pid": pid, "stdout": stdout, "stderr": stderr, "log": log_file}
    _start("scheduler", daemon, files, lambda place: wiring().run_scheduler(place))


def _web(
    host: str | None,
    port: int | None,
    daemon: bool,
    pid: Path | None,
    stdout: Path | None,
    stderr: Path | None,
    log_file: Path | None,
    ssl_cert: str | None,
    ssl_key: str | None,
) -> None:
    from tradewind.server.listening import Certificate
    from tradewind.server.serve import run_webserver

    chosen_host, chosen_port = _address(host, port)
    files = {"pid": pid, "stdout": stdout, "stderr": stderr, "log": log_file}
    cert, key = ssl_cert or conf.get("api", "ssl_cert"), ssl_key or conf.get("api", "ssl_key")
    certificate = Certificate(cert, key) if cert else None
    in_standalone = "TRADEWIND_HALF" in os.environ
    _start(
        "webserver",
        daemon,
        files,
        lambda place: run_webserver(
            place, host=chosen_host, port=chosen_port, first_admin=in_standalone, certificate=certificate
        ),
    )


webserver = click.command("webserver", help="Run the web server: UI and REST API.", context_settings=HELP)(
    _address_options(_daemon_options(_web_options(verbose_option(_web))))
)


def _api(**options: Any) -> None:
    _web(**options)


api_server = click.command("api-server", help="Run the web server (Airflow 3's name).", context_settings=HELP)(
    _address_options(_daemon_options(_web_options(verbose_option(_api))))
)


def _built_in(name: str) -> click.Command:
    # Whatever options Airflow has for it are taken: there is nothing for them to do.
    @click.command(name, context_settings={**HELP, "ignore_unknown_options": True, "allow_extra_args": True})
    def command() -> None:
        click.echo(_BUILT_IN.format(name))

    command.help = f"Nothing to start: the {name} is built into the scheduler."
    return command


triggerer = _built_in("triggerer")
dag_processor = _built_in("dag-processor")
