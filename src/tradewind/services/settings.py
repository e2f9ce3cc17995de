"""The configuration as it is shown: secrets hidden, to whom `[api] expose_config` allows it."""

from __future__ import annotations

from typing import Final

from tradewind.services.errors import NotAllowed, Unknown
from tradewind.services.session import Services

_ONLY: Final = "non-sensitive-only"
HIDDEN: Final = "< hidden >"

Sections = dict[str, dict[str, str]]


def shown_settings(services: Services, section: str | None = None) -> Sections:
    """{section: {option: value}}. Secrets are hidden with every value of expose_config, as in Airflow 3.

    Raises NotAllowed when the configuration is not exposed, and Unknown for a section that is not there.
    """
    _check_exposed(services)
    values: Sections = services.conf.as_dict()
    if section is None:
        return values
    name = section.lower()
    if name not in values:
        raise Unknown("section", section, values, hint="`airflow config list` shows them.")
    return {name: values[name]}


def shown_setting(services: Services, section: str, option: str) -> str:
    """One value, a secret hidden. Raises as `shown_settings`."""
    _check_exposed(services)
    value = services.conf.get(section, option, fallback=None)
    if value is None:
        raise Unknown("option", f"[{section}] {option}", hint="`airflow config list` shows what there is.")
    return HIDDEN if value and services.conf.is_sensitive(section.lower(), option.lower()) else value


def as_text(sections: Sections) -> str:
    """In the form of airflow.cfg."""
    return "\n".join(
        f"[{section}]\n" + "".join(f"{option} = {value}\n" for option, value in options.items())
        for section, options in sections.items()
    )


def _check_exposed(services: Services) -> None:
    said = services.conf.get("api", "expose_config").strip().lower()
    if said != _ONLY and not services.conf.getboolean("api", "expose_config"):
        raise NotAllowed(
            "Your administrator chose not to expose the configuration, most likely for security reasons. "
            "Ask for [api] expose_config = True; secrets stay hidden."
        )
