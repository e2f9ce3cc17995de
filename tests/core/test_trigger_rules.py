"""Every trigger rule against how its upstreams ended. One row a case: the letters are the upstream states.

s success, k skipped, f failed, u upstream_failed, r removed, . not ended.
"""

from __future__ import annotations

import pytest

from tests.core.world import World, dag, succeeded, task
from tradewind.core import advance, messages
from tradewind.core.spec import Expansion, LengthLiteral
from tradewind.core.states import TaskEvent, TaskState, TriggerRule
from tradewind.core.trigger_rules import RULES, WORDS, Counts, Verdict, evaluate

MET, WAIT, FAILED, SKIPPED = Verdict.MET, Verdict.WAIT, Verdict.FAILED, Verdict.SKIPPED

TABLE = {
    "all_success": {
        "ss": MET, "s.": WAIT, "..": WAIT, "sf": FAILED, "f.": FAILED, "u.": FAILED, "sk": SKIPPED, "kk": SKIPPED,
        "sr": MET, "rr": MET, "fk": FAILED, "uk": FAILED,
        # What else there is to know decides: see test_a_skip_waits_for_what_could_fail_in_its_round.
        "k.": WAIT,
    },
    "all_failed": {
        "ff": MET, "fu": MET, "fr": MET, "f.": WAIT, "..": WAIT, "s.": SKIPPED, "k.": SKIPPED, "fs": SKIPPED, "fk": SKIPPED,
    },
    "all_done": {"sf": MET, "ku": MET, "sr": MET, "s.": WAIT, "f.": WAIT, "..": WAIT},
    "all_done_min_one_success": {
        "ss": MET, "sf": MET, "su": MET, "sr": MET, "ff": FAILED, "fu": FAILED, "fr": FAILED,
        "sk": SKIPPED, "k.": SKIPPED, "kk": SKIPPED, "fk": SKIPPED, "s.": WAIT, "f.": WAIT,
    },
    "all_skipped": {"kk": MET, "k.": WAIT, "..": WAIT, "s.": SKIPPED, "kf": SKIPPED, "ku": SKIPPED},
    "one_success": {
        "s.": MET, "sf": MET, "sk": MET, "..": WAIT, "f.": WAIT, "k.": WAIT, "ff": FAILED, "fk": FAILED, "uk": FAILED,
        "kk": SKIPPED,
    },
    "one_failed": {"f.": MET, "u.": MET, "sf": MET, "s.": WAIT, "..": WAIT, "ss": SKIPPED, "sk": SKIPPED, "kk": SKIPPED},
    "one_done": {"s.": MET, "f.": MET, "sk": MET, "k.": WAIT, "u.": WAIT, "..": WAIT, "kk": SKIPPED, "ku": SKIPPED},
    "none_failed": {"ss": MET, "sk": MET, "kk": MET, "s.": WAIT, "k.": WAIT, "f.": FAILED, "uk": FAILED},
    "none_failed_min_one_success": {
        "ss": MET, "sk": MET, "s.": WAIT, "k.": WAIT, "f.": FAILED, "su": FAILED, "kk": SKIPPED, "kr": FAILED,
    },
    "none_skipped": {"ss": MET, "sf": MET, "fu": MET, "s.": WAIT, "k.": SKIPPED, "sk": SKIPPED},
    "all_done_setup_success": {"sf": MET, "kk": MET, "ff": MET, "s.": WAIT},
    "always": {"..": MET, "ff": MET, "kk": MET},
}  # fmt: skip
ROWS = [(rule, states, verdict) for rule, rows in TABLE.items() for states, verdict in rows.items()]
_EVENTS = {
    "s": TaskEvent.MARKED_SUCCESS,
    "k": TaskEvent.MARKED_SKIPPED,
    "f": TaskEvent.MARKED_FAILED,
    "u": TaskEvent.RULE_FAILED,
    "r": TaskEvent.REMOVED,
}


def counts(states: str) -> Counts:
    return Counts(
        total=len(states),
        success=states.count("s"),
        skipped=states.count("k"),
        failed=states.count("f"),
        upstream_failed=states.count("u"),
        removed=states.count("r"),
    )


def test_the_table_has_every_rule():
    assert (
        set(TABLE) == {rule.value for rule in TriggerRule} == {rule.value for rule in RULES} == {r.value for r in WORDS}
    )


@pytest.mark.parametrize(("rule", "states", "verdict"), ROWS)
def test_a_rule_decides_by_how_its_upstreams_ended(rule, states, verdict):
    assert evaluate(TriggerRule(rule), counts(states)) is verdict
    assert evaluate(TriggerRule(rule), counts(states[::-1])) is verdict


@pytest.mark.parametrize("rule", list(TriggerRule))
def test_a_task_without_upstream_instances_may_start(rule):
    assert evaluate(rule, Counts()) is MET


_OUTCOME = {
    MET: TaskState.SCHEDULED,
    WAIT: TaskState.NONE,
    FAILED: TaskState.UPSTREAM_FAILED,
    SKIPPED: TaskState.SKIPPED,
}


IN_A_RUN = [row if row[:2] != ("all_success", "k.") else (*row[:2], SKIPPED) for row in ROWS]
"""Where nothing is under way, a skip is not held back."""


@pytest.mark.parametrize(("rule", "states", "verdict"), IN_A_RUN)
def test_a_run_follows_the_rule(rule, states, verdict):
    above = [task(f"u{n}") for n in range(len(states))]
    world = World(dag(*above, task("t", *(t.task_id for t in above), trigger_rule=TriggerRule(rule))), begin=False)
    _end(world, [(f"u{n}", -1) for n in range(len(states))], states)
    assert world.state("t") is _OUTCOME[verdict]


@pytest.mark.parametrize(("rule", "states", "verdict"), IN_A_RUN)
def test_every_instance_of_a_mapped_upstream_counts(rule, states, verdict):
    above = task("u", expansion=Expansion((("x", LengthLiteral(len(states))),)))
    world = World(dag(above, task("t", "u", trigger_rule=TriggerRule(rule))), begin=False)
    _end(world, [("u", n) for n in range(len(states))], states)
    assert world.state("t") is _OUTCOME[verdict]


@pytest.mark.parametrize(
    ("setups", "others", "verdict"),
    [
        ("s", "s", MET),
        ("s", "f", MET),
        ("s", ".", WAIT),
        ("k", "s", SKIPPED),
        ("f", "s", FAILED),
        ("u", "s", FAILED),
        ("kf", "s", FAILED),
        ("ks", "f", MET),
        ("kk", "s", SKIPPED),
        ("", "f", MET),
    ],
)
def test_a_teardown_needs_one_setup_that_succeeded(setups, others, verdict):
    found = counts(setups + others)._replace(
        setups=len(setups), setups_success=setups.count("s"), setups_skipped=setups.count("k")
    )
    assert evaluate(TriggerRule.ALL_DONE_SETUP_SUCCESS, found) is verdict


_SKIP = messages.Skipped()
_FAIL = messages.Failed(error="ValueError: planned")

AROUND_A_SKIP = [
    # (tasks with what is above them, what ends in this order, state of 'end')
    pytest.param({"a": "", "b": "", "end": "a b"}, ["a skip"], "none", id="beside-it"),
    pytest.param({"a": "", "b": "", "end": "a b"}, ["a skip", "b fail"], "upstream_failed", id="beside-it-and-fails"),
    pytest.param({"a": "", "b": "", "end": "a b"}, ["a skip", "b ok"], "skipped", id="beside-it-and-succeeds"),
    pytest.param({"a": "", "b": "", "c": "b", "end": "a c"}, ["a skip"], "skipped", id="one-round-later"),
    pytest.param({"a": "", "b": "", "c": "b", "end": "a c"}, ["b ok", "a skip"], "skipped", id="later-in-any-order"),
    pytest.param(
        {"a": "", "a2": "a", "a3": "a2", "b": "", "c": "b", "end": "a3 c"}, ["a skip"], "none", id="handed-on-in-rounds"
    ),
    pytest.param(
        {"a": "", "a2": "a", "a3": "a2", "b": "", "c": "b", "end": "a3 c"},
        ["a skip", "b fail"],
        "upstream_failed",
        id="a-failure-handed-on-in-fewer-rounds",
    ),
    pytest.param({"a": "", "b": "", "end": "a b"}, ["a skip", "b retry"], "skipped", id="a-retry-is-later"),
    pytest.param({"x": "", "a": "x", "b": "", "end": "a b"}, ["x ok", "a skip"], "none", id="begun-before"),
]


@pytest.mark.parametrize(("tasks", "ends", "state"), AROUND_A_SKIP)
def test_a_skip_waits_for_what_could_fail_in_its_round(tasks, ends, state):
    world = World(dag(*(task(name, *above.split(), retries=int(name == "b")) for name, above in tasks.items())))
    for line in ends:
        name, how = line.split()
        world.start(name)
        outcome = {
            "skip": _SKIP,
            "retry": _FAIL,
            "fail": messages.Failed(error="ValueError: planned", retry=False),
        }.get(how)
        world.end(name, outcome or succeeded(world.view, name))
    assert world.state("end").value == state


def _end(world: World, keys: list[tuple[str, int]], states: str) -> None:
    """Give instances the states that a test wants, without playing the run that leads there."""
    for node in world.graph.ordered:
        for index in range(len(keys)) if node.is_scoped else (-1,):
            world.view.new_instance(node, index)
    for key, letter in zip(keys, states, strict=True):
        if letter != ".":
            world.view.apply(world.view.instances[key], _EVENTS[letter], world.clock)
    world.take(advance.advance(world.view, ["t"], world.clock))
