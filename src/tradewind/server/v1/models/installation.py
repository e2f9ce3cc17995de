"""The installation and its parts."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from tradewind.server.bodies import Answer
from tradewind.services.plugins import Plugin
from tradewind.services.providers import Provider as FoundProvider
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


class Provider(Answer):
    package_name: str
    description: str
    version: str

    @classmethod
    def of(cls, provider: FoundProvider) -> Provider:
        return cls(package_name=provider.package_name, description=provider.description, version=provider.version)


class ProviderCollection(Answer):
    providers: list[Provider]
    total_entries: int


class PluginCollectionItem(Answer):
    """What a plugin's source lists; views are values that only running it makes, and left out."""

    name: str
    source: str | None
    hooks: list[str]
    executors: list[str]
    macros: list[str]
    flask_blueprints: list[str]
    appbuilder_views: list[dict[str, Any]] = Field(default_factory=list)
    appbuilder_menu_items: list[dict[str, Any]] = Field(default_factory=list)
    global_operator_extra_links: list[str]
    operator_extra_links: list[str]
    ti_deps: list[str]
    listeners: list[str]
    timetables: list[str]

    @classmethod
    def of(cls, plugin: Plugin) -> PluginCollectionItem:
        parts: dict[str, Any] = {
            name: plugin.parts.get(name, [])
            for name in cls.model_fields
            if name not in ("name", "source", "appbuilder_views", "appbuilder_menu_items")
        }
        return cls(name=plugin.name, source=plugin.source, **parts)


class PluginCollection(Answer):
    plugins: list[PluginCollectionItem]
    total_entries: int


class VersionInfo(Answer):
    version: str = Field(description="The version of Airflow whose API this is.")
    git_version: str | None = Field(description="The version of tradewind.")
