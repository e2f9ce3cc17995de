"""The home: where it is, how it comes into being, and what is said when it cannot be used."""

from __future__ import annotations

import base64
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tradewind.configuration import Configuration
from tradewind.configuration.errors import BrokenConfigFile, HomeError
from tradewind.configuration.home import config_path, find_home, home_hint, prepare_home, require_writable


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, "/me/airflow"),
        ({"AIRFLOW_HOME": ""}, "/me/airflow"),
        ({"AIRFLOW_HOME": "/srv/flows"}, "/srv/flows"),
        ({"AIRFLOW_HOME": "~/flows"}, "/me/flows"),
        ({"AIRFLOW_HOME": "$PLACE/flows"}, "/place/flows"),
        ({"AIRFLOW_HOME": "/srv/flows/../x/"}, "/srv/x"),
    ],
)
def test_the_home_is_what_airflow_home_says(environ: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOME", "/me")
    monkeypatch.setenv("PLACE", "/place")
    assert find_home(environ) == Path(expected)


def test_a_relative_home_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    assert find_home({"AIRFLOW_HOME": "flows"}) == tmp_path / "flows"


def test_airflow_config_names_another_file(tmp_path: Path):
    assert config_path(tmp_path, {"AIRFLOW_CONFIG": "/etc/flows.cfg"}) == Path("/etc/flows.cfg")


def test_a_new_home_gets_a_private_configuration_with_keys_of_its_own(tmp_path: Path):
    first, second = tmp_path / "deep" / "a", tmp_path / "b"
    assert prepare_home(first, {}) and prepare_home(second, {})
    path = first / "airflow.cfg"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    conf = Configuration(first, {})
    assert len(base64.urlsafe_b64decode(conf.get("core", "fernet_key"))) == 32
    assert conf.get("core", "fernet_key") != Configuration(second, {}).get("core", "fernet_key")
    assert conf.getboolean("core", "load_examples")
    assert conf.get("core", "dags_folder") == str(first / "dags")
    assert conf.get("database", "sql_alchemy_conn") == f"sqlite:///{first}/airflow.db"
    assert [entry.name for entry in first.iterdir()] == ["airflow.cfg"]


def test_a_home_with_a_percent_sign_can_be_read_back(tmp_path: Path):
    home = tmp_path / "50% off"
    prepare_home(home, {})
    assert Configuration(home, {}).get("core", "dags_folder") == str(home / "dags")


def test_an_existing_configuration_is_never_touched(tmp_path: Path):
    path = tmp_path / "airflow.cfg"
    path.write_text("[core]\nload_examples = False\n")
    assert not prepare_home(tmp_path, {})
    assert path.read_text() == "[core]\nload_examples = False\n"


def test_processes_that_start_at_once_agree_on_one_configuration(tmp_path: Path):
    home = tmp_path / "home"
    code = (
        "import sys; from pathlib import Path; from tradewind.configuration import Configuration;"
        "from tradewind.configuration.home import prepare_home; home = Path(sys.argv[1]);"
        "sys.stdin.read(); prepare_home(home, {}); print(Configuration(home, {}).get('core', 'fernet_key'))"
    )
    children = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(6)
    ]
    for child in children:
        assert child.stdin is not None
        child.stdin.close()
    keys = set()
    for child in children:
        assert child.stdout is not None
        keys.add(child.stdout.read())
        child.stdout.close()
        assert child.wait() == 0
    assert len(keys) == 1
    assert [entry.name for entry in home.iterdir()] == ["airflow.cfg"]


def test_a_file_system_without_hard_links_works_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def no_links(*args: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    assert prepare_home(tmp_path, {})
    assert [entry.name for entry in tmp_path.iterdir()] == ["airflow.cfg"]


def test_a_home_that_cannot_be_made_is_answered_with_what_to_do(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(HomeError, match=r"Make .* writable for this user, or set AIRFLOW_HOME"):
        prepare_home(tmp_path / "file" / "home", {})


def test_a_read_only_home_is_answered_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def refused(*args: object, **kwargs: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("tempfile.TemporaryFile", refused)
    with pytest.raises(HomeError, match=r"Read-only file system.*\n.*AIRFLOW_HOME.*Nothing was changed"):
        require_writable(tmp_path)


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("load_examples = True\n", 1, "stands before the first section"),
        ("[core]\nparallelism\n", 2, "'parallelism' is no option"),
        ("[core]\na = 1\na = 2\n", 3, "is set twice"),
        ("[core]\na = 1\n[core]\nb = 2\n", 3, "begins a second time"),
        ("[core\na = 1\n", 1, "stands before the first section"),
    ],
)
def test_a_broken_file_names_its_line_and_the_fix_and_stays_as_it_is(
    tmp_path: Path, text: str, line: int, problem: str
):
    path = tmp_path / "airflow.cfg"
    path.write_text(text)
    with pytest.raises(BrokenConfigFile, match=problem) as caught:
        Configuration(tmp_path, {}).get("core", "parallelism")
    assert (caught.value.path, caught.value.line) == (path, line)
    assert str(caught.value).startswith(f"Cannot read {path}, line {line}: ")
    assert len(str(caught.value).splitlines()) == 2
    assert path.read_text() == text


def test_a_file_in_another_encoding_names_the_line(tmp_path: Path):
    (tmp_path / "airflow.cfg").write_bytes(b"[core]\n# caf\xe9\n")
    with pytest.raises(BrokenConfigFile, match="line 2: it is not UTF-8"):
        Configuration(tmp_path, {}).get("core", "parallelism")


def test_a_configuration_that_is_a_folder_is_answered(tmp_path: Path):
    (tmp_path / "airflow.cfg").mkdir()
    with pytest.raises(BrokenConfigFile, match="Is a directory"):
        Configuration(tmp_path, {}).get("core", "parallelism")


def test_a_directory_that_looks_like_a_home_is_pointed_out(tmp_path: Path):
    home, cwd = tmp_path / "home", tmp_path / "project"
    cwd.mkdir()
    assert home_hint(home, cwd, {}) is None
    (cwd / "dags").mkdir()
    assert "holds a dags folder" in (home_hint(home, cwd, {}) or "")
    (cwd / "airflow.cfg").write_text("")
    hint = home_hint(home, cwd, {}) or ""
    assert "holds airflow.cfg" in hint and str(home) in hint and 'export AIRFLOW_HOME="$(pwd)"' in hint
    assert "\n" not in hint


def test_nothing_is_pointed_out_inside_the_home(tmp_path: Path):
    (tmp_path / "dags" / "dags").mkdir(parents=True)
    assert home_hint(tmp_path, tmp_path, {}) is None
    assert home_hint(tmp_path, tmp_path / "dags", {}) is None


def test_a_home_that_is_the_word_pwd_is_pointed_out(tmp_path: Path):
    assert "is the word 'pwd'" in (home_hint(tmp_path / "pwd", tmp_path, {"AIRFLOW_HOME": "pwd"}) or "")
