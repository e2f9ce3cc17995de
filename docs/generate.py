"""Writes the pages of docs/ that are made from the code: `python docs/generate.py`.

With `--check` nothing is written; exit status 1 names the pages that differ from what the code says, for `make lint`.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import click

from tradewind.cli.main import cli
from tradewind.configuration.options import OPTIONS, SECTIONS, Option
from tradewind.core.states import ACTIVE, FINAL, OCCUPYING, SUCCESSFUL, TRANSITIONS, TaskEvent, TaskState, TriggerRule
from tradewind.core.trigger_rules import RULES, WORDS, Counts, Verdict, evaluate

DOCS: Final = Path(__file__).resolve().parent
# An event that is possible in so many states would only cover the drawing with arrows: it gets a row in a table.
TOO_MANY_TO_DRAW: Final = 6

HEAD: Final = """\
# How a task instance lives

<!-- Written by docs/generate.py from tradewind.core.states; change that table, then run `make docs`. -->

A task instance is one task in one run (at one map index, when it is mapped). Its state changes only by an event, only
as the table `TRANSITIONS` in `tradewind.core.states` allows, and in one transaction with a row of history that says
what happened and who did it. The database repeats the guard: an update names the state that it expects to find.
"""


def sources_by_event() -> dict[TaskEvent, dict[TaskState, list[TaskState]]]:
    """Event → state it leads to → states it is possible in; all in the order in which the enums are written."""
    found: dict[TaskEvent, dict[TaskState, list[TaskState]]] = {event: defaultdict(list) for event in TaskEvent}
    for event in TaskEvent:
        for state in TaskState:
            target = TRANSITIONS.get((state, event))
            if target is not None:
                found[event][target].append(state)
    return found


def diagram(sources: Mapping[TaskEvent, Mapping[TaskState, list[TaskState]]]) -> list[str]:
    """A mermaid state diagram. One arrow for each pair of states, labelled with all events that lead along it."""
    labels: dict[tuple[TaskState, TaskState], list[str]] = defaultdict(list)
    for event, targets in sources.items():
        for target, states in targets.items():
            for state in states:
                labels[state, target].append(event.value)
    lines = ["```mermaid", "stateDiagram-v2", "    [*] --> none"]
    lines += [f"    {state} --> {target}: {', '.join(events)}" for (state, target), events in labels.items()]
    lines += [f"    {state} --> [*]" for state in TaskState if state in FINAL]
    return [*lines, "```"]


def table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (header, ("---",) * len(header), *rows)]


def words(states: list[TaskState]) -> str:
    return ", ".join(f"`{state}`" for state in states)


def everywhere_but(states: list[TaskState]) -> str:
    missing = [state for state in TaskState if state not in states]
    return f"every state but {words(missing)}" if missing else "every state"


def state_machine() -> str:
    sources = sources_by_event()
    drawn: dict[TaskEvent, dict[TaskState, list[TaskState]]] = {}
    listed: list[tuple[str, ...]] = []
    for event, targets in sources.items():
        if sum(len(states) for states in targets.values()) < TOO_MANY_TO_DRAW:
            drawn[event] = targets
        else:
            for target, states in targets.items():
                few = len(states) <= len(TaskState) // 2
                listed.append((f"`{event.value}`", words(states) if few else everywhere_but(states), f"`{target}`"))
    kinds = [
        ("final: it changes again only when somebody acts on it", FINAL),
        ("counts as success for the run", SUCCESSFUL),
        ("a process may be at work on it", ACTIVE),
        ("holds slots of its pool", OCCUPYING),
    ]
    rows = [
        (f"`{event.value}`", words(states), f"`{target}`")
        for event, targets in drawn.items()
        for target, states in targets.items()
    ]
    lines = [
        HEAD,
        *diagram(drawn),
        "",
        "## Events drawn above",
        "",
        *table(("event", "in", "leads to"), rows),
        "",
        "## Events that are possible in many states",
        "",
        *table(("event", "in", "leads to"), listed),
        "",
        "## Kinds of states",
        "",
        *table(
            ("kind", "states"),
            [(kind, words([state for state in TaskState if state in members])) for kind, members in kinds],
        ),
    ]
    return "\n".join(lines) + "\n"


# --- trigger rules -------------------------------------------------------------------------------------------------------

TRIGGER_RULES_HEAD: Final = """\
# Trigger rules

<!-- Written by docs/generate.py from tradewind.core.trigger_rules; change that module, then run `make docs`. -->

A trigger rule says when a task may start, given how its direct upstream tasks ended. `all_success` is the default; a task
without upstreams starts in any case. Airflow 2's names `dummy` and `none_failed_or_skipped` mean `always` and
`none_failed_min_one_success`.
"""

TRIGGER_RULES_MIDDLE: Final = """
## What three upstream tasks lead to

Columns say how the three ended; *not ended* is anything that is not final. **starts**: the rule is met. *upstream_failed*
and *skipped* are the state that the task gets without running.
"""

TRIGGER_RULES_END: Final = """
Where a rule can end both in *upstream_failed* and in *skipped*, a failure outranks a skip. `all_success` does not wait for
all of its upstream tasks: a failure decides at once, and so does a skip, unless something above runs that began no later
and may still fail. A branch (or short-circuit) that decides against a task skips it whatever its rule says.

Mapped upstream tasks count with all their instances. A setup that a task relies on without being directly below it has to
succeed as well.
"""

CASES: Final[Sequence[tuple[str, Counts]]] = (
    ("3 success", Counts(3, success=3)),
    ("2 success, 1 failed", Counts(3, success=2, failed=1)),
    ("2 success, 1 skipped", Counts(3, success=2, skipped=1)),
    ("1 success, 1 failed, 1 skipped", Counts(3, success=1, failed=1, skipped=1)),
    ("3 failed", Counts(3, failed=3)),
    ("3 skipped", Counts(3, skipped=3)),
    ("3 upstream_failed", Counts(3, upstream_failed=3)),
    ("1 success, 2 not ended", Counts(3, success=1)),
    ("1 failed, 2 not ended", Counts(3, failed=1)),
)
VERDICTS: Final = {
    Verdict.MET: "**starts**",
    Verdict.WAIT: "waits",
    Verdict.FAILED: "upstream_failed",
    Verdict.SKIPPED: "skipped",
}


def trigger_rules() -> str:
    rules: list[TriggerRule] = list(RULES)
    half = len(CASES) // 2 + 1
    lines = [TRIGGER_RULES_HEAD, *table(("rule", "wants"), [(f"`{rule}`", WORDS[rule]) for rule in rules])]
    lines.append(TRIGGER_RULES_MIDDLE)
    for cases in (CASES[:half], CASES[half:]):
        header = ("rule", *(name for name, _ in cases))
        lines += table(header, [(f"`{r}`", *(VERDICTS[evaluate(r, c)] for _, c in cases)) for r in rules])
        lines.append("")
    return "\n".join(lines).rstrip("\n") + "\n" + TRIGGER_RULES_END


# --- configuration -------------------------------------------------------------------------------------------------------

CONFIGURATION_HEAD: Final = """\
# Configuration

<!-- Written by docs/generate.py from tradewind.configuration.options; change that table, then run `make docs`. -->

Options keep the names and sections that they have in Airflow 3; the names of 2.x mean the same. The first of these that has
a value decides:

1. the environment variable `AIRFLOW__SECTION__KEY` (a dot in a section becomes `_`)
2. for secrets, `AIRFLOW__SECTION__KEY_CMD` (a command whose output is the value) and `AIRFLOW__SECTION__KEY_SECRET`
3. `airflow.cfg` in the home, or the file that `$AIRFLOW_CONFIG` names
4. for secrets, `<key>_cmd` and `<key>_secret` there
5. the default below; `{AIRFLOW_HOME}` stands for the home

`airflow config list` prints all options with their values, `airflow config get-value SECTION KEY` one of them.
`airflow config lint` names what is set and unknown, misspelt, or without effect here, and exits with 1 when it found
something. A value that is not of its type is an error that names the option and where it stands.

Options marked (secret) are hidden in listings. A dash means that the option is unset.
"""

CONFIGURATION_END: Final = """
## Options without effect

They are known, so that an `airflow.cfg` of Airflow is no mistake, and setting them changes nothing. `airflow config lint`
says so for each that is set to something else than its default.
"""

CAVEATS: Final[Mapping[tuple[str, str], str]] = {
    ("operators", "default_deferrable"): "(Not read yet.)",
}
"""Where the table says more than the code does. tests/docs holds that no unread option is missing, and none too many."""


def option_row(option: Option) -> tuple[str, ...]:
    name = f"`{option.key}`" + (" (secret)" if option.sensitive else "")
    default = "–" if option.default is None else f"`{cell(option.default)}`" if option.default else "(empty)"
    note = CAVEATS.get((option.section, option.key), "")
    return name, option.type, default, cell(f"{option.description} {note}".strip())


def cell(text: str) -> str:
    return text.replace("|", "\\|")


def configuration() -> str:
    lines = [CONFIGURATION_HEAD.rstrip("\n")]
    for section in SECTIONS:
        used = [option for option in OPTIONS.values() if option.section == section and option.is_used]
        if used:
            lines += ["", f"## [{section}]", ""]
            lines += table(("option", "type", "default", "means"), [option_row(option) for option in used])
    lines.append(CONFIGURATION_END.rstrip("\n"))
    for section in SECTIONS:
        by_reason: dict[str, list[str]] = defaultdict(list)
        for option in OPTIONS.values():
            if option.section == section and not option.is_used:
                by_reason[option.no_effect].append(f"`{option.key}`")
        if by_reason:
            rows = [(", ".join(names), cell(reason)) for reason, names in by_reason.items()]
            lines += ["", f"### [{section}]", "", *table(("options", "why"), rows)]
    return "\n".join(lines) + "\n"


# --- command line --------------------------------------------------------------------------------------------------------

COMMAND_LINE_HEAD: Final = """\
# Command line

<!-- Written by docs/generate.py from tradewind.cli; change the commands, then run `make docs`. -->

`airflow` and `tradewind` are two names of one program. Every command takes `-h`. The home in use is `$AIRFLOW_HOME`, else
`~/airflow`. A date without a zone is UTC; where a command wants a run, its run id or its logical date will do.

| exit code | means |
| --- | --- |
| 0 | done |
| 1 | what was asked for cannot be done, or did not succeed; the message on stderr says what to do |
| 2 | the command was not written correctly |
| 130 | ended by Ctrl-C |

Options of Airflow that mean nothing here are accepted and not listed, so that scripts go on working. A command of Airflow
that is not here answers with where it went.
"""


def takes(parameter: click.Parameter) -> str:
    """What stands behind an option: `DATE`, `a|b`, or nothing for a switch."""
    if isinstance(parameter, click.Option) and (parameter.is_flag or parameter.count):
        return ""
    if isinstance(parameter.type, click.Choice):
        return "\\|".join(str(choice) for choice in parameter.type.choices)
    return parameter.type.name.upper().removesuffix(" RANGE")


def command_entry(path: str, command: click.Command) -> list[str]:
    pieces = [path]
    for parameter in command.params:
        if isinstance(parameter, click.Argument):
            name = (parameter.metavar or str(parameter.name).upper()).strip("[]")
            pieces.append(name if parameter.required else f"[{name}]")
    lines = [f"### `{' '.join(pieces)}`", "", " ".join((command.help or "").split("\n\n")[0].split())]
    rows = []
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not parameter.hidden and "--verbose" not in parameter.opts:
            names = ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts))
            shown = (
                f" Default: {parameter.default}." if parameter.show_default and parameter.default is not None else ""
            )
            rows.append((f"{names} {takes(parameter)}".rstrip(), cell(f"{parameter.help or ''}{shown}".strip())))
    if rows:
        lines += ["", *table(("option", "means"), rows)]
    return [*lines, ""]


def command_line() -> str:
    context = click.Context(cli, info_name="airflow")
    lines = [COMMAND_LINE_HEAD]
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            lines += [f"## {name}", "", command.help or "", ""]
            for inner in sorted(command.commands):
                lines += command_entry(f"airflow {name} {inner}", command.commands[inner])
        else:
            lines += [f"## {name}", "", *command_entry(f"airflow {name}", command)]
    return "\n".join(lines).rstrip("\n") + "\n"


PAGES: Final[Mapping[str, Callable[[], str]]] = {
    "explanation/state-machine.md": state_machine,
    "reference/command-line.md": command_line,
    "reference/configuration.md": configuration,
    "reference/trigger-rules.md": trigger_rules,
}


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["--check"]):
        print("usage: python docs/generate.py [--check]", file=sys.stderr)
        return 2
    stale = []
    for name, page in PAGES.items():
        path, text = DOCS / name, page()
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        if arguments:
            stale.append(name)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(f"written: docs/{name}")
    for name in stale:
        print(f"docs/{name} is not what the code says: run `make docs` and look at the difference.", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
