"""The seam between user code and the platform: what a task (or a file being imported) asks and tells.

The runtime sets a channel before user code runs. Without one, as in a plain ``python dags/my_dag.py``, only what the
environment holds can be read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tradewind.sdk.exceptions import AirflowRuntimeError

if TYPE_CHECKING:
    from tradewind.core.messages import Reply, Request


class Channel(Protocol):
    def ask(self, request: Request) -> Reply:
        """Send `request` and wait for its answer. Raises ConnectionError when the platform is gone."""
        ...

    def tell(self, request: Request) -> None:
        """Send a request that has no answer; kept in order with the others."""
        ...


class NoChannel(AirflowRuntimeError):
    """Something was asked of the platform, and there is none around."""


_channel: Channel | None = None


def set_channel(channel: Channel | None) -> Channel | None:
    """Make `channel` the one that user code talks through; returns the one before."""
    global _channel
    before, _channel = _channel, channel
    return before


def channel() -> Channel:
    """The channel of this process. Raises NoChannel when there is none."""
    if _channel is None:
        raise NoChannel(
            "This needs a running tradewind: the file was started by itself. Run the task with "
            "`airflow tasks test DAG TASK`, or set what it reads in the environment "
            "(AIRFLOW_VAR_<KEY>, AIRFLOW_CONN_<ID>)."
        )
    return _channel


def has_channel() -> bool:
    return _channel is not None
