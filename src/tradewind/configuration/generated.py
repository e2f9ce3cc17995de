"""An airflow.cfg that the real Airflow wrote by itself: every option with its default, at its first start.

What stands in such a file says what that Airflow's default is, not what somebody wants. It matters for the options whose
defaults changed between Airflow 2 and 3 without a word (docs/decisions/2026-11-26-generated-airflow-cfg.md).
"""

from __future__ import annotations

import configparser
from collections.abc import Mapping
from typing import Final

from tradewind.configuration.renames import Name

# Airflow 2.11 writes 294, Airflow 3.3 writes 358; the files of the first 2.x versions had more than 200.
_LEAST_OPTIONS: Final = 150

OWN_VALUES: Final[Mapping[Name, Mapping[int, str]]] = {
    ("scheduler", "catchup_by_default"): {2: "true", 3: "false"},
    ("scheduler", "create_cron_data_intervals"): {2: "true", 3: "false"},
    ("scheduler", "create_delta_data_intervals"): {2: "true", 3: "false"},
}
"""Option → what Airflow 2 and Airflow 3 write for it."""


def written_by(parser: configparser.ConfigParser) -> int | None:
    """2 or 3: the Airflow that wrote the file out in full. None: a file that somebody wrote by hand."""
    if sum(len(parser[section]) for section in parser.sections()) < _LEAST_OPTIONS:
        return None
    if parser.has_section("execution_api") or parser.has_section("dag_processor"):
        return 3
    return 2 if parser.has_section("webserver") else None


def generator_of(parser: configparser.ConfigParser, name: Name, value: str) -> int | None:
    """The Airflow that wrote this value by itself; None when somebody chose it, as far as the file tells."""
    own = OWN_VALUES.get(name)
    if own is None:
        return None
    airflow = written_by(parser)
    return airflow if airflow is not None and own[airflow] == value.strip().lower() else None
