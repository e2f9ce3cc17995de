"""BashOperator: runs a command or a script in Bash."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Collection, Sequence
from functools import cached_property
from typing import Any, ClassVar

from tradewind.hooks.subprocess import SubprocessHook, SubprocessResult, working_directory
from tradewind.sdk.context import context_to_airflow_vars
from tradewind.sdk.exceptions import AirflowException, AirflowSkipException
from tradewind.sdk.operator import BaseOperator

# Linux takes at most 128 KiB for one argument of a new process; a character may have four bytes.
_LONGEST_ARGUMENT = 32_000


class BashOperator(BaseOperator):
    """Runs `bash_command`; its last line of output is pushed as XCom, after `output_processor`.

    A `bash_command` that ends in `.sh` or `.bash` names a file that is rendered as a template and run as a script. Exit
    code 0 is success, one of `skip_on_exit_code` (default 99) skips the task, any other fails it. Without `cwd` the
    command runs in a temporary directory. `env` replaces the environment, or adds to it with `append_env`; the
    `AIRFLOW_CTX_*` variables are there in any case.
    """

    template_fields: Sequence[str] = ("bash_command", "env", "cwd")
    template_fields_renderers: ClassVar[dict[str, str]] = {"bash_command": "bash", "env": "json"}
    template_ext: Sequence[str] = (".sh", ".bash")
    ui_color = "#f0ede4"

    def __init__(
        self,
        *,
        bash_command: Any,
        env: dict[str, str] | None = None,
        append_env: bool = False,
        output_encoding: str = "utf-8",
        skip_exit_code: int | None = None,
        skip_on_exit_code: int | Collection[int] | None = 99,
        cwd: str | None = None,
        output_processor: Callable[[str], Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.bash_command = bash_command
        self.env = env
        self.append_env = append_env
        self.output_encoding = output_encoding
        # skip_exit_code is the name of before Airflow 2.4; who gives it means it.
        codes = skip_on_exit_code if skip_exit_code is None else skip_exit_code
        self.skip_on_exit_code = codes if isinstance(codes, Collection) else [] if codes is None else [codes]
        self.cwd = cwd
        self.output_processor = output_processor if output_processor is not None else _unchanged

    @cached_property
    def subprocess_hook(self) -> SubprocessHook:
        return SubprocessHook()

    def get_env(self, context: Any) -> dict[str, str]:
        """The environment of the command."""
        env: dict[str, str] = {}
        if self.env is None or self.append_env:
            env.update(os.environ)
        env.update(self.env or {})
        env.update(context_to_airflow_vars(context, in_env_var_format=True))
        return env

    def execute(self, context: Any) -> Any:
        if self.cwd is not None and not os.path.isdir(self.cwd):
            why = "is not a directory" if os.path.exists(self.cwd) else "does not exist"
            raise AirflowException(f"The cwd {self.cwd!r} of task {self.task_id!r} {why}.")
        result = self._run(self.get_env(context))
        if result.exit_code in self.skip_on_exit_code:
            raise AirflowSkipException(f"Bash command returned exit code {result.exit_code}. Skipping.")
        if result.exit_code != 0:
            raise AirflowException(
                f"Bash command failed. The command returned a non-zero exit code {result.exit_code}."
            )
        return self.output_processor(result.output)

    def on_kill(self) -> None:
        self.subprocess_hook.send_sigterm()

    def _run(self, env: dict[str, str]) -> SubprocessResult:
        command = str(self.bash_command)
        # The PATH of the command may be empty or another; the Bash that is meant is the one of this machine.
        bash = shutil.which("bash") or "bash"
        hook = self.subprocess_hook
        if not command.endswith(tuple(self.template_ext)) and len(command) < _LONGEST_ARGUMENT:
            return hook.run_command([bash, "-c", command], env, self.output_encoding, self.cwd)
        with working_directory(self.cwd) as cwd, tempfile.NamedTemporaryFile("w", dir=cwd, suffix=".sh") as script:
            script.write(command)
            script.flush()
            return hook.run_command([bash, script.name], env, self.output_encoding, cwd)


def _unchanged(output: str) -> str:
    return output
