"""The params of a DAG against the conf of a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tradewind.core.spec import DagSpec
from tradewind.services.errors import Invalid


def check_conf(spec: DagSpec, conf: Mapping[str, Any], *, overrides: bool = True) -> None:
    """Raises Invalid when a param, with the conf's value where it has one, does not fit its JSON schema.

    `overrides` is [core] dag_run_conf_overrides_params: without it only the defaults count.
    """
    for name, declared in spec.params.items():
        schema = declared.get("schema") or {}
        given = overrides and name in conf
        if not given and "value" not in declared:
            raise Invalid(
                f"DAG '{spec.dag_id}' needs the param '{name}'. Give it in the conf: "
                f"--conf '{{\"{name}\": …}}'.{_described(declared)}"
            )
        if schema:
            _check(spec.dag_id, name, conf[name] if given else declared["value"], schema)


def _check(dag_id: str, name: str, value: Any, schema: Mapping[str, Any]) -> None:
    # Imported at use: most DAGs have no schema, and loading it takes longer than triggering a run.
    import jsonschema

    try:
        jsonschema.validate(value, dict(schema), format_checker=jsonschema.FormatChecker())
    except jsonschema.ValidationError as error:
        raise Invalid(
            f"The param '{name}' of DAG '{dag_id}' does not fit: {error.message}. Correct it in the conf."
        ) from None
    except jsonschema.SchemaError as error:
        raise Invalid(
            f"The schema of the param '{name}' of DAG '{dag_id}' is wrong: {error.message}. Correct it in the DAG file."
        ) from None


def _described(declared: Mapping[str, Any]) -> str:
    description = declared.get("description")
    return f" It is: {description}" if description else ""
