"""Pools: slots that tasks of all DAGs share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tradewind.core.records import OutboxRecord, PoolRecord
from tradewind.services.errors import Invalid, Unknown
from tradewind.services.session import Services


def list_pools(services: Services) -> list[PoolRecord]:
    """All pools by name."""
    return services.store.pools.list()


def get_pool(services: Services, name: str) -> PoolRecord:
    """Raises Unknown."""
    found = services.store.pools.get(name)
    if found is None:
        known = [pool.name for pool in list_pools(services)]
        raise Unknown("pool", name, known, hint="`airflow pools list` shows them.")
    return found


def set_pool(services: Services, pool: PoolRecord) -> None:
    """Make a pool, or change its slots, description or whether deferred tasks count."""
    _check(pool)
    services.store.pools.set(pool, outbox=_note(services, "set", pool))
    services.ring()


def delete_pool(services: Services, name: str) -> PoolRecord:
    """The pool that was. Raises Unknown; StoreError for default_pool."""
    found = get_pool(services, name)
    services.store.pools.delete(name, outbox=_note(services, "deleted", found))
    services.ring()
    return found


def import_pools(services: Services, values: Mapping[str, Any]) -> list[PoolRecord]:
    """Write many pools: `{name: {"slots": 4, "description": "…", "include_deferred": false}}`.

    All of them are read before the first is written.
    """
    pools = list(_read(values))
    for pool in pools:
        _check(pool)
    for pool in pools:
        set_pool(services, pool)
    return pools


def export_pools(services: Services) -> dict[str, Any]:
    """What `import_pools` reads."""
    return {
        pool.name: {"slots": pool.slots, "description": pool.description, "include_deferred": pool.include_deferred}
        for pool in list_pools(services)
    }


def _read(values: Mapping[str, Any]) -> Iterable[PoolRecord]:
    for name, value in values.items():
        if not isinstance(value, dict) or not isinstance(value.get("slots"), int):
            raise Invalid(
                f"Pool '{name}' needs a number of slots. Write it as "
                f'{{"{name}": {{"slots": 4, "description": "…", "include_deferred": false}}}}. Nothing was imported.'
            )
        yield PoolRecord(
            name=name,
            slots=value["slots"],
            description=str(value.get("description") or ""),
            include_deferred=bool(value.get("include_deferred", False)),
        )


def _check(pool: PoolRecord) -> None:
    if not pool.name:
        raise Invalid("A pool needs a name. Give it one.")
    if pool.slots < -1:
        raise Invalid(f"Pool '{pool.name}' cannot have {pool.slots} slots. Give it 0 or more, or -1 for no limit.")


def _note(services: Services, why: str, pool: PoolRecord) -> OutboxRecord:
    return services.note("pool", why, detail={"pool": pool.name, "slots": pool.slots})
