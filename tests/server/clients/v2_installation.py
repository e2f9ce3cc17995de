"""Run by the interpreter that has apache-airflow-client 3.3: `python v2_installation.py URL AUTHORIZATION`.

Every answer is read into the client's models, which refuse what does not fit.
"""

import sys
import time

import airflow_client.client as airflow
import airflow_client.client.models as models

url, authorization = sys.argv[1:]
client = airflow.ApiClient(airflow.Configuration(host=url))
client.set_default_header("Authorization", authorization)

variables = airflow.VariableApi(client)
assert variables.post_variable(models.VariableBody(key="team/size", value=3)).value == "3"
assert variables.get_variable("team/size").value == "3"
body = models.VariableBody(key="team/size", value="9", description="heads")
assert variables.patch_variable("team/size", body, update_mask=["description"]).value == "3"
listed = variables.get_variables(order_by=["-key"], limit=1, variable_key_pattern="team")
assert [variable.key for variable in listed.variables] == ["team/size"] and listed.total_entries == 1
create = models.BulkCreateActionVariableBody(
    action="create",
    entities=[models.VariableBody(key="team/size", value="1"), models.VariableBody(key="other", value="2")],
    action_on_existence="skip",
)
delete = models.BulkDeleteActionVariableBody(
    action="delete", entities=[models.EntitiesInner4("team/size"), models.EntitiesInner4("none")]
)
done = variables.bulk_variables(
    models.BulkBodyVariableBody(actions=[models.ActionsInner4(create), models.ActionsInner4(delete)])
)
assert done.create.success == ["other"] and done.create.errors == []
assert done.delete.success == [] and done.delete.errors[0]["status_code"] == 404
variables.delete_variable("team/size")

pools = airflow.PoolApi(client)
assert pools.post_pool(models.PoolBody(name="gpu", slots=2)).open_slots == 2
assert pools.patch_pool("gpu", models.PoolPatchBody(slots=3)).slots == 3
assert pools.get_pool("default_pool").occupied_slots == 2
assert pools.get_pools(pool_name_prefix_pattern="g").total_entries == 1
pools.delete_pool("gpu")

connections = airflow.ConnectionApi(client)
api = models.ConnectionBody(connection_id="api", conn_type="http", password="hush")
assert connections.post_connection(api).password == "***"
api.host = "h"
assert connections.patch_connection("api", api).host == "h"
assert connections.get_connection("warehouse").extra == '{"sslmode": "require", "api_key": "***"}'
assert connections.get_connections().total_entries == 3
place = {"connection_id": "f", "conn_type": "fs", "extra": '{"path": "/"}'}
assert connections.test_connection(models.ConnectionBody(**place)).status is True
queued = connections.enqueue_connection_test(models.ConnectionTestRequestBody(**place))
deadline = time.monotonic() + 30
while connections.get_connection_test(queued.token).state in ("pending", "running"):
    assert time.monotonic() < deadline, "the test did not end"
    time.sleep(0.05)
assert connections.get_connection_test(queued.token).state == "success"
connections.delete_connection("api")
connections.create_default_connections()
assert connections.get_connection("spark_default").conn_type == "spark"

errors = airflow.ImportErrorApi(client)
first = errors.get_import_errors().import_errors[0]
assert errors.get_import_error(first.import_error_id).filename == first.filename

logs = airflow.EventLogApi(client)
newest = logs.get_event_logs(order_by=["-event_log_id"], event="connection.delete").event_logs[0]
assert logs.get_event_log(newest.event_log_id).owner == "admin"

config = airflow.ConfigApi(client)
assert any(section.name == "core" for section in config.get_config().sections)
value = config.get_config_value("core", "test_connection").sections[0].options[0].value
assert value.actual_instance == "Enabled"
assert airflow.ProviderApi(client).get_providers().total_entries >= 0
assert airflow.PluginApi(client).get_plugins().total_entries == 0
assert airflow.PluginApi(client).import_errors().total_entries == 0
assert airflow.JobApi(client).get_jobs(is_alive=True).jobs[0].job_type == "SchedulerJob"
assert airflow.VersionApi(client).get_version().version.startswith("3.")
assert airflow.MonitorApi(client).get_health().metadatabase.status == "healthy"
assets = airflow.AssetApi(client)
orders = assets.get_assets(uri_pattern="lake/").assets[0]
assert assets.get_asset(orders.id).producing_tasks[0].dag_id == "etl"
assert [alias.name for alias in assets.get_asset_aliases().asset_aliases] == ["daily"]
print("done")
