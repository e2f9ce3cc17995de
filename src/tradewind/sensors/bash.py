"""BashSensor: waits until a command succeeds."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from tradewind.hooks.subprocess import SubprocessHook
from tradewind.sdk.exceptions import AirflowFailException
from tradewind.sdk.sensor import BaseSensorOperator


class BashSensor(BaseSensorOperator):
    """Runs `bash_command` at each poke, in a temporary directory; exit code 0 ends the waiting.

    Any other exit code means "not yet"; with `retry_exit_code` only that one does, and others fail the task for good.
    """

    template_fields: Sequence[str] = ("bash_command", "env")

    def __init__(
        self,
        *,
        bash_command: str,
        env: dict[str, str] | None = None,
        output_encoding: str = "utf-8",
        retry_exit_code: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.bash_command = bash_command
        self.env = env
        self.output_encoding = output_encoding
        self.retry_exit_code = retry_exit_code

    @cached_property
    def subprocess_hook(self) -> SubprocessHook:
        return SubprocessHook()

    def poke(self, context: Any) -> bool:
        bash = shutil.which("bash") or "bash"
        code = self.subprocess_hook.run_command(
            [bash, "-c", self.bash_command], env=self.env, output_encoding=self.output_encoding
        ).exit_code
        if code == 0:
            return True
        if self.retry_exit_code is not None and code != self.retry_exit_code:
            raise AirflowFailException(f"Command exited with return code {code}")
        self.log.info("The command did not succeed; it will be tried again.")
        return False

    def on_kill(self) -> None:
        self.subprocess_hook.send_sigterm()
