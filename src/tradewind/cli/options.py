"""Options that many commands share."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

import click

Command = Callable[..., Any]


def verbose_option(command: Command) -> Command:
    """`-v`: log what happens, and the traceback of an error."""

    def switch(ctx: click.Context, param: click.Parameter, value: bool) -> None:
        if value:
            logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
            logging.getLogger("tradewind").setLevel(logging.DEBUG)

    return click.option("-v", "--verbose", is_flag=True, expose_value=False, callback=switch, help="Log what happens.")(
        command
    )


def yes_option(command: Command) -> Command:
    return click.option("-y", "--yes", is_flag=True, help="Do not ask for confirmation.")(command)


def ignored(
    *names: str, flag: bool = False, help: str = "Accepted, without effect here."
) -> Callable[[Command], Command]:
    """An option of Airflow that means nothing here but must not break a script."""
    kind: dict[str, Any] = {"is_flag": True} if flag else {"metavar": "VALUE"}
    return click.option(*names, expose_value=False, help=help, hidden=True, **kind)


def subdir_option(command: Command) -> Command:
    """`-S` of 2.x and `-B` of 3.x: DAGs come from the store, wherever their files are."""
    command = ignored("-S", "--subdir", help="Accepted: DAGs are found by their id.")(command)
    return ignored("-B", "--bundle-name", help="Accepted: DAGs are found by their id.")(command)


class Moment(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """A date or time in ISO form; UTC when it names no zone."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        found = parse_moment(str(value))
        if found is None:
            self.fail(
                f"{value!r} is no date or time. Write it like 2025-01-31 or 2025-01-31T06:00:00+00:00.", param, ctx
            )
        return found


class JsonObject(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """A JSON object, as a conf or connection is written on the command line."""

    name = "json"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dict[str, Any]:
        if isinstance(value, dict):
            return value
        try:
            found = json.loads(value)
        except ValueError as error:
            self.fail(f'this is not JSON ({error}). Quote it for the shell: \'{{"key": "value"}}\'.', param, ctx)
        if not isinstance(found, dict):
            self.fail(f'this must be a JSON object such as \'{{"key": "value"}}\', not {value!r}.', param, ctx)
        return found


def parse_moment(text: str) -> datetime | None:
    """The aware UTC time that `text` names, or None."""
    import pendulum

    try:
        found = pendulum.parse(text.strip(), tz="UTC", strict=False)
    except (ValueError, pendulum.parsing.exceptions.ParserError):
        return None
    return found.in_timezone("UTC") if isinstance(found, pendulum.DateTime) else None


MOMENT = Moment()
JSON_OBJECT = JsonObject()
