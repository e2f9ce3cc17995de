"""A day with apache-airflow-client 3.3 and a real scheduler: `python day_v2.py URL PASSWORD`."""

import json
import sys

import airflow_client.client as airflow
import airflow_client.client.models as models
import urllib3

url, password = sys.argv[1:]
login = json.dumps({"username": "admin", "password": password})
answer = urllib3.request("POST", f"{url}/auth/token", body=login, headers={"Content-Type": "application/json"})
assert answer.status == 201, answer.data
client = airflow.ApiClient(airflow.Configuration(host=url, access_token=answer.json()["access_token"]))

dags = airflow.DAGApi(client)
assert dags.get_dag("day").is_paused is True
assert dags.patch_dag("day", models.DAGPatchBody(is_paused=False)).is_paused is False

runs = airflow.DagRunApi(client)
body = models.TriggerDAGRunPostBody(dag_run_id="v2", logical_date=None, conf={"word": "hello"})
assert runs.trigger_dag_run("day", body).state == "queued"
lines = runs.wait_dag_run_until_finished_without_preload_content("day", "v2", interval=0.2, result=["say"]).data
last = json.loads(lines.splitlines()[-1])
assert last == {"state": "success", "results": {"say": {"said": "hello"}}}, lines
run = runs.get_dag_run("day", "v2")
assert run.triggering_user_name == "admin" and run.duration > 0

instances = airflow.TaskInstanceApi(client)
names = [each.task_id for each in instances.get_task_instances("day", "v2").task_instances]
assert names == ["say", "then"], names
log = instances.get_log("day", "v2", "say", 1, accept="application/json")
assert any("I say hello" in line.event for line in log.content.actual_instance), log
assert log.continuation_token is None
text = instances.get_log_without_preload_content("day", "v2", "say", 1, accept="application/x-ndjson").data
assert b"I say hello" in text
xcoms = airflow.XComApi(client)
entry = xcoms.get_xcom_entry("day", "say", "v2", "return_value", deserialize=True).actual_instance
assert entry.value == {"said": "hello"}

clear = {"dag_run_id": "v2", "task_ids": [models.ClearTaskInstancesBodyTaskIdsInner("then")], "only_failed": False}
told = instances.post_clear_task_instances("day", models.ClearTaskInstancesBody(**clear))
assert [each.task_id for each in told.task_instances] == ["then"]
assert instances.get_task_instance("day", "v2", "then").try_number == 1
instances.post_clear_task_instances("day", models.ClearTaskInstancesBody(**clear, dry_run=False))
runs.wait_dag_run_until_finished_without_preload_content("day", "v2", interval=0.2).data
assert [each.try_number for each in instances.get_task_instance_tries("day", "v2", "then").task_instances] == [1, 2]

mark = models.PatchTaskInstanceBody(new_state="failed", note="by hand")
assert instances.patch_task_instance("day", "v2", "then", mark).task_instances[0].state == "failed"
assert runs.patch_dag_run("day", "v2", models.DAGRunPatchBody(state="failed")).state == "failed"
runs.delete_dag_run("day", "v2")
assert runs.get_dag_runs("day", run_id_pattern="v2").total_entries == 0
print("done")
