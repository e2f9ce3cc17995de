"""A DAG as graphviz dot, as mermaid, or as a tree of lines. None of them needs graphviz; pictures do."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

from tradewind.cli.errors import Refused
from tradewind.core.spec import DagSpec
from tradewind.services.tasks import task_tree

_PICTURES = frozenset({".svg", ".png", ".pdf", ".jpg", ".jpeg"})


def draw(spec: DagSpec, kind: str) -> str:
    """`kind`: dot, mermaid or tree."""
    return {"dot": _dot, "mermaid": _mermaid, "tree": _tree}[kind](spec)


def save_drawing(spec: DagSpec, path: Path) -> None:
    """Write a file of the kind that its name asks for. Raises Refused for a picture when graphviz is not installed."""
    if path.suffix in (".mmd", ".mermaid"):
        content = _mermaid(spec).encode()
    elif path.suffix in (".dot", ".gv"):
        content = _dot(spec).encode()
    elif path.suffix in _PICTURES:
        content = _picture(spec, path)
    else:
        raise Refused(f"Cannot tell what kind of file {path} is. Name it .dot, .mmd, .svg, .png or .pdf.")
    try:
        path.write_bytes(content)
    except OSError as error:
        raise Refused(f"Cannot write {path}: {error.strerror}. Choose another path.") from None


def _picture(spec: DagSpec, path: Path) -> bytes:
    program = shutil.which("dot")
    if program is None:
        raise Refused(
            f"A {path.suffix} file is drawn by graphviz, which is not installed. Install it (apt install graphviz), "
            f"or save {path.with_suffix('.dot')} or {path.with_suffix('.mmd')} instead."
        )
    done = subprocess.run(
        [program, f"-T{path.suffix[1:]}"], input=_dot(spec).encode(), capture_output=True, check=False
    )
    if done.returncode:
        raise Refused(f"graphviz could not draw it: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def _dot(spec: DagSpec) -> str:
    lines = [
        f"digraph {json.dumps(spec.dag_id)} {{",
        f"  graph [label={json.dumps(spec.display_name or spec.dag_id)} labelloc=t rankdir={spec.orientation or 'LR'}]",
        '  node [shape=rectangle style="filled,rounded"]',
    ]
    groups = {group.group_id: group for group in spec.groups}
    tasks = {task.task_id: task for task in spec.tasks}

    def add(children: tuple[str, ...], indent: str) -> None:
        for child in children:
            if child in groups:
                group = groups[child]
                lines.append(f"{indent}subgraph {json.dumps('cluster_' + child)} {{")
                lines.append(f"{indent}  label={json.dumps(group.label or child)}")
                add(group.children, indent + "  ")
                lines.append(f"{indent}}}")
            elif child in tasks:
                task = tasks[child]
                label = json.dumps(task.display_name or task.label or child)
                lines.append(
                    f"{indent}{json.dumps(child)} [label={label} fillcolor={json.dumps(task.ui_color)} "
                    f"fontcolor={json.dumps(task.ui_fgcolor)}]"
                )

    add(spec.roots or tuple(tasks), "  ")
    labels = {(edge.upstream, edge.downstream): edge.label for edge in spec.edge_labels}
    for task in spec.tasks:
        for upstream in task.upstream:
            label = labels.get((upstream, task.task_id))
            shown = f" [label={json.dumps(label)}]" if label else ""
            lines.append(f"  {json.dumps(upstream)} -> {json.dumps(task.task_id)}{shown}")
    return "\n".join([*lines, "}"])


def _mermaid(spec: DagSpec) -> str:
    lines = [f"flowchart {spec.orientation or 'LR'}"]
    names = {task.task_id: f"t{number}" for number, task in enumerate(spec.tasks)}
    for task in spec.tasks:
        label = re.sub(r'["\n]', "'", task.display_name or task.task_id)
        lines.append(f'  {names[task.task_id]}["{label}"]')
    labels = {(edge.upstream, edge.downstream): edge.label for edge in spec.edge_labels}
    for task in spec.tasks:
        for upstream in task.upstream:
            label = labels.get((upstream, task.task_id), "")
            shown = f"|{re.sub(r'[|]', '/', label)}|" if label else ""
            lines.append(f"  {names[upstream]} -->{shown} {names[task.task_id]}")
    return "\n".join(lines)


def _tree(spec: DagSpec) -> str:
    return "\n".join(f"{'    ' * depth}<Task({operator}): {task_id}>" for depth, operator, task_id in task_tree(spec))
