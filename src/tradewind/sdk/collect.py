"""The import of one DAG file: its text decides the dialect, its DAGs become specifications, its mistakes problems."""

from __future__ import annotations

import hashlib
import importlib.machinery
import importlib.util
import linecache
import os
import sys
import traceback
import types
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tradewind.configuration import ConfigError, conf
from tradewind.core.messages import ImportProblem
from tradewind.core.spec import DagSpec
from tradewind.sdk import definition_context
from tradewind.sdk.allowed_classes import DAG_FILE_PREFIX
from tradewind.sdk.compile import compile_dag
from tradewind.sdk.dag import DAG
from tradewind.sdk.dialect import Dialect, decide_dialect, reading_file
from tradewind.sdk.exceptions import AirflowClusterPolicySkipDag, DagDefinitionError
from tradewind.sdk.operator_arguments import forget_configured_defaults
from tradewind.sdk.source_location import is_user_file

_SAMPLE: Final = """\
from datetime import datetime, timedelta

{imports}


@task
def count(rows):
    return len(rows)


with DAG("sample", schedule="{schedule}", start_date=datetime(2026, 1, 1), default_args={{"retries": 1}}, tags=["a"]) as dag:
    first = EmptyOperator(task_id="first")
    shell = BashOperator(task_id="shell", bash_command="echo {{{{ ds }}}}", retry_delay=timedelta(minutes=1))
    call = PythonOperator(task_id="call", python_callable=print, op_kwargs={{"day": "{{{{ ds }}}}"}})
    with TaskGroup("group"):
        count.expand(rows=[[1], [2]])
    first >> [shell, call]
    count(call.output)
"""
_SAMPLES: Final = (
    _SAMPLE.format(
        imports="from airflow import DAG\n"
        "from airflow.decorators import task\n"
        "from airflow.operators.bash import BashOperator\n"
        "from airflow.operators.empty import EmptyOperator\n"
        "from airflow.operators.python import PythonOperator\n"
        "from airflow.utils.task_group import TaskGroup",
        schedule="@daily",
    ),
    _SAMPLE.format(
        imports="from airflow.providers.standard.operators.bash import BashOperator\n"
        "from airflow.providers.standard.operators.empty import EmptyOperator\n"
        "from airflow.providers.standard.operators.python import PythonOperator\n"
        "from airflow.sdk import DAG, TaskGroup, task",
        schedule="0 6 * * *",
    ),
)
"""What most files do, once for each dialect."""


@dataclass
class Collection:
    """What a file defines."""

    dags: dict[str, DAG] = field(default_factory=dict)
    """The live objects, by id: what tasks run from."""
    specs: list[DagSpec] = field(default_factory=list)
    problems: list[ImportProblem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    dialect: Dialect = field(default_factory=lambda: Dialect(2, ""))


def collect_dags(file: str, source: str | None = None) -> Collection:
    """Import `file` (or `source` in its place, or `archive.zip/inner.py`) and describe its DAGs.

    Mistakes of the file end up in `problems`. Passes on only what is nobody's mistake: KeyboardInterrupt, SystemExit and
    MemoryError, so that the process decides what they mean.
    """
    found = Collection()
    # This process may have read the configuration long before, or have it from the process that it was forked from.
    conf.refresh()
    text = source
    if text is None:
        try:
            text = read_text(file)
        except (OSError, UnicodeDecodeError, SyntaxError, KeyError) as error:
            found.problems.append(ImportProblem(file, f"{file} cannot be read: {error}"))
            return found
    found.dialect = decide_dialect(text)
    definition_context.auto_registered.clear()
    forget_configured_defaults()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with reading_file(file, found.dialect):
            namespace = _run(file, text, found)
            for dag in defined_dags(namespace):
                _take(dag, file, found)
    definition_context.auto_registered.clear()
    found.warnings = _worded(caught, file)
    return found


def preload() -> None:
    """Collect two small files of our own and forget them: the first file that a process reads costs five times the next.

    Imports, compiled expressions, argument tables and Python's specialized code are made once here instead of in each of
    the processes that are forked from this one.
    """
    for number, sample in enumerate(_SAMPLES):
        file = f"<sample {number}>"
        try:
            collect_dags(file, sample)
        except ConfigError:
            # A broken airflow.cfg: whoever imports a real file says so.
            return
        finally:
            linecache.cache.pop(file, None)
            sys.modules.pop(module_name(file), None)


def read_text(file: str) -> str:
    """The Python text of a file, in the encoding that it declares itself."""
    archive, dot_zip, inner = file.partition(".zip/")
    if dot_zip and not os.path.exists(file):
        import zipfile

        with zipfile.ZipFile(f"{archive}.zip") as opened:
            return importlib.util.decode_source(opened.read(inner))
    with open(file, "rb") as opened_file:
        return importlib.util.decode_source(opened_file.read())


def module_name(file: str) -> str:
    """The name a DAG file is imported under: the same as long as its path is, and no other file's."""
    stem = os.path.splitext(os.path.basename(file))[0].replace(".", "_")
    return f"{DAG_FILE_PREFIX}{hashlib.sha1(file.encode(), usedforsecurity=False).hexdigest()}_{stem}"


def _run(file: str, text: str, found: Collection) -> Mapping[str, Any]:
    """Execute the file as a module. Its names, also those before the line that failed."""
    name = module_name(file)
    spec = importlib.machinery.ModuleSpec(name, None, origin=file)
    module = types.ModuleType(name)
    module.__file__ = file
    module.__spec__ = spec
    sys.modules[name] = module
    # Tracebacks show the text that ran, also when it is not what is on the disk.
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    inside_archive = ".zip" + os.sep in file and not os.path.exists(file)
    folder = file.partition(".zip" + os.sep)[0] + ".zip" if inside_archive else ""
    if folder and folder not in sys.path:
        sys.path.insert(0, folder)
    try:
        exec(compile(text, file, "exec", dont_inherit=True), module.__dict__)
    except (MemoryError, KeyboardInterrupt, SystemExit):
        sys.modules.pop(name, None)
        raise
    except AirflowClusterPolicySkipDag:
        return {}
    except BaseException as error:
        sys.modules.pop(name, None)
        found.problems.append(problem_from(error, file))
        # A file that failed half-way defines nothing: what is there may lack tasks.
        definition_context.auto_registered.clear()
        _leave_open_blocks()
        return {}
    return module.__dict__


def _leave_open_blocks() -> None:
    while definition_context.current_dag() is not None:
        definition_context.pop_dag()
    while definition_context.pop_group() is not None:
        pass
    definition_context.auto_registered.clear()


def defined_dags(namespace: Mapping[str, Any]) -> list[DAG]:
    """The DAGs among a module's names, and those made in a `with` block, each once, in order of their lines."""
    dags: dict[int, DAG] = {}
    for value in list(namespace.values()):
        if isinstance(value, DAG):
            dags[id(value)] = value
    for dag in definition_context.auto_registered:
        dags[id(dag)] = dag
    return sorted(dags.values(), key=lambda dag: dag.defined_at.line if dag.defined_at else 0)


def _take(dag: DAG, file: str, found: Collection) -> None:
    known = found.dags.get(dag.dag_id)
    if known is not None:
        where = known.defined_at.line if known.defined_at else "?"
        found.problems.append(
            ImportProblem(
                file,
                f"Two DAGs of this file are called {dag.dag_id!r} (the first one at line {where}): give one another dag_id.",
                dag.defined_at.line if dag.defined_at else None,
                dag.dag_id,
            )
        )
        return
    try:
        spec = compile_dag(dag, dialect_reason=found.dialect.reason, relies_on=found.dialect.relies_on)
    except Exception as error:
        problem = problem_from(error, file)
        problem.dag_id = dag.dag_id
        found.problems.append(problem)
        return
    found.dags[dag.dag_id] = dag
    found.specs.append(spec)
    # Worked out once here, in the host: every task asks for it.
    _ = dag.mapped_over_ids


def problem_from(error: BaseException, file: str) -> ImportProblem:
    """What a user is told: `file:line: what and what to do`, then the frames of their own code."""
    frames: Sequence[traceback.FrameSummary] = [
        frame for frame in traceback.extract_tb(error.__traceback__) if is_user_file(frame.filename)
    ]
    own = [frame for frame in frames if os.path.abspath(frame.filename) == os.path.abspath(file)]
    line: int | None = own[-1].lineno if own else frames[-1].lineno if frames else None
    where = own[-1].filename if own else frames[-1].filename if frames else file
    if isinstance(error, SyntaxError) and error.filename:
        line, where = error.lineno, error.filename
    if isinstance(error, DagDefinitionError) and error.line is not None:
        line, where = error.line, error.file or file
    kind = type(error).__name__
    text = str(error) or kind
    # Our own messages are sentences; an exception of Python or of a library needs its name to be understood.
    said = text if isinstance(error, DagDefinitionError) else f"{kind}: {text}"
    first = f"{where}:{line}: {said}" if line is not None else f"{where}: {said}"
    if isinstance(error, SyntaxError):
        return ImportProblem(file, first + "\n" + "".join(traceback.format_exception_only(error)).rstrip(), line)
    body = "".join(traceback.format_list(list(frames))).rstrip()
    return ImportProblem(file, f"{first}\n\n{body}" if body else first, line if where == file or own else None)


def _worded(caught: Sequence[warnings.WarningMessage], file: str) -> list[str]:
    """Warnings that the file itself caused, once each."""
    said: dict[str, None] = {}
    for one in caught:
        if os.path.abspath(one.filename) == os.path.abspath(file) or not is_user_file(one.filename):
            said[f"{one.filename}:{one.lineno}: {one.category.__name__}: {one.message}"] = None
    return list(said)
