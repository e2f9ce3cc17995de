"""BaseBranchOperator: chooses which of the tasks behind it go on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tradewind.sdk.operator import BaseOperator
from tradewind.sdk.skipmixin import BranchMixIn


class BaseBranchOperator(BaseOperator, BranchMixIn):
    """Subclasses implement `choose_branch`; every direct downstream task that it does not name is skipped."""

    inherits_from_skipmixin = True

    def choose_branch(self, context: Any) -> str | Iterable[str] | None:
        """Id or ids of the tasks or groups to follow; None skips all of them."""
        raise NotImplementedError(f"{type(self).__name__} must implement choose_branch(self, context).")

    def execute(self, context: Any) -> Any:
        return self.do_branch(context, self.choose_branch(context))
