"""The routes of the views, in the order in which they are tried."""

from __future__ import annotations

from typing import Final

from tradewind.server.ui import across, actions, dag_views, dags, logs, runs, surroundings, tasks

VIEW_ROUTERS: Final = (
    dags.router,
    dag_views.router,
    actions.router,
    runs.router,
    tasks.router,
    across.router,
    logs.router,
    surroundings.router,
)
