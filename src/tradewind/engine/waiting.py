"""Why tasks wait for a slot: noted with the instance once it has waited for a moment, and again when the reason changes.

Reasons that come from the run itself (trigger rule, past, delays) are noted by the core with each decision. Those that come
from pools and limits change with every task of every DAG; here only their kinds are compared, a few hundred at a time.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from tradewind.core.states import TaskState
from tradewind.engine.state import EngineState

_AFTER: Final = timedelta(seconds=1)
_AT_ONCE: Final = 200


class WaitingNotes:
    def __init__(self, state: EngineState) -> None:
        self._state = state

    def after_grants(self) -> None:
        """Somebody may have been left waiting: look in a moment."""
        state = self._state
        if state.dispatcher.waiting and "waiting" not in state.timers:
            state.timers.set("waiting", state.clock.now() + _AFTER, self._look)

    def _look(self, now: datetime) -> None:
        state = self._state
        for key in state.dispatcher.longest_waiting(_AT_ONCE):
            run_key, task_id, map_index = key
            live = state.live.get(run_key)
            instance = live.view.instances.get((task_id, map_index)) if live is not None else None
            if live is None or instance is None or instance.state is not TaskState.SCHEDULED:
                continue
            reasons = state.dispatcher.why_waiting(key)
            if [reason.kind for reason in reasons] != [reason.kind for reason in instance.waiting_for]:
                instance.waiting_for = reasons
                instance.waiting_since = instance.waiting_since or instance.scheduled_at or now
                state.open_batch().detail(live, instance)
