"""What in a configuration does nothing, or is not known at all."""

from __future__ import annotations

import configparser
from collections.abc import Iterable
from typing import NamedTuple

from tradewind.configuration.config_file import read_config_file
from tradewind.configuration.generated import generator_of
from tradewind.configuration.options import PROVIDER_SECTIONS, env_name, nearest, option
from tradewind.configuration.parser import Configuration
from tradewind.configuration.renames import Name, canonical

_LOCAL_EXECUTORS = frozenset({"localexecutor", "sequentialexecutor", "debugexecutor"})


class Finding(NamedTuple):
    """One option that somebody set, and what is wrong with it."""

    section: str
    key: str
    source: str
    """`airflow.cfg` or `env var`."""
    kind: str
    """unknown, no_effect, renamed, generated or value."""
    text: str


def lint(conf: Configuration) -> list[Finding]:
    """Findings for every option that airflow.cfg or the environment sets, in the order in which they stand there.

    Reads the file anew. Raises BrokenConfigFile.
    """
    conf.refresh()
    parser = read_config_file(conf.path)
    written = [(section, key, "airflow.cfg") for section in parser.sections() for key in parser[section]]
    written += [(section, key, "env var") for section, key in conf.environment_options()]
    seen: set[tuple[str, str, str]] = set()
    findings: list[Finding] = []
    for section, key, source in written:
        entry = (section.lower(), key.lower(), source)
        if entry not in seen:
            seen.add(entry)
            findings.extend(_examine(conf, *entry))
            findings.extend(_not_chosen(conf, parser, *entry))
    return findings


def _not_chosen(
    conf: Configuration, parser: configparser.ConfigParser, section: str, key: str, source: str
) -> Iterable[Finding]:
    value = parser.get(section, key, fallback=None, raw=True)
    if source != "airflow.cfg" or value is None or conf.source_of(section, key) != "airflow.cfg":
        return
    airflow = generator_of(parser, canonical(section, key), value)
    if airflow is not None:
        text = (
            f"[{section}] {key} = {value} counts as not set: Airflow {airflow} writes that into every airflow.cfg that it "
            f"makes. Files of each dialect keep their own default; to decide for all of them, set {env_name(section, key)}."
        )
        yield Finding(section, key, source, "generated", text)


def _examine(conf: Configuration, section: str, key: str, source: str) -> Iterable[Finding]:
    known = option(section, key)
    for suffix in ("_cmd", "_secret"):
        if known is None and key.endswith(suffix):
            known = option(section, key.removesuffix(suffix))
            known = known if known is not None and known.sensitive else None
    here = f"[{section}] {key}"
    if known is None:
        yield Finding(section, key, source, *_unknown(section, key, here))
        return
    if not known.is_used:
        if conf.get(section, key, fallback=None) != (known.default or ""):
            yield Finding(section, key, source, "no_effect", f"{here} has no effect: {known.no_effect}.")
        return
    present = canonical(section, key)
    if present != (section, key) and not key.endswith(("_cmd", "_secret")):
        yield Finding(
            section, key, source, "renamed", f"{here} works; in Airflow 3 it is called [{present[0]}] {present[1]}."
        )
    problem = _bad_value(conf, (known.section, known.key), known.type)
    if problem:
        yield Finding(section, key, source, "value", problem)


def _unknown(section: str, key: str, here: str) -> tuple[str, str]:
    provider = PROVIDER_SECTIONS.get(section)
    meant: Name | None = nearest(section, key)
    if provider is not None and (meant is None or meant[0] != section):
        return "no_effect", f"{here} has no effect: it belongs to apache-airflow-providers-{provider}."
    hint = f" Did you mean [{meant[0]}] {meant[1]}?" if meant is not None else " See `airflow config list`."
    return "unknown", f"{here} is not an option.{hint}"


def _bad_value(conf: Configuration, name: Name, kind: str) -> str | None:
    section, key = name
    if name == ("core", "executor"):
        named = conf.get(section, key).split(":")[0].rsplit(".", 1)[-1]
        if any(part.strip().rsplit(".", 1)[-1].lower() not in _LOCAL_EXECUTORS for part in named.split(",")):
            return f"[core] executor is {named}, which is not built in yet: tasks run as processes on this machine."
        return None
    if name == ("core", "dialect") and conf.get(section, key) not in ("2", "3"):
        return f"[core] dialect must be 2 or 3, but it is {conf.get(section, key)!r}."
    reader = {
        "integer": conf.getint,
        "float": conf.getfloat,
        "boolean": conf.getboolean,
        "json": conf.getjson,
    }.get(kind)
    if reader is None or not conf.get(section, key, fallback=None):
        return None
    try:
        reader(section, key)
    except Exception as error:  # whatever class DAG authors are given for it
        return str(error)
    return None
