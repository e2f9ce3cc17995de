"""The process of one try: from its fork (or its fresh interpreter) to its exit.

The order of its last acts is what makes a kill at any time harmless. The outcome is told first, results included; then the
callbacks run; then `CallbacksDone` is told. A process that dies before the outcome has failed, one that dies between the
two has ended as it said, and its callbacks are run again elsewhere.
"""

from __future__ import annotations

import atexit
import faulthandler
import functools
import importlib
import logging
import os
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import msgspec

from tradewind.configuration import conf
from tradewind.core.messages import (
    CallbackRun,
    Deferred,
    Failed,
    GetInstanceStates,
    Outcome,
    Rescheduled,
    RunInfo,
    Skipped,
    States,
    Succeeded,
    TaskTry,
)
from tradewind.core.states import TaskState
from tradewind.operators.python import PythonOperator
from tradewind.runtime import callbacks, execute
from tradewind.runtime.capture import Capture
from tradewind.runtime.context import build_context
from tradewind.runtime.framing import FrameTooLarge
from tradewind.runtime.interruption import Interruption
from tradewind.runtime.logs import TryLog
from tradewind.runtime.outcome import failure_of, outcome_of, render_traceback
from tradewind.runtime.task_channel import ChannelClosed, TaskChannel
from tradewind.sdk import masking
from tradewind.sdk.channel import set_channel
from tradewind.sdk.context import Context, push_context
from tradewind.sdk.dag import DAG
from tradewind.sdk.exceptions import AirflowException
from tradewind.sdk.masking import MASKER
from tradewind.sdk.task_instance import RuntimeTaskInstance
from tradewind.sdk.template import template_environment
from tradewind.sdk.timezone import utcnow

HOST_GONE_EXIT = 71
"""Exit code when nobody is there to tell the outcome to."""

log = logging.getLogger("task")


def run_try(dag: Any, task_try: TaskTry, sock: socket.socket) -> NoReturn:
    """Make one try, tell its outcome, run its callbacks, and exit. Called right after the fork, in the main thread."""
    begun = time.monotonic()
    process = _taken_over(sock, task_try.log_path)
    attempt = _Attempt(process, dag, task_try, begun)
    try:
        process.note(f"Try {task_try.try_number} of task {task_try.task_id} of DAG {task_try.run.dag_id} starts.")
        outcome, error = attempt.make()
        attempt.finish(outcome, error)
    except ChannelClosed:
        process.exit(HOST_GONE_EXIT)


def run_callback(dag: Any, callback: CallbackRun, sock: socket.socket) -> NoReturn:
    """Run the callbacks of a DAG run, or those of a try whose own process died, and exit."""
    process = _taken_over(sock, callback.log_path)
    try:
        wrong = _call_back(dag, callback, process.channel)
        process.channel.tell_callbacks_done(wrong)
    except ChannelClosed:
        process.exit(HOST_GONE_EXIT)
    process.exit(0)


_prepared: dict[int, _Process] = {}
"""By the descriptor of their channels: what was done in advance in this process. Holds one at most."""


def prepare(sock: socket.socket) -> None:
    """To be called in a fork while it waits for its order: everything that does not depend on it."""
    process = _Process(sock, os.devnull)
    process.take_over()
    _prepared[sock.fileno()] = process


def _taken_over(sock: socket.socket, log_path: str) -> _Process:
    """This process, made one of a task."""
    process = _prepared.pop(sock.fileno(), None)
    if process is None:
        process = _Process(sock, os.devnull)
        process.take_over()
    process.log.path = log_path or os.devnull
    return process


class _Process:
    """What every process of a task has: its log, its channel, and a clean way out."""

    def __init__(self, sock: socket.socket, log_path: str) -> None:
        self.channel = TaskChannel(sock)
        self.log = TryLog(log_path or os.devnull, MASKER.redact_text)
        self.capture = Capture(self.log, _log_level())
        set_channel(self.channel)

    def take_over(self) -> None:
        """Make this process one of a task: its streams, its exit functions, its secrets."""
        # Exit functions that the DAG file registered at import belong to its host.
        atexit._clear()
        self.capture.start()
        # A crash in C code prints where it happened; the signal keeps its default effect.
        faulthandler.enable(2)
        MASKER.add_sink(self._tell_masks)

    def _tell_masks(self, values: list[str]) -> None:
        try:
            self.channel.tell_masks(values)
        except ChannelClosed:
            # Without a host nothing that the process prints to its descriptors is kept anyway.
            return

    def note(self, text: str) -> None:
        """A line of the runtime's own, without the detour by `logging`: every task has some of them."""
        self.log.write("info", "task", text)

    def exit(self, code: int) -> NoReturn:
        """Run what the task registered with atexit, write what waits to be written, and end the process.

        Threads are not waited for, as in Airflow; those that still work are named in the log.
        """
        try:
            atexit._run_exitfuncs()
            self.flush()
        except BaseException:
            traceback.print_exc(file=sys.__stderr__)
        finally:
            os._exit(code)

    def has_nothing_left(self) -> bool:
        """Whether nothing of the user's would run after the last word: no exit function, thread, log handler or child.

        False where children cannot be asked for (macOS before Python 3.13).
        """
        if atexit._ncallbacks() or threading.active_count() > 1 or _has_own_handlers() or not hasattr(os, "waitid"):
            return False
        try:
            os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return True
        return False

    def flush(self) -> None:
        """Write what waits to be written."""
        if threading.active_count() > 1:
            self._name_threads()
        self.capture.flush()
        if _has_own_handlers():
            logging.shutdown()
        self.log.close()

    def _name_threads(self) -> None:
        me = threading.current_thread()
        left = [thread.name for thread in threading.enumerate() if thread is not me and not thread.daemon]
        if left:
            log.warning("Threads of the task still run and end with its process: %s", ", ".join(left))


def _has_own_handlers() -> bool:
    """Besides ours and the last resort of `logging` there are the user's own."""
    return len(logging._handlerList) > 2  # type: ignore[attr-defined]


class _Attempt:
    """One try, from its task's templates to its callbacks."""

    def __init__(self, process: _Process, dag: Any, task_try: TaskTry, begun: float) -> None:
        self._process = process
        self._dag = dag
        self._try = task_try
        self._begun = begun
        self._dialect = int(getattr(dag, "dialect", 2))
        self._context: Context | None = None
        self._interruption = Interruption(process.channel, self._give_up)
        self._interruption.install()

    def make(self) -> tuple[Outcome, BaseException | None]:
        """The work, and what became of it. Raises nothing but ChannelClosed."""
        try:
            return self._made(), None
        except ChannelClosed:
            raise
        except BaseException as error:
            outcome = outcome_of(error, dialect=self._dialect, mask=MASKER.redact_text)
            self._explain(outcome, error)
            if isinstance(outcome, Failed):
                outcome = self._by_policy(outcome, error)
            elif isinstance(outcome, Skipped) and self._context is not None:
                outcome = msgspec.structs.replace(outcome, skip=list(self._context["ti"].recorded_skips))
            return outcome, error

    def finish(self, outcome: Outcome, error: BaseException | None) -> NoReturn:
        """Tell the outcome, run the callbacks it calls for, and exit."""
        self._interruption.stand_down()
        process = self._process
        channel = process.channel
        try:
            if not self._calls_back(outcome) and process.has_nothing_left():
                process.flush()
                channel.tell_last(outcome)
                os._exit(0)
            channel.tell_end(outcome)
        except FrameTooLarge as too_large:
            outcome = failure_of(too_large, MASKER.redact_text)
            channel.tell_end(outcome)
        channel.tell_callbacks_done(self.call_back(outcome, error))
        process.exit(0)

    def _calls_back(self, outcome: Outcome) -> bool:
        kind = callbacks.kind_for(callbacks.state_after(outcome, self._try.try_number, self._try.max_tries))
        context = self._context
        return kind is not None and context is not None and bool(getattr(context["task"], f"on_{kind}_callback"))

    def _made(self) -> Succeeded:
        task_try = self._try
        task = self._dag.get_task(task_try.task_id)
        self._context = context = context_of(self._dag, task, task_try)
        with push_context(context):
            if task_try.mark_success:
                return Succeeded()
            task = execute.render(task, context, self._process.channel, task_try)
            if task_try.render_only:
                return Succeeded()
            result = execute.work(task, context, task_try, self._interruption, self._begun)
            return execute.success(task, context, result)

    def _explain(self, outcome: Outcome, error: BaseException) -> None:
        if isinstance(outcome, Failed):
            log.error("Task failed: %s", outcome.error, extra={"trace": render_traceback(error)})
        elif isinstance(outcome, Skipped):
            log.info("Task is skipped%s", f": {outcome.reason}" if outcome.reason else ".")
        elif isinstance(outcome, Rescheduled):
            log.info("Task goes on at %s.", outcome.at.isoformat())
        elif isinstance(outcome, Deferred):
            log.info("Task is deferred until its trigger %s fires.", outcome.classpath)

    def _by_policy(self, outcome: Failed, error: BaseException) -> Failed:
        """What the task's `retry_policy` makes of the failure."""
        task = self._context["task"] if self._context is not None else None
        policy = getattr(task, "retry_policy", None)
        if policy is None:
            return outcome
        try:
            decision = policy.evaluate(
                exception=error, try_number=self._try.try_number, max_tries=self._try.max_tries, context=self._context
            )
            action = str(getattr(decision.action, "value", decision.action)).lower()
        except Exception:
            log.exception("The retry policy failed; the task's own number of retries decides.")
            return outcome
        if action == "fail":
            return msgspec.structs.replace(outcome, retry=False)
        if action == "retry" and decision.retry_delay is not None:
            return msgspec.structs.replace(outcome, retry_delay_s=decision.retry_delay.total_seconds())
        return outcome

    def call_back(self, outcome: Outcome, error: BaseException | None) -> str:
        """Run the callbacks that the outcome calls for; answers what went wrong in them."""
        state = callbacks.state_after(outcome, self._try.try_number, self._try.max_tries)
        kind = callbacks.kind_for(state)
        if kind is None or self._context is None:
            return ""
        context = self._context
        several = getattr(context["task"], f"on_{kind}_callback")
        if not several:
            return ""
        context["ti"].state = state
        if isinstance(outcome, Failed):
            context["exception"] = error
        with push_context(context):
            return callbacks.run_all(kind, several, context)

    def _give_up(self, cause: BaseException) -> None:
        """The work ignores its time-out. In the signal's handler, so whatever it does is left where it is."""
        self.finish(failure_of(cause, MASKER.redact_text), cause)


def context_of(dag: Any, task: Any, task_try: TaskTry) -> Context:
    """The context of a try of `task`."""
    ti = RuntimeTaskInstance(task_try, task)
    return build_context(dag=dag, task=task, ti=ti, run=task_try.run, test_mode=task_try.test_mode)


def preload() -> None:
    """Import and make once, before any fork, what every task needs."""
    settle()
    logging.getLogger().setLevel(_log_level())
    for module in ("tradewind.timetables.registry", "tradewind.operators.bash", "tradewind.operators.python"):
        importlib.import_module(module)
    template_environment().from_string("{{ ds | upper }}").render({"ds": "x"})
    _rehearse()


def settle() -> None:
    """To be called in a host after the import of its file, before any fork. Cheap.

    What Python knows about abstract classes is forgotten when an import registers one, and finding it again costs a task as
    much as its start.
    """
    masking.settle()
    values: tuple[Any, ...] = (None, True, 1, 1.0, "", b"", [], (), {}, set())
    for value in values:
        isinstance(value, (Mapping, Sequence))
        logging.LogRecord("", logging.INFO, "", 0, "%s", (value,), None)


def _rehearse() -> None:
    """Make two tries that do nothing, and tell nobody.

    The first run of a function writes into its code (Python specializes it) and fills caches here and there. Done before
    the fork, that is done once; done by every task, each of these writes is the copy of a page.
    """
    dag = DAG("rehearsal", schedule="@daily")
    PythonOperator(task_id="plain", python_callable=_nothing, dag=dag)
    PythonOperator(task_id="templated", python_callable=_nothing_of, op_kwargs={"day": "{{ ds }}"}, dag=dag)
    environment = set(os.environ)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGALRM)}
    try:
        for task_id in dag.task_ids:
            _rehearse_task(dag, task_id)
    finally:
        set_channel(None)
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for name in set(os.environ) - environment:
            del os.environ[name]


def _rehearse_task(dag: DAG, task_id: str) -> None:
    now = utcnow()
    run = RunInfo(
        dag_id=dag.dag_id,
        run_id="rehearsal",
        run_type="scheduled",
        run_after=now,
        logical_date=now,
        data_interval_start=now,
        data_interval_end=now,
    )
    ours, theirs = socket.socketpair()
    with ours, theirs:
        process = _Process(ours, os.devnull)
        process.note("rehearsal")
        attempt = _Attempt(process, dag, TaskTry(try_id="", run=run, task_id=task_id), time.monotonic())
        outcome, error = attempt.make()
        process.channel.tell_end(outcome)
        attempt.call_back(outcome, error)
        process.flush()


def _nothing() -> None:
    """What a rehearsed task calls."""


def _nothing_of(day: str, **context: Any) -> None:
    """The same, with all that a context has."""


@functools.cache
def _log_level() -> int:
    name = str(conf.get("logging", "logging_level", fallback="INFO")).upper()
    level = logging.getLevelName(name)
    return level if isinstance(level, int) else logging.INFO


def _call_back(dag: Any, callback: CallbackRun, channel: TaskChannel) -> str:
    kind = callback.kind
    task_try = callback.task or TaskTry(
        try_id="", run=callback.run, task_id=_telling_task(dag, callback, channel), log_path=callback.log_path
    )
    task = dag.get_task(task_try.task_id)
    context = context_of(dag, task, task_try)
    added: dict[str, Any] = {"reason": callback.reason}
    if callback.error or callback.task is not None:
        added["exception"] = AirflowException(callback.error or callback.reason)
    context.update(added)
    owner = dag if callback.task is None else task
    with push_context(context):
        return callbacks.run_all(kind, getattr(owner, f"on_{kind}_callback", None), context)


def _telling_task(dag: Any, callback: CallbackRun, channel: TaskChannel) -> str:
    """The task that stands in the context of a DAG's callback: the first failed one, or the last of the run."""
    order: list[str] = [task.task_id for task in dag.topological_sort()]
    answer = channel.ask(GetInstanceStates(dag_id=callback.run.dag_id, run_ids=[callback.run.run_id]))
    if isinstance(answer, States) and callback.kind == "failure":
        states = answer.states.get(callback.run.run_id, {})
        failed = {name.partition("[")[0] for name, state in states.items() if state == TaskState.FAILED}
        return next((task_id for task_id in order if task_id in failed), order[-1])
    return order[-1]
