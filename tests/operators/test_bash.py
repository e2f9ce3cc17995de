"""BashOperator and BashSensor against the real Bash."""

from __future__ import annotations

import logging
import os
import signal
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.operators.running import TurnedClock, execute, new_dag
from tests.runtime_task.fake_host import make_try
from tradewind.core.messages import Failed
from tradewind.hooks.subprocess import SubprocessHook
from tradewind.operators.bash import BashOperator
from tradewind.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException
from tradewind.sensors.bash import BashSensor


def bash(**kwargs: Any) -> BashOperator:
    with new_dag():
        return BashOperator(task_id="t", **kwargs)


@pytest.mark.parametrize(
    ("arguments", "result"),
    [
        ({"bash_command": "echo one; echo two"}, "two"),
        ({"bash_command": "true"}, ""),
        ({"bash_command": "echo {{ ds }}"}, "2024-03-05"),
        ({"bash_command": "echo out; echo err >&2"}, "err"),
        ({"bash_command": "echo '  padded  '"}, "  padded"),
        ({"bash_command": "echo $WORD", "env": {"WORD": "{{ ds_nodash }}"}}, "20240305"),
        ({"bash_command": "echo ${HOME:-none}", "env": {"A": "1"}}, "none"),
        ({"bash_command": "echo ${MINE}$A", "env": {"A": "1"}, "append_env": True}, "theirs1"),
        ({"bash_command": "echo $AIRFLOW_CTX_DAG_ID.$AIRFLOW_CTX_TASK_ID", "env": {}}, "d.t"),
        ({"bash_command": "echo '[1, 2]'", "output_processor": lambda text: text.count(",")}, 1),
        ({"bash_command": "printf 'caf\\xe9'"}, "caf\\xe9"),
        ({"bash_command": "printf 'caf\\xe9'", "output_encoding": "latin-1"}, "café"),
        ({"bash_command": "pwd -P", "cwd": "/"}, "/"),
        ({"bash_command": "echo " + "x" * 200_000 + " | wc -c"}, "200001"),
    ],
)
def test_a_command_gives_its_last_line(arguments: dict[str, Any], result: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINE", "theirs")
    assert execute(bash(**arguments))[0] == result


def test_without_a_cwd_the_command_runs_in_a_folder_that_is_removed() -> None:
    folder, _ = execute(bash(bash_command="touch left; pwd"))
    assert "airflowtmp" in folder
    assert not os.path.exists(folder)


@pytest.mark.parametrize(
    ("code", "arguments", "error"),
    [
        (1, {}, AirflowException),
        (99, {}, AirflowSkipException),
        (99, {"skip_on_exit_code": None}, AirflowException),
        (3, {"skip_on_exit_code": 3}, AirflowSkipException),
        (4, {"skip_on_exit_code": [3, 4]}, AirflowSkipException),
        (5, {"skip_exit_code": 5}, AirflowSkipException),
    ],
)
def test_an_exit_code_fails_or_skips(code: int, arguments: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(AirflowException) as caught:
        execute(bash(bash_command=f"exit {code}", **arguments))
    assert type(caught.value) is error
    assert str(code) in str(caught.value)


@pytest.mark.parametrize("name", ["missing", "file"])
def test_a_cwd_that_is_no_folder_is_said(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(AirflowException, match=name):
        execute(bash(bash_command="true", cwd=str(tmp_path / name)))


@pytest.mark.parametrize("extension", ["sh", "bash"])
def test_a_script_file_is_a_template(extension: str, tmp_path: Path) -> None:
    (tmp_path / f"run.{extension}").write_text("#!/bin/bash\necho day {{ ds }}\n")
    with new_dag(template_searchpath=str(tmp_path)):
        task = BashOperator(task_id="t", bash_command=f"run.{extension}")
    assert execute(task)[0] == "day 2024-03-05"


def test_a_script_that_is_called_is_not(tmp_path: Path) -> None:
    script = tmp_path / "run.sh"
    script.write_text("echo called with $1\n")
    assert execute(bash(bash_command=f"bash {script} {{{{ ds }}}} "))[0] == "called with 2024-03-05"


def test_the_output_is_logged_line_by_line(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        execute(bash(bash_command="echo one; echo two; exit 0"))
    messages = caplog.messages
    assert messages[messages.index("Output:") + 1 :] == ["one", "two", "Command exited with return code 0"]


def test_on_kill_ends_the_command_and_what_it_started(tmp_path: Path) -> None:
    command = f"sleep 60 & echo $! > {tmp_path}/child; echo ready-$((1 + 1)); wait"
    ended = make_try(bash(bash_command=command).dag, "t", tmp_path, kill_when="ready-2")
    assert isinstance(ended.outcome, Failed)
    assert ended.outcome.cause == "killed"
    child = int((tmp_path / "child").read_text())
    assert _is_gone(child)


def _is_gone(pid: int) -> bool:
    pause = threading.Event()
    for _ in range(300):
        try:
            with open(f"/proc/{pid}/stat") as file:
                if file.read().rpartition(")")[2].split()[0] == "Z":
                    return True
        except FileNotFoundError:
            return True
        pause.wait(0.01)
    return False


def test_a_signal_that_ended_the_command_has_a_name(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        result = SubprocessHook().run_command(["bash", "-c", "kill -KILL $$"])
    assert result.exit_code == -signal.SIGKILL
    assert caplog.messages[-1] == "Command exited with return code -9 (SIGKILL)"


def test_killing_without_a_command_does_nothing() -> None:
    hook = SubprocessHook()
    hook.send_sigterm()
    hook.run_command(["true"])
    hook.send_sigterm()


def test_a_sensor_waits_until_its_command_succeeds(tmp_path: Path) -> None:
    with new_dag():
        sensor = BashSensor(task_id="t", bash_command=f"test -e {tmp_path}/there", poke_interval=60)
    clock = TurnedClock(then=(tmp_path / "there").touch)
    execute(sensor, clock=clock)
    assert clock.slept == [60]


def test_a_sensor_with_a_retry_code_fails_for_good_with_another() -> None:
    with new_dag():
        sensor = BashSensor(task_id="t", bash_command="exit 4", retry_exit_code=3)
    with pytest.raises(AirflowFailException, match="4"):
        execute(sensor)
