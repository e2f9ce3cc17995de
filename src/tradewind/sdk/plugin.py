"""AirflowPlugin: the base class of plugins, as far as its names are read."""

from __future__ import annotations

from typing import Any


class AirflowPlugin:
    """A plugin: a name, and lists of what it adds."""

    name: str | None = None
    source: Any = None
    macros: list[Any] = []  # noqa: RUF012 - Airflow's plugins assign lists, and tools read them from the class.
    hooks: list[Any] = []  # noqa: RUF012
    operators: list[Any] = []  # noqa: RUF012
    sensors: list[Any] = []  # noqa: RUF012
    executors: list[Any] = []  # noqa: RUF012
    admin_views: list[Any] = []  # noqa: RUF012
    flask_blueprints: list[Any] = []  # noqa: RUF012
    fastapi_apps: list[Any] = []  # noqa: RUF012
    fastapi_root_middlewares: list[Any] = []  # noqa: RUF012
    external_views: list[Any] = []  # noqa: RUF012
    react_apps: list[Any] = []  # noqa: RUF012
    menu_links: list[Any] = []  # noqa: RUF012
    appbuilder_views: list[Any] = []  # noqa: RUF012
    appbuilder_menu_items: list[Any] = []  # noqa: RUF012
    global_operator_extra_links: list[Any] = []  # noqa: RUF012
    operator_extra_links: list[Any] = []  # noqa: RUF012
    timetables: list[Any] = []  # noqa: RUF012
    listeners: list[Any] = []  # noqa: RUF012
    ti_deps: list[Any] = []  # noqa: RUF012
    priority_weight_strategies: list[Any] = []  # noqa: RUF012

    @classmethod
    def validate(cls) -> None:
        """Raise ValueError when the plugin has no name."""
        if not cls.name:
            raise ValueError(f"Plugin {cls.__name__} has no name: set the class attribute name.")

    @classmethod
    def on_load(cls, *args: Any, **kwargs: Any) -> None:
        """Called when the plugin is loaded."""
