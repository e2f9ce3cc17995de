"""`airflow users`, `airflow roles` and `airflow sync-perm`, as Airflow spells them."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Run
from tradewind.core.permissions import BUILT_IN_ROLES
from tradewind.services.roles import get_role
from tradewind.services.session import AUDIT, Services
from tradewind.services.users import find_user

ALICE = "users create -u alice -f Alice -l Kim -r Viewer -e alice@example.com -p secret"


def test_a_role_is_given_and_taken(run: Run, services: Services) -> None:
    run(ALICE)
    assert run("users add-role -u alice -r Op").output == 'User "alice" added to role "Op"\n'
    assert find_user(services, username="alice").roles == ("Op", "Viewer")
    assert "already" in run("users add-role -u alice -r Op", fails=1).output
    run("users remove-role -e alice@example.com -r Viewer")
    assert find_user(services, username="alice").roles == ("Op",)
    assert "He has: Op" in run("users remove-role -u alice -r Viewer", fails=1).output


def test_users_come_in_as_they_went_out_without_passwords(run: Run, services: Services, tmp_path: Path) -> None:
    run(ALICE)
    file = tmp_path / "users.json"
    run(["users", "export", str(file)])
    text = file.read_text()
    assert "argon2" not in text and "secret" not in text
    before = find_user(services, username="alice")
    run(["users", "import", str(file)])
    assert find_user(services, username="alice") == before
    run("users delete -u alice")
    assert 'User "alice" created' in run(["users", "import", str(file)]).output
    assert find_user(services, username="alice").roles == ("Viewer",)
    file.write_text("[")
    assert "is no JSON" in run(["users", "import", str(file)], fails=1).output


def test_roles_are_made_listed_and_deleted(run: Run) -> None:
    run("roles create Team Crew")
    names = [row["name"] for row in json.loads(run("roles list -o json").output)]
    assert names == [*BUILT_IN_ROLES, "Crew", "Team"]
    assert "exists" in run("roles create Team", fails=1).output
    run("roles delete Team Crew")
    assert "Team" not in run("roles list -o plain").output
    assert "built in" in run("roles delete Viewer", fails=1).output


def test_a_role_may_do_more_and_then_less(run: Run, services: Services) -> None:
    run("roles create Team")
    run("roles add-perms Team -r DAGs -r DAG:etl -a can_read -a can_edit")
    listed = json.loads(run("roles list -p -o json").output)
    told = {f"{row['action']} on {row['resource']}" for row in listed if row["name"] == "Team"}
    assert told == {"can_read on DAGs", "can_edit on DAGs", "can_read on DAG:etl", "can_edit on DAG:etl"}
    run("roles del-perms Team -r DAGs")
    run("roles del-perms Team -r DAG:etl -a can_edit")
    assert {str(grant) for grant in get_role(services, "Team").grants} == {"can_read on DAG:etl"}
    assert "There are:" in run("roles add-perms Team -r Nothing -a can_read", fails=1).output
    assert "Actions:" in run("roles add-perms Team -r DAGs -a can_fly", fails=1).output
    assert "built in" in run("roles add-perms Op -r DAGs -a can_read", fails=1).output


def test_roles_come_in_as_they_went_out(run: Run, services: Services, tmp_path: Path) -> None:
    run("roles create Team Empty")
    run("roles add-perms Team -r DAGs -a can_read")
    file = tmp_path / "roles.json"
    run(["roles", "export", str(file), "-p"])
    run("roles delete Team Empty")
    run(["roles", "import", str(file)])
    assert {str(grant) for grant in get_role(services, "Team").grants} == {"can_read on DAGs"}
    assert get_role(services, "Empty").grants == frozenset()


def test_there_is_nothing_to_synchronise(run: Run) -> None:
    assert "nothing to update" in run("sync-perm --include-dags").output


def test_what_commands_do_is_in_the_audit_log_with_the_host(run: Run, services: Services) -> None:
    run(ALICE)
    run("users reset-password -u alice -p another")
    entries = services.store.outbox.since(0, kinds=[AUDIT])
    assert [entry.why for entry in entries] == ["user.create", "user.password"]
    for entry in entries:
        assert entry.who.startswith("cli:") and str(entry.detail["from"]).startswith("cli@")
    assert "another" not in str(entries) and "argon2" not in str(entries)
