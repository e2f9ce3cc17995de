"""What every benchmark is handed, and the row of numbers that it hands back."""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.ours import Tradewind
from benchmarks.real_airflow import RealAirflow
from benchmarks.subject import Subject

Numbers = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the result. Seconds, MB (10^6 bytes), tasks per second, as the key says; medians where repeated."""

    what: str
    bar: str
    """What is to be reached, in words."""
    met: bool | None
    """None: nothing to compare with."""
    ratios: Numbers
    """tradewind to the reference, and to the real Airflow where there is one."""
    tradewind: Numbers
    reference: Numbers
    airflow: Numbers | None = None


@dataclass(frozen=True, slots=True)
class Bench:
    """What was asked for on the command line."""

    folder: Path
    """Where the homes are made."""
    rounds: int = 5
    airflow: Path | None = None
    """Virtual environment of a real Airflow 3."""
    keep: bool = False
    """Leave the homes behind, to look into their logs."""

    def names(self) -> list[str]:
        return ["tradewind"] if self.airflow is None else ["tradewind", "airflow"]

    @contextmanager
    def home(self, name: str) -> Iterator[Path]:
        path = Path(tempfile.mkdtemp(prefix=f"bench_{name}_", dir=self.folder))
        try:
            yield path
        finally:
            if self.keep:
                print(f"kept: {path}", file=sys.stderr)
            else:
                shutil.rmtree(path, ignore_errors=True)

    def subject(self, name: str, home: Path, dag_files: Mapping[str, str], *, parallelism: int = 8) -> Subject:
        """Not started; a context manager."""
        if name == "tradewind":
            return Tradewind(home, dag_files, parallelism=parallelism)
        assert self.airflow is not None
        return RealAirflow(self.airflow, home, dag_files, parallelism=parallelism)

    def each(
        self, dag_files: Mapping[str, str], measure: Callable[[Subject], Numbers], *, parallelism: int = 8
    ) -> dict[str, Numbers]:
        """What `measure` finds for each started subject, one after the other, each in a home of its own."""
        found = {}
        for name in self.names():
            with self.home(name) as home, self.subject(name, home, dag_files, parallelism=parallelism) as subject:
                found[name] = measure(subject)
        return found


@dataclass(slots=True)
class Series:
    """The same thing measured again and again."""

    values: list[float] = field(default_factory=list)

    def add(self, value: float) -> None:
        self.values.append(value)

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def numbers(self, key: str) -> Numbers:
        """`key`: the median; `all_` + key: every value in order."""
        return {key: rounded(self.median), f"all_{key}": [rounded(value) for value in self.values]}


def rounded(value: float) -> float:
    """Four significant digits: more would pretend."""
    return float(f"{value:.4g}")


def ratios(found: Mapping[str, Numbers], reference: Numbers, key: str) -> Numbers:
    """tradewind's `key` to the reference's, and to Airflow's where there is one."""
    ours = found["tradewind"][key]
    result = {f"{key} to fork+wait": rounded(ours / reference[key])} if key in reference else {}
    if "airflow" in found:
        result[f"{key} to airflow"] = rounded(ours / found["airflow"][key])
    return result
