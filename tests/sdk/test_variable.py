from __future__ import annotations

import json

import pytest

from tests.sdk.world import Platform, on
from tradewind.sdk import masking
from tradewind.sdk.channel import NoChannel
from tradewind.sdk.exceptions import AirflowRuntimeError
from tradewind.sdk.variable import Variable, VariableNotFound


def test_the_environment_comes_before_the_platform(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    platform.variables["k"] = "stored"
    assert Variable.get("k") == "stored"
    monkeypatch.setenv("AIRFLOW_VAR_K", "environment")
    assert Variable.get("k") == "environment"


def test_json_is_read_on_request(platform: Platform) -> None:
    platform.variables["j"] = '{"a": [1]}'
    assert Variable.get("j", deserialize_json=True) == {"a": [1]}
    platform.variables["j"] = "no json"
    with pytest.raises(json.JSONDecodeError):
        Variable.get("j", deserialize_json=True)


def test_a_missing_one_is_its_default_in_either_spelling(platform: Platform) -> None:
    assert Variable.get("k", "d") == Variable.get("k", default_var="d") == Variable.get("k", default="d") == "d"
    assert Variable.get("k", default_var=None) is None


def test_a_missing_one_is_airflow_2s_error_and_airflow_3s(platform: Platform) -> None:
    with pytest.raises(
        VariableNotFound, match="Variable k does not exist: set it with `airflow variables set k VALUE`"
    ) as caught:
        Variable.get("k")
    assert isinstance(caught.value, KeyError)
    assert isinstance(caught.value, AirflowRuntimeError)


def test_without_a_platform_only_the_environment_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_VAR_K", "v")
    with on(None):
        assert Variable.get("k") == "v"
        with pytest.raises(NoChannel, match="AIRFLOW_VAR_<KEY>"):
            Variable.get("other")


def test_set_update_setdefault_delete_and_keys(platform: Platform) -> None:
    Variable.set("a", 1)
    Variable.set("b", {"x": 1}, serialize_json=True)
    assert platform.variables == {"a": "1", "b": '{\n  "x": 1\n}'}
    Variable.update("a", "2")
    assert Variable.get("a") == "2"
    with pytest.raises(KeyError):
        Variable.update("nope", 1)
    assert Variable.setdefault("a", "9") == "2"
    assert Variable.setdefault("c", [1], deserialize_json=True) == [1]
    assert (Variable.delete("a"), Variable.delete("a")) == (1, 0)
    assert Variable.keys() == ["b", "c"]
    assert Variable.keys(prefix="c") == ["c"]


def test_values_of_secret_looking_names_are_masked(platform: Platform) -> None:
    platform.variables.update({"db_password": "hunter22", "plain": "visible", "conf": '{"token": "t0ken-value"}'})
    Variable.get("db_password")
    Variable.get("plain")
    Variable.get("conf", deserialize_json=True)
    assert masking.redact("hunter22 visible t0ken-value") == "*** visible ***"
