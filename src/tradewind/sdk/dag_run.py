"""The DAG run that a task belongs to, as it sees it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tradewind.sdk import timezone
from tradewind.sdk.types import DagRunType, run_state_for, run_type_for

if TYPE_CHECKING:
    from tradewind.core.messages import RunInfo

_DATES = frozenset(
    {"run_after", "logical_date", "data_interval_start", "data_interval_end", "queued_at", "start_date", "end_date"}
)

_OF_AIRFLOW_2 = {
    "execution_date": "logical_date",
    "external_trigger": "run_type",
    "is_backfill": "run_type",
}
"""What a run of an Airflow 3 file does not have any more, and what is there instead."""


class DagRunView:
    """Read only; changes of the run made elsewhere are not seen. Dates are pendulum times in UTC."""

    run_after: Any
    logical_date: Any
    data_interval_start: Any
    data_interval_end: Any
    queued_at: Any
    start_date: Any
    end_date: Any

    def __init__(self, run: RunInfo, dialect: int = 2) -> None:
        self._run = run
        self._dialect = dialect
        self._conf: dict[str, Any] | None = None
        self.dag_id = run.dag_id
        self.run_id = run.run_id
        self.clear_number = run.clear_number
        self.triggered_by = run.triggered_by
        self.triggering_user_name = run.triggering_user
        self.note = run.note
        self.consumed_asset_events: list[Any] = []
        self.partition_key: str | None = None
        self.partition_date: Any = None
        self.team_name: str | None = None
        self.run_type: Any = run_type_for(run.run_type, dialect)
        self.state: Any = run_state_for(run.state, dialect)

    def __getattr__(self, name: str) -> Any:
        if name in _DATES:
            # Made on first use: most tasks look at one or two of them.
            value = timezone.convert_to_utc(getattr(self.__dict__["_run"], name))
            self.__dict__[name] = value
            return value
        if name in _OF_AIRFLOW_2:
            raise AttributeError(f"A DAG run has no {name!r} since Airflow 3: use {_OF_AIRFLOW_2[name]}.")
        raise AttributeError(f"A DAG run has no {name!r}.")

    def _only_in_2(self, name: str) -> None:
        if self._dialect >= 3:
            raise AttributeError(name)

    @property
    def conf(self) -> dict[str, Any]:
        """What the run was started with."""
        if self._conf is None:
            self._conf = json.loads(self._run.conf or "{}") or {}
        return self._conf

    @property
    def execution_date(self) -> Any:
        """Airflow 2's name of the logical date; a run without one answers with `run_after`."""
        self._only_in_2("execution_date")
        return self.run_after if self.logical_date is None else self.logical_date

    @property
    def external_trigger(self) -> bool:
        """Whether somebody started it by hand."""
        self._only_in_2("external_trigger")
        return self._run.run_type == DagRunType.MANUAL.value

    def get_state(self) -> Any:
        return self.state

    @property
    def is_backfill(self) -> bool:
        self._only_in_2("is_backfill")
        return self._run.run_type == DagRunType.BACKFILL_JOB.value

    def get_previous_dagrun(self, state: Any = None, **_: Any) -> DagRunView | None:
        """The run before this one, by logical date."""
        return previous_run(self._run, self._dialect, state)

    def __repr__(self) -> str:
        return f"<DagRun {self.dag_id} @ {self.logical_date}: {self.run_id}, state: {self.state}>"


DagRun = DagRunView


def previous_run(run: RunInfo, dialect: int, state: Any = None) -> DagRunView | None:
    from tradewind.core.messages import FoundRun, GetPreviousRun
    from tradewind.sdk.channel import channel

    wanted = str(getattr(state, "value", state)) if state is not None else None
    answer = channel().ask(GetPreviousRun(dag_id=run.dag_id, run_id=run.run_id, state=wanted))
    found = answer.run if isinstance(answer, FoundRun) else None
    return DagRunView(found, dialect) if found is not None else None
