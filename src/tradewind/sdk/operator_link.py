"""Links that an operator offers in the UI beside its own pages."""

from __future__ import annotations

from typing import Any, ClassVar


class BaseOperatorLink:
    """A button on a task instance. Subclasses set `name` and answer `get_link`."""

    operators: ClassVar[list[type[Any]]] = []
    name: str = ""

    @property
    def xcom_key(self) -> str:
        """Key under which the link's address is kept."""
        return f"_link_{type(self).__name__}"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        raise NotImplementedError(f"{type(self).__name__} does not say where it leads: define get_link().")


class XComOperatorLink(BaseOperatorLink):
    """A link whose address the task pushed as an XCom."""

    def __init__(self, name: str, xcom_key: str) -> None:
        self.name = name
        self._key = xcom_key

    @property
    def xcom_key(self) -> str:
        return self._key

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        from tradewind.sdk.xcom import XCom

        return str(XCom.get_value(ti_key=ti_key, key=self._key) or "")
