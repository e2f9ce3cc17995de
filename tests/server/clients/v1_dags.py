"""Run by the interpreter that has apache-airflow-client 2.10: `python v1_dags.py URL AUTHORIZATION`.

Every answer is read into the client's models, which refuse what does not fit.
"""

import sys

import airflow_client.client as airflow
from airflow_client.client.api import (
    dag_api,
    dag_run_api,
    dag_stats_api,
    dag_warning_api,
    task_instance_api,
    x_com_api,
)
from airflow_client.client.model.clear_dag_run import ClearDagRun
from airflow_client.client.model.clear_task_instances import ClearTaskInstances
from airflow_client.client.model.dag import DAG
from airflow_client.client.model.dag_run import DAGRun
from airflow_client.client.model.list_dag_runs_form import ListDagRunsForm
from airflow_client.client.model.list_task_instance_form import ListTaskInstanceForm
from airflow_client.client.model.set_dag_run_note import SetDagRunNote
from airflow_client.client.model.set_task_instance_note import SetTaskInstanceNote
from airflow_client.client.model.update_dag_run_state import UpdateDagRunState
from airflow_client.client.model.update_task_instance import UpdateTaskInstance
from airflow_client.client.model.update_task_instances_state import UpdateTaskInstancesState
from airflow_client.client.model.update_task_state import UpdateTaskState

url, authorization = sys.argv[1:]
client = airflow.ApiClient(airflow.Configuration(host=f"{url}/api/v1", username="unused", password="unused"))
client.update_params_for_auth = lambda headers, *rest, **more: headers.update({"Authorization": authorization})

dags = dag_api.DAGApi(client)
assert [dag.dag_id for dag in dags.get_dags(order_by="-dag_id", paused=False).dags] == ["fan", "etl"]
etl = dags.get_dag("etl")
assert etl.schedule_interval.value == "0 6 * * *"
assert dags.get_dag_details("etl").timezone == "UTC"
assert dags.patch_dag("quiet", DAG(is_paused=False)).is_paused is False
assert dags.patch_dags("~", DAG(is_paused=True)).total_entries == 3
assert dags.get_dag_source(etl.file_token).content.startswith("# /home/me")
assert [task.task_id for task in dags.get_tasks("etl").tasks] == ["extract", "load", "transform"]
assert dags.get_task("fan", "pages").is_mapped is True
stats = dag_stats_api.DagStatsApi(client).get_dag_stats("etl").dags[0].stats
assert {each.state: each.count for each in stats}["failed"] == 1
assert dag_warning_api.DagWarningApi(client).get_dag_warnings().total_entries == 0

runs = dag_run_api.DAGRunApi(client)
assert runs.get_dag_runs("~", state=["failed"], order_by="-start_date").dag_runs[0].dag_run_id == "second"
made = runs.post_dag_run("etl", DAGRun(dag_run_id="mine", conf={"a": "b"}))
assert (str(made.state), made.conf, made.external_trigger) == ("queued", {"a": "b"}, True)
assert runs.get_dag_run("etl", "mine").run_type == "manual"
assert str(runs.update_dag_run_state("etl", "mine", UpdateDagRunState(state="failed")).state) == "failed"
assert runs.set_dag_run_note("etl", "mine", SetDagRunNote(note="hm")).note == "hm"
assert runs.get_dag_runs_batch(ListDagRunsForm(dag_ids=["etl"], page_limit=2)).total_entries == 4
assert len(runs.clear_dag_run("etl", "second", ClearDagRun(dry_run=True))["task_instances"]) == 3
assert str(runs.clear_dag_run("etl", "second", ClearDagRun(dry_run=False))["state"]) == "queued"
runs.delete_dag_run("etl", "mine")

instances = task_instance_api.TaskInstanceApi(client)
assert instances.get_task_instances("~", "~", state=["running"]).task_instances[0].task_id == "extract"
assert str(instances.get_task_instance("etl", "third", "extract").state) == "running"
assert instances.get_task_instance("etl", "third", "load").try_number == 0
assert instances.get_mapped_task_instances("fan", "mapped", "pages").total_entries == 3
assert str(instances.get_mapped_task_instance("fan", "mapped", "pages", 1).state) == "queued"
assert [each.try_number for each in instances.get_task_instance_tries("etl", "second", "load").task_instances] == [1, 2]
assert str(instances.get_task_instance_try_details("etl", "second", "load", 2).state) == "failed"
assert instances.get_task_instance_dependencies("etl", "third", "transform").dependencies[0].reason
assert instances.get_task_instances_batch(ListTaskInstanceForm(dag_ids=["fan"])).total_entries == 4
assert "No log was kept" in instances.get_log("etl", "second", "load", 2).content
assert instances.set_task_instance_note("etl", "first", "load", SetTaskInstanceNote(note="x")).note == "x"
failed = UpdateTaskInstance(dry_run=False, new_state=UpdateTaskState("failed"))
assert instances.patch_task_instance("etl", "first", "load", failed).task_id == "load"
assert (
    instances.patch_mapped_task_instance("fan", "mapped", "pages", 2, update_task_instance=failed).dag_run_id
    == "mapped"
)
body = UpdateTaskInstancesState(
    dry_run=False, task_id="load", dag_run_id="first", new_state=UpdateTaskState("success"), include_upstream=False,
    include_downstream=False, include_future=False, include_past=False,
)  # fmt: skip
assert dags.post_set_task_instances_state("etl", body).task_instances[0].task_id == "load"
body = ClearTaskInstances(dag_run_id="first", task_ids=["load"], only_failed=False)
assert dags.post_clear_task_instances("etl", body).task_instances[0].dag_run_id == "first"

xcoms = x_com_api.XComApi(client)
assert xcoms.get_xcom_entries("etl", "first", "extract").xcom_entries[0].key == "return_value"
assert xcoms.get_xcom_entry("etl", "first", "extract", "return_value").value == '{"rows": 1}'
dags.delete_dag("quiet")
print("done")
