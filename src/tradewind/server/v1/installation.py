"""The installation: configuration, providers, plugins, version."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Request, Response

from tradewind import __version__
from tradewind.server.access import CallerOf
from tradewind.server.conventions import JSON, PLAIN, PageOfV1, accepted
from tradewind.server.v1.models.installation import (
    Config,
    PluginCollection,
    PluginCollectionItem,
    Provider,
    ProviderCollection,
    VersionInfo,
)
from tradewind.services.plugins import find_plugins
from tradewind.services.providers import list_providers
from tradewind.services.settings import Sections, as_text, shown_setting, shown_settings

router = APIRouter(prefix="/api/v1")

SERVED: Final = "2.10.0"
"""The newest version of Airflow whose client speaks this API."""
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
    operation_id="get_value",
    tags=["Config"],
    response_model=Config,
    responses=_TEXT,
)
def get_value(section: str, option: str, request: Request, caller: CallerOf) -> Any:
    kind = accepted(request, JSON, PLAIN)
    return _config(kind, {section: {option: shown_setting(caller.services, section, option)}})


def _config(kind: str, sections: Sections) -> Any:
    return Response(as_text(sections), media_type=PLAIN) if kind == PLAIN else Config.of(sections)


@router.get("/providers", operation_id="get_providers", tags=["Provider"])
def get_providers() -> ProviderCollection:
    found = list_providers()
    return ProviderCollection(providers=[Provider.of(provider) for provider in found], total_entries=len(found))


@router.get("/plugins", operation_id="get_plugins", tags=["Plugin"])
def get_plugins(caller: CallerOf, page: PageOfV1) -> PluginCollection:
    found = find_plugins(caller.services).plugins
    shown = found[page.offset : page.offset + page.limit]
    return PluginCollection(plugins=[PluginCollectionItem.of(plugin) for plugin in shown], total_entries=len(found))


@router.get("/version", operation_id="get_version", tags=["Monitoring"])
def get_version() -> VersionInfo:
    return VersionInfo(version=SERVED, git_version=f"tradewind {__version__}")
