"""Everything around the DAGs: the first page, health, pools, import errors, configuration, assets, the palette."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict

from tradewind import __version__
from tradewind.core.lists import Ordering, Page
from tradewind.core.permissions import Action, Resource
from tradewind.server.access import CallerOf
from tradewind.server.errors import Forbidden
from tradewind.server.ui import shapes
from tradewind.server.ui.answers import answer
from tradewind.services import assets, backfills, settings_file
from tradewind.services.errors import Unknown
from tradewind.services.views import (
    backfill_rows,
    connection_types,
    health_page,
    home,
    import_errors,
    palette,
    pool_rows,
    settings_page,
)

router = APIRouter()
_TESTABLE = frozenset({"http", "sqlite", "postgres", "fs", "ftp", "smtp", "mysql"})
_MOST_ASSETS = 5000


class Examples(BaseModel):
    model_config = ConfigDict(extra="forbid")

    load_examples: bool


@router.get("/ui/home", operation_id="get_home", response_model=shapes.HomePage)
def get_home(caller: CallerOf) -> Response:
    return answer(home.get_home(caller))


@router.get("/ui/health", operation_id="get_health_page", response_model=shapes.HealthPage)
def get_health_page(caller: CallerOf) -> Response:
    return answer(health_page.get_health_page(caller, __version__))


@router.get("/ui/pools", operation_id="list_pools", response_model=shapes.PoolList)
def list_pools(caller: CallerOf) -> Response:
    return answer({"pools": pool_rows.pool_rows(caller)})


@router.get("/ui/import-errors", operation_id="list_import_errors", response_model=shapes.ImportErrorList)
def list_import_errors(caller: CallerOf) -> Response:
    return answer({"errors": import_errors.list_import_errors(caller)})


@router.get("/ui/config", operation_id="get_config", response_model=shapes.ConfigPage)
def get_config(caller: CallerOf) -> Response:
    return answer(settings_page.config_page(caller.services))


@router.get("/ui/connection-types", operation_id="list_connection_types", response_model=shapes.ConnectionTypes)
def list_connection_types(caller: CallerOf) -> Response:
    return answer({"types": connection_types.connection_types(_TESTABLE)})


@router.get("/ui/assets", operation_id="list_assets", response_model=shapes.AssetList)
def list_assets(caller: CallerOf) -> Response:
    found = assets.asset_page(
        caller.services, Page(_MOST_ASSETS), [Ordering("name")], assets.AssetFilter(), readable=caller.visible_dags
    )
    rows = [
        {
            "name": asset.name,
            "uri": asset.uri,
            "group": asset.group,
            "producers": [{"dag_id": one.dag_id, "task_id": one.task_id} for one in asset.producing_tasks],
            "consumers": sorted({one.dag_id for one in [*asset.scheduled_dags, *asset.consuming_tasks]}),
            "scheduled": sorted({one.dag_id for one in asset.scheduled_dags}),
        }
        for asset in found.items
    ]
    return answer({"assets": rows})


@router.get("/ui/palette", operation_id="search_palette", response_model=shapes.PaletteHits)
def search_palette(caller: CallerOf, q: str) -> Response:
    return answer({"hits": palette.search(caller, q[:200])})


@router.patch("/ui/examples", operation_id="set_examples", response_model=shapes.Done)
def set_examples(caller: CallerOf, body: Examples) -> Response:
    settings_file.set_option(caller.services, "core", "load_examples", str(body.load_examples))
    return answer({"changed": 1})


@router.get("/ui/dags/{dag_id:name}/backfills", operation_id="list_backfills", response_model=shapes.BackfillList)
def list_backfills(caller: CallerOf, dag_id: str) -> Response:
    return answer({"backfills": backfill_rows.list_rows(caller, dag_id)})


@router.post("/ui/dags/{dag_id:name}/backfills", operation_id="create_backfill", response_model=shapes.BackfillPlan)
def create_backfill(caller: CallerOf, dag_id: str, body: shapes.BackfillRequest) -> Response:
    request = backfills.Request(
        dag_id=dag_id,
        first=body.from_date,
        last=body.to_date,
        conf=body.conf,
        max_active_runs=body.max_active_runs,
        reprocess=backfill_rows.reprocess_of(body.reprocess),
        run_backwards=body.run_backwards,
    )
    return answer(backfill_rows.create(caller.services, request, dry_run=body.dry_run))


@router.post("/ui/backfills/{backfill_id}/{action}", operation_id="change_backfill", response_model=shapes.BackfillRow)
def change_backfill(caller: CallerOf, backfill_id: int, action: Literal["pause", "unpause", "cancel"]) -> Response:
    found = caller.services.store.backfills.get(backfill_id)
    if found is None or not caller.sees(found.dag_id):
        raise Unknown("backfill", str(backfill_id))
    if not caller.may(Action.EDIT, Resource.BACKFILL, found.dag_id):
        raise Forbidden(f"User '{caller.username}' lacks the permission 'can_edit on DAGs' of DAG '{found.dag_id}'.")
    if action == "cancel":
        changed = backfills.cancel_backfill(caller.services, found)
    else:
        changed = backfills.pause_backfill(caller.services, found, action == "pause")
    return answer(backfill_rows.rows_of(caller, [changed])[0])
