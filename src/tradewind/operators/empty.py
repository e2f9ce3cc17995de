"""EmptyOperator: a task without work of its own."""

from __future__ import annotations

from typing import Any

from tradewind.sdk.operator import BaseOperator


class EmptyOperator(BaseOperator):
    """Does nothing: it joins or groups other tasks.

    The engine completes it without a process, unless it has callbacks, outlets or a `pre_execute`/`post_execute`.
    """

    is_inline = True
    ui_color = "#e8f7e4"

    def execute(self, context: Any) -> None:
        """Nothing to do."""


DummyOperator = EmptyOperator
