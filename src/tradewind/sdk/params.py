"""Params: values that a run is started with, checked against a JSON schema.

jsonschema is imported only for params that have a schema.
"""

from __future__ import annotations

import copy
import json
from collections.abc import ItemsView, Iterator, Mapping, MutableMapping, ValuesView
from typing import TYPE_CHECKING, Any

from tradewind.configuration import conf
from tradewind.sdk.exceptions import InvalidArgument, ParamValidationError
from tradewind.sdk.resolvable import ResolveMixin
from tradewind.sdk.types import NOTSET, ArgNotSet

if TYPE_CHECKING:
    from tradewind.sdk.dag import DAG


class Param:
    """One param: a default (or none, then the run must give it), words about it, and a JSON schema as keywords.

    `Param(5, type="integer", minimum=1)`. A value is checked when it is read, not when it is written here.
    """

    CLASS_IDENTIFIER = "__class"

    def __init__(
        self, default: Any = NOTSET, description: str | None = None, source: str | None = None, **kwargs: Any
    ) -> None:
        self.value = default
        self.description = description
        self.source = source
        self.schema: dict[str, Any] = kwargs.pop("schema", None) or kwargs

    @property
    def has_value(self) -> bool:
        return not isinstance(self.value, ArgNotSet) and self.value is not None

    def resolve(self, value: Any = NOTSET, suppress_exception: bool = False) -> Any:
        """The value (the default when none is given), checked. None instead of an error with `suppress_exception`.

        Raises ParamValidationError when there is no value, or when it does not fit.
        """
        try:
            final = self.value if isinstance(value, ArgNotSet) else value
            if isinstance(final, ArgNotSet):
                raise ParamValidationError("No value was given, and there is no default.")
            _check_json(final)
            if self.schema:
                _check_schema(final, self.schema)
        except ParamValidationError:
            if suppress_exception:
                return None
            raise
        self.value = final
        return final

    def dump(self) -> dict[str, Any]:
        return {
            "value": None if isinstance(self.value, ArgNotSet) else self.value,
            "schema": self.schema,
            "description": self.description,
        }

    def __copy__(self) -> Param:
        return Param(self.value, self.description, self.source, schema=dict(self.schema))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Param) and self.dump() == other.dump()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Param({self.value!r})"


def _check_json(value: Any) -> None:
    try:
        json.dumps(value)
    except (TypeError, ValueError):
        raise ParamValidationError(
            f"Params must be plain JSON, and {value!r} ({type(value).__name__}) is not: pass text or a number instead."
        ) from None


def _check_schema(value: Any, schema: Mapping[str, Any]) -> None:
    import jsonschema

    validator = jsonschema.Draft202012Validator(
        dict(schema), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    error = jsonschema.exceptions.best_match(validator.iter_errors(value))
    if error is not None:
        raise ParamValidationError(error.message)


class ParamsDict(MutableMapping[str, Any]):
    """Params by name. Reading gives the value; what is written is kept as the param's new value, and checked."""

    def __init__(self, dict_obj: Any = None, suppress_exception: bool = False) -> None:
        self.suppress_exception = suppress_exception
        self._params: dict[str, Param] = {}
        source = dict_obj._params if isinstance(dict_obj, ParamsDict) else dict_obj or {}
        if not isinstance(source, Mapping):
            raise InvalidArgument(f"params takes a dict of names and values, not {type(source).__name__}.")
        for name, value in source.items():
            self._params[name] = copy.copy(value) if isinstance(value, Param) else Param(value)

    def __getitem__(self, key: str) -> Any:
        return self._params[key].resolve(suppress_exception=self.suppress_exception)

    def __setitem__(self, key: str, value: Any) -> None:
        if isinstance(value, Param):
            self._params[key] = value
        elif key in self._params:
            try:
                self._params[key].resolve(value, suppress_exception=self.suppress_exception)
            except ParamValidationError as error:
                raise ParamValidationError(f"Param {key!r}: {error}") from None
        else:
            self._params[key] = Param(value)

    def __delitem__(self, key: str) -> None:
        del self._params[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._params)

    def __len__(self) -> int:
        return len(self._params)

    def __contains__(self, key: object) -> bool:
        return key in self._params

    def __eq__(self, other: object) -> bool:
        if isinstance(other, ParamsDict):
            return self._params == other._params
        return self.dump() == other if isinstance(other, dict) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __copy__(self) -> ParamsDict:
        return ParamsDict(self, self.suppress_exception)

    def __deepcopy__(self, memo: dict[int, Any] | None) -> ParamsDict:
        return ParamsDict(self, self.suppress_exception)

    def __repr__(self) -> str:
        return repr({name: param.value for name, param in self._params.items()})

    def __str__(self) -> str:
        return str(self.dump())

    def items(self) -> ItemsView[str, Any]:
        """Names and `Param`s, not their values: as in Airflow."""
        return ItemsView(self._params)

    def values(self) -> ValuesView[Any]:
        return ValuesView(self._params)

    def get_param(self, key: str) -> Param:
        return self._params[key]

    def update(self, *args: Any, **kwargs: Any) -> None:
        if len(args) == 1 and isinstance(args[0], ParamsDict):
            self._params.update({name: copy.copy(param) for name, param in args[0]._params.items()})
            args = ()
        super().update(*args, **kwargs)

    def dump(self) -> dict[str, Any]:
        """Names and values. Raises ParamValidationError when one does not fit."""
        return {name: self[name] for name in self._params}

    def validate(self) -> dict[str, Any]:
        """Like `dump`, naming the param at fault."""
        values = {}
        for name, param in self._params.items():
            try:
                values[name] = param.resolve(suppress_exception=self.suppress_exception)
            except ParamValidationError as error:
                raise ParamValidationError(f"Param {name!r}: {error}") from None
        return values


class DagParam(ResolveMixin):
    """`dag.param("x")`: the value of a param, known when a task runs."""

    def __init__(self, current_dag: DAG, name: str, default: Any = NOTSET) -> None:
        if not isinstance(default, ArgNotSet):
            current_dag.params[name] = default
        self._name = name
        self._default = default
        self.current_dag = current_dag

    def resolve(self, context: Mapping[str, Any]) -> Any:
        run = context.get("dag_run")
        given = (getattr(run, "conf", None) or {}) if run is not None else {}
        if self._name in given:
            return given[self._name]
        params = context.get("params") or {}
        if self._name in params:
            return params[self._name]
        if not isinstance(self._default, ArgNotSet):
            return self._default
        raise ParamValidationError(
            f"There is no value for param {self._name!r}: give the DAG a default in params=, or the run a conf with it."
        )

    def iter_references(self) -> Iterator[tuple[Any, str]]:
        yield from ()

    def __repr__(self) -> str:
        return f"<DagParam {self._name!r}>"


def process_params(dag: Any, task: Any, run_conf: Mapping[str, Any] | None, *, suppress_exception: bool = False) -> Any:
    """The params that a task sees: the DAG's, then the task's, then the run's conf, checked, as a plain mapping.

    Raises ParamValidationError naming the param.
    """
    params = ParamsDict(suppress_exception=suppress_exception)
    for source in (getattr(dag, "params", None), getattr(task, "params", None)):
        if source:
            params.update(ParamsDict(source))
    if run_conf and conf.getboolean("core", "dag_run_conf_overrides_params", fallback=True):
        for name, value in run_conf.items():
            params[name] = value
    return params.validate()
