"""What somebody may not see is in no answer: other DAGs for a role of one DAG, and secrets for anybody."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from fastapi.routing import APIRoute

from tests.server.site import PASSWORD, Site
from tradewind.server.access import operations_of
from tradewind.server.app import make_apis
from tradewind.server.login import Login
from tradewind.services.clearing import clear
from tradewind.services.dags import set_paused
from tradewind.services.runs import get_run
from tradewind.services.selections import select_from_run
from tradewind.services.users import create_user

TOKEN = "s3cret-token-value"
SECRETS = (PASSWORD, TOKEN, "k-12345-secret", "$argon2", "argon2id")
# Of what `FanOnly` must not see: DAG, file, tags, tasks and description of `etl`. `etl` itself is also the login of a connection.
OF_ETL = ("etl.py", "nightly", "The warehouse", "transform", '"dag_id":"etl"', '"dag_id": "etl"')


def getters(site: Site) -> Iterator[APIRoute]:
    apis = make_apis(site.services, lambda request, services: None, Login())
    for api in apis:
        for route in operations_of(api):
            if "GET" in (route.methods or ()) and route.operation_id != "stream":
                yield route


def filled(path: str, dag_id: str, run_id: str, task_id: str) -> str:
    names = {"dag_id": dag_id, "dag_run_id": run_id, "run_id": run_id, "task_id": task_id, "map_index": "-1"}
    names |= {"variable_key": "api_token", "connection_id": "warehouse", "pool_name": "default_pool"}
    names |= {"username": "bob", "role_name": "Op", "name": "Op", "key": "return_value", "xcom_key": "return_value"}
    return re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: names.get(found[1], "1"), path)


@pytest.fixture
def busy(site: Site) -> Site:
    """With a history: users, a DAG that was paused, a run that was cleared."""
    create_user(
        site.services, username="bob", email="b@x", first_name="", last_name="", roles=["Op"], password=PASSWORD
    )
    set_paused(site.services, ["etl"], True)
    # Not `first`, which is asked for below: some routes answer when a run has ended.
    run = get_run(site.services, "etl", "second")
    clear(site.services, select_from_run(site.services, run))
    return site


def test_a_role_of_one_dag_learns_nothing_of_another(busy: Site) -> None:
    client = busy.client("FanOnly")
    told: list[str] = []
    answered = 0
    for route in getters(busy):
        # What is not of one DAG, and what is, asked for with `~`: all that may be read.
        answer = client.get(filled(route.path, "~", "~", "~"))
        answered += answer.status_code == 200
        told += [f"{route.path}: {word}" for word in OF_ETL if word in answer.text]
    assert answered > 30
    assert not told


def test_what_is_of_another_dag_is_refused_by_name(busy: Site) -> None:
    client = busy.client("FanOnly")
    open_ones: list[str] = []
    for route in getters(busy):
        if "{dag_id" in route.path:
            answer = client.get(filled(route.path, "etl", "first", "extract"))
            if answer.status_code != 403:
                open_ones.append(f"{answer.status_code} {route.path}")
    assert not open_ones


@pytest.mark.parametrize("role", ["Admin", "Op", "Viewer"])
def test_no_answer_holds_a_secret(busy: Site, role: str) -> None:
    client = busy.client(role)
    told: list[str] = []
    for route in getters(busy):
        for dag_id, run_id, task_id in (("etl", "first", "extract"), ("~", "~", "~")):
            answer = client.get(filled(route.path, dag_id, run_id, task_id))
            told += [f"{route.path}: {secret}" for secret in SECRETS if secret in answer.text]
    # As Airflow 2 does, v1 gives the value of a variable to whoever may read variables, whatever its name.
    given = (
        {f"/api/v1/variables{rest}: {TOKEN}" for rest in ("", "/{variable_key:path}")} if role != "Viewer" else set()
    )
    assert set(told) == given
