"""`python -m benchmarks`: see the package's first lines."""

from __future__ import annotations

import argparse
import dataclasses
import json
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from benchmarks import (
    chain_heavy,
    chain_small,
    fan_out,
    idle,
    lists,
    machine,
    many_files,
    many_runs,
    neighbours,
    readers,
    start,
)
from benchmarks.bench import Bench, Row
from benchmarks.pages import PAGES

ROWS: Final[Mapping[str, Callable[[Bench], Row]]] = {
    "chain_small": chain_small.measure,
    "chain_heavy": chain_heavy.measure,
    "fan_out": fan_out.measure,
    "many_runs": many_runs.measure,
    "neighbours": neighbours.measure,
    "start": start.measure,
    "idle": idle.measure,
    "many_files": many_files.measure,
    "lists_small": lists.measure_small,
    "lists_large": lists.measure_large,
    "lists_postgres": lists.measure_postgres,
    "readers": readers.measure,
    **PAGES,
}
VERDICT: Final = {True: "reached", False: "missed", None: "–"}


def arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure tradewind from outside.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(ROWS)}; all when none is named")
    parser.add_argument("--airflow", type=Path, metavar="PATH", help="virtual environment of a real Airflow 3, beside")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there, too")
    parser.add_argument("--rounds", type=int, default=5, help="repetitions (default: 5)")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()), help="where the homes are made")
    parser.add_argument("--keep", action="store_true", help="leave the homes behind, to look into their logs")
    parser.add_argument("--list", action="store_true", help="only name them")
    chosen = parser.parse_args(argv)
    unknown = [name for name in chosen.names if name not in ROWS]
    if unknown:
        parser.error(f"no benchmark is called {', '.join(unknown)}; there are: {', '.join(ROWS)}")
    if chosen.rounds < 1:
        parser.error("--rounds has to be 1 or more")
    if chosen.airflow is not None and not (chosen.airflow / "bin" / "airflow").exists():
        parser.error(f"{chosen.airflow} has no bin/airflow: --airflow takes a virtual environment with Airflow in it")
    return chosen


def shown(numbers: Mapping[str, Any] | None) -> str:
    """Without the lists: those are in the JSON."""
    if numbers is None:
        return "–"
    return "\n".join(f"{key} {value:g}" for key, value in numbers.items() if isinstance(value, (int, float)))


def table(rows: Mapping[str, Row], names_airflow: bool) -> Table:
    drawn = Table(show_lines=True)
    columns = ["benchmark", "ratios", "tradewind", "fork+wait", *(["airflow"] if names_airflow else []), "bar", ""]
    for column in columns:
        drawn.add_column(column)
    for name, row in rows.items():
        cells = [f"[bold]{name}[/]\n{row.what}", shown(row.ratios), shown(row.tradewind), shown(row.reference)]
        drawn.add_row(*cells, *([shown(row.airflow)] if names_airflow else []), row.bar, VERDICT[row.met])
    return drawn


def main(argv: list[str]) -> int:
    chosen = arguments(argv)
    if chosen.list:
        print("\n".join(ROWS))
        return 0
    # So that what was started is ended, too, when somebody ends this.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    bench = Bench(folder=chosen.folder, rounds=chosen.rounds, airflow=chosen.airflow, keep=chosen.keep)
    facts = machine.facts(chosen.folder)
    rows: dict[str, Row] = {}
    errors: dict[str, str] = {}
    for name in chosen.names or ROWS:
        print(f"{name} …", file=sys.stderr, flush=True)
        try:
            rows[name] = ROWS[name](bench)
        except Exception as error:
            # One that fails must not cost the numbers of the others.
            errors[name] = str(error)
            traceback.print_exc()
    if chosen.json is not None:
        found = {name: dataclasses.asdict(row) for name, row in rows.items()}
        chosen.json.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"machine": facts, "rows": found, "errors": errors}, indent=2, ensure_ascii=False)
        chosen.json.write_text(text + "\n", encoding="utf-8")
    console = Console(width=None if sys.stdout.isatty() else 160)
    console.print(table(rows, bench.airflow is not None))
    console.print(", ".join(f"{key}: {value}" for key, value in facts.items()), style="dim", highlight=False)
    for name, message in errors.items():
        console.print(f"{name} could not be measured: {message.splitlines()[0]}", style="red", markup=False)
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
