"""`airflow config`."""

from __future__ import annotations

from typing import Any

import click

from tradewind.cli.errors import Refused
from tradewind.cli.lazy import group
from tradewind.cli.options import ignored, verbose_option
from tradewind.configuration import conf
from tradewind.configuration.lint import lint as find_problems
from tradewind.configuration.options import OPTIONS, SECTIONS, Option, env_name, nearest, option
from tradewind.services.errors import Unknown

config = group("Show and check the configuration.")


@config.command("list")
@click.option("--section", help="Only this section.")
@click.option("-d", "--include-descriptions", is_flag=True, help="What each option means.")
@click.option("-e", "--include-examples", is_flag=True, hidden=True)
@click.option("-s", "--include-sources", is_flag=True, help="Where each value comes from.")
@click.option("-V", "--include-env-vars", is_flag=True, help="The environment variable of each option.")
@click.option("-c", "--comment-out-everything", is_flag=True, help="As a file in which nothing is set.")
@click.option("-a", "--defaults", is_flag=True, help="Defaults only, described and commented out.")
@click.option("--show-values", is_flag=True, help="Show secrets, too.")
@ignored("-p", "--exclude-providers", flag=True)
@ignored("--hide-sensitive", flag=True)
@ignored("--color")
@verbose_option
def list_(
    section: str | None,
    include_descriptions: bool,
    include_examples: bool,
    include_sources: bool,
    include_env_vars: bool,
    comment_out_everything: bool,
    defaults: bool,
    show_values: bool,
) -> None:
    """Print all options in the form of airflow.cfg. Secrets are hidden."""
    described = include_descriptions or defaults
    with_variables = include_env_vars or defaults
    sections = conf.sections() if not defaults else list(SECTIONS)
    if section is not None and section.lower() not in sections:
        raise Unknown("section", section, sections, hint=f"There are: {', '.join(sections)}.")
    values = conf.as_dict(display_source=True, display_sensitive=show_values)
    for name in sections if section is None else [section.lower()]:
        known = {key: found for (place, key), found in OPTIONS.items() if place == name}
        found = {} if defaults else values.get(name, {})
        click.echo(f"[{name}]")
        for key in dict.fromkeys([*known, *found]):
            value, source = found.get(key, (None, ""))
            if defaults:
                value = known[key].default
            if value is None and not (defaults or comment_out_everything):
                continue
            for line in _notes(name, key, known.get(key), described, with_variables, include_sources and source):
                click.echo(f"# {line}".rstrip())
            prefix = "# " if defaults or comment_out_everything else ""
            click.echo(f"{prefix}{key} = {_indented(value)}".rstrip())
        click.echo()


def _notes(
    section: str, key: str, known: Option | None, described: bool, with_variables: bool, source: Any
) -> list[str]:
    notes: list[str] = []
    if described and known is not None:
        notes.append(known.description)
        if known.no_effect:
            notes.append(f"No effect here: {known.no_effect}.")
    if with_variables:
        notes.append(f"Variable: {env_name(section, key)}")
    if source:
        notes.append(f"Source: {source}")
    return notes


def _indented(value: str | None) -> str:
    return "\n    ".join((value or "").splitlines())


@config.command("get-value")
@click.argument("section")
@click.argument("option_name", metavar="OPTION")
@verbose_option
def get_value(section: str, option_name: str) -> None:
    """Print the value of one option, secrets included."""
    value = conf.get(section, option_name, fallback=None)
    if value is None and option(section, option_name) is None:
        meant = nearest(section, option_name)
        advice = f"Did you mean [{meant[0]}] {meant[1]}?" if meant else "`airflow config list` shows what there is."
        raise Refused(f"The option [{section}] {option_name} is not found in config. {advice}")
    click.echo(value or "")


@config.command()
@click.option("--section", multiple=True, help="Only these sections, separated by commas.")
@click.option("--option", "only", multiple=True, help="Only these options, separated by commas.")
@click.option("--ignore-section", multiple=True, help="Leave these sections out.")
@click.option("--ignore-option", multiple=True, help="Leave these options out.")
@verbose_option
def lint(
    section: tuple[str, ...], only: tuple[str, ...], ignore_section: tuple[str, ...], ignore_option: tuple[str, ...]
) -> None:
    """Name the options that are set but unknown, without effect here, or not readable.

    Exits with 1 when an option is unknown or cannot be read.
    """
    sections, keys = _split(section), _split(only)
    left_out = _split(ignore_section), _split(ignore_option)
    findings = [
        finding
        for finding in find_problems(conf)
        if (not sections or finding.section in sections)
        and (not keys or finding.key in keys)
        and finding.section not in left_out[0]
        and finding.key not in left_out[1]
    ]
    for finding in findings:
        click.echo(f"{finding.source}: {finding.text}")
    wrong = [finding for finding in findings if finding.kind in ("unknown", "value")]
    if not findings:
        click.echo("No issues found in your airflow.cfg.")
    if wrong:
        raise Refused(f"{len(wrong)} of {len(findings)} findings must be corrected in {conf.path} or the environment.")


def _split(given: tuple[str, ...]) -> set[str]:
    return {name.strip().lower() for text in given for name in text.split(",") if name.strip()}
