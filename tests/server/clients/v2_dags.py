"""Run by the interpreter that has apache-airflow-client 3.3: `python v2_dags.py URL AUTHORIZATION`.

Every answer is read into the client's models, which refuse what does not fit.
"""

import sys

import airflow_client.client as airflow
import airflow_client.client.models as models

url, authorization = sys.argv[1:]
client = airflow.ApiClient(airflow.Configuration(host=url))
client.set_default_header("Authorization", authorization)

dags = airflow.DAGApi(client)
assert [dag.dag_id for dag in dags.get_dags(tags=["nightly"]).dags] == ["etl"]
assert dags.get_dag("etl").tags[0].name == "nightly"
assert dags.get_dag_details("etl").active_runs_count == 1
assert dags.patch_dag("etl", models.DAGPatchBody(is_paused=True)).is_paused
dags.patch_dag("etl", models.DAGPatchBody(is_paused=False))
assert dags.get_dag_tags().tags == ["nightly", "warehouse", "web"]
assert airflow.DagStatsApi(client).get_dag_stats(dag_ids=["etl"]).dags[0].stats
tasks = airflow.TaskApi(client)
assert [task.task_id for task in tasks.get_tasks("etl").tasks] == ["extract", "load", "transform"]
assert tasks.get_task("etl", "extract").downstream_task_ids == ["transform"]
assert airflow.DagVersionApi(client).get_dag_versions("etl").dag_versions[0].version_number == 1
assert airflow.DagSourceApi(client).get_dag_source("etl").content

runs = airflow.DagRunApi(client)
made = runs.trigger_dag_run("etl", models.TriggerDAGRunPostBody(dag_run_id="mine", conf={"a": 1}))
assert (made.dag_run_id, made.state, made.conf) == ("mine", "queued", {"a": 1})
assert runs.get_dag_runs("~", state=["failed"]).dag_runs[0].dag_run_id == "second"
assert runs.patch_dag_run("etl", "mine", models.DAGRunPatchBody(state="failed", note="no")).note == "no"
runs.delete_dag_run("etl", "mine")

instances = airflow.TaskInstanceApi(client)
assert instances.get_task_instances("etl", "second").total_entries == 3
assert instances.get_task_instance("etl", "second", "load").state == "failed"
assert instances.get_task_instance_tries("etl", "second", "load").total_entries == 2
assert instances.get_mapped_task_instances("fan", "mapped", "pages").total_entries == 3
assert instances.get_mapped_task_instance("fan", "mapped", "pages", 1).state == "queued"
assert instances.get_log("etl", "second", "load", 2).content
cleared = instances.post_clear_task_instances(
    "etl", models.ClearTaskInstancesBody(dry_run=True, dag_run_id="second", only_failed=True)
)
assert [one.task_id for one in cleared.task_instances] == ["load"]
marked = instances.patch_task_instance("etl", "second", "load", models.PatchTaskInstanceBody(new_state="success"))
assert [one.state for one in marked.task_instances] == ["success"]
# The answer to a dry run is one that the client cannot read: two of its models fit each task instance.
cleared = runs.clear_dag_run("etl", "second", models.DAGRunClearBody(dry_run=False)).actual_instance
assert cleared.state == "queued"

xcoms = airflow.XComApi(client)
assert xcoms.get_xcom_entries("etl", "first", "extract").total_entries == 1
found = xcoms.get_xcom_entry(dag_id="etl", dag_run_id="first", task_id="extract", xcom_key="return_value")
value = found.actual_instance.value
assert (value.actual_instance if hasattr(value, "actual_instance") else value) == {"rows": 1}, value
print("done")
