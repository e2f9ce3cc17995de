"""Is a file written for Airflow 2 or for Airflow 3? Decided from its text, before it is imported.

The order: a comment `# tradewind: dialect=3`; an import that only Airflow 3 has; anything that only Airflow 2 has; an
import guarded by `try` that only Airflow 3 has; the configured default.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from tradewind.configuration import conf

DEFAULT = 2


class Dialect(NamedTuple):
    """A decision: `dialect` is 2 or 3, `reason` says why in a few words."""

    dialect: int
    reason: str
    relies_on: tuple[str, ...] = ()
    """What in the file exists in one dialect only, in order of appearance."""


def decide_dialect(source: str, *, default: int | None = None) -> Dialect:
    """The dialect of a file with this text. A text that is no Python gets the default; its import will tell why.

    `default` None means `[core] dialect`, which is 2 unless configured.
    """
    # Not needed to define a DAG, so a plain `python my_dag.py` does not load it.
    from tradewind.sdk.dialect_evidence import find_evidence

    evidence = find_evidence(source)
    relies_on = evidence.relies_on()
    if evidence.said in (2, 3):
        return Dialect(evidence.said, "comment in the file", relies_on)
    if evidence.for_3:
        return Dialect(3, evidence.for_3[0], relies_on)
    if evidence.for_2:
        return Dialect(2, evidence.for_2[0], relies_on)
    if evidence.for_3_guarded:
        return Dialect(3, evidence.for_3_guarded[0], relies_on)
    if default is None:
        default = conf.getint("core", "dialect", fallback=DEFAULT)
    return Dialect(default, "[core] dialect", relies_on)


# --- the file that is being read -----------------------------------------------------------------------------------------

_reading: list[tuple[str, Dialect]] = []


@contextmanager
def reading_file(path: str, dialect: Dialect | int) -> Iterator[None]:
    """For the body, DAGs that are made belong to `path` and get the defaults of `dialect`."""
    decision = dialect if isinstance(dialect, Dialect) else Dialect(dialect, "given")
    _reading.append((path, decision))
    try:
        yield
    finally:
        _reading.pop()


def current_dialect() -> int:
    """The dialect of the file that is being read; 2 when none is."""
    return _reading[-1][1].dialect if _reading else DEFAULT


def current_decision() -> Dialect | None:
    return _reading[-1][1] if _reading else None


def current_file() -> str | None:
    return _reading[-1][0] if _reading else None
