"""An airflow.cfg such as the real Airflow writes at its first start: every option with its default."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tradewind.configuration.options import OPTIONS

ONLY_IN = {2: ("webserver",), 3: ("execution_api", "dag_processor")}


def generated(airflow: int, home: Path, changed: Mapping[str, str] | None = None) -> str:
    """`changed`: keys of [scheduler] that somebody edited afterwards."""
    own = str(airflow == 2)
    scheduler = {
        name: own for name in ("catchup_by_default", "create_cron_data_intervals", "create_delta_data_intervals")
    }
    values = {name: (known.default or "").replace("%", "%%") for name, known in OPTIONS.items()}
    values |= {("scheduler", key): value for key, value in (scheduler | dict(changed or {})).items()}
    values |= {(section, "port"): "8080" for section in ONLY_IN[airflow]}
    values = {name: value for name, value in values.items() if name[0] not in ONLY_IN[5 - airflow]}
    lines: list[str] = []
    for section in dict.fromkeys(section for section, _ in values):
        lines.append(f"[{section}]")
        lines += [f"{key} = {value}" for (place, key), value in values.items() if place == section]
    return "\n".join(lines).replace("{AIRFLOW_HOME}", str(home)) + "\n"
