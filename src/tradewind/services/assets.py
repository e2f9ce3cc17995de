"""Assets (datasets in Airflow 2): what DAG files declare as outlets, inlets and schedules.

There is no table of them: a DAG's specification holds what its file declares. Ids are made of an asset's name and address,
so they stay the same as long as these do.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from tradewind.core.lists import Found, Ordering, Page, Pattern
from tradewind.core.records import DagRecord
from tradewind.services.errors import Unknown
from tradewind.services.session import Services


class DagReference(NamedTuple):
    """A DAG, or a task of it, that names an asset."""

    dag_id: str
    task_id: str
    """Empty for a DAG that is scheduled on it."""
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class Asset:
    id: int
    name: str
    uri: str
    group: str
    scheduled_dags: list[DagReference] = field(default_factory=list)
    producing_tasks: list[DagReference] = field(default_factory=list)
    consuming_tasks: list[DagReference] = field(default_factory=list)

    @property
    def references(self) -> list[DagReference]:
        return self.scheduled_dags + self.producing_tasks + self.consuming_tasks

    @property
    def created_at(self) -> datetime:
        return min(reference.created_at for reference in self.references)

    @property
    def updated_at(self) -> datetime:
        return max(reference.updated_at for reference in self.references)


class Alias(NamedTuple):
    id: int
    name: str
    group: str


class AssetFilter(NamedTuple):
    """Empty matches everything."""

    name: Sequence[Pattern] = ()
    uri: Sequence[Pattern] = ()
    dag_ids: Collection[str] = ()
    """Only assets that one of these names."""
    include_stale: bool = False
    """Also what only DAGs name whose file no longer defines them."""


def asset_page(
    services: Services,
    page: Page,
    order: Sequence[Ordering],
    wanted: AssetFilter,
    *,
    readable: Collection[str] | None = None,
) -> Found[Asset]:
    """Some of the assets, ordered by id, name, uri, created_at, updated_at. Reads the specification of every DAG.

    `readable`: only these DAGs are read; None: all of them.
    """
    found = [asset for asset in _assets(services, readable, wanted.include_stale) if _fits(asset, wanted)]
    for name, descending in reversed(order):
        found.sort(key=lambda asset: getattr(asset, name), reverse=descending)
    return Found(found[page.offset : page.offset + page.limit], len(found))


def get_asset(services: Services, asset_id: int, *, readable: Collection[str] | None = None) -> Asset:
    """Raises Unknown."""
    for asset in _assets(services, readable, include_stale=True):
        if asset.id == asset_id:
            return asset
    raise Unknown("asset", str(asset_id))


def asset_by_uri(services: Services, uri: str, *, readable: Collection[str] | None = None) -> Asset:
    """Raises Unknown, with the nearest address."""
    assets = _assets(services, readable, include_stale=True)
    for asset in assets:
        if asset.uri == uri:
            return asset
    raise Unknown("asset", uri, [asset.uri for asset in assets])


def alias_page(
    services: Services,
    page: Page,
    order: Sequence[Ordering],
    name: Sequence[Pattern],
    *,
    readable: Collection[str] | None = None,
) -> Found[Alias]:
    """Some of the aliases that DAG files declare, ordered by id, name, group."""
    found = [alias for alias in _aliases(services, readable) if all(one.matches(alias.name) for one in name)]
    for field_name, descending in reversed(order):
        found.sort(key=lambda alias: getattr(alias, field_name), reverse=descending)
    return Found(found[page.offset : page.offset + page.limit], len(found))


def get_alias(services: Services, alias_id: int, *, readable: Collection[str] | None = None) -> Alias:
    """Raises Unknown."""
    for alias in _aliases(services, readable):
        if alias.id == alias_id:
            return alias
    raise Unknown("asset alias", str(alias_id))


def _dags(services: Services, readable: Collection[str] | None, include_stale: bool) -> list[DagRecord]:
    return services.store.dags.list(include_stale=include_stale, dag_ids=readable)


def _assets(services: Services, readable: Collection[str] | None, include_stale: bool) -> list[Asset]:
    found: dict[tuple[str, str], Asset] = {}

    def asset_of(named: dict[str, Any]) -> Asset:
        key = (named["name"], named["uri"])
        return found.setdefault(key, Asset(_id_of(*key), *key, named.get("group") or "asset"))

    for dag in _dags(services, readable, include_stale):
        for named in _named(dag.spec.timetable.data.get("assets"), "asset"):
            asset_of(named).scheduled_dags.append(_reference(services, dag))
        for task in dag.spec.tasks:
            for named in _named(task.outlets, "asset"):
                asset_of(named).producing_tasks.append(_reference(services, dag, task.task_id))
            for named in _named(task.inlets, "asset"):
                asset_of(named).consuming_tasks.append(_reference(services, dag, task.task_id))
    return sorted(found.values(), key=lambda asset: asset.id)


def _aliases(services: Services, readable: Collection[str] | None) -> list[Alias]:
    found = {
        Alias(_id_of("alias", named["name"]), named["name"], named.get("group") or "")
        for dag in _dags(services, readable, include_stale=False)
        for place in (dag.spec.timetable.data.get("assets"), *(task.outlets + task.inlets for task in dag.spec.tasks))
        for named in _named(place, "alias")
    }
    return sorted(found)


def _named(expression: Any, word: str) -> Iterator[dict[str, Any]]:
    """What an expression of `sdk.assets` calls `word`, at any depth."""
    if isinstance(expression, (list, tuple)):
        for part in expression:
            yield from _named(part, word)
    elif isinstance(expression, dict):
        for key, value in expression.items():
            if key == word:
                yield value
            elif key in ("all", "any"):
                yield from _named(value, word)


def _reference(services: Services, dag: DagRecord, task_id: str = "") -> DagReference:
    created = dag.created_at or dag.last_parsed_at or services.now()
    return DagReference(dag.dag_id, task_id, created, dag.last_parsed_at or created)


def _id_of(*names: str) -> int:
    return int.from_bytes(hashlib.sha256("\0".join(names).encode()).digest()[:6], "big")


def _fits(asset: Asset, wanted: AssetFilter) -> bool:
    return (
        all(one.matches(asset.name) for one in wanted.name)
        and all(one.matches(asset.uri) for one in wanted.uri)
        and (not wanted.dag_ids or any(reference.dag_id in wanted.dag_ids for reference in asset.references))
    )
