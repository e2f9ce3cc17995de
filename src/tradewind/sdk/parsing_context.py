"""What a DAG file may know of why it is being imported."""

from __future__ import annotations

import os
from typing import NamedTuple

AIRFLOW_PARSING_CONTEXT_DAG_ID = "_AIRFLOW_PARSING_CONTEXT_DAG_ID"
AIRFLOW_PARSING_CONTEXT_TASK_ID = "_AIRFLOW_PARSING_CONTEXT_TASK_ID"


class AirflowParsingContext(NamedTuple):
    """The DAG and task that are wanted of the file; None means all of it.

    A file is imported once for all its tasks here, so both are None unless the environment says otherwise.
    """

    dag_id: str | None
    task_id: str | None


def get_parsing_context() -> AirflowParsingContext:
    return AirflowParsingContext(
        os.environ.get(AIRFLOW_PARSING_CONTEXT_DAG_ID), os.environ.get(AIRFLOW_PARSING_CONTEXT_TASK_ID)
    )
