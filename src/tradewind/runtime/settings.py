"""What a zygote and its hosts have to know; one value, handed down from the executor."""

from __future__ import annotations

import msgspec

COLLECT = "tradewind.sdk.collect:collect_dags"
RUN_TRY = "tradewind.runtime.task_process:run_try"
RUN_CALLBACK = "tradewind.runtime.task_process:run_callback"
ANSWER_SCHEDULE = "tradewind.runtime.schedule_answers:answer_schedule"


class RuntimeSettings(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The same for all hosts of one engine."""

    folder: str
    """The private folder with the engine's socket and the journals (`rendezvous.private_folder`)."""
    home: str
    dags_folder: str
    plugins_folder: str = ""
    import_memory_mb: int = 1536
    """More than this at import is an import error; 0: no limit."""
    import_timeout_s: float = 30.0
    always_fresh: bool = False
    """Never fork a task: every try gets a new interpreter (safer on macOS, slower)."""
    idle_without_engine_s: float = 600.0
    """A host without tries ends when the engine has been away for so long."""
    collect: str = COLLECT
    run_try: str = RUN_TRY
    run_callback: str = RUN_CALLBACK
    answer_schedule: str = ANSWER_SCHEDULE
    """`module:function` of what the processes run, so that each part can be tested alone."""
