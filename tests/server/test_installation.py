from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.server.site import Site
from tradewind.core.permissions import BUILT_IN_ROLES, is_allowed
from tradewind.server.permissions import V1, V2

EXPOSE = "AIRFLOW__API__EXPOSE_CONFIG"


@pytest.fixture
def exposed(make_site: Callable[..., Site]) -> TestClient:
    return make_site(**{EXPOSE: "True", "AIRFLOW__CORE__FERNET_KEY": "a-key-nobody-may-see"}).client()


# --- configuration -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/api/v1/config", "/api/v2/config", "/api/v2/config/section/core/option/dialect"])
def test_the_configuration_is_shown_only_when_it_is_exposed(admin: TestClient, exposed: TestClient, path: str) -> None:
    refused = admin.get(path)
    assert refused.status_code == 403 and "expose_config" in refused.json()["detail"]
    assert exposed.get(path).status_code == 200


def test_it_may_be_exposed_without_its_secrets_only(make_site: Callable[..., Site]) -> None:
    assert make_site(**{EXPOSE: "non-sensitive-only"}).client().get("/api/v2/config").status_code == 200


@pytest.mark.parametrize("accept", ["application/json", "text/plain"])
@pytest.mark.parametrize("version", ["v1", "v2"])
def test_secrets_of_the_configuration_are_hidden_always(exposed: TestClient, version: str, accept: str) -> None:
    for path in ("config", "config?section=core", "config/section/core/option/fernet_key"):
        answer = exposed.get(f"/api/{version}/{path}", headers={"Accept": accept})
        assert answer.status_code == 200
        assert "a-key-nobody-may-see" not in answer.text and "< hidden >" in answer.text


def test_the_configuration_comes_as_json_or_as_text(exposed: TestClient) -> None:
    path = "/api/v2/config/section/core/option/dialect"
    option = {"key": "dialect", "value": "2"}
    assert exposed.get(path).json() == {"sections": [{"name": "core", "options": [option]}]}
    text = exposed.get(path, headers={"Accept": "text/plain"})
    assert text.headers["content-type"].startswith("text/plain")
    assert text.text == "[core]\ndialect = 2\n"
    assert exposed.get(path, headers={"Accept": "image/png"}).status_code == 406


def test_what_the_configuration_does_not_have_is_not_found(exposed: TestClient) -> None:
    assert exposed.get("/api/v2/config?section=none").status_code == 404
    assert exposed.get("/api/v1/config/section/core/option/none").status_code == 404


# --- import errors -----------------------------------------------------------------------------------------------------


def _errors(client: TestClient, version: str = "v2") -> dict[str, str]:
    answer = client.get(f"/api/{version}/importErrors").json()
    assert answer["total_entries"] == len(answer["import_errors"])
    return {Path(error["filename"]).name: error["stack_trace"] for error in answer["import_errors"]}


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_who_reads_all_dags_sees_all_import_errors(admin: TestClient, version: str) -> None:
    assert list(_errors(admin, version)) == ["broken.py", "etl.py"]


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_the_errors_of_files_without_a_dag_that_may_be_read_do_not_show(site: Site, version: str) -> None:
    restricted = site.client("FanOnly")
    assert list(_errors(restricted, version)) == ["broken.py"]
    of_etl = site.client().get(f"/api/{version}/importErrors?order_by=-filename").json()["import_errors"][0]
    assert restricted.get(f"/api/{version}/importErrors/{of_etl['import_error_id']}").status_code == 404


def test_the_text_is_replaced_when_one_dag_of_the_file_may_not_be_read(site: Site) -> None:
    assert "'(' was never closed" in _errors(site.client("EtlOnly"))["etl.py"]
    site.share_file("etl", "fan")
    assert _errors(site.client("EtlOnly"))["etl.py"].startswith("REDACTED")
    assert "'(' was never closed" in _errors(site.client())["etl.py"]


def test_import_errors_are_filtered_by_file(admin: TestClient) -> None:
    def files(**params: str) -> list[str]:
        found = admin.get("/api/v2/importErrors", params=params).json()["import_errors"]
        return [error["filename"] for error in found]

    assert files(filename_pattern="ETL") == ["/home/me/dags/etl.py"]
    assert files(filename="/home/me/dags/broken.py") == ["/home/me/dags/broken.py"]
    assert files(filename_prefix_pattern="/home/me/dags/b") == ["/home/me/dags/broken.py"]
    assert files(bundle_name="other") == []


# --- plugins, providers, jobs, assets ----------------------------------------------------------------------------------


def test_plugins_are_read_and_not_run(site: Site, admin: TestClient) -> None:
    folder = Path(site.services.conf.get("core", "plugins_folder"))
    folder.mkdir(parents=True)
    (folder / "mine.py").write_text(
        "from airflow.plugins_manager import AirflowPlugin\nraise SystemExit('run')\n"
        "class Mine(AirflowPlugin):\n    name = 'mine'\n    macros = [double, half]\n"
    )
    (folder / "broken.py").write_text("class (:\n")
    plugin = admin.get("/api/v2/plugins").json()["plugins"][0]
    assert (plugin["name"], plugin["source"], plugin["macros"]) == (
        "mine",
        "$PLUGINS_FOLDER/mine.py",
        ["double", "half"],
    )
    assert admin.get("/api/v1/plugins").json()["plugins"][0]["macros"] == ["double", "half"]
    errors = admin.get("/api/v2/plugins/importErrors").json()
    assert errors["total_entries"] == 1 and errors["import_errors"][0]["error"].startswith("SyntaxError")


def test_jobs_are_told_in_airflows_words(site: Site, admin: TestClient) -> None:
    def jobs(**params: str) -> list[str]:
        return [job["job_type"] for job in admin.get("/api/v2/jobs", params=params).json()["jobs"]]

    assert jobs(is_alive="true", job_type="SchedulerJob", start_date_gte="2025-01-10T09:00:00Z") == ["SchedulerJob"]
    assert jobs(start_date_gt="2025-01-10T09:00:00Z") == []
    assert jobs(end_date_lte="2030-01-01T00:00:00Z") == []
    site.clock.advance(hours=1)
    assert jobs(is_alive="true") == []
    assert jobs(is_alive="false") == ["SchedulerJob"]


def test_assets_are_what_dag_files_declare(site: Site, admin: TestClient) -> None:
    asset = admin.get("/api/v2/assets?uri_prefix_pattern=s3://lake").json()["assets"][0]
    assert (asset["name"], asset["uri"]) == ("orders", "s3://lake/orders")
    assert [(task["dag_id"], task["task_id"]) for task in asset["producing_tasks"]] == [("etl", "transform")]
    assert admin.get(f"/api/v2/assets/{asset['id']}").json() == asset
    assert admin.get("/api/v2/assets?name_pattern=none").json()["total_entries"] == 0
    assert admin.get("/api/v2/assets?dag_ids=fan").json()["total_entries"] == 0
    assert admin.get("/api/v1/datasets/s3%3A%2F%2Flake%2Forders").json()["id"] == asset["id"]
    assert site.client("FanOnly").get(f"/api/v2/assets/{asset['id']}").status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/datasets/events"),
        ("GET", "/api/v2/assets/events"),
        ("POST", "/api/v2/assets/7/materialize"),
        ("GET", "/api/v2/dags/etl/dagRuns/first/hitlDetails"),
        ("PUT", "/api/v2/dags/etl/dagRuns/first/taskInstances/load/state-store/key"),
    ],
)
def test_what_comes_later_says_so(admin: TestClient, method: str, path: str) -> None:
    answer = admin.request(method, path)
    assert answer.status_code == 501
    assert "docs/roadmap.md" in answer.json()["detail"]


# --- who may ------------------------------------------------------------------------------------------------------------

OURS = {
    "v1": [
        ("GET", "variables", "get_variables"),
        ("DELETE", "variables/greeting", "delete_variable"),
        ("GET", "pools", "get_pools"),
        ("DELETE", "pools/none", "delete_pool"),
        ("GET", "connections", "get_connections"),
        ("DELETE", "connections/site", "delete_connection"),
        ("GET", "importErrors", "get_import_errors"),
        ("GET", "eventLogs", "get_event_logs"),
        ("GET", "providers", "get_providers"),
        ("GET", "plugins", "get_plugins"),
        ("GET", "datasets", "get_datasets"),
    ],
    "v2": [
        ("GET", "variables", "get_variables"),
        ("DELETE", "variables/greeting", "delete_variable"),
        ("GET", "pools", "get_pools"),
        ("DELETE", "pools/none", "delete_pool"),
        ("GET", "connections", "get_connections"),
        ("POST", "connections/defaults", "create_default_connections"),
        ("GET", "importErrors", "get_import_errors"),
        ("GET", "eventLogs", "get_event_logs"),
        ("GET", "providers", "get_providers"),
        ("GET", "jobs", "get_jobs"),
        ("GET", "assets", "get_assets"),
    ],
}


@pytest.mark.parametrize("role", [*BUILT_IN_ROLES, None])
@pytest.mark.parametrize(
    ("version", "method", "path", "operation"),
    [(version, *row) for version, rows in OURS.items() for row in rows],
)
def test_an_operation_answers_those_whose_role_has_its_needs(
    site: Site, role: str | None, version: str, method: str, path: str, operation: str
) -> None:
    status = site.client(role).request(method, f"/api/{version}/{path}").status_code
    needs = {"v1": V1, "v2": V2}[version][operation]
    assert needs
    if role is None:
        assert status == 401
    elif all(is_allowed(BUILT_IN_ROLES[role], need) for need in needs):
        assert status not in (401, 403)
    else:
        assert status == 403


def test_a_bulk_request_needs_the_permission_of_each_of_its_actions(site: Site) -> None:
    delete = {"actions": [{"action": "delete", "entities": ["greeting"]}]}
    create = {"actions": [{"action": "create", "entities": [{"key": "new", "value": ""}]}]}
    editor = site.client("Editor")
    assert editor.patch("/api/v2/variables", json=delete).status_code == 403
    assert editor.patch("/api/v2/variables", json=create).status_code == 403
    update = {"actions": [{"action": "update", "entities": [{"key": "greeting", "value": "x"}]}]}
    assert editor.patch("/api/v2/variables", json=update).json()["update"]["success"] == ["greeting"]


@pytest.mark.parametrize("path", ["/health", "/api/v1/health", "/api/v2/monitor/health"])
def test_health_answers_anybody(site: Site, path: str) -> None:
    answer = site.client(None).get(path).json()
    assert answer["metadatabase"] == {"status": "healthy"}
    assert answer["scheduler"]["status"] == "healthy"
    assert answer["scheduler"]["latest_scheduler_heartbeat"].startswith("2025-01-10T09:00:00")


def test_the_version_is_that_of_the_api_and_names_tradewind(site: Site) -> None:
    nobody = site.client(None)
    assert nobody.get("/api/v1/version").json()["version"].startswith("2.")
    assert nobody.get("/api/v2/version").json()["version"].startswith("3.")
    assert nobody.get("/api/v2/version").json()["git_version"].startswith("tradewind ")


# --- documents ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_the_document_is_served_as_json_and_yaml(site: Site, version: str) -> None:
    nobody = site.client(None)
    document = nobody.get(f"/api/{version}/openapi.json").json()
    assert document["openapi"].startswith("3.")
    yaml = nobody.get(f"/api/{version}/openapi.yaml")
    assert yaml.headers["content-type"].startswith("application/yaml") and "get_variables" in yaml.text
    assert json.dumps(document).count('"operationId": "get_health"') == 1


def test_openapi_json_leads_to_the_newest_api(site: Site) -> None:
    answer = site.client(None).get("/openapi.json")
    assert (answer.status_code, answer.headers["location"]) == (307, "/api/v2/openapi.json")
