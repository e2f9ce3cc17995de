"""The installation: configuration, providers, plugins, jobs, version."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response

from tradewind import __version__
from tradewind.core.lists import Span
from tradewind.sdk.airflow_names import SERVED_VERSION
from tradewind.server.access import CallerOf
from tradewind.server.conventions import JSON, PLAIN, Orderings, PageOfV2, accepted, order_by_v2, span
from tradewind.server.v2.models.installation import (
    Config,
    JobCollectionResponse,
    JobResponse,
    PluginCollectionResponse,
    PluginImportErrorCollectionResponse,
    PluginImportErrorResponse,
    PluginResponse,
    ProviderCollectionResponse,
    ProviderResponse,
    VersionInfo,
)
from tradewind.services.jobs import JobFilter, job_page
from tradewind.services.plugins import find_plugins
from tradewind.services.providers import list_providers
from tradewind.services.settings import Sections, as_text, shown_setting, shown_settings

router = APIRouter(prefix="/api/v2")

_JOB_NAMES: Final = (
    "id",
    "state",
    "job_type",
    "start_date",
    "end_date",
    "latest_heartbeat",
    "executor_class",
    "hostname",
)
_TEXT: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {PLAIN: {"schema": {"type": "string"}}}},
    406: {"description": "Not Acceptable"},
}


@router.get("/config", operation_id="get_config", tags=["Config"], response_model=Config, responses=_TEXT)
def get_config(request: Request, caller: CallerOf, section: str | None = None) -> Any:
    kind = accepted(request, JSON, PLAIN)
    return _config(kind, shown_settings(caller.services, section))


@router.get(
    "/config/section/{section}/option/{option}",
    operation_id="get_config_value",
    tags=["Config"],
    response_model=Config,
    responses=_TEXT,
)
def get_config_value(section: str, option: str, request: Request, caller: CallerOf) -> Any:
    kind = accepted(request, JSON, PLAIN)
    return _config(kind, {section: {option: shown_setting(caller.services, section, option)}})


def _config(kind: str, sections: Sections) -> Any:
    return Response(as_text(sections), media_type=PLAIN) if kind == PLAIN else Config.of(sections)


@router.get("/providers", operation_id="get_providers", tags=["Provider"])
def get_providers(page: PageOfV2) -> ProviderCollectionResponse:
    found = list_providers()
    shown = found[page.offset : page.offset + page.limit]
    return ProviderCollectionResponse(
        providers=[ProviderResponse.of(provider) for provider in shown], total_entries=len(found)
    )


@router.get("/plugins", operation_id="get_plugins", tags=["Plugin"])
def get_plugins(caller: CallerOf, page: PageOfV2) -> PluginCollectionResponse:
    found = find_plugins(caller.services).plugins
    shown = found[page.offset : page.offset + page.limit]
    return PluginCollectionResponse(plugins=[PluginResponse.of(plugin) for plugin in shown], total_entries=len(found))


@router.get("/plugins/importErrors", operation_id="import_errors", tags=["Plugin"])
def plugin_import_errors(caller: CallerOf) -> PluginImportErrorCollectionResponse:
    errors = find_plugins(caller.services).errors
    return PluginImportErrorCollectionResponse(
        import_errors=[PluginImportErrorResponse.of(error) for error in errors], total_entries=len(errors)
    )


@router.get("/jobs", operation_id="get_jobs", tags=["Job"])
def get_jobs(
    caller: CallerOf,
    page: PageOfV2,
    order: Annotated[Orderings, Depends(order_by_v2(_JOB_NAMES, "id"))],
    start_date: Annotated[Span[datetime], Depends(span("start_date"))],
    end_date: Annotated[Span[datetime], Depends(span("end_date"))],
    is_alive: bool | None = None,
    job_state: str | None = None,
    job_type: str | None = None,
    hostname: str | None = None,
    executor_class: str | None = None,
) -> JobCollectionResponse:
    wanted = JobFilter(is_alive, job_state, job_type, hostname, executor_class, start_date, end_date)
    found = job_page(caller.services, page, order, wanted)
    return JobCollectionResponse(jobs=[JobResponse.of(job) for job in found.items], total_entries=found.total)


@router.get("/version", operation_id="get_version", tags=["Version"])
def get_version() -> VersionInfo:
    return VersionInfo(version=SERVED_VERSION, git_version=f"tradewind {__version__}")
