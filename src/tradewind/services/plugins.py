"""Airflow plugins in the plugins folder and in installed packages, as their source says: none of their code runs here."""

from __future__ import annotations

import ast
from importlib import metadata
from pathlib import Path
from typing import Final, NamedTuple

from tradewind.services.session import Services

BASE: Final = "AirflowPlugin"
PARTS: Final = (
    "macros",
    "hooks",
    "executors",
    "flask_blueprints",
    "appbuilder_views",
    "appbuilder_menu_items",
    "global_operator_extra_links",
    "operator_extra_links",
    "listeners",
    "timetables",
    "ti_deps",
    "fastapi_apps",
    "fastapi_root_middlewares",
    "external_views",
    "react_apps",
)


class Plugin(NamedTuple):
    name: str
    source: str
    parts: dict[str, list[str]]
    """Part → what its list holds, as it is written; only what is written as a list."""


class PluginError(NamedTuple):
    source: str
    error: str


class Plugins(NamedTuple):
    plugins: list[Plugin]
    """By name."""
    errors: list[PluginError]


def find_plugins(services: Services) -> Plugins:
    """Reads every Python file of [core] plugins_folder."""
    folder = Path(services.conf.get("core", "plugins_folder"))
    plugins = [
        Plugin(point.name, f"{point.dist.name}=={point.dist.version}: {point.value}" if point.dist else point.value, {})
        for point in metadata.entry_points(group="airflow.plugins")
    ]
    errors = []
    for path in sorted(folder.rglob("*.py")) if folder.is_dir() else ():
        source = f"$PLUGINS_FOLDER/{path.relative_to(folder)}"
        try:
            tree = ast.parse(path.read_bytes(), str(path))
        except (OSError, SyntaxError, ValueError) as error:
            errors.append(PluginError(source, f"{type(error).__name__}: {error}"))
            continue
        plugins += [
            _plugin(node, source) for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and _is_plugin(node)
        ]
    return Plugins(sorted(plugins), errors)


def _is_plugin(node: ast.ClassDef) -> bool:
    return any(ast.unparse(base).rpartition(".")[2] == BASE for base in node.bases)


def _plugin(node: ast.ClassDef, source: str) -> Plugin:
    values = {
        target.id: statement.value
        for statement in node.body
        if isinstance(statement, (ast.Assign, ast.AnnAssign)) and statement.value is not None
        for target in (statement.targets if isinstance(statement, ast.Assign) else [statement.target])
        if isinstance(target, ast.Name)
    }
    name = values.get("name")
    parts = {
        part: [ast.unparse(item) for item in values[part].elts]  # type: ignore[attr-defined]
        for part in PARTS
        if isinstance(values.get(part), (ast.List, ast.Tuple))
    }
    return Plugin(str(name.value) if isinstance(name, ast.Constant) else node.name, source, parts)
