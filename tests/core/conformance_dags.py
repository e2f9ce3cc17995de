"""The DAGs of `tests/conformance/dags/specs.json` as specifications, and a worker that gives each task its planned outcome.

What `emit.py` writes as a DAG file is built here directly, so that the core is tested without the authoring layer.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.core.world import succeeded
from tradewind.core import messages
from tradewind.core.graph import Graph
from tradewind.core.run_view import Instance, RunView
from tradewind.core.spec import DagSpec, Expansion, GroupSpec, LengthLiteral, LengthOf, TaskSpec
from tradewind.core.states import TriggerRule

FOLDER = Path(__file__).parent.parent / "conformance" / "dags"


def load() -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
    """(specs by id, expected outcomes of 3.3.2 by id)."""
    specs: dict[str, dict[str, Any]] = {}
    expected: dict[str, dict[str, Any]] = {}
    for described, recorded in (("specs", "expected-3.3.2"), ("more-specs", "more-expected")):
        specs |= {spec["id"]: spec for spec in json.loads((FOLDER / f"{described}.json").read_text())}
        expected |= json.loads((FOLDER / f"{recorded}.json").read_text())["expected"]
    return specs, expected


class Planned:
    """One generated DAG: its specification and what each of its tasks does."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self.data = spec
        self._groups = {group["id"]: group for group in spec["groups"]}
        self._by_id = {task["id"]: task for task in spec["tasks"]}
        self._up: dict[str, set[str]] = {}
        self._values: dict[str, dict[str, Any]] = {}
        self._acts: dict[str, dict[str, Any]] = {}
        self._mapped_groups: list[GroupSpec] = []
        for task in spec["tasks"]:
            self._add(task)
        for task in spec["tasks"]:
            for up in task["up"]:
                self._edge(self._leaves(up), self._roots(task["id"]))
        for group_id, task_id in spec.get("group_edges", []):
            self._edge(self._group_leaves(group_id), self._roots(task_id))
        for pair in spec["setup_teardown"]:
            self._pair(pair)
        groups = [
            GroupSpec(group_id=self._path(g["id"]), parent=self._path(g["parent"]) if g["parent"] else None)
            for g in spec["groups"]
        ]
        self.spec = DagSpec(
            dag_id=spec["id"],
            fileloc="/generated.py",
            groups=(*groups, *self._mapped_groups),
            tasks=tuple(
                TaskSpec(task_id=task_id, operator="x", upstream=tuple(sorted(self._up[task_id])), **values)
                for task_id, values in self._values.items()
            ),
        )
        self.graph = Graph(self.spec)

    # --- building ----------------------------------------------------------------------------------------------------

    def _path(self, group_id: str) -> str:
        parent = self._groups[group_id]["parent"]
        return f"{self._path(parent)}.{group_id}" if parent else group_id

    def full(self, task: dict[str, Any], task_id: str | None = None) -> str:
        name = task_id or task["id"]
        return f"{self._path(task['group'])}.{name}" if task["group"] else name

    def _new(self, task_id: str, act: dict[str, Any], **values: Any) -> None:
        self._values[task_id] = values
        self._acts[task_id] = act
        self._up[task_id] = set()

    def _add(self, task: dict[str, Any]) -> None:
        kind, rule = task["kind"], TriggerRule(task["rule"])
        group = self._path(task["group"]) if task["group"] else None
        me = self.full(task)
        if kind == "mgroup":
            expansion = Expansion((("x", LengthLiteral(len(task["elements"]))),))
            name = task["id"]
            self._new(f"{name}.a", task, group=name)
            self._new(f"{name}.b", {"kind": "ok"}, group=name, trigger_rule=TriggerRule(task["inner_rule"]))
            self._edge([f"{name}.a"], [f"{name}.b"])
            self._mapped_groups.append(
                GroupSpec(group_id=name, expansion=expansion, children=(f"{name}.a", f"{name}.b"))
            )
            return
        values: dict[str, Any] = {"trigger_rule": rule, "group": group, "retry_delay_s": 0.0}
        if kind in ("ok", "fail", "skip", "failnow", "flaky"):
            values["retries"] = task["retries"]
        if kind == "mapped":
            values["expansion"] = Expansion((("op_args", LengthLiteral(len(task["elements"]))),))
        if kind == "mapped_dyn":
            source = self.full(task, f"{task['id']}_src")
            self._new(source, {"kind": "source", **{k: task[k] for k in ("producer", "elements")}}, group=group)
            values["expansion"] = Expansion((("x", LengthOf(source)),))
        self._new(me, task, **values)
        if kind == "mapped_dyn":
            self._edge([source], [me])

    def _edge(self, above: list[str], below: list[str]) -> None:
        for task_id in below:
            self._up[task_id].update(above)

    def _roots(self, name: str) -> list[str]:
        task = self._by_id[name]
        return [f"{name}.a"] if task["kind"] == "mgroup" else [self.full(task)]

    def _leaves(self, name: str) -> list[str]:
        task = self._by_id[name]
        return [f"{name}.b"] if task["kind"] == "mgroup" else [self.full(task)]

    def _group_leaves(self, group_id: str) -> list[str]:
        prefix = self._path(group_id) + "."
        inside = [task_id for task_id in self._values if task_id.startswith(prefix)]
        used = set().union(*(self._up[task_id] for task_id in inside)) if inside else set()
        return [task_id for task_id in inside if task_id not in used]

    def _pair(self, pair: dict[str, Any]) -> None:
        setup, teardown = pair["setup"], pair["teardown"]
        self._new(setup, {"kind": pair["setup_outcome"]}, is_setup=True, retry_delay_s=0.0)
        self._new(
            teardown,
            {"kind": pair["teardown_outcome"]},
            is_teardown=True,
            on_failure_fail_dagrun=pair["fail_dagrun"],
            trigger_rule=TriggerRule.ALL_DONE_SETUP_SUCCESS,
        )
        self._edge([setup], [teardown])
        self._edge([setup], self._roots(pair["first"]))
        self._edge(self._leaves(pair["last"]), [teardown])

    # --- playing -----------------------------------------------------------------------------------------------------

    def outcome(self, view: RunView, instance: Instance) -> messages.Outcome:
        act = self._acts[instance.task_id]
        kind = act["kind"]
        if kind == "source":
            return self._act(view, instance, act["producer"], length=len(act["elements"]))
        if kind in ("mapped", "mapped_dyn", "mgroup"):
            return self._act(view, instance, act["elements"][instance.map_index])
        if kind == "flaky":
            return self._act(view, instance, "fail" if instance.try_number <= act["fails"] else "ok")
        if kind == "sensor":
            if act["poke_ok"]:
                return self._act(view, instance, "ok")
            return messages.Skipped() if act["soft_fail"] else messages.Failed(cause="sensor_timeout", retry=False)
        if kind == "branch":
            return self._branch(view, instance, act)
        if kind == "short":
            if act["value"]:
                return self._act(view, instance, "ok")
            return self._short(view, instance, act)
        return self._act(view, instance, "ok" if kind in ("empty", "xcom") else kind)

    def _act(self, view: RunView, instance: Instance, what: str, length: int | None = None) -> messages.Outcome:
        if what == "fail":
            return messages.Failed(error="ValueError: planned failure")
        if what == "failnow":
            return messages.Failed(error="AirflowFailException: planned failure", retry=False)
        if what == "skip":
            return messages.Skipped()
        return succeeded(view, instance.task_id, instance.map_index, length=length)

    def _branch(self, view: RunView, instance: Instance, act: dict[str, Any]) -> messages.Outcome:
        chosen = {task_id for name in act["choose"] for task_id in self._roots(name)}
        for task_id in tuple(chosen):
            chosen.update(self.graph.flat_relatives(task_id, upstream=False))
        below = self.graph.downstream_ids(instance.task_id)
        followed = [task_id for task_id in below if task_id in chosen]
        skip = [task_id for task_id in below if task_id not in chosen]
        return succeeded(view, instance.task_id, decision={"followed": followed} if below else None, skip=skip)

    def _short(self, view: RunView, instance: Instance, act: dict[str, Any]) -> messages.Outcome:
        if act["ignore_rules"]:
            below = self.graph.flat_relatives(instance.task_id, upstream=False)
        else:
            below = self.graph.downstream_ids(instance.task_id)
        skip = [task_id for task_id in below if not self.graph.task(task_id).is_teardown]
        return succeeded(view, instance.task_id, decision={"skipped": skip} if skip else None, skip=skip)


def differences(expected: dict[str, Any], run_state: str, states: dict[str, str]) -> list[str]:
    """Differences to the nearest accepted outcome; empty when one agrees."""
    best: list[str] | None = None
    for accepted in expected["accept"]:
        found = [] if accepted["run_state"] == run_state else [f"run {run_state} != {accepted['run_state']}"]
        wanted = {k: v for k, v in accepted["tis"].items() if v not in (None, "none", "removed")}
        found += [
            f"{k}: {states.get(k)} != {wanted.get(k)}"
            for k in sorted(set(wanted) | set(states))
            if wanted.get(k) != states.get(k)
        ]
        if best is None or len(found) < len(best):
            best = found
    return best or []
