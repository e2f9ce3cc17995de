"""Every option that we know: what it means, its default, and whether it has an effect.

The table itself is in `option_table`. `airflow config list` and `config lint`, the defaults of `conf` and the reference
in the documentation are all made from it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Final, NamedTuple

from tradewind.configuration.option_table import TABLE
from tradewind.configuration.renames import RENAMES, Name, canonical


class Option(NamedTuple):
    """One option under its present (3.x) name."""

    section: str
    key: str
    type: str
    """string, integer, float, boolean, list or json."""
    default: str | None
    """As it would be written in airflow.cfg; None when the option is unset. `{AIRFLOW_HOME}` stands for the home."""
    description: str
    no_effect: str = ""
    """Why setting it changes nothing here; empty for an option that is used."""
    sensitive: bool = False
    """Hidden in listings; may also come from `<key>_cmd` and `<key>_secret`."""

    @property
    def is_used(self) -> bool:
        return not self.no_effect

    @property
    def env_name(self) -> str:
        return env_name(self.section, self.key)


def env_name(section: str, key: str) -> str:
    """The environment variable that sets an option."""
    return f"AIRFLOW__{section.replace('.', '_').upper()}__{key.upper()}"


def _options() -> dict[Name, Option]:
    found: dict[Name, Option] = {}
    for section, reason, rows in TABLE:
        for line in rows.strip().splitlines():
            # key [!] | type | default | description      ("!" marks a sensitive option, "-" an unset one)
            name, kind, default, description = (part.strip() for part in line.split("|", 3))
            key = name.removesuffix("!").strip()
            value = None if default == "-" else default
            found[(section, key)] = Option(section, key, kind, value, description, reason, name.endswith("!"))
    return found


OPTIONS: Final[dict[Name, Option]] = _options()
SECTIONS: Final = tuple(dict.fromkeys(section for section, _ in OPTIONS))

# Sections that belong to a provider package: read by nobody here, and no mistake either.
PROVIDER_SECTIONS: Final = {
    "atlas": "openlineage",
    "aws": "amazon",
    "aws_auth_manager": "amazon",
    "aws_batch_executor": "amazon",
    "aws_ecs_executor": "amazon",
    "aws_lambda_executor": "amazon",
    "azure_remote_logging": "microsoft-azure",
    "celery": "celery",
    "celery_broker_transport_options": "celery",
    "celery_kubernetes_executor": "celery",
    "celery_result_backend_transport_options": "celery",
    "common.io": "common-io",
    "dask": "dask",
    "edge": "edge3",
    "elasticsearch": "elasticsearch",
    "elasticsearch_configs": "elasticsearch",
    "fab": "fab",
    "hive": "apache-hive",
    "imap": "imap",
    "kafka": "apache-kafka",
    "keycloak_auth_manager": "keycloak",
    "kerberos": "apache-hive",
    "kubernetes": "cncf-kubernetes",
    "kubernetes_environment_variables": "cncf-kubernetes",
    "kubernetes_executor": "cncf-kubernetes",
    "kubernetes_secrets": "cncf-kubernetes",
    "ldap": "fab",
    "local_kubernetes_executor": "cncf-kubernetes",
    "openlineage": "openlineage",
    "opensearch": "opensearch",
    "opensearch_configs": "opensearch",
    "snowflake": "snowflake",
    "spark": "apache-spark",
    "ssh": "ssh",
    "stackdriver": "google",
    "standard": "standard",
    "yandex": "yandex",
}


def option(section: str, key: str) -> Option | None:
    """The option under its present or a former name; None when we do not know it."""
    return OPTIONS.get(canonical(section, key))


def nearest(section: str, key: str) -> Name | None:
    """What `[section] key` was most likely meant to be: the same section first, then the same key elsewhere."""
    section, key = section.lower(), key.lower()
    known: Iterable[Name] = (*OPTIONS, *RENAMES)
    here = _close(key, {name for place, name in known if place == section})
    if here is not None:
        return canonical(section, here)
    elsewhere = sorted(name for name in OPTIONS if name[1] == key)
    if elsewhere:
        return elsewhere[0]
    meant = _close(section, SECTIONS)
    if meant is not None and meant != section:
        if (meant, key) in OPTIONS:
            return (meant, key)
        there = _close(key, {name for place, name in known if place == meant})
        return None if there is None else canonical(meant, there)
    return None


def _close(word: str, known: Iterable[str]) -> str | None:
    found = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.75)
    return found[0] if found else None
