"""Groups of commands: imported when used, with an answer for names that are mistyped or went elsewhere."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Callable, Mapping
from typing import Any, Final, NoReturn

import click

from tradewind.cli.errors import reported
from tradewind.cli.moved import MOVED

HELP: Final = {"help_option_names": ["-h", "--help"]}
"""Context settings of every command."""


class Group(click.Group):
    """A group whose unknown commands are answered with what was probably meant."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            self._unknown(ctx, name)
        return super().resolve_command(ctx, args)

    def _unknown(self, ctx: click.Context, name: str) -> NoReturn:
        path = " ".join([*_names(ctx), name])
        if path in MOVED:
            click.echo(f"{ctx.command_path} {name}: {MOVED[path]}", err=True)
            ctx.exit(1)
        close = difflib.get_close_matches(name, self.list_commands(ctx), n=1, cutoff=0.5)
        hint = f" Did you mean '{close[0]}'?" if close else f" `{ctx.command_path} --help` lists what there is."
        raise click.UsageError(f"There is no command '{name}'.{hint}", ctx)

    def command(  # type: ignore[override]
        self, name: str | None = None, **attributes: Any
    ) -> Callable[[Callable[..., Any]], click.Command]:
        """As in click, with `-h` for help."""
        attributes.setdefault("context_settings", HELP)
        return click.Group.command(self, name, **attributes)


class Commands(Group):
    """The top level: a table of name → (`module:attribute`, help)."""

    def __init__(self, *args: Any, commands_table: Mapping[str, tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.commands_table = commands_table

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands_table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.commands_table:
            return None
        module, _, attribute = self.commands_table[cmd_name][0].partition(":")
        found = getattr(importlib.import_module(module), attribute)
        assert isinstance(found, click.Command)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in self.commands_table.items()])

    def invoke(self, ctx: click.Context) -> Any:
        with reported(ctx):
            return super().invoke(ctx)


def group(help: str, **kwargs: Any) -> Group:
    """A group of commands with the text of its help."""
    return Group(help=help, context_settings=HELP, **kwargs)


def _names(ctx: click.Context) -> list[str]:
    names: list[str] = []
    at: click.Context | None = ctx
    while at is not None and at.parent is not None:
        names.insert(0, at.info_name or "")
        at = at.parent
    return names
