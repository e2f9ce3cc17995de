"""What `tasks clear` and `dags clear` share: the list, the question, the clearing."""

from __future__ import annotations

from collections.abc import Sequence

import click

from tradewind.cli.progress import progress
from tradewind.core.edits import InstanceEdit
from tradewind.core.records import NOT_MAPPED
from tradewind.services import clearing
from tradewind.services.selections import Selection
from tradewind.services.session import Services


def clear_with_questions(
    found: Services, selections: Sequence[Selection], yes: bool, *, only_failed: bool, only_running: bool
) -> None:
    """Show what would be cleared, ask unless `yes`, clear, and say what was."""
    options = clearing.Options(only_failed=only_failed, only_running=only_running)
    affected = [edit for selection in selections for edit in clearing.preview(found, selection, options)]
    if not affected:
        click.echo("Nothing to clear.")
        return
    if not yes:
        click.echo(f"You are about to clear these {len(affected)} tasks:")
        for edit in affected:
            click.echo(_line(edit))
        click.confirm("\nAre you sure?", abort=True)
    done: list[InstanceEdit] = []
    with progress("Clearing") as show:
        for number, selection in enumerate(selections):
            show(number, len(selections))
            done += clearing.clear(found, selection, options)
    click.echo(f"{len(done)} task instance{'s have' if len(done) != 1 else ' has'} been cleared")


def _line(edit: InstanceEdit) -> str:
    run, instance = edit.run, edit.instance
    index = "" if instance.map_index == NOT_MAPPED else f" map_index={instance.map_index}"
    return f"<TaskInstance: {run.dag_id}.{instance.task_id} {run.run_id}{index} [{instance.state}]>"
