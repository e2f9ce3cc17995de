"""Tries whose end was told although their process still has to go, and what must wait for that.

The next task may start as soon as the one before has said its last word, but two tries of one instance never overlap: should
somebody clear it in that moment, the new try waits until the process of the old one is gone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tradewind.core.messages import StartTry, TaskTry
from tradewind.executors.host_handle import Assignment

_Instance = tuple[str, str, str, int]


@dataclass
class _Departure:
    instance: _Instance | None
    held: list[tuple[Assignment, Callable[[], None]]] = field(default_factory=list)


class Departures:
    """By the id of the try that is going."""

    def __init__(self) -> None:
        self._going: dict[str, _Departure] = {}
        self._by_instance: dict[_Instance, str] = {}

    def __contains__(self, try_id: str) -> bool:
        return try_id in self._going

    def begin(self, assignment: Assignment) -> None:
        """Its end was told, its exit is still to come. Which instance it is of is unknown when its host was adopted."""
        order = assignment.order
        instance = _instance(order.task_try) if isinstance(order, StartTry) else None
        self._going[assignment.ident] = _Departure(instance)
        if instance is not None:
            self._by_instance[instance] = assignment.ident

    def of(self, task_try: TaskTry) -> str | None:
        """The try of the same instance that is still going."""
        return self._by_instance.get(_instance(task_try))

    def hold(self, earlier: str, assignment: Assignment, start: Callable[[], None]) -> None:
        """Call `start` once `earlier` is gone."""
        self._going[earlier].held.append((assignment, start))

    def gone(self, try_id: str) -> None:
        """Nothing of it runs any more. Fine when it was not going."""
        departure = self._going.pop(try_id, None)
        if departure is None:
            return
        if departure.instance is not None and self._by_instance.get(departure.instance) == try_id:
            del self._by_instance[departure.instance]
        for _, start in departure.held:
            start()

    def withdraw(self, try_id: str) -> Assignment | None:
        """Take back a try that is held; None when it is not."""
        for departure in self._going.values():
            for item in departure.held:
                if item[0].ident == try_id:
                    departure.held.remove(item)
                    return item[0]
        return None

    def withdraw_all(self) -> list[Assignment]:
        """Take back everything that is held."""
        found: list[Assignment] = []
        for departure in self._going.values():
            found += [assignment for assignment, _ in departure.held]
            departure.held.clear()
        return found


def _instance(task_try: TaskTry) -> _Instance:
    return (task_try.run.dag_id, task_try.run.run_id, task_try.task_id, task_try.map_index)
