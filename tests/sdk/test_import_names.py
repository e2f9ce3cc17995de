"""Airflow's import names: the list of spec H.7 and the most used ones of public repositories."""

from __future__ import annotations

import importlib
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from tradewind.sdk.airflow_imports import names_of
from tradewind.sdk.airflow_names import MODULES, NOT_YET

DATA = Path(__file__).parent.parent / "data" / "sdk"

# What is known to come later. The list only shrinks: a name that imports must be taken off it.
LATER = set((DATA / "names_later.txt").read_text().split())
NAMES = [line.split() for line in (DATA / "names.txt").read_text().splitlines() if line and not line.startswith("#")]
PAIRS = [(module, name) for module, *names in NAMES for name in names]


@pytest.mark.parametrize(("module", "name"), [pair for pair in PAIRS if ".".join(pair) not in LATER])
def test_the_name_imports(module: str, name: str) -> None:
    assert getattr(importlib.import_module(module), name) is not None or name in ("NEW_SESSION", "engine")


def test_what_comes_later_says_so() -> None:
    for full in sorted(LATER):
        module, _, name = full.rpartition(".")
        with pytest.raises(ImportError, match=r"yet|pip install apache-airflow-providers"):
            exec(f"from {module} import {name}")


def test_nothing_on_the_later_list_is_served() -> None:
    assert {".".join(pair) for pair in PAIRS} >= LATER


@pytest.mark.parametrize("module", sorted(MODULES))
def test_every_name_of_the_table_leads_somewhere(module: str) -> None:
    imported = importlib.import_module(module)
    for name in names_of(module):
        getattr(imported, name)


def test_the_version_is_the_one_that_providers_know() -> None:
    import airflow
    from airflow.version import version

    assert airflow.__version__ == version == "3.3.2"


def test_an_absent_provider_names_what_to_install() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"pip install apache-airflow-providers-amazon$"):
        importlib.import_module("airflow.providers.amazon.aws.hooks.s3")
    with pytest.raises(ModuleNotFoundError, match=r"pip install apache-airflow-providers-cncf-kubernetes$"):
        importlib.import_module("airflow.providers.cncf.kubernetes.operators.pod")
    with pytest.raises(ModuleNotFoundError, match=r"pip install apache-airflow-providers-postgres$"):
        exec("from airflow.hooks.postgres_hook import PostgresHook")


def test_asking_whether_a_provider_is_there_raises_nothing() -> None:
    assert importlib.util.find_spec("airflow.providers.slack") is None
    assert importlib.util.find_spec("airflow.providers.standard") is not None


def test_a_name_that_nobody_has_is_an_import_error_in_an_import_and_an_attribute_error_elsewhere() -> None:
    import airflow.models

    with pytest.raises(ImportError, match="cannot import name 'Nonsense'"):
        exec("from airflow.models import Nonsense")
    with pytest.raises(AttributeError):
        airflow.models.Nonsense
    assert not hasattr(airflow.models, "Nonsense")


def test_modules_and_names_of_the_same_spelling_do_not_hide_each_other() -> None:
    import airflow.utils.dates
    from airflow import configuration, settings
    from airflow.decorators import task_group
    from airflow.operators import python
    from airflow.utils import timezone

    assert callable(task_group)
    assert configuration.conf.get("core", "executor")
    assert settings.AIRFLOW_HOME
    assert python.PythonOperator.__name__ == "PythonOperator"
    assert timezone.is_localized(airflow.utils.dates.days_ago(1))


def test_a_star_import_gives_the_names_of_the_table() -> None:
    namespace: dict[str, object] = {}
    exec("from airflow.sdk import *", namespace)
    assert {"DAG", "task", "Asset", "chain", "Variable"} <= namespace.keys()


def test_a_real_provider_beside_us_wins_and_ours_stays_reachable(tmp_path: Path) -> None:
    package = tmp_path / "airflow" / "providers" / "acme"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("from airflow import __version__ as seen\n")
    standard = tmp_path / "airflow" / "providers" / "standard"
    standard.mkdir()
    (standard / "__init__.py").write_text("real = True\n")
    code = (
        "import airflow.providers.acme as acme, airflow.providers.standard as standard; "
        "from airflow.operators.bash import BashOperator; "
        "print(acme.seen, standard.real, BashOperator.__module__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["3.3.2", "True", "tradewind.operators.bash"]


def test_a_dag_file_starts_without_the_heavy_libraries() -> None:
    code = (
        "import sys\nfrom airflow import DAG\nfrom airflow.operators.python import PythonOperator\nprint(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert not loaded & {
        "sqlalchemy",
        "fastapi",
        "rich",
        "jsonschema",
        "jinja2",
        "pendulum",
        "msgspec",
        "alembic",
        "asyncio",
    }


def test_names_are_served_or_come_later_but_not_both() -> None:
    for module, names in NOT_YET.items():
        if names:
            assert not set(names.split(",")) & names_of(module).keys(), module
        else:
            assert module not in MODULES


def test_the_public_names_of_tradewind_are_all_there() -> None:
    import tradewind

    for name in tradewind.__all__:
        assert getattr(tradewind, name) is not None
