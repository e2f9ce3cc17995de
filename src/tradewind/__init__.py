"""tradewind runs workflows written for Apache Airflow on an event-driven engine.

The names below are what a DAG file needs; they are loaded when they are first used. Everything else in the package carries
no promise.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from tradewind.core.states import RunState as DagRunState
    from tradewind.core.states import TaskState as TaskInstanceState
    from tradewind.core.states import TriggerRule
    from tradewind.hooks.base import BaseHook
    from tradewind.operators.bash import BashOperator
    from tradewind.operators.branch import BaseBranchOperator
    from tradewind.operators.empty import EmptyOperator
    from tradewind.operators.latest_only import LatestOnlyOperator
    from tradewind.operators.python import BranchPythonOperator, PythonOperator, ShortCircuitOperator
    from tradewind.operators.trigger_dagrun import TriggerDagRunOperator
    from tradewind.sdk.assets import Asset, AssetAlias, AssetAll, AssetAny, Dataset, Metadata
    from tradewind.sdk.connection import Connection
    from tradewind.sdk.context import Context, get_current_context
    from tradewind.sdk.dag import DAG, dag
    from tradewind.sdk.edges import Label, chain, chain_linear, cross_downstream
    from tradewind.sdk.flow_tasks import setup, task, teardown
    from tradewind.sdk.notifier import BaseNotifier
    from tradewind.sdk.operator import BaseOperator
    from tradewind.sdk.params import Param, ParamsDict
    from tradewind.sdk.sensor import BaseSensorOperator, PokeReturnValue
    from tradewind.sdk.task_group import TaskGroup
    from tradewind.sdk.task_group_decorator import task_group
    from tradewind.sdk.template import literal
    from tradewind.sdk.types import WeightRule
    from tradewind.sdk.variable import Variable
    from tradewind.sdk.xcom import XCom
    from tradewind.sdk.xcom_arg import XComArg
    from tradewind.sensors.external_task import ExternalTaskSensor
    from tradewind.sensors.filesystem import FileSensor
    from tradewind.sensors.python import PythonSensor
    from tradewind.sensors.time_delta import TimeDeltaSensor

_WHERE = {
    "core.states": "TriggerRule",
    "hooks.base": "BaseHook",
    "operators.bash": "BashOperator",
    "operators.branch": "BaseBranchOperator",
    "operators.empty": "EmptyOperator",
    "operators.latest_only": "LatestOnlyOperator",
    "operators.python": "BranchPythonOperator PythonOperator ShortCircuitOperator",
    "operators.trigger_dagrun": "TriggerDagRunOperator",
    "sdk.assets": "Asset AssetAlias AssetAll AssetAny Dataset Metadata",
    "sdk.connection": "Connection",
    "sdk.context": "Context get_current_context",
    "sdk.dag": "DAG dag",
    "sdk.edges": "Label chain chain_linear cross_downstream",
    "sdk.flow_tasks": "setup task teardown",
    "sdk.notifier": "BaseNotifier",
    "sdk.operator": "BaseOperator",
    "sdk.params": "Param ParamsDict",
    "sdk.sensor": "BaseSensorOperator PokeReturnValue",
    "sdk.task_group": "TaskGroup",
    "sdk.task_group_decorator": "task_group",
    "sdk.template": "literal",
    "sdk.types": "WeightRule",
    "sdk.variable": "Variable",
    "sdk.xcom": "XCom",
    "sdk.xcom_arg": "XComArg",
    "sensors.external_task": "ExternalTaskSensor",
    "sensors.filesystem": "FileSensor",
    "sensors.python": "PythonSensor",
    "sensors.time_delta": "TimeDeltaSensor",
}
_NAMES = {name: (f"{__name__}.{module}", name) for module, names in _WHERE.items() for name in names.split()}
_NAMES["DagRunState"] = (f"{__name__}.core.states", "RunState")
_NAMES["TaskInstanceState"] = (f"{__name__}.core.states", "TaskState")

__all__ = [
    "DAG",
    "Asset",
    "AssetAlias",
    "AssetAll",
    "AssetAny",
    "BaseBranchOperator",
    "BaseHook",
    "BaseNotifier",
    "BaseOperator",
    "BaseSensorOperator",
    "BashOperator",
    "BranchPythonOperator",
    "Connection",
    "Context",
    "DagRunState",
    "Dataset",
    "EmptyOperator",
    "ExternalTaskSensor",
    "FileSensor",
    "Label",
    "LatestOnlyOperator",
    "Metadata",
    "Param",
    "ParamsDict",
    "PokeReturnValue",
    "PythonOperator",
    "PythonSensor",
    "ShortCircuitOperator",
    "TaskGroup",
    "TaskInstanceState",
    "TimeDeltaSensor",
    "TriggerDagRunOperator",
    "TriggerRule",
    "Variable",
    "WeightRule",
    "XCom",
    "XComArg",
    "chain",
    "chain_linear",
    "cross_downstream",
    "dag",
    "get_current_context",
    "literal",
    "setup",
    "task",
    "task_group",
    "teardown",
]


def __getattr__(name: str) -> Any:
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, own = _NAMES[name]
    value = globals()[name] = getattr(importlib.import_module(module), own)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
