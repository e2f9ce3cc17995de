"""`airflow cheat-sheet`."""

from __future__ import annotations

from collections.abc import Iterator

import click

from tradewind.cli.lazy import HELP
from tradewind.cli.options import verbose_option


@click.command(context_settings=HELP)
@verbose_option
@click.pass_context
def cheat_sheet(ctx: click.Context) -> None:
    """Show all commands on one page."""
    root = ctx.find_root()
    assert isinstance(root.command, click.Group)
    for title, lines in _pages(root.command, root):
        click.echo(f"\n{title}")
        width = max(len(name) for name, _ in lines)
        for name, text in lines:
            click.echo(f"  {name.ljust(width)}  {text}")


def _pages(top: click.Group, ctx: click.Context) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    single: list[tuple[str, str]] = []
    pages: list[tuple[str, list[tuple[str, str]]]] = []
    for name in top.list_commands(ctx):
        command = top.get_command(ctx, name)
        assert command is not None
        if isinstance(command, click.Group):
            lines = [
                (f"{ctx.info_name} {name} {sub}", found.get_short_help_str(80))
                for sub in command.list_commands(ctx)
                if (found := command.get_command(ctx, sub)) is not None
            ]
            pages.append((command.get_short_help_str(80), lines))
        else:
            single.append((f"{ctx.info_name} {name}", command.get_short_help_str(80)))
    yield "Single commands", single
    yield from pages
