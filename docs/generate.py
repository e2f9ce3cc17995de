"""Writes the pages of docs/ that are made from the code: `python docs/generate.py`.

With `--check` nothing is written; exit status 1 names the pages that differ from what the code says, for `make lint`.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from tradewind.core.states import ACTIVE, FINAL, OCCUPYING, SUCCESSFUL, TRANSITIONS, TaskEvent, TaskState

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


PAGES: Final[Mapping[str, Callable[[], str]]] = {"explanation/state-machine.md": state_machine}


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
