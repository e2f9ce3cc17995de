"""What the real Airflow wrote into airflow.cfg by itself is nobody's wish."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.airflow_cfg import generated
from tradewind.configuration import Configuration
from tradewind.configuration.lint import lint

CATCHUP, CRON, DELTA = "catchup_by_default", "create_cron_data_intervals", "create_delta_data_intervals"


def chosen(home: Path, text: str, **environ: str) -> dict[str, bool]:
    """Those of the three options that count as set, with their values."""
    (home / "airflow.cfg").write_text(text)
    conf = Configuration(home, environ)
    return {
        key: conf.getboolean("scheduler", key)
        for key in (CATCHUP, CRON, DELTA)
        if conf.is_set("scheduler", key)
    }  # fmt: skip


@pytest.mark.parametrize("airflow", [2, 3])
def test_a_file_as_it_was_generated_sets_nothing(tmp_path: Path, airflow: int):
    text = generated(airflow, tmp_path)
    assert chosen(tmp_path, text) == {}
    # It is read all the same, and listed as it stands there.
    conf = Configuration(tmp_path, {})
    assert conf.getboolean("scheduler", CATCHUP) is (airflow == 2)
    assert conf.source_of("scheduler", CATCHUP) == "airflow.cfg"


@pytest.mark.parametrize(
    ("airflow", "changed", "value"), [(2, CATCHUP, False), (3, CATCHUP, True), (3, CRON, True), (2, DELTA, False)]
)
def test_what_somebody_changed_in_it_counts(tmp_path: Path, airflow: int, changed: str, value: bool):
    assert chosen(tmp_path, generated(airflow, tmp_path, {changed: str(value)})) == {changed: value}


@pytest.mark.parametrize("value", ["True", "False"])
def test_a_file_that_somebody_wrote_means_what_it_says(tmp_path: Path, value: str):
    text = f"[execution_api]\njwt_leeway = 10\n[scheduler]\n{CATCHUP} = {value}\n{CRON} = {value}\n"
    assert chosen(tmp_path, text) == {CATCHUP: value == "True", CRON: value == "True"}


def test_the_environment_is_always_meant(tmp_path: Path):
    found = chosen(tmp_path, generated(3, tmp_path), AIRFLOW__SCHEDULER__CATCHUP_BY_DEFAULT="False")
    assert found == {CATCHUP: False}


@pytest.mark.parametrize("airflow", [2, 3])
def test_lint_says_what_does_not_count_and_how_to_mean_it(tmp_path: Path, airflow: int):
    (tmp_path / "airflow.cfg").write_text(generated(airflow, tmp_path, {CRON: str(airflow == 3)}))
    found = [finding for finding in lint(Configuration(tmp_path, {})) if finding.kind == "generated"]
    assert [finding.key for finding in found] == [CATCHUP, DELTA]
    assert f"Airflow {airflow} writes" in found[0].text
    assert "AIRFLOW__SCHEDULER__CATCHUP_BY_DEFAULT" in found[0].text
    environ = {"AIRFLOW__SCHEDULER__CATCHUP_BY_DEFAULT": "False"}
    found = [finding for finding in lint(Configuration(tmp_path, environ)) if finding.kind == "generated"]
    assert [finding.key for finding in found] == [DELTA]
