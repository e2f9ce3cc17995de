"""What those who wait for a slot are told: who holds it, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tradewind.core.candidate import Candidate
from tradewind.core.reason import Reason
from tradewind.core.slots import Limit, Pool

_NAMED: Final = 3


def slot_reasons(
    candidate: Candidate,
    executor: Limit,
    executor_by_dag: Mapping[str, int],
    pool: Pool,
    limits: tuple[Limit, ...],
) -> tuple[Reason, ...]:
    """Everything that keeps a waiting candidate from a slot right now; never empty."""
    reasons: list[Reason] = []
    if not executor.has_room:
        holders = _holders(executor_by_dag)
        reasons.append(
            Reason(
                kind="parallelism",
                text=f"All {executor.capacity:g} slots of the executor are taken ({holders}).",
                holder=holders,
                remedy="Wait, or raise [core] parallelism.",
            )
        )
    if (reason := _pool_reason(pool, candidate)) is not None:
        reasons.append(reason)
    reasons += [_limit_reason(limit, candidate) for limit in limits if not limit.has_room]
    if not reasons:
        reasons.append(Reason(kind="turn", text="It is in line for the next free slot; others go first."))
    return tuple(reasons)


def _pool_reason(pool: Pool, candidate: Candidate) -> Reason | None:
    name, need = pool.name, candidate.pool_slots
    if not pool.is_known:
        return Reason(
            kind="no_pool",
            text=f"Its pool '{name}' does not exist.",
            holder=name,
            remedy=f"Create it (airflow pools set {name} SLOTS DESCRIPTION), or give the task another pool.",
        )
    if need > pool.capacity:
        return Reason(
            kind="pool",
            text=f"It needs {need} slots of pool '{name}', which has only {pool.capacity:g}: it can never start.",
            holder=name,
            remedy=f"Give pool '{name}' at least {need} slots, or lower the task's pool_slots.",
        )
    if need > pool.free:
        holders = _holders(pool.used_by_dag)
        return Reason(
            kind="pool",
            text=f"Pool '{name}' has {max(0, pool.free):g} of {pool.capacity:g} slots free, it needs {need} ({holders}).",
            holder=holders,
            remedy=f"Wait, give pool '{name}' more slots, or give the task another pool.",
        )
    return None


def _limit_reason(limit: Limit, candidate: Candidate) -> Reason:
    if limit.kind == "dag_limit":
        where = f"run '{candidate.run_id}'" if candidate.counts_per_run else f"DAG '{candidate.dag_id}'"
        text = f"{limit.used} tasks of {where} run, and max_active_tasks is {limit.capacity:g}."
        remedy = "Wait, or raise max_active_tasks of the DAG."
    elif limit.kind == "task_limit":
        text = f"{limit.used} instances of task '{limit.name}' run, and max_active_tis_per_dag is {limit.capacity:g}."
        remedy = "Wait, or raise max_active_tis_per_dag of the task."
    else:
        text = (
            f"{limit.used} instances of task '{limit.name}' run in this run, and max_active_tis_per_dagrun is "
            f"{limit.capacity:g}."
        )
        remedy = "Wait, or raise max_active_tis_per_dagrun of the task."
    return Reason(kind=limit.kind, text=text, holder=candidate.dag_id, remedy=remedy)


def _holders(used_by_dag: Mapping[str, int]) -> str:
    """`'big' holds 120, 'small' holds 8`."""
    most = sorted(used_by_dag.items(), key=lambda item: (-item[1], item[0]))
    named = ", ".join(f"'{dag_id}' holds {slots}" for dag_id, slots in most[:_NAMED])
    more = f" and {len(most) - _NAMED} more DAGs" if len(most) > _NAMED else ""
    return (named or "nobody holds any") + more
