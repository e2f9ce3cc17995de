"""`db`, `config`, `jobs`, `info`, and the commands that run for long."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from tests.cli.conftest import FakeWiring, Run
from tradewind.cli.daemon import daemonize
from tradewind.cli.errors import Refused
from tradewind.configuration import conf
from tradewind.server.listening import Certificate
from tradewind.services import jobs
from tradewind.services.session import Services


def test_db_init_makes_a_home_and_doing_it_again_changes_nothing(home: Path, run: Run):
    assert run("db init").output == f"DB: {home / 'airflow.db'}\nInitialization done\n"
    configuration = (home / "airflow.cfg").read_text()
    for command in ("init", "migrate", "upgrade"):
        run(f"db {command}")
    assert (home / "airflow.cfg").read_text() == configuration
    assert run("db check-migrations").output == "The database is up to date.\n"
    assert run("db check").output.startswith("Connection successful")


def test_two_commands_that_start_at_once_make_one_home(tmp_path: Path):
    env = {**os.environ, "AIRFLOW_HOME": str(tmp_path / "new")}
    command = [sys.executable, "-m", "tradewind.cli.main", "variables", "set"]
    children = [
        subprocess.Popen([*command, f"v{n}", "x"], env=env, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for n in range(4)
    ]
    for child in children:
        out, err = child.communicate()
        assert child.returncode == 0, err
        assert out.startswith("Variable v")
    done = subprocess.run(
        [sys.executable, "-m", "tradewind.cli.main", "variables", "list", "-o", "json"],
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    assert [row["key"] for row in json.loads(done.stdout)] == ["v0", "v1", "v2", "v3"]


def test_check_migrations_gives_up_with_the_next_step(home: Path, run: Run):
    assert "airflow db migrate" in run("db check-migrations -t 0", fails=1).output
    assert not (home / "airflow.db").exists()


def test_reset_asks_and_then_deletes_everything(run: Run):
    run("variables set a 1")
    run("db reset", fails=1, answer="n\n")
    assert run("variables get a").output == "1\n"
    run("db reset -y")
    assert run("variables list").output == "No data found\n"


def test_clean_counts_asks_and_deletes(run: Run, services: Services):
    services.store.jobs.heartbeat("old", "engine", "h", 1, "success", services.now() - timedelta(days=400))
    assert "nothing was deleted" in run("db clean --clean-before-timestamp 2020-01-01 --dry-run").output
    assert run("db clean --clean-before-timestamp 2020-01-01 -y").output.endswith("There is nothing to delete.\n")
    before = (services.now() - timedelta(days=100)).date()
    run(f"db clean --clean-before-timestamp {before} -t job", fails=1, answer="n\n")
    assert run(f"db clean --clean-before-timestamp {before} -t job -y").output.endswith("Deleted 1 rows.\n")
    assert "table 'jobs'" in run("db clean --clean-before-timestamp 2020-01-01 -t jobs", fails=1).output


def test_rotating_keys_names_what_no_key_opens(home: Path, run: Run, monkeypatch: pytest.MonkeyPatch):
    run("variables set a 1")
    old = conf.get("core", "fernet_key")
    from tradewind.configuration.home import new_fernet_key

    new, other = new_fernet_key(), new_fernet_key()
    monkeypatch.setenv("AIRFLOW__CORE__FERNET_KEY", f"{new},{old}")
    assert run("rotate-fernet-key").output.startswith("1 secrets")
    monkeypatch.setenv("AIRFLOW__CORE__FERNET_KEY", new)
    assert run("variables get a").output == "1\n"
    monkeypatch.setenv("AIRFLOW__CORE__FERNET_KEY", other)
    assert "variable 'a'" in run("rotate-fernet-key", fails=1).output
    assert "Put that key back" in run("variables get a", fails=1).output


def test_config_list_is_in_the_form_of_the_file_and_hides_secrets(run: Run, monkeypatch: pytest.MonkeyPatch):
    run("db init")
    monkeypatch.setenv("AIRFLOW__CORE__PARALLELISM", "9")
    output = run("config list --section core -s").output
    assert "[core]" in output and "# Source: env var\nparallelism = 9\n" in output
    assert "fernet_key = < hidden >" in output
    assert conf.get("core", "fernet_key") in run("config list --section core --show-values").output
    described = run("config list --section triggerer -a").output
    assert "# No effect here: " in described and "# capacity = 1000" in described
    assert "Did you mean 'core'" in run("config list --section coer", fails=1).output


def test_config_list_can_be_read_back(run: Run, tmp_path: Path):
    from tradewind.configuration.config_file import read_config_file

    path = tmp_path / "listed.cfg"
    path.write_text(run("config list --defaults").output)
    assert read_config_file(path).sections()


def test_config_get_value_takes_both_names_and_suggests(run: Run):
    assert run("config get-value core parallelism").output == "32\n"
    assert run("config get-value webserver web_server_port").output == "8080\n"
    assert "Did you mean [core] parallelism" in run("config get-value core paralelism", fails=1).output


def test_config_lint_fails_for_what_must_be_corrected(run: Run, home: Path):
    run("db init")
    assert run("config lint").output == "No issues found in your airflow.cfg.\n"
    with open(home / "airflow.cfg", "a") as file:
        file.write("\n[triggerer]\ncapacity = 5\n")
    assert "has no effect" in run("config lint").output
    with open(home / "airflow.cfg", "a") as file:
        file.write("\n[scheduler]\ncatchup_by_defualt = False\n")
    conf.reload()
    output = run("config lint", fails=1).output
    assert "Did you mean [scheduler] catchup_by_default" in output and "1 of 2 findings" in output
    assert run("config lint --section triggerer").output.count("\n") == 1
    run("config lint --ignore-option catchup_by_defualt")


def test_jobs_check_answers_by_exit_code(run: Run, services: Services):
    assert "No alive jobs found" in run("jobs check", fails=1).output
    services.store.jobs.heartbeat("e", jobs.ENGINE, "here", 1, "running", services.now())
    for line in ("", " --job-type SchedulerJob", " --hostname here", " --limit 10 --allow-multiple"):
        assert run(f"jobs check{line}").output == "Found one alive job.\n"
    run("jobs check --hostname there", fails=1)
    run("jobs check --allow-multiple", fails=2)
    services.store.jobs.heartbeat("f", jobs.ENGINE, "there", 1, "running", services.now())
    assert "Found 2 alive jobs" in run("jobs check --limit 0", fails=1).output


def test_info_hides_the_password_of_the_database(run: Run, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "postgresql://me:s3cret@db/flows")
    output = run("info").output
    assert "postgresql://me:***@db/flows" in output and "s3cret" not in output
    (row,) = json.loads(run("info -o json").output)
    assert row["paths_info"]["airflow_home"] == str(conf.home)


def test_plugins_are_listed_without_running_them(run: Run, home: Path):
    assert run("plugins").output == "No plugins loaded\n"
    (home / "plugins").mkdir(parents=True)
    (home / "plugins" / "mine.py").write_text(
        "raise SystemExit('run')\nclass Mine(AirflowPlugin):\n    name = 'mine'\n    macros = []\n"
    )
    (home / "plugins" / "broken.py").write_text("def\n")
    rows = {row["source"]: row for row in json.loads(run("plugins -o json").output)}
    assert rows["mine.py"]["name"] == "mine" and rows["mine.py"]["provides"] == "macros"
    assert "cannot be read" in rows["broken.py"]["provides"]


def test_providers_are_those_of_this_environment(run: Run):
    assert json.loads(run("providers list -o json").output) == []
    assert "Install it with pip" in run("providers get apache-airflow-providers-http", fails=1).output


# --- long-running commands -------------------------------------------------------------------------------------------


def test_the_web_commands_take_address_and_port_and_airflows_other_flags(run: Run, wiring: FakeWiring, home: Path):
    wiring.answers |= {"run_webserver": 0, "run_standalone": 0, "run_scheduler": 0}
    run("webserver --port 9000 -H 127.0.0.1 -w 4 -k sync -t 120 -A - --debug")
    assert wiring.asked[-1] == (
        "run_webserver",
        {"args": (home,), "host": "127.0.0.1", "port": 9000, "first_admin": False, "certificate": None},
    )
    run("api-server -p 9001 --proxy-headers --apps all --dev --ssl-cert c.pem --ssl-key k.pem")
    assert wiring.asked[-1][1]["port"] == 9001
    assert wiring.asked[-1][1]["certificate"] == Certificate("c.pem", "k.pem")
    assert run("standalone").output == f"Home: {home}\n"
    assert wiring.asked[-1] == ("run_standalone", {"args": (home,), "host": "0.0.0.0", "port": 8080})
    run("scheduler -n 5 -S dags --skip-serve-logs --do-pickle")
    assert wiring.asked[-1][0] == "run_scheduler"


def test_a_second_scheduler_says_who_runs_and_is_content(run: Run, wiring: FakeWiring):
    from tradewind.engine.lock import HomeInUse

    def refuse(home: Path, **_: object) -> int:
        raise HomeInUse(home, {"pid": 17, "host": "here", "since": "now"})

    wiring.answers |= {"run_scheduler": refuse, "run_standalone": refuse}
    assert "process 17 on here" in run("scheduler").output
    assert "process 17 on here" in run("standalone", fails=1).output


def test_parts_that_are_built_in_say_so_whatever_they_are_told(run: Run):
    for line in ("triggerer --capacity 5", "dag-processor -S x -n 3 --daemon"):
        assert "built into the scheduler" in run(line).output


DAEMON = """
import sys, time
from pathlib import Path
from tradewind.cli.daemon import daemonize
home = Path(sys.argv[1])
daemonize("scheduler", home)
print("up", flush=True)
(home / "ready").touch()
time.sleep(60)
"""


def test_a_daemon_outlives_its_command_and_writes_to_its_files(tmp_path: Path):
    done = subprocess.run([sys.executable, "-c", DAEMON, str(tmp_path)], capture_output=True, text=True, timeout=20)
    assert done.returncode == 0 and "runs in the background" in done.stdout
    deadline = time.monotonic() + 10
    while not (tmp_path / "ready").exists():
        assert time.monotonic() < deadline
        os.sched_yield()
    pid = int((tmp_path / "airflow-scheduler.pid").read_text())
    try:
        assert os.getpgid(pid) != os.getpgid(0)
        assert (tmp_path / "airflow-scheduler.out").read_text() == "up\n"
        with pytest.raises(Refused, match=f"already runs as process {pid}"):
            daemonize("scheduler", tmp_path)
    finally:
        os.kill(pid, signal.SIGKILL)
