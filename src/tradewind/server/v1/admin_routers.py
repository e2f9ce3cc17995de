"""The routers of `/api/v1` for what is not of a DAG: variables, connections, pools, the state of the installation."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from tradewind.server.v1 import (
    accounts,
    connections,
    datasets,
    event_logs,
    import_errors,
    installation,
    not_built,
    pools,
    variables,
)

# A route with a fixed path stands before one whose parameter would take that path.
ADMIN_ROUTERS: Final[tuple[APIRouter, ...]] = (
    not_built.router,
    variables.router,
    pools.router,
    connections.router,
    import_errors.router,
    installation.router,
    event_logs.router,
    datasets.router,
    accounts.router,
)
