"""Where the value of an option comes from, and how it is read. The cases were tried on Airflow 2.11.2 and 3.3.2."""

from __future__ import annotations

from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

from tradewind.configuration import ConfigError, Configuration
from tradewind.configuration.errors import BadValue, BrokenConfigFile, OptionNotFound

FILE = """
[core]
parallelism = 8
fernet_key = abc

[my]
base = /b
home = ~/x
variable = $PLACE/x
percent = 50%%
joined = %(base)s/c
commented = True # yes
bad_bool = maybe
bad_int = five
real = 30.0
listed = a, b ,c
empty =
object = {"a": 1}
bad_object = {a
function = json.loads
missing_function = nope.nope
lines = a
  b
choice = RED
"""


class Colour(Enum):
    RED = 1
    BLUE = 2


def configuration(home: Path, text: str = FILE, **environ: str) -> Configuration:
    (home / "airflow.cfg").write_text(text)
    return Configuration(home, environ)


@pytest.mark.parametrize(
    ("method", "key", "expected"),
    [
        ("get", "base", "/b"),
        ("get", "percent", "50%"),
        ("get", "joined", "/b/c"),
        ("get", "empty", ""),
        ("get", "lines", "a\nb"),
        ("getboolean", "commented", True),
        ("getint", "real", 30),
        ("getfloat", "real", 30.0),
        ("getlist", "listed", ["a", "b", "c"]),
        ("getlist", "empty", []),
        ("getjson", "object", {"a": 1}),
        ("getjson", "missing", None),
        ("getjson", "empty", None),
        ("getimport", "empty", None),
        ("gettimedelta", "real", timedelta(seconds=30)),
        ("gettimedelta", "empty", None),
    ],
)
def test_values_are_read_as_airflow_reads_them(tmp_path: Path, method: str, key: str, expected: Any):
    assert getattr(configuration(tmp_path), method)("my", key) == expected


@pytest.mark.parametrize(
    ("method", "key"),
    [
        ("getboolean", "bad_bool"),
        ("getint", "bad_int"),
        ("getfloat", "bad_int"),
        ("getint", "commented"),
        ("getint", "empty"),
        ("getjson", "bad_object"),
        ("getimport", "missing_function"),
    ],
)
def test_a_value_of_the_wrong_type_names_the_option_the_value_and_the_file(tmp_path: Path, method: str, key: str):
    with pytest.raises(BadValue, match=rf"\[my\] {key} must be .* in {tmp_path}/airflow.cfg"):
        getattr(configuration(tmp_path), method)("my", key)


def test_an_option_that_is_nowhere_is_an_error_unless_there_is_a_fallback(tmp_path: Path):
    conf = configuration(tmp_path)
    with pytest.raises(OptionNotFound, match="AIRFLOW__NO__OPTION"):
        conf.get("no", "option")
    assert conf.get("no", "option", fallback=None) is None
    assert conf.getint("no", "option", fallback=3) == 3
    assert conf.getboolean("no", "option", fallback=False) is False
    assert conf.getlist("no", "option", fallback=["a"]) == ["a"]


def test_the_environment_wins_over_the_file_and_the_file_over_the_default(tmp_path: Path):
    assert configuration(tmp_path, AIRFLOW__CORE__PARALLELISM="4").getint("core", "parallelism") == 4
    assert configuration(tmp_path).getint("core", "parallelism") == 8
    assert configuration(tmp_path, "").getint("core", "parallelism") == 32


def test_home_and_variables_are_expanded_and_percent_signs_of_the_environment_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PLACE", "/place")
    monkeypatch.setenv("HOME", "/me")
    conf = configuration(tmp_path, AIRFLOW__MY__ENV="$PLACE/50%%")
    assert conf.get("my", "home") == "/me/x"
    assert conf.get("my", "variable") == "/place/x"
    assert conf.get("my", "env") == "/place/50%%"


def test_names_do_not_depend_on_case(tmp_path: Path):
    assert configuration(tmp_path).get("MY", "Base") == "/b"


def test_a_section_with_a_dot_is_written_with_an_underscore_in_the_environment(tmp_path: Path):
    conf = configuration(tmp_path, AIRFLOW__MY_SECTION__KEY="x")
    assert conf.get("my.section", "key") == "x"


def test_things_to_import_and_members_of_an_enumeration(tmp_path: Path):
    conf = configuration(tmp_path)
    assert conf.getimport("my", "function")("1") == 1
    assert conf.getenum("my", "choice", Colour) is Colour.RED
    with pytest.raises(BadValue, match="one of RED, BLUE"):
        conf.getenum("my", "base", Colour)
    assert configuration(tmp_path, "[my]\nc = RED,BLUE").getenumlist("my", "c", Colour) == [Colour.RED, Colour.BLUE]


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        (("core", "sql_alchemy_conn"), ("database", "sql_alchemy_conn")),
        (("database", "sql_alchemy_conn"), ("core", "sql_alchemy_conn")),
        (("webserver", "web_server_port"), ("api", "port")),
        (("api", "port"), ("webserver", "web_server_port")),
        (("webserver", "secret_key"), ("api", "secret_key")),
        (("core", "dag_concurrency"), ("core", "max_active_tasks_per_dag")),
        (("scheduler", "min_file_process_interval"), ("dag_processor", "min_file_process_interval")),
        (("celery", "default_queue"), ("operators", "default_queue")),
    ],
)
def test_an_option_that_was_renamed_is_found_under_both_names(
    tmp_path: Path, written: tuple[str, str], asked: tuple[str, str]
):
    section, key = written
    assert configuration(tmp_path, f"[{section}]\n{key} = 77\n").get(*asked) == "77"
    variable = f"AIRFLOW__{section.upper()}__{key.upper()}"
    assert configuration(tmp_path, "", **{variable: "78"}).get(*asked) == "78"


def test_of_both_names_in_one_place_the_present_one_wins(tmp_path: Path):
    conf = configuration(tmp_path, "[webserver]\nweb_server_port = 1\n[api]\nport = 2\n")
    assert conf.get("webserver", "web_server_port") == "2"


@pytest.mark.parametrize(
    ("text", "environ"),
    [
        ("[core]\nfernet_key_cmd = echo secret\n", {}),
        ("", {"AIRFLOW__CORE__FERNET_KEY_CMD": "echo secret"}),
        ("", {"AIRFLOW__CORE__FERNET_KEY_CMD": "printf secret"}),
    ],
)
def test_a_secret_may_come_from_a_command(tmp_path: Path, text: str, environ: dict[str, str]):
    conf = configuration(tmp_path, text, **environ)
    assert (conf.get("core", "fernet_key"), conf.source_of("core", "fernet_key")) == ("secret", "cmd")


def test_a_command_that_fails_is_named_without_its_arguments(tmp_path: Path):
    conf = configuration(tmp_path, "", AIRFLOW__CORE__FERNET_KEY_CMD="false s3cret")
    with pytest.raises(BadValue, match="'false'") as caught:
        conf.get("core", "fernet_key")
    assert "s3cret" not in str(caught.value)


def test_commands_are_for_secrets_only(tmp_path: Path):
    assert configuration(tmp_path, "", AIRFLOW__CORE__PARALLELISM_CMD="echo 4").getint("core", "parallelism") == 32


class Backend:
    def __init__(self, prefix: str = "") -> None:
        self.prefix = prefix

    def get_config(self, path: str) -> str | None:
        return f"{self.prefix}{path}" if path != "missing" else None


def test_a_secret_may_come_from_a_secrets_backend(tmp_path: Path):
    settings = {
        "AIRFLOW__SECRETS__BACKEND": f"{__name__}.Backend",
        "AIRFLOW__SECRETS__BACKEND_KWARGS": '{"prefix": "v/"}',
    }
    conf = configuration(tmp_path, "", AIRFLOW__CORE__FERNET_KEY_SECRET="key", **settings)
    assert (conf.get("core", "fernet_key"), conf.source_of("core", "fernet_key")) == ("v/key", "secret")
    with pytest.raises(BadValue, match="no value for 'missing'"):
        configuration(tmp_path, "", AIRFLOW__CORE__FERNET_KEY_SECRET="missing", **settings).get("core", "fernet_key")
    with pytest.raises(BadValue, match=r"Set \[secrets\] backend"):
        configuration(tmp_path, "", AIRFLOW__CORE__FERNET_KEY_SECRET="key").get("core", "fernet_key")


def test_listings_hide_secrets_and_tell_sources(tmp_path: Path):
    conf = configuration(tmp_path, AIRFLOW__CORE__DIALECT="3", AIRFLOW__MY__API_TOKEN="t")
    listed = conf.as_dict(display_source=True)
    assert listed["core"]["fernet_key"] == ("< hidden >", "airflow.cfg")
    assert listed["core"]["dialect"] == ("3", "env var")
    assert listed["core"]["max_map_length"] == ("1024", "default")
    assert listed["my"]["api_token"] == ("< hidden >", "env var")
    assert conf.as_dict(display_sensitive=True)["core"]["fernet_key"] == "abc"
    assert "dialect" not in conf.as_dict(include_env=False)["core"]


def test_a_section_comes_with_its_values_converted(tmp_path: Path):
    section = configuration(tmp_path, "[my]\na = 1\nb = 1.5\nc = true\nd = x\n").getsection("my")
    assert section == {"a": 1, "b": 1.5, "c": True, "d": "x"}
    assert configuration(tmp_path).getsection("nothing") is None


def test_an_option_counts_as_set_only_when_somebody_set_it(tmp_path: Path):
    conf = configuration(tmp_path, "[scheduler]\ncatchup_by_default = False\n")
    assert conf.is_set("scheduler", "catchup_by_default")
    assert not conf.is_set("scheduler", "create_cron_data_intervals")
    assert conf.has_option("scheduler", "create_cron_data_intervals")
    assert not conf.has_option("scheduler", "nothing")


def test_what_is_set_in_the_process_is_read_back_and_can_be_removed(tmp_path: Path):
    conf = configuration(tmp_path, "")
    conf.set("core", "parallelism", 5)
    conf.set("my", "rate", "50%")
    assert (conf.getint("core", "parallelism"), conf.get("my", "rate")) == (5, "50%")
    conf.remove_option("core", "parallelism")
    assert conf.getint("core", "parallelism") == 32


def test_a_changed_file_is_picked_up_by_refresh(tmp_path: Path):
    conf = configuration(tmp_path, "[core]\nload_examples = True\n")
    assert conf.getboolean("core", "load_examples")
    assert not conf.refresh()
    (tmp_path / "airflow.cfg").write_text("[core]\nload_examples = False\n")
    assert conf.refresh()
    assert not conf.getboolean("core", "load_examples")


def test_a_file_that_breaks_while_it_is_in_use_leaves_the_old_values(tmp_path: Path):
    conf = configuration(tmp_path)
    assert conf.getint("core", "parallelism") == 8
    (tmp_path / "airflow.cfg").write_text("parallelism = 9\n")
    with pytest.raises(BrokenConfigFile):
        conf.refresh()
    assert conf.getint("core", "parallelism") == 8


def test_another_class_can_be_raised_for_dag_authors(tmp_path: Path):
    class AirflowConfigException(ConfigError):
        pass

    conf = configuration(tmp_path)
    conf.error = AirflowConfigException
    with pytest.raises(AirflowConfigException):
        conf.get("no", "option")
    with pytest.raises(AirflowConfigException):
        conf.getint("my", "bad_int")


def test_a_percent_sign_that_means_nothing_says_how_to_write_it(tmp_path: Path):
    with pytest.raises(BadValue, match="write %% for the sign itself"):
        configuration(tmp_path, "[my]\nrate = 50%\n").get("my", "rate")
