"""The configuration in use: each option's value, where it comes from, and whether it has an effect here."""

from __future__ import annotations

from typing import Final

from tradewind.configuration.options import OPTIONS, env_name
from tradewind.services.session import Services
from tradewind.services.views.viewer import View

_SOURCES: Final = {
    "default": "default",
    "airflow.cfg": "file",
    "env var": "environment",
    "cmd": "command",
    "env cmd": "command",
}


def config_page(services: Services) -> View:
    """`shapes.ConfigPage`. Secrets have no value here."""
    conf = services.conf
    values = conf.as_dict(display_source=True, display_sensitive=False)
    rows = []
    for section, options in sorted(values.items()):
        for name, (value, source) in sorted(options.items()):
            known = OPTIONS.get((section, name))
            secret = conf.is_sensitive(section, name)
            rows.append(
                {
                    "section": section,
                    "option": name,
                    "value": None if secret or value is None else str(value),
                    "default": None if secret or known is None else known.default,
                    "source": _SOURCES.get(source, "file"),
                    "has_effect": known is not None and not known.no_effect,
                    "description": "" if known is None else known.description,
                    "environment_name": env_name(section, name),
                }
            )
    return {"options": rows, "file": str(conf.path)}
