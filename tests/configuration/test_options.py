"""The table of options, and what `config lint` makes of a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tradewind.configuration import Configuration
from tradewind.configuration.lint import lint
from tradewind.configuration.options import OPTIONS, nearest, option
from tradewind.configuration.renames import RENAMES

TYPES = {"string", "integer", "float", "boolean", "list", "json"}


@pytest.mark.parametrize("found", OPTIONS.values(), ids=[f"{section}.{key}" for section, key in OPTIONS])
def test_every_option_is_described_and_its_default_has_its_type(found: object, tmp_path: Path):
    from tradewind.configuration.options import Option

    assert isinstance(found, Option)
    assert found.description.endswith(".") and found.type in TYPES
    assert not found.no_effect.endswith(".")
    conf = Configuration(tmp_path, {})
    reader = {"integer": conf.getint, "float": conf.getfloat, "boolean": conf.getboolean, "json": conf.getjson}
    if found.default:
        reader.get(found.type, conf.get)(found.section, found.key)


def test_every_former_name_leads_to_an_option():
    assert set(RENAMES.values()) <= set(OPTIONS)
    assert not set(RENAMES) & set(OPTIONS)


def test_options_of_both_airflows_are_known_under_the_names_people_use():
    # The variables that public repositories set most often.
    for name in [
        "core.load_examples",
        "core.executor",
        "core.fernet_key",
        "database.sql_alchemy_conn",
        "core.sql_alchemy_conn",
        "core.dags_are_paused_at_creation",
        "celery.broker_url",
        "scheduler.enable_health_check",
        "core.auth_manager",
        "core.execution_api_server_url",
        "api_auth.jwt_secret",
        "logging.logging_level",
        "api.base_url",
        "secrets.backend",
        "smtp.smtp_host",
        "core.xcom_backend",
        "webserver.secret_key",
        "webserver.expose_config",
        "operators.default_deferrable",
        "sentry.sentry_on",
    ]:
        assert option(*name.split(".")) is not None, name


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (("core", "paralelism"), ("core", "parallelism")),
        (("core", "load_example"), ("core", "load_examples")),
        (("core", "base_log_folders"), ("logging", "base_log_folder")),
        (("scheduler", "parallelism"), ("core", "parallelism")),
        (("databse", "sql_alchemy_conn"), ("database", "sql_alchemy_conn")),
        (("core", "zzzzzz"), None),
    ],
)
def test_a_misspelt_option_finds_the_one_that_was_meant(written: tuple[str, str], meant: tuple[str, str] | None):
    assert nearest(*written) == meant


def findings(home: Path, text: str, **environ: str) -> list[tuple[str, str, str]]:
    (home / "airflow.cfg").write_text(text)
    return [(f.key, f.kind, f.text) for f in lint(Configuration(home, environ))]


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        (
            "[core]\nparalelism = 3\n",
            "unknown",
            r"\[core\] paralelism is not an option. Did you mean \[core\] parallel",
        ),
        ("[nonsense]\na = 3\n", "unknown", "is not an option"),
        ("[triggerer]\ncapacity = 3\n", "no_effect", "no triggerer to tune"),
        ("[celery]\nworker_autoscale = 3\n", "no_effect", "apache-airflow-providers-celery"),
        ("[webserver]\nweb_server_port = 81\n", "renamed", r"called \[api\] port"),
        ("[core]\nparallelism = many\n", "value", "must be a whole number"),
        ("[core]\ndialect = 4\n", "value", "2 or 3"),
        ("[core]\nexecutor = CeleryExecutor\n", "value", "CeleryExecutor, which is not built in yet"),
        ("[webserver]\nnavbar_color = #123\n", "no_effect", "Flask-AppBuilder"),
    ],
)
def test_lint_says_what_is_wrong_with_an_option(tmp_path: Path, text: str, kind: str, words: str):
    import re

    ((_, found, sentence),) = findings(tmp_path, text)
    assert found == kind
    assert re.search(words, sentence)


@pytest.mark.parametrize(
    "text",
    [
        "[core]\nparallelism = 3\n",
        "[core]\nexecutor = SequentialExecutor\n",
        "[core]\nexecutor = airflow.executors.local_executor.LocalExecutor\n",
        "[core]\nfernet_key_cmd = echo x\n",
        # What Airflow 2.6 writes into a new file: an option without effect at its default says nothing.
        "[triggerer]\ncapacity = 1000\n",
    ],
)
def test_lint_is_silent_about_what_works(tmp_path: Path, text: str):
    assert findings(tmp_path, text) == []


def test_lint_looks_at_the_environment_too(tmp_path: Path):
    found = findings(tmp_path, "", AIRFLOW__CORE__PARALELISM="3", AIRFLOW__CORE__FERNET_KEY_CMD="echo x", OTHER="1")
    assert [(key, kind) for key, kind, _ in found] == [("paralelism", "unknown")]
