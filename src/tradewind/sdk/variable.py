"""Variables: named values of an installation."""

from __future__ import annotations

import json
from typing import Any

from tradewind.sdk.channel import channel, has_channel
from tradewind.sdk.exceptions import AirflowRuntimeError
from tradewind.sdk.masking import mask_secret, should_hide_value_for_key
from tradewind.sdk.secrets_lookup import VARIABLE_PREFIX, variable_from_environment
from tradewind.sdk.types import NOTSET, ArgNotSet


class VariableNotFound(AirflowRuntimeError, KeyError):
    """There is no such variable. A KeyError, as in Airflow 2, and an AirflowRuntimeError, as in Airflow 3."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(
            f"Variable {key} does not exist: set it with `airflow variables set {key} VALUE` or as "
            f"{VARIABLE_PREFIX}{key.upper()} in the environment, or give a default."
        )

    def __str__(self) -> str:
        return str(self.error)


def _learn(key: str, value: Any) -> None:
    if should_hide_value_for_key(key) and isinstance(value, str):
        mask_secret(value)
    elif isinstance(value, (dict, list)):
        mask_secret(value, key)


class Variable:
    """`Variable.get("key")`: from the environment (AIRFLOW_VAR_KEY), else from the platform."""

    def __init__(self, key: str | None = None, val: Any = None, description: str | None = None, **_: Any) -> None:
        self.key = key
        self.val = val
        self.description = description

    @property
    def value(self) -> Any:
        return self.val

    @classmethod
    def get(cls, key: str, default_var: Any = NOTSET, deserialize_json: bool = False, default: Any = NOTSET) -> Any:
        """The variable's text, or its JSON value.

        Without a default a missing one raises VariableNotFound. Text that is no JSON raises json.JSONDecodeError.
        """
        text = cls._text(key)
        if text is None:
            fallback = default_var if not isinstance(default_var, ArgNotSet) else default
            if isinstance(fallback, ArgNotSet):
                raise VariableNotFound(key)
            return fallback
        value = json.loads(text) if deserialize_json else text
        _learn(key, value)
        return value

    @staticmethod
    def _text(key: str) -> str | None:
        found = variable_from_environment(key)
        if found is not None:
            return found
        from tradewind.core.messages import GetVariable, Value

        answer = channel().ask(GetVariable(key))
        return answer.value if isinstance(answer, Value) else None

    @classmethod
    def get_variable_from_secrets(cls, key: str, **_: Any) -> str | None:
        return cls._text(key)

    @staticmethod
    def set(key: str, value: Any, description: str | None = None, serialize_json: bool = False, **_: Any) -> None:
        """Keep a value (as text, or as JSON). The environment still wins when it has the variable, too."""
        from tradewind.core.messages import Refused, SetVariable

        text = json.dumps(value, indent=2) if serialize_json else str(value)
        answer = channel().ask(SetVariable(key, text, description))
        if isinstance(answer, Refused):
            raise AirflowRuntimeError(answer.why)

    @classmethod
    def setdefault(cls, key: str, default: Any, description: str | None = None, deserialize_json: bool = False) -> Any:
        """The variable's value; when there is none, `default` is kept and given back."""
        found = cls.get(key, default_var=None, deserialize_json=deserialize_json)
        if found is not None:
            return found
        if default is None:
            raise ValueError(f"Variable.setdefault({key!r}) needs a default that is not None.")
        cls.set(key, default, description=description, serialize_json=deserialize_json)
        return default

    @classmethod
    def update(cls, key: str, value: Any, serialize_json: bool = False, **_: Any) -> None:
        """Like `set`, for a variable that exists. Raises VariableNotFound."""
        if cls._text(key) is None:
            raise VariableNotFound(key)
        cls.set(key, value, serialize_json=serialize_json)

    @staticmethod
    def delete(key: str, **_: Any) -> int:
        """Delete it; the number of variables deleted."""
        from tradewind.core.messages import DeleteVariable, NotFound

        return 0 if isinstance(channel().ask(DeleteVariable(key)), NotFound) else 1

    @staticmethod
    def keys(prefix: str | None = None) -> list[str]:
        """Names of the variables that the platform keeps, sorted; none without a platform."""
        from tradewind.core.messages import ListVariableKeys, Names

        if not has_channel():
            return []
        answer = channel().ask(ListVariableKeys())
        names = answer.names if isinstance(answer, Names) else []
        return sorted(name for name in names if not prefix or name.startswith(prefix))

    def rotate_fernet_key(self) -> None:
        raise NotImplementedError("Variables are encrypted by the store: use `airflow rotate-fernet-key`.")

    def __repr__(self) -> str:
        return f"{self.key} : ***" if should_hide_value_for_key(self.key) else f"{self.key} : {self.val}"
