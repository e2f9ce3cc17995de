"""Pools: slots that tasks of all DAGs share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from msgspec.structs import asdict, replace

from tradewind.core.lists import Found, Ordering, Page, Pattern
from tradewind.core.pools import PoolUsage, usage_of
from tradewind.core.records import OutboxRecord, PoolRecord
from tradewind.services.errors import Invalid, Unknown
from tradewind.services.session import Services

DEFAULT: Final = "default_pool"


class UsedPool(NamedTuple):
    """A pool and who takes its slots."""

    pool: PoolRecord
    usage: PoolUsage


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


def pool_page(
    services: Services, page: Page, order: Sequence[Ordering] = (), name: Sequence[Pattern] = ()
) -> Found[UsedPool]:
    """Some of the pools whose name matches all patterns, with their use; ordered by the fields of a pool."""
    found = services.store.pools.page(page, order, name)
    slots = services.store.pools.usage()
    return Found([UsedPool(pool, usage_of(pool, slots.get(pool.name, {}))) for pool in found.items], found.total)


def used_pool(services: Services, name: str) -> UsedPool:
    """Raises Unknown."""
    pool = get_pool(services, name)
    return UsedPool(pool, usage_of(pool, services.store.pools.usage().get(name, {})))


def add_pool(services: Services, pool: PoolRecord) -> None:
    """A pool that was not there. Raises AlreadyExists (of the store), and Invalid for impossible slots."""
    _check(pool)
    services.store.pools.add(pool, outbox=_told(services, "added", after=pool))
    services.ring()


def change_pool(services: Services, name: str, changes: Mapping[str, Any]) -> UsedPool:
    """Change some fields of a pool, its name among them; the pool as it is then.

    Raises Unknown, AlreadyExists for a name that is taken, and Invalid for impossible slots and for a new name or
    description of default_pool.
    """
    before = get_pool(services, name)
    after = replace(before, **changes)
    _check(after)
    if name == DEFAULT and (after.name, after.description) != (before.name, before.description):
        raise Invalid("Of default_pool only slots and include_deferred can be changed. Leave out the other fields.")
    if after.name == name:
        services.store.pools.set(after, outbox=_told(services, "set", before, after))
    else:
        services.store.pools.rename(name, after, outbox=_told(services, "renamed", before, after))
    services.ring()
    return used_pool(services, after.name)


def set_pool(services: Services, pool: PoolRecord) -> None:
    """Make a pool, or change its slots, description or whether deferred tasks count."""
    _check(pool)
    before = services.store.pools.get(pool.name)
    services.store.pools.set(pool, outbox=_told(services, "set", before, pool))
    services.ring()


def delete_pool(services: Services, name: str) -> PoolRecord:
    """The pool that was. Raises Unknown, and Invalid for default_pool."""
    found = get_pool(services, name)
    if name == DEFAULT:
        raise Invalid(
            "default_pool cannot be deleted: every task without a pool of its own uses it. Set its slots instead."
        )
    services.store.pools.delete(name, outbox=_told(services, "deleted", found))
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


def _told(
    services: Services, why: str, before: PoolRecord | None = None, after: PoolRecord | None = None
) -> list[OutboxRecord]:
    """For live views, and for the audit log."""
    pool = after or before
    assert pool is not None
    return [
        services.note("pool", why, detail={"pool": pool.name, "slots": pool.slots}),
        services.audit(
            f"pool.{_DONE[why]}",
            before=None if before is None else asdict(before),
            after=None if after is None else asdict(after),
        ),
    ]


_DONE: Final = {"set": "set", "added": "add", "renamed": "rename", "deleted": "delete"}
