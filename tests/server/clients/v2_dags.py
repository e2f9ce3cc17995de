"""Run by the interpreter that has apache-airflow-client 3.3: `python v2_dags.py URL AUTHORIZATION`.

Every answer is read into the client's models, which refuse what does not fit.
"""

import json
import sys

import airflow_client.client as airflow
import airflow_client.client.models as models

url, authorization = sys.argv[1:]
client = airflow.ApiClient(airflow.Configuration(host=url))
client.set_default_header("Authorization", authorization)

dags = airflow.DAGApi(client)
assert [dag.dag_id for dag in dags.get_dags(order_by=["-dag_id"], paused=False).dags] == ["fan", "etl"]
assert dags.get_dag("etl").tags[0].name == "nightly"
assert dags.get_dag_details("etl").latest_dag_version.version_number == 2
assert dags.patch_dag("quiet", models.DAGPatchBody(is_paused=False), update_mask=["is_paused"]).is_paused is False
assert dags.patch_dags(models.DAGPatchBody(is_paused=True), dag_id_pattern="~").total_entries == 3
assert dags.get_dag_tags(tag_name_pattern="w").tags == ["warehouse", "web"]
assert {each.state: each.count for each in airflow.DagStatsApi(client).get_dag_stats(["etl"]).dags[0].stats} == {
    "queued": 0,
    "running": 1,
    "success": 1,
    "failed": 1,
}
assert airflow.DagWarningApi(client).list_dag_warnings().total_entries == 0
versions = airflow.DagVersionApi(client)
assert [each.version_number for each in versions.get_dag_versions("etl").dag_versions] == [1, 2]
assert versions.get_dag_version("etl", 2).dag_display_name == "etl"
assert airflow.DagSourceApi(client).get_dag_source("etl", accept="application/json").content.startswith("# /home/me")
tasks = airflow.TaskApi(client)
assert [task.task_id for task in tasks.get_tasks("etl").tasks] == ["extract", "load", "transform"]
assert tasks.get_task("fan", "pages").is_mapped is True

runs = airflow.DagRunApi(client)
assert runs.get_dag_runs("~", state=["failed"], order_by=["-run_after"]).dag_runs[0].dag_run_id == "second"
assert runs.get_dag_runs("etl", cursor="", limit=1).next_cursor
body = models.TriggerDAGRunPostBody(logical_date=None, conf={"a": 1}, note="by client")
made = runs.trigger_dag_run("etl", body)
assert made.state == "queued" and made.conf == {"a": 1}
assert runs.get_dag_run("etl", made.dag_run_id).note == "by client"
assert runs.patch_dag_run("etl", made.dag_run_id, models.DAGRunPatchBody(state="failed")).state == "failed"
assert runs.get_list_dag_runs_batch("~", models.DAGRunsBatchBody(dag_ids=["etl"], page_limit=2)).total_entries == 4
# The client finds two models that every task instance of this answer fits, and takes none: read it as it is.
told = runs.clear_dag_run_without_preload_content("etl", "second", models.DAGRunClearBody(only_failed=True))
assert [each["task_id"] for each in json.loads(told.data)["task_instances"]] == ["load"]
assert runs.clear_dag_run("etl", "second", models.DAGRunClearBody(dry_run=False)).actual_instance.state == "queued"
several = models.BulkDAGRunClearBody(dag_runs=[models.BulkDAGRunBody(dag_run_id="first")], dry_run=False)
assert runs.clear_dag_runs("etl", several).actual_instance.total_entries == 1
change = models.BulkUpdateActionBulkDAGRunBody(
    action="update", entities=[models.BulkDAGRunBody(dag_run_id=made.dag_run_id, note="bulk")]
)
done = runs.bulk_dag_runs("etl", models.BulkBodyBulkDAGRunBody(actions=[models.ActionsInner(change)]))
assert done.update.success == [f"etl.{made.dag_run_id}"]
waited = runs.wait_dag_run_until_finished_without_preload_content("etl", made.dag_run_id, interval=0.1)
assert json.loads(waited.data) == {"state": "failed"}
runs.delete_dag_run("etl", made.dag_run_id)

instances = airflow.TaskInstanceApi(client)
assert instances.get_task_instances("~", "~", state=["running"]).task_instances[0].task_id == "extract"
assert instances.get_task_instance("etl", "third", "extract").dag_version.version_number == 2
assert instances.get_task_instance("etl", "third", "load").state is None
assert instances.get_mapped_task_instances("fan", "mapped", "pages").total_entries == 3
assert instances.get_mapped_task_instance("fan", "mapped", "pages", 1).state == "queued"
assert [each.try_number for each in instances.get_task_instance_tries("etl", "second", "load").task_instances] == [1, 2]
assert instances.get_task_instance_try_details("etl", "second", "load", 2).state == "failed"
assert instances.get_task_instance_dependencies("etl", "third", "transform").dependencies[0].reason
assert instances.get_task_instances_batch("~", "~", models.TaskInstancesBatchBody(dag_ids=["fan"])).total_entries == 4
assert instances.get_extra_links("etl", "third", "extract").total_entries == 0
log = instances.get_log("etl", "second", "load", 2, accept="application/json")
assert log.content.actual_instance[0].event == "No log was kept of this try."
mark = models.PatchTaskInstanceBody(new_state="success", include_downstream=True)
assert instances.patch_task_instance_dry_run("etl", "third", "transform", mark).total_entries == 2
assert instances.patch_task_instance("etl", "third", "transform", mark).task_instances[0].state == "success"
mark = models.PatchTaskInstanceBody(new_state="failed", note="no")
assert instances.patch_task_instance_by_map_index("fan", "mapped", "pages", 2, mark).task_instances[0].note == "no"
cleared = instances.post_clear_task_instances(
    "etl", models.ClearTaskInstancesBody(dag_run_id="third", task_ids=[models.ClearTaskInstancesBodyTaskIdsInner("load")],
                                         only_failed=False)
)  # fmt: skip
assert [each.task_id for each in cleared.task_instances] == ["load"]
one = models.BulkUpdateActionBulkTaskInstanceBody(
    action="update", entities=[models.BulkTaskInstanceBody(task_id="load", note="bulk", new_state="skipped")]
)
done = instances.bulk_task_instances(
    "etl", "third", models.BulkBodyBulkTaskInstanceBody(actions=[models.ActionsInner1(one)])
)
assert done.update.errors == [] and done.update.success == ["etl.third.load"]
runs.patch_dag_run("etl", "third", models.DAGRunPatchBody(state="failed"))
instances.delete_task_instance("etl", "third", "load")

xcoms = airflow.XComApi(client)
place = {"dag_id": "etl", "dag_run_id": "first", "task_id": "extract"}
assert xcoms.get_xcom_entries(**place).xcom_entries[0].key == "return_value"
assert xcoms.get_xcom_entry(**place, xcom_key="return_value", deserialize=True).actual_instance.value == {"rows": 1}
assert xcoms.create_xcom_entry(**place, x_com_create_body=models.XComCreateBody(key="k", value=[1])).value == [1]
body = models.XComUpdateBody(value={"b": None})
assert xcoms.update_xcom_entry(**place, xcom_key="k", x_com_update_body=body).value == {"b": None}
xcoms.delete_xcom_entry(**place, xcom_key="k")

backfills = airflow.BackfillApi(client)
body = models.BackfillPostBody(dag_id="quiet", from_date="2025-01-01T00:00:00Z", to_date="2025-01-03T00:00:00Z")
assert backfills.create_backfill_dry_run(body).total_entries == 2
number = backfills.create_backfill(body).id
assert backfills.list_backfills("quiet").total_entries == 1
assert backfills.pause_backfill(number).is_paused is True
assert backfills.unpause_backfill(number).is_paused is False
assert backfills.cancel_backfill(number).completed_at is not None
assert backfills.get_backfill(number).dag_id == "quiet"
dags.delete_dag("quiet")
print("done")
