"""A day with apache-airflow-client 2.10 and a real scheduler: `python day_v1.py URL PASSWORD`."""

import sys
import time

import airflow_client.client as airflow
from airflow_client.client.api import dag_api, dag_run_api, task_instance_api, x_com_api
from airflow_client.client.model.clear_task_instances import ClearTaskInstances
from airflow_client.client.model.dag import DAG
from airflow_client.client.model.dag_run import DAGRun
from airflow_client.client.model.update_dag_run_state import UpdateDagRunState
from airflow_client.client.model.update_task_instance import UpdateTaskInstance
from airflow_client.client.model.update_task_state import UpdateTaskState

url, password = sys.argv[1:]
client = airflow.ApiClient(airflow.Configuration(host=f"{url}/api/v1", username="admin", password=password))
dags, runs = dag_api.DAGApi(client), dag_run_api.DAGRunApi(client)
instances, xcoms = task_instance_api.TaskInstanceApi(client), x_com_api.XComApi(client)


def wait() -> str:
    deadline = time.monotonic() + 60
    while (state := str(runs.get_dag_run("day", "v1").state)) in ("queued", "running"):
        assert time.monotonic() < deadline, "the run did not end"
        time.sleep(0.1)
    return state


assert dags.patch_dag("day", DAG(is_paused=False), update_mask=["is_paused"]).is_paused is False
assert str(runs.post_dag_run("day", DAGRun(dag_run_id="v1", conf={"word": "hello"})).state) == "queued"
assert wait() == "success"
found = instances.get_task_instances("day", "v1").task_instances
assert [(each.task_id, str(each.state)) for each in found] == [("say", "success"), ("then", "success")]
assert "I say hello" in instances.get_log("day", "v1", "say", 1).content
assert xcoms.get_xcom_entry("day", "v1", "say", "return_value").value == '{"said": "hello"}'

body = {"dag_run_id": "v1", "task_ids": ["then"], "only_failed": False, "reset_dag_runs": True}
assert dags.post_clear_task_instances("day", ClearTaskInstances(**body)).task_instances[0].task_id == "then"
assert instances.get_task_instance("day", "v1", "then").try_number == 1
dags.post_clear_task_instances("day", ClearTaskInstances(**body, dry_run=False))
assert wait() == "success"
assert instances.get_task_instance_tries("day", "v1", "then").total_entries == 2

mark = UpdateTaskInstance(dry_run=False, new_state=UpdateTaskState("failed"))
instances.patch_task_instance("day", "v1", "then", mark)
assert str(instances.get_task_instance("day", "v1", "then").state) == "failed"
assert str(runs.update_dag_run_state("day", "v1", UpdateDagRunState(state="failed")).state) == "failed"
runs.delete_dag_run("day", "v1")
print("done")
