"""`airflow info`, `airflow version` and `airflow plugins`."""

from __future__ import annotations

import ast
import locale
import os
import platform
import shutil
import sys
from pathlib import Path
from typing import Any

import click

from tradewind import __version__
from tradewind.cli.lazy import HELP
from tradewind.cli.options import ignored, verbose_option
from tradewind.cli.output import output_option, print_rows
from tradewind.configuration import conf


@click.command(context_settings=HELP)
def version() -> None:
    """Print the version of tradewind."""
    click.echo(__version__)


@click.command(context_settings=HELP)
@click.option("--anonymize", is_flag=True, help="Hide names and paths of this user.")
@ignored("--file-io", flag=True)
@output_option
@verbose_option
def info(anonymize: bool, output: str) -> None:
    """Show versions, paths and settings, for a bug report."""
    sections = {
        "tradewind": {
            "version": __version__,
            "executor": conf.get("core", "executor"),
            "sql_alchemy_conn": _without_password(conf.get("database", "sql_alchemy_conn")),
            "dags_folder": conf.get("core", "dags_folder"),
            "plugins_folder": conf.get("core", "plugins_folder"),
            "base_log_folder": conf.get("logging", "base_log_folder"),
            "dialect": conf.get("core", "dialect"),
        },
        "System info": {
            "OS": platform.system(),
            "architecture": platform.machine(),
            "locale": ".".join(filter(None, locale.getlocale())),
            "python_version": sys.version.replace("\n", " "),
            "python_location": sys.executable,
        },
        "Tools info": {name: shutil.which(name) or "NOT AVAILABLE" for name in ("git", "sqlite3", "psql", "dot")},
        "Paths info": {
            "airflow_home": str(conf.home),
            "airflow_config": str(conf.path),
            "system_path": os.environ.get("PATH", ""),
            "python_path": os.pathsep.join(sys.path),
        },
    }
    hidden = str(Path.home())
    if anonymize and hidden != "/":
        sections = {
            title: {name: text.replace(hidden, "${HOME}") for name, text in values.items()}
            for title, values in sections.items()
        }
    if output in ("json", "yaml"):
        print_rows([{title.lower().replace(" ", "_"): values for title, values in sections.items()}], output)
        return
    for title, values in sections.items():
        width = max(map(len, values))
        click.echo(f"\n{title}")
        for name, text in values.items():
            click.echo(f"{name.ljust(width)} | {text}")


@click.command(context_settings=HELP)
@output_option
@verbose_option
def plugins(output: str) -> None:
    """List the plugins in the plugins folder. Their files are read, not run."""
    folder = Path(conf.get("core", "plugins_folder"))
    rows = [row for file in sorted(folder.rglob("*.py")) for row in _plugins_in(folder, file)]
    if rows or output in ("json", "yaml"):
        print_rows(rows, output)
    else:
        click.echo("No plugins loaded")


def _plugins_in(folder: Path, file: Path) -> list[dict[str, Any]]:
    try:
        tree = ast.parse(file.read_bytes(), filename=str(file))
    except (OSError, SyntaxError, ValueError) as error:
        return [{"name": None, "source": str(file.relative_to(folder)), "provides": f"cannot be read: {error}"}]
    found: list[dict[str, Any]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and any("AirflowPlugin" in ast.unparse(base) for base in node.bases):
            values = {
                target.id: statement.value
                for statement in node.body
                if isinstance(statement, ast.Assign)
                for target in statement.targets
                if isinstance(target, ast.Name)
            }
            name = values.pop("name", None)
            shown = name.value if isinstance(name, ast.Constant) else node.name
            found.append(
                {"name": shown, "source": str(file.relative_to(folder)), "provides": ", ".join(sorted(values))}
            )
    return found


def _without_password(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    login, at, place = rest.rpartition("@")
    if not at or ":" not in login:
        return url
    return f"{scheme}{separator}{login.partition(':')[0]}:***@{place}"
