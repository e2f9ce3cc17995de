"""DAGs, their tags and their numbers of runs as lists with filters, for the APIs.

A list reads every DAG (a few thousand at most; specifications are kept in memory) and, when it asks for newest runs, one
row for each of them. It never reads through the history of runs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from tradewind.core.lists import Found, Ordering, Page, Pattern, Span
from tradewind.core.records import DagRecord
from tradewind.core.states import RunState
from tradewind.services.dags import get_dag, list_dags, set_paused
from tradewind.services.errors import Unknown
from tradewind.services.session import Services
from tradewind.store.bars import BarRecord

ORDERINGS: Final = (
    "dag_id",
    "display_name",
    "next_logical_date",
    "is_paused",
    "last_parsed_at",
    "last_run_state",
    "last_run_start_date",
)
_ANY_TIME: Final[Span[datetime]] = Span()
_OF_RUNS: Final = frozenset({"last_run_state", "last_run_start_date"})


@dataclass(frozen=True)
class DagFilter:
    """None and empty match everything."""

    readable: Collection[str] | None = None
    tags: Collection[str] = ()
    all_tags: bool = False
    """True: a DAG must have all of `tags`; False: one of them."""
    owners: Collection[str] = ()
    dag_id: Sequence[Pattern] = ()
    display_name: Sequence[Pattern] = ()
    include_stale: bool = False
    paused: bool | None = None
    has_import_error: bool | None = None
    favourites_of: str | None = None
    """With `is_favourite`: whose."""
    is_favourite: bool | None = None
    timetable_kinds: Collection[str] = ()
    has_asset_schedule: bool | None = None
    last_run_states: Collection[RunState] = ()
    """The state of the newest run is one of these."""
    last_run_start: Span[datetime] = _ANY_TIME
    last_run_end: Span[datetime] = _ANY_TIME

    @property
    def asks_for_runs(self) -> bool:
        return bool(self.last_run_states) or not (self.last_run_start.is_open and self.last_run_end.is_open)


def dag_page(services: Services, page: Page, order: Sequence[Ordering], wanted: DagFilter) -> Found[DagRecord]:
    """Some of the DAGs, ordered by ORDERINGS."""
    found = _matching(services, wanted)
    runs: Mapping[str, BarRecord] = {}
    if wanted.asks_for_runs or any(ordering.name in _OF_RUNS for ordering in order):
        runs = services.store.bars.last_runs()
    if wanted.asks_for_runs:
        found = [dag for dag in found if dag.dag_id in runs and _run_matches(runs[dag.dag_id], wanted)]
    for ordering in reversed(order):
        value = _VALUES[ordering.name]
        found.sort(key=lambda dag: _sortable(value(dag, runs.get(dag.dag_id))), reverse=ordering.descending)
    return Found(found[page.offset : page.offset + page.limit], len(found))


def pause_matching(
    services: Services, page: Page, wanted: DagFilter, paused: bool, may_edit: Callable[[str], bool]
) -> Found[DagRecord]:
    """Pauses one page of the DAGs that match (or lets them run), as far as `may_edit` says; the DAGs as they are then."""
    found = dag_page(services, page, (Ordering("dag_id"),), wanted)
    editable = [dag.dag_id for dag in found.items if may_edit(dag.dag_id)]
    set_paused(services, editable, paused)
    after = {dag.dag_id: dag for dag in services.store.dags.list(include_stale=True, dag_ids=editable)}
    return Found([after[dag_id] for dag_id in editable if dag_id in after], found.total)


def tag_page(
    services: Services, page: Page, descending: bool, name: Sequence[Pattern], readable: Collection[str] | None
) -> Found[str]:
    """The tags of all DAGs that may be read, by name."""
    tags = {tag for dag in list_dags(services) if _is_in(dag.dag_id, readable) for tag in dag.spec.tags}
    found = sorted((tag for tag in tags if all(one.matches(tag) for one in name)), reverse=descending)
    return Found(found[page.offset : page.offset + page.limit], len(found))


def run_counts(services: Services, dag_ids: Collection[str] | None, readable: Collection[str] | None) -> dict[str, Any]:
    """DAG → state → number of runs, in the order of ids. Counts along an index for each DAG and state, up to
    `store.bars.COUNT_LIMIT`. Ids that do not exist are left out."""
    known = [dag for dag in list_dags(services) if _is_in(dag.dag_id, readable) and _is_in(dag.dag_id, dag_ids)]
    bars = services.store.bars
    return {dag.dag_id: {state: bars.count(dag.dag_id, states=[state]) for state in RunState} for dag in known}


# --- files of DAGs ----------------------------------------------------------------------------------------------------


def file_token(file: str) -> str:
    """What names a DAG file in an API without telling its path. It gives no right to read it."""
    return hashlib.sha256(file.encode()).hexdigest()


def dags_of_token(services: Services, token: str) -> list[DagRecord]:
    """The DAGs of a file. Raises Unknown."""
    found = [dag for dag in list_dags(services, include_stale=True) if file_token(dag.fileloc) == token]
    if not found:
        raise Unknown("DAG file with the token", token, hint="Take the file_token of a DAG.")
    return found


def favourite(services: Services, username: str, dag_id: str, *, is_favourite: bool) -> None:
    """Puts a DAG at the top of a user's list, or takes it away. Raises Unknown for the DAG and for the user."""
    get_dag(services, dag_id)
    if services.store.users.get(username) is None:
        raise Unknown("user", username, hint="Favourites are kept with an account.")
    if is_favourite:
        services.store.personal.add_favourite(username, dag_id)
    else:
        services.store.personal.remove_favourite(username, dag_id)


# --- what matches -----------------------------------------------------------------------------------------------------


def _matching(services: Services, wanted: DagFilter) -> list[DagRecord]:
    favourites: frozenset[str] = frozenset()
    if wanted.is_favourite is not None and wanted.favourites_of is not None:
        favourites = services.store.personal.favourites(wanted.favourites_of)
    found = services.store.dags.list(include_stale=wanted.include_stale, paused=wanted.paused)
    return [dag for dag in found if _matches(dag, wanted, favourites)]


def _matches(dag: DagRecord, wanted: DagFilter, favourites: Collection[str]) -> bool:
    spec = dag.spec
    if not _is_in(dag.dag_id, wanted.readable):
        return False
    if wanted.tags:
        shared = set(wanted.tags).intersection(spec.tags)
        if not shared or (wanted.all_tags and len(shared) < len(set(wanted.tags))):
            return False
    if wanted.owners and set(wanted.owners).isdisjoint(spec.owners):
        return False
    if not all(one.matches(dag.dag_id) for one in wanted.dag_id):
        return False
    if not all(one.matches(spec.display_name or dag.dag_id) for one in wanted.display_name):
        return False
    if wanted.has_import_error is not None and dag.has_import_error is not wanted.has_import_error:
        return False
    if wanted.is_favourite is not None and (dag.dag_id in favourites) is not wanted.is_favourite:
        return False
    if wanted.timetable_kinds and spec.timetable.kind not in wanted.timetable_kinds:
        return False
    return wanted.has_asset_schedule is None or has_asset_schedule(dag) is wanted.has_asset_schedule


def has_asset_schedule(dag: DagRecord) -> bool:
    return dag.spec.timetable.kind.startswith("asset")


def _is_in(dag_id: str, some: Collection[str] | None) -> bool:
    return some is None or dag_id in some


def _run_matches(run: BarRecord, wanted: DagFilter) -> bool:
    if wanted.last_run_states and run.state not in wanted.last_run_states:
        return False
    return _within(run.start_date, wanted.last_run_start) and _within(run.end_date, wanted.last_run_end)


def _within(at: datetime | None, span: Span[datetime]) -> bool:
    if span.is_open:
        return True
    if at is None:
        return False
    return (
        (span.gte is None or at >= span.gte)
        and (span.gt is None or at > span.gt)
        and (span.lte is None or at <= span.lte)
        and (span.lt is None or at < span.lt)
    )


def _sortable(value: Any) -> tuple[bool, Any]:
    """None sorts first."""
    return (value is not None, value if value is not None else 0)


_VALUES: Final[Mapping[str, Callable[[DagRecord, BarRecord | None], Any]]] = {
    "dag_id": lambda dag, run: dag.dag_id,
    "display_name": lambda dag, run: dag.spec.display_name or dag.dag_id,
    "next_logical_date": lambda dag, run: dag.next_logical_date,
    "is_paused": lambda dag, run: dag.is_paused,
    "last_parsed_at": lambda dag, run: dag.last_parsed_at,
    "last_run_state": lambda dag, run: run.state.value if run is not None else None,
    "last_run_start_date": lambda dag, run: run.start_date if run is not None else None,
}
