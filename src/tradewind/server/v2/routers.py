"""The routers of `/api/v2` for DAGs, their runs and what belongs to these."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

DAG_ROUTERS: Final[tuple[APIRouter, ...]] = ()
