"""Run by the interpreter that has apache-airflow-client 2.10: `python v1_installation.py URL AUTHORIZATION`.

Every answer is read into the client's models, which refuse what does not fit.
"""

import sys

import airflow_client.client as airflow
from airflow_client.client.api import (
    config_api,
    connection_api,
    dataset_api,
    event_log_api,
    import_error_api,
    monitoring_api,
    permission_api,
    plugin_api,
    pool_api,
    provider_api,
    role_api,
    user_api,
    variable_api,
)
from airflow_client.client.model.connection import Connection
from airflow_client.client.model.pool import Pool
from airflow_client.client.model.user import User
from airflow_client.client.model.variable import Variable

url, authorization = sys.argv[1:]
client = airflow.ApiClient(airflow.Configuration(host=f"{url}/api/v1", username="unused", password="unused"))
client.update_params_for_auth = lambda headers, *rest, **more: headers.update({"Authorization": authorization})

variables = variable_api.VariableApi(client)
assert variables.post_variables(Variable(key="team/size", value="3")).value == "3"
assert variables.get_variable("team/size").value == "3"
patched = variables.patch_variable(
    "team/size", Variable(key="team/size", value="9", description="heads"), update_mask=["description"]
)
assert (patched.value, patched.description) == ("3", "heads")
listed = variables.get_variables(order_by="-key", limit=1)
assert [variable.key for variable in listed.variables] == ["team/size"] and listed.total_entries == 4
variables.delete_variable("team/size")

pools = pool_api.PoolApi(client)
assert pools.post_pool(Pool(name="gpu", slots=2)).open_slots == 2
assert pools.patch_pool("gpu", Pool(name="gpu", slots=3)).slots == 3
assert pools.get_pool("default_pool").occupied_slots == 2
assert pools.get_pools().total_entries == 2
pools.delete_pool("gpu")

connections = connection_api.ConnectionApi(client)
assert connections.post_connection(Connection(connection_id="api", conn_type="http", password="hush")).host is None
assert connections.patch_connection("api", Connection(connection_id="api", conn_type="http", host="h")).host == "h"
assert connections.get_connection("warehouse").extra == '{"sslmode": "require", "api_key": "***"}'
assert connections.get_connections().total_entries == 3
assert connections.test_connection(Connection(connection_id="f", conn_type="fs", extra='{"path": "/"}')).status is True
connections.delete_connection("api")

errors = import_error_api.ImportErrorApi(client)
first = errors.get_import_errors().import_errors[0]
assert errors.get_import_error(first.import_error_id).filename == first.filename

logs = event_log_api.EventLogApi(client)
newest = logs.get_event_logs(order_by="-event_log_id", event="connection.delete").event_logs[0]
assert logs.get_event_log(newest.event_log_id).owner == "admin"

config = config_api.ConfigApi(client)
assert any(section.name == "core" for section in config.get_config().sections)
assert config.get_value("core", "test_connection").sections[0].options[0].value == "Enabled"
assert provider_api.ProviderApi(client).get_providers()["total_entries"] >= 0
assert plugin_api.PluginApi(client).get_plugins().total_entries == 0
monitoring = monitoring_api.MonitoringApi(client)
assert monitoring.get_version().version.startswith("2.")
assert str(monitoring.get_health().metadatabase.status) == "healthy"
assert dataset_api.DatasetApi(client).get_datasets().total_entries == 1
assert dataset_api.DatasetApi(client).get_dataset("s3://lake/orders").producing_tasks[0].dag_id == "etl"

users = user_api.UserApi(client)
anna = User(username="anna", email="a@x.org", first_name="A", last_name="A", password="correct horse")
assert users.post_user(anna).username == "anna"
assert users.get_user("anna").active is True
assert users.get_users().total_entries == 1
users.delete_user("anna")
roles = role_api.RoleApi(client)
assert roles.get_role("Viewer").actions[0].action.name == "can_edit"
assert roles.get_roles().total_entries == 5
assert permission_api.PermissionApi(client).get_permissions().actions[0].name == "can_read"
print("done")
