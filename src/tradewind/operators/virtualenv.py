"""Operators that call a Python function in another interpreter: a virtual environment made for it, or one that is there."""

from __future__ import annotations

import hashlib
import importlib
import os
import shutil
import sys
import tempfile
import types
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from tradewind.hooks.subprocess import SubprocessHook
from tradewind.operators.foreign_script import foreign_script, source_of
from tradewind.operators.python import PythonOperator
from tradewind.sdk.callable_arguments import determine_kwargs
from tradewind.sdk.exceptions import AirflowException, AirflowSkipException, DeserializingResultError
from tradewind.sdk.skipmixin import BranchMixIn

_SERIALIZERS = ("pickle", "dill", "cloudpickle")

# What can be handed to an interpreter that knows nothing of tradewind.
_PLAIN_KEYS = frozenset(
    [
        "ds",
        "ds_nodash",
        "expanded_ti_count",
        "map_index_template",
        "next_ds",
        "next_ds_nodash",
        "params",
        "partition_key",
        "prev_ds",
        "prev_ds_nodash",
        "run_id",
        "task_instance_key_str",
        "task_reschedule_count",
        "test_mode",
        "tomorrow_ds",
        "tomorrow_ds_nodash",
        "ts",
        "ts_nodash",
        "ts_nodash_with_tz",
        "templates_dict",
        "yesterday_ds",
        "yesterday_ds_nodash",
    ]
)
_DATE_KEYS = frozenset(
    [
        "data_interval_end",
        "data_interval_start",
        "execution_date",
        "logical_date",
        "next_execution_date",
        "partition_date",
        "prev_data_interval_end_success",
        "prev_data_interval_start_success",
        "prev_end_date_success",
        "prev_execution_date",
        "prev_execution_date_success",
        "prev_start_date_success",
    ]
)


def is_venv_installed() -> bool:
    """Whether virtual environments can be made here: they always can, with the standard library's `venv`."""
    return True


class BasePythonVirtualenvOperator(PythonOperator):
    """What the operators below share: the function's source, its arguments and its result cross by files.

    The function must stand on its own: it imports inside itself what it needs, and gets only keys of the context that
    are plain values or dates. `string_args` are there as the global `virtualenv_string_args`.
    """

    template_fields: Sequence[str] = ("templates_dict", "op_args", "op_kwargs")

    def __init__(
        self,
        *,
        python_callable: Callable[..., Any],
        serializer: str | None = None,
        use_dill: bool = False,
        op_args: Collection[Any] | None = None,
        op_kwargs: Mapping[str, Any] | None = None,
        string_args: Iterable[str] | None = None,
        templates_dict: dict[str, Any] | None = None,
        templates_exts: list[str] | None = None,
        expect_airflow: bool = True,
        skip_on_exit_code: int | Collection[int] | None = None,
        env_vars: dict[str, str] | None = None,
        inherit_env: bool = True,
        **kwargs: Any,
    ) -> None:
        function = getattr(python_callable, "__wrapped__", python_callable)
        if not isinstance(function, types.FunctionType) or function.__name__ == "<lambda>":
            raise ValueError(
                f"{type(self).__name__} only supports functions for python_callable, not lambdas or objects."
            )
        serializer = serializer or ("dill" if use_dill else "pickle")
        if serializer not in _SERIALIZERS:
            raise AirflowException(f"Unsupported serializer {serializer!r}. Expected one of {', '.join(_SERIALIZERS)}.")
        super().__init__(
            python_callable=python_callable,
            op_args=op_args,
            op_kwargs=op_kwargs,
            templates_dict=templates_dict,
            templates_exts=templates_exts,
            **kwargs,
        )
        self.serializer = serializer
        self.string_args = list(string_args or [])
        self.expect_airflow = expect_airflow
        codes = skip_on_exit_code
        self.skip_on_exit_code = codes if isinstance(codes, Collection) else [] if codes is None else [codes]
        self.env_vars = env_vars
        self.inherit_env = inherit_env

    @cached_property
    def subprocess_hook(self) -> SubprocessHook:
        return SubprocessHook()

    def get_python_source(self) -> str:
        """The function's source as the other interpreter is given it."""
        return source_of(self.python_callable)

    def execute(self, context: Any) -> Any:
        handed_over = {key: context[key] for key in context if key in self._wanted_keys(context)}
        return super().execute(handed_over)

    def on_kill(self) -> None:
        self.subprocess_hook.send_sigterm()

    def _wanted_keys(self, context: Any) -> set[str]:
        possible = {key: None for key in context if key in _PLAIN_KEYS or key in _DATE_KEYS}
        return set(determine_kwargs(self.python_callable, self.op_args, possible))

    def _call_with(self, python: str, folder: Path) -> Any:
        """Run the function with the interpreter `python`, by files in `folder`."""
        serializer = self._serializer()
        names = {name: folder / name for name in ("in", "out", "error", "script.py")}
        kwargs = dict(self.op_kwargs)
        dates = {
            key: kwargs.pop(key).isoformat()
            for key in list(kwargs)
            if key in _DATE_KEYS and isinstance(kwargs[key], datetime)
        }
        if "params" in kwargs:
            # A mapping of a class that the other interpreter does not have.
            kwargs["params"] = dict(kwargs["params"])
        try:
            payload = serializer.dumps(
                {"args": list(self.op_args), "kwargs": kwargs, "dates": dates, "strings": self.string_args}, protocol=4
            )
        except Exception as error:
            raise AirflowException(
                f"The arguments of task {self.task_id!r} cannot be handed to another interpreter with "
                f"{self.serializer}: {error}. Pass plain values."
            ) from error
        names["in"].write_bytes(payload)
        names["script.py"].write_text(
            foreign_script(self.python_callable.__name__, self.get_python_source(), self.serializer), encoding="utf-8"
        )
        env = {**(os.environ if self.inherit_env else {}), **(self.env_vars or {})}
        result = self.subprocess_hook.run_command(
            [python, *(str(names[name]) for name in ("script.py", "in", "out", "error"))], env=env, cwd=os.getcwd()
        )
        if result.exit_code in self.skip_on_exit_code:
            raise AirflowSkipException(f"Process exited with code {result.exit_code}. Skipping.")
        if result.exit_code != 0:
            said = names["error"].read_text(encoding="utf-8") if names["error"].exists() else ""
            raise AirflowException(
                said or f"The other interpreter ended with exit code {result.exit_code}: see its output above."
            )
        return self._loaded(names["out"])

    def _loaded(self, path: Path) -> Any:
        data = path.read_bytes()
        try:
            return self._serializer().loads(data)
        except Exception as error:
            raise DeserializingResultError(
                f"What {self.python_callable.__name__} returned cannot be read here ({error}): return plain values, or "
                "install its class in this environment, too."
            ) from error

    def _serializer(self) -> Any:
        try:
            return importlib.import_module(self.serializer)
        except ImportError as error:
            raise AirflowException(
                f"Task {self.task_id!r} uses {self.serializer}, which is not installed here: pip install {self.serializer}."
            ) from error


class PythonVirtualenvOperator(BasePythonVirtualenvOperator):
    """Calls the function in a virtual environment with `requirements`, made for this try or kept in `venv_cache_path`.

    `requirements` is a list, or text as in a requirements file (templated); `python_version` names the interpreter
    (`3.11`), default this one.
    """

    template_fields: Sequence[str] = (
        "requirements",
        "index_urls",
        "index_urls_from_connection_ids",
        "venv_cache_path",
        *BasePythonVirtualenvOperator.template_fields,
    )
    template_ext: Sequence[str] = (".txt",)

    def __init__(
        self,
        *,
        python_callable: Callable[..., Any],
        requirements: Iterable[str] | str | None = None,
        python_version: str | float | None = None,
        system_site_packages: bool = True,
        pip_install_options: list[str] | None = None,
        index_urls: Collection[str] | str | None = None,
        index_urls_from_connection_ids: Collection[str] | str | None = None,
        venv_cache_path: str | os.PathLike[str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(python_callable=python_callable, **kwargs)
        self.requirements = (
            requirements if requirements is None or isinstance(requirements, str) else list(requirements)
        )
        self.python_version = str(python_version) if python_version is not None else None
        self.system_site_packages = system_site_packages
        self.pip_install_options = pip_install_options or []
        self.index_urls = [index_urls] if isinstance(index_urls, str) else list(index_urls) if index_urls else None
        ids = index_urls_from_connection_ids
        self.index_urls_from_connection_ids = [ids] if isinstance(ids, str) else list(ids) if ids else None
        self.venv_cache_path = str(venv_cache_path) if venv_cache_path else None

    def execute_callable(self) -> Any:
        with tempfile.TemporaryDirectory(prefix="venv-call") as folder:
            if self.venv_cache_path:
                return self._call_with(str(self._cached_python()), Path(folder))
            python = self._made(Path(folder) / "venv")
            return self._call_with(str(python), Path(folder))

    def _cached_python(self) -> Path:
        """The interpreter of the environment with these requirements, made when nobody made it yet."""
        import fcntl

        root = Path(str(self.venv_cache_path))
        root.mkdir(parents=True, exist_ok=True)
        home = root / f"venv-{self._digest()}"
        # Two tasks of the same requirements start together: the second waits for the environment of the first.
        with open(f"{home}.lock", "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            complete = home / ".complete"
            if not complete.exists():
                shutil.rmtree(home, ignore_errors=True)
                self._made(home)
                complete.touch()
        return home / "bin" / "python"

    def _digest(self) -> str:
        parts = [
            *self._requirement_lines(),
            *self.pip_install_options,
            *(self.index_urls or []),
            *(self.index_urls_from_connection_ids or []),
            self.python_version or sys.version,
            str(self.system_site_packages),
        ]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]

    def _made(self, home: Path) -> Path:
        requirements = self._requirement_lines()
        command = [self._interpreter(), "-m", "venv", str(home)]
        if self.system_site_packages:
            command.append("--system-site-packages")
        if not requirements:
            command.append("--without-pip")
        self._prepare(command, "make a virtual environment")
        python = home / "bin" / "python"
        if requirements:
            listed = home / "requirements.txt"
            listed.write_text("\n".join(requirements) + "\n", encoding="utf-8")
            self._prepare(
                [
                    *(str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
                    *self.pip_install_options,
                    *("-r", str(listed)),
                ],
                "install its requirements",
                self._index_variables(),
            )
        return python

    def _prepare(self, command: list[str], what: str, variables: Mapping[str, str] | None = None) -> None:
        result = self.subprocess_hook.run_command(command, env={**os.environ, **(variables or {})}, cwd=os.getcwd())
        if result.exit_code != 0:
            raise AirflowException(
                f"Task {self.task_id!r} could not {what} (exit code {result.exit_code}): see the output above. "
                f"Last line: {result.output}"
            )

    def _interpreter(self) -> str:
        if self.python_version is None:
            return sys.executable
        found = shutil.which(f"python{self.python_version}")
        if found is None:
            raise AirflowException(
                f"Task {self.task_id!r} asks for Python {self.python_version}, and there is no "
                f"python{self.python_version} on the PATH: install it, or change python_version."
            )
        return found

    def _requirement_lines(self) -> list[str]:
        lines = self.requirements.splitlines() if isinstance(self.requirements, str) else self.requirements or []
        return [line.strip() for line in lines if line.strip() and not line.strip().startswith("#")]

    def _index_variables(self) -> dict[str, str]:
        # By the environment: an address may hold a password, and a command line is there for everybody to read.
        urls = list(self.index_urls or [])
        for conn_id in self.index_urls_from_connection_ids or []:
            urls.append(self.subprocess_hook.get_connection(conn_id).get_uri())
        return {"PIP_INDEX_URL": urls[0], "PIP_EXTRA_INDEX_URL": " ".join(urls[1:])} if urls else {}


class ExternalPythonOperator(BasePythonVirtualenvOperator):
    """Calls the function with the interpreter at `python` (templated), which is there already."""

    template_fields: Sequence[str] = ("python", *BasePythonVirtualenvOperator.template_fields)

    def __init__(
        self,
        *,
        python: str,
        python_callable: Callable[..., Any],
        expect_pendulum: bool = True,
        **kwargs: Any,
    ) -> None:
        if not python:
            raise ValueError("Python Path must be defined in ExternalPythonOperator")
        super().__init__(python_callable=python_callable, **kwargs)
        self.python = python
        self.expect_pendulum = expect_pendulum

    def execute_callable(self) -> Any:
        python = Path(self.python)
        if not python.exists():
            raise ValueError(f"Python Path {python} must exists")
        if not os.access(python, os.X_OK) or python.is_dir():
            raise ValueError(f"Python Path {python} must be a file that can be executed")
        with tempfile.TemporaryDirectory(prefix="external-call") as folder:
            return self._call_with(str(python), Path(folder))


class BranchPythonVirtualenvOperator(PythonVirtualenvOperator, BranchMixIn):
    """A PythonVirtualenvOperator whose function returns the task or tasks to follow."""

    inherits_from_skipmixin = True

    def execute(self, context: Any) -> Any:
        return self.do_branch(context, super().execute(context))


class BranchExternalPythonOperator(ExternalPythonOperator, BranchMixIn):
    """An ExternalPythonOperator whose function returns the task or tasks to follow."""

    inherits_from_skipmixin = True

    def execute(self, context: Any) -> Any:
        return self.do_branch(context, super().execute(context))
