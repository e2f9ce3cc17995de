"""The installation and its parts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from tradewind.server.bodies import Answer
from tradewind.services.jobs import Job
from tradewind.services.plugins import Plugin, PluginError
from tradewind.services.providers import Provider
from tradewind.services.settings import Sections


class ConfigOption(Answer):
    key: str
    value: str


class ConfigSection(Answer):
    name: str
    options: list[ConfigOption]


class Config(Answer):
    sections: list[ConfigSection]

    @classmethod
    def of(cls, sections: Sections) -> Config:
        return cls(
            sections=[
                ConfigSection(name=name, options=[ConfigOption(key=key, value=value) for key, value in options.items()])
                for name, options in sections.items()
            ]
        )


class ProviderResponse(Answer):
    package_name: str
    description: str
    version: str
    documentation_url: str | None

    @classmethod
    def of(cls, provider: Provider) -> ProviderResponse:
        return cls(**provider._asdict())


class ProviderCollectionResponse(Answer):
    providers: list[ProviderResponse]
    total_entries: int


class PluginResponse(Answer):
    """What a plugin's source lists. Its applications and views are named as they are written."""

    name: str
    source: str
    macros: list[str]
    flask_blueprints: list[str]
    fastapi_apps: list[dict[str, Any]]
    fastapi_root_middlewares: list[dict[str, Any]]
    external_views: list[dict[str, Any]]
    react_apps: list[dict[str, Any]]
    appbuilder_views: list[dict[str, Any]]
    appbuilder_menu_items: list[dict[str, Any]]
    global_operator_extra_links: list[str]
    operator_extra_links: list[str]
    listeners: list[str]
    timetables: list[str]

    @classmethod
    def of(cls, plugin: Plugin) -> PluginResponse:
        """Without applications and views: these are values that only running the plugin makes."""
        made: dict[str, list[Any]] = {name: [] for name in cls.model_fields if name not in ("name", "source")}
        written = {part: names for part, names in plugin.parts.items() if part in _WRITTEN}
        return cls(name=plugin.name, source=plugin.source, **{**made, **written})


_WRITTEN = (
    "macros",
    "flask_blueprints",
    "global_operator_extra_links",
    "operator_extra_links",
    "listeners",
    "timetables",
)


class PluginCollectionResponse(Answer):
    plugins: list[PluginResponse]
    total_entries: int


class PluginImportErrorResponse(Answer):
    source: str
    error: str

    @classmethod
    def of(cls, error: PluginError) -> PluginImportErrorResponse:
        return cls(**error._asdict())


class PluginImportErrorCollectionResponse(Answer):
    import_errors: list[PluginImportErrorResponse]
    total_entries: int


class JobResponse(Answer):
    id: int
    dag_id: str | None = None
    dag_display_name: str | None = None
    state: str | None
    job_type: str | None
    start_date: datetime | None
    end_date: datetime | None
    latest_heartbeat: datetime | None
    executor_class: str | None
    hostname: str | None
    unixname: str | None = None

    @classmethod
    def of(cls, job: Job) -> JobResponse:
        return cls(**{name: value for name, value in job._asdict().items() if name != "is_alive"})


class JobCollectionResponse(Answer):
    jobs: list[JobResponse]
    total_entries: int


class VersionInfo(Answer):
    version: str = Field(description="The version of Airflow whose API this is.")
    git_version: str | None = Field(description="The version of tradewind.")
