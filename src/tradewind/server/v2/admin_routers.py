"""The routers of `/api/v2` for what is not of a DAG: variables, connections, pools, the state of the installation."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from tradewind.server.v2 import connections, pools, variables

ADMIN_ROUTERS: Final[tuple[APIRouter, ...]] = (variables.router, pools.router, connections.router)
