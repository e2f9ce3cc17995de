"""Provider packages in this environment, as their metadata describes them: none of their code runs."""

from __future__ import annotations

from importlib import metadata
from typing import Final, NamedTuple

PREFIX: Final = "apache-airflow-providers-"


class Provider(NamedTuple):
    package_name: str
    description: str
    version: str
    documentation_url: str | None


def installed() -> dict[str, metadata.Distribution]:
    """Distributions of providers by name."""
    found = {d.metadata["Name"].lower().replace("_", "-"): d for d in metadata.distributions() if d.metadata["Name"]}
    return {name: found[name] for name in sorted(found) if name.startswith(PREFIX)}


def list_providers() -> list[Provider]:
    """By name."""
    return [
        Provider(name, found.metadata["Summary"] or "", found.version, _documentation(found))
        for name, found in installed().items()
    ]


def _documentation(found: metadata.Distribution) -> str | None:
    for line in found.metadata.get_all("Project-URL") or ():
        label, _, url = line.partition(",")
        if label.strip().lower() == "documentation":
            return str(url.strip())
    return None
