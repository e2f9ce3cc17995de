"""XComs: values that tasks of a run leave for each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from tradewind.core.messages import DeleteXCom, GetXCom, SetXCom, XComs
from tradewind.core.messages import XCom as XComMessage
from tradewind.sdk import xcom_codec
from tradewind.sdk.channel import Channel, channel
from tradewind.sdk.xcom_arg import XCOM_RETURN_KEY

__all__ = ["MAX_XCOM_SIZE", "XCOM_RETURN_KEY", "BaseXCom", "LazyXComSequence", "XCom"]

MAX_XCOM_SIZE = 49344
"""Airflow 1's limit; nothing is cut here."""


def ask(request: GetXCom, through: Channel | None = None) -> list[XComMessage]:
    """The values asked for, in their order."""
    answer = (through or channel()).ask(request)
    return answer.items if isinstance(answer, XComs) else []


class LazyXComSequence(Sequence[Any]):
    """The results of all instances of a mapped task, in order of the map index. Each is decoded when it is looked at."""

    def __init__(self, request: GetXCom, through: Channel | None = None) -> None:
        self._request = request
        self._through = through
        self._raw: list[XComMessage] | None = None

    def _items(self) -> list[XComMessage]:
        if self._raw is None:
            self._raw = ask(self._request, self._through)
        return self._raw

    def __len__(self) -> int:
        return len(self._items())

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [xcom_codec.decode(item.value) for item in self._items()[index]]
        return xcom_codec.decode(self._items()[index].value)

    def __iter__(self) -> Iterator[Any]:
        return (xcom_codec.decode(item.value) for item in self._items())

    def __eq__(self, other: object) -> bool:
        if isinstance(other, (list, tuple, LazyXComSequence)):
            return list(self) == list(other)
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(list(self))

    def __reduce__(self) -> Any:
        return list, (list(self),)


def set_request(*, dag_id: str, run_id: str, task_id: str, key: str, value: Any, map_index: int = -1) -> SetXCom:
    """The request that keeps a value. Raises SerializationError when it cannot be kept."""
    return SetXCom(
        dag_id=dag_id,
        run_id=run_id,
        task_id=task_id,
        key=key,
        value=xcom_codec.encode(value),
        map_index=map_index,
        length=xcom_codec.length_of(value) if key == XCOM_RETURN_KEY else None,
    )


class BaseXCom:
    """Reading and writing XComs of any run."""

    XCOM_RETURN_KEY = XCOM_RETURN_KEY

    @staticmethod
    def serialize_value(value: Any, **_: Any) -> str:
        return xcom_codec.encode(value)

    @staticmethod
    def deserialize_value(result: Any) -> Any:
        """The value of JSON text, or of something that has it as `value`."""
        text = getattr(result, "value", result)
        return xcom_codec.decode(text) if isinstance(text, str) else text

    @classmethod
    def get_one(
        cls,
        *,
        key: str | None = None,
        dag_id: str,
        task_id: str,
        run_id: str,
        map_index: int | None = None,
        include_prior_dates: bool = False,
        **_: Any,
    ) -> Any:
        """One value, None when there is none. Without a map index, that of the task as a whole or its first instance."""
        found = ask(
            GetXCom(
                dag_id=dag_id,
                run_id=run_id,
                key=key or XCOM_RETURN_KEY,
                task_ids=[task_id],
                map_indexes=None if map_index is None else [map_index],
                include_prior_dates=include_prior_dates,
                limit=1,
            )
        )
        return xcom_codec.decode(found[0].value) if found else None

    @classmethod
    def get_value(cls, *, ti_key: Any, key: str | None = None, **_: Any) -> Any:
        return cls.get_one(
            key=key, dag_id=ti_key.dag_id, task_id=ti_key.task_id, run_id=ti_key.run_id, map_index=ti_key.map_index
        )

    @classmethod
    def get_all(
        cls, *, key: str, dag_id: str, task_id: str, run_id: str, include_prior_dates: bool = False
    ) -> list[Any] | None:
        """The values of all instances of a task, None when there are none."""
        request = GetXCom(
            dag_id=dag_id, run_id=run_id, key=key, task_ids=[task_id], include_prior_dates=include_prior_dates
        )
        return [xcom_codec.decode(item.value) for item in ask(request)] or None

    @classmethod
    def get_many(
        cls,
        *,
        run_id: str,
        dag_ids: str | Iterable[str],
        key: str | None = None,
        task_ids: str | Iterable[str] | None = None,
        map_indexes: int | Iterable[int] | None = None,
        include_prior_dates: bool = False,
        limit: int | None = None,
        **_: Any,
    ) -> list[Any]:
        """Values of several tasks, decoded."""
        wanted = [dag_ids] if isinstance(dag_ids, str) else list(dag_ids)
        found: list[Any] = []
        for dag_id in wanted:
            request = GetXCom(
                dag_id=dag_id,
                run_id=run_id,
                key=key,
                task_ids=[task_ids]
                if isinstance(task_ids, str)
                else (list(task_ids) if task_ids is not None else None),
                map_indexes=[map_indexes]
                if isinstance(map_indexes, int)
                else (list(map_indexes) if map_indexes is not None else None),
                include_prior_dates=include_prior_dates,
                limit=limit,
            )
            found.extend(xcom_codec.decode(item.value) for item in ask(request))
        return found

    @classmethod
    def set(
        cls, key: str, value: Any, *, dag_id: str, task_id: str, run_id: str, map_index: int = -1, **_: Any
    ) -> None:
        """Keep a value; replaces the one with the same key."""
        channel().tell(
            set_request(dag_id=dag_id, run_id=run_id, task_id=task_id, key=key, value=value, map_index=map_index)
        )

    @classmethod
    def delete(cls, *, key: str, task_id: str, dag_id: str, run_id: str, map_index: int | None = None) -> None:
        channel().tell(
            DeleteXCom(
                dag_id=dag_id, run_id=run_id, task_id=task_id, key=key, map_index=-1 if map_index is None else map_index
            )
        )

    @classmethod
    def clear(cls, *, dag_id: str, task_id: str, run_id: str, map_index: int | None = None, **_: Any) -> None:
        """Delete all values of a task (of all its instances when `map_index` is None)."""
        channel().tell(DeleteXCom(dag_id=dag_id, run_id=run_id, task_id=task_id, key=None, map_index=map_index))


class XCom(BaseXCom):
    """The XComs of this installation."""
