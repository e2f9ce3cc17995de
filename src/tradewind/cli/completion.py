"""`tradewind completion`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from tradewind.cli.lazy import HELP


@click.command(context_settings=HELP)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.option("--for", "program", type=click.Choice(["tradewind", "airflow"]), help="Which command; both unless given.")
@click.pass_context
def completion(ctx: click.Context, shell: str, program: str | None) -> None:
    """Print the shell completion.

    \b
    bash:  eval "$(tradewind completion bash)"     in ~/.bashrc
    zsh:   eval "$(tradewind completion zsh)"      in ~/.zshrc
    fish:  tradewind completion fish | source      in ~/.config/fish/config.fish
    """
    kind = get_completion_class(shell)
    assert kind is not None
    for name in (program,) if program else ("tradewind", "airflow"):
        click.echo(kind(ctx.find_root().command, {}, name, f"_{name.upper()}_COMPLETE").source())
