"""What in the text of a DAG file speaks for Airflow 2 or for Airflow 3."""

from __future__ import annotations

import ast
import re

_COMMENT = re.compile(r"^[ \t]*#[ \t]*tradewind:[ \t]*dialect[ \t]*=[ \t]*(\d+)", re.MULTILINE)

ONLY_3_MODULES = ("airflow.sdk", "airflow.providers.standard", "airflow.timetables.assets")
ONLY_2_MODULES = (
    "airflow.contrib",
    "airflow.datasets",
    "airflow.hooks",
    "airflow.operators",
    "airflow.sensors",
    "airflow.timetables.datasets",
    "airflow.utils.dates",
    "airflow.utils.decorators",
    "airflow.utils.helpers",
    "airflow.utils.weekday",
)
ONLY_2_NAMES = frozenset({"Dataset", "DatasetAlias", "DatasetAll", "DatasetAny"})
ONLY_3_DAG_ARGUMENTS = frozenset({"deadline", "fail_fast", "allowed_run_types", "disable_bundle_versioning"})
ONLY_2_DAG_ARGUMENTS = frozenset(
    {"schedule_interval", "timetable", "concurrency", "full_filepath", "default_view", "orientation", "fail_stop"}
)
ONLY_2_TASK_ARGUMENTS = frozenset(
    {
        "provide_context",
        "task_concurrency",
        "use_task_execution_day",
        "use_task_execution_date",
        "execution_date_fn",
        "sla",
    }
)
ONLY_2_RULES = frozenset({"dummy", "none_failed_or_skipped"})
_ONLY_2_CONTEXT = re.compile(
    r"\b(execution_date|next_execution_date|prev_execution_date(?:_success)?|(?:prev|next|yesterday|tomorrow)_ds(?:_nodash)?)\b"
)


class Evidence(ast.NodeVisitor):
    """What was found, in words and in order. `said` is the dialect that a comment names, 0 when none does."""

    def __init__(self, said: int = 0) -> None:
        self.said = said
        self.for_2: list[str] = []
        self.for_3: list[str] = []
        self.for_3_guarded: list[str] = []
        self._guard = 0

    def relies_on(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys([*self.for_3, *self.for_3_guarded, *self.for_2]))

    def visit_Try(self, node: ast.Try) -> None:
        self._guard += 1
        self.generic_visit(node)
        self._guard -= 1

    def visit_If(self, node: ast.If) -> None:
        # `if TYPE_CHECKING:` and `if AIRFLOW_V_3_0_PLUS:` choose at run time.
        self._guard += 1
        self.generic_visit(node)
        self._guard -= 1

    def _module(self, module: str, names: list[str]) -> None:
        if _is_below(module, ONLY_3_MODULES):
            (self.for_3_guarded if self._guard else self.for_3).append(f"imports {module}")
        elif _is_below(module, ONLY_2_MODULES):
            if not self._guard:
                self.for_2.append(f"imports {module}")
        elif module == "airflow":
            self.for_2.extend(f"imports airflow.{name}" for name in names if name in ONLY_2_NAMES and not self._guard)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._module(alias.name, [])

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        if node.level:
            return
        module = node.module or ""
        names = [alias.name for alias in node.names]
        self._module(module, names)
        for name in names:
            if module in ("airflow", "airflow.utils", "airflow.timetables", "airflow.providers"):
                self._module(f"{module}.{name}", [])

    def visit_Call(self, node: ast.Call) -> None:
        name = _called(node.func)
        if name in ("DAG", "dag"):
            for keyword in node.keywords:
                if keyword.arg in ONLY_2_DAG_ARGUMENTS:
                    self.for_2.append(f"uses {keyword.arg}=")
                elif keyword.arg in ONLY_3_DAG_ARGUMENTS:
                    self.for_3.append(f"uses {keyword.arg}=")
            if name == "DAG" and len(node.args) > 1:
                self.for_2.append("gives DAG arguments by place")
        else:
            self.for_2.extend(f"uses {word.arg}=" for word in node.keywords if word.arg in ONLY_2_TASK_ARGUMENTS)
            if any(word.arg == "execution_date" for word in node.keywords):
                self.for_2.append("uses execution_date=")
        for keyword in node.keywords:
            value = keyword.value
            if keyword.arg == "trigger_rule" and isinstance(value, ast.Constant) and value.value in ONLY_2_RULES:
                self.for_2.append(f"uses trigger rule {value.value!r}")
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            if "{{" in node.value or "{%" in node.value:
                self.for_2.extend(f"uses {found} in a template" for found in _ONLY_2_CONTEXT.findall(node.value))
            elif node.value in ("execution_date", "next_execution_date", "prev_execution_date"):
                self.for_2.append(f"reads {node.value} from the context")

    def visit_arg(self, node: ast.arg) -> None:
        if _ONLY_2_CONTEXT.fullmatch(node.arg):
            self.for_2.append(f"takes {node.arg} from the context")
        self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if node.attr == "execution_date":
            self.for_2.append("reads .execution_date")
        self.generic_visit(node)


def _is_below(module: str, parents: tuple[str, ...]) -> bool:
    return any(module == parent or module.startswith(f"{parent}.") for parent in parents)


def _called(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def find_evidence(source: str) -> Evidence:
    """What `source` says; only its comment when it is no Python."""
    comment = _COMMENT.search(source)
    evidence = Evidence(int(comment[1]) if comment is not None else 0)
    try:
        evidence.visit(ast.parse(source))
    except (SyntaxError, ValueError, RecursionError):
        pass
    return evidence
