"""Who may do what: actions on resources, in the words of Airflow's roles, and the decision whether a grant covers a need.

A grant on `DAG:etl` covers that DAG only. A grant on `DAGs` covers every DAG. What belongs to a DAG (its runs, task
instances, logs, XComs …) needs both the grant on that kind of resource and the DAG itself, as in Airflow: whoever may
edit runs but reads only one DAG edits the runs of that one.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Final, NamedTuple

DAG_PREFIX: Final = "DAG:"
DAG_RUN_PREFIX: Final = "DAG Run:"
"""A grant on the runs of one DAG."""


class Action(str, Enum):
    READ = "can_read"
    EDIT = "can_edit"
    CREATE = "can_create"
    DELETE = "can_delete"


class Resource(str, Enum):
    DAG = "DAGs"
    DAG_RUN = "DAG Runs"
    TASK_INSTANCE = "Task Instances"
    TASK_LOG = "Task Logs"
    XCOM = "XComs"
    DAG_CODE = "DAG Code"
    DAG_VERSION = "DAG Versions"
    DAG_WARNING = "DAG Warnings"
    DAG_DEPENDENCIES = "DAG Dependencies"
    BACKFILL = "Backfills"
    IMPORT_ERROR = "ImportError"
    ASSET = "Assets"
    POOL = "Pools"
    VARIABLE = "Variables"
    CONNECTION = "Connections"
    AUDIT_LOG = "Audit Logs"
    CONFIG = "Configurations"
    PLUGIN = "Plugins"
    PROVIDER = "Providers"
    JOB = "Jobs"
    USER = "Users"
    ROLE = "Roles"
    PERMISSION = "Permission Views"
    WEBSITE = "Website"
    PROFILE = "My Profile"
    PASSWORD = "My Password"


class Need(NamedTuple):
    """What an operation asks of its caller."""

    action: Action
    resource: Resource


class Grant(NamedTuple):
    """What a role gives: an action on a kind of resource, or on one DAG (`DAG:<dag_id>`)."""

    action: Action
    resource: str

    def __str__(self) -> str:
        return f"{self.action.value} on {self.resource}"


def parse_grant(text: str) -> Grant:
    """`can_read on DAGs` → its grant. Raises ValueError with what may stand there."""
    word, on, resource = text.partition(" on ")
    actions = {action.value: action for action in Action}
    if not on or word not in actions:
        raise ValueError(
            f"'{text}' is no permission. Write an action and a resource: can_read on DAGs. Actions: {', '.join(actions)}."
        )
    known = {one.value for one in Resource}
    if resource not in known and not resource.startswith((DAG_PREFIX, DAG_RUN_PREFIX)):
        raise ValueError(f"'{resource}' is no resource. There are: {', '.join(sorted(known))}, and DAG:<dag_id>.")
    return Grant(actions[word], resource)


OF_A_DAG: Final = frozenset(
    {
        Resource.DAG_RUN,
        Resource.TASK_INSTANCE,
        Resource.TASK_LOG,
        Resource.XCOM,
        Resource.DAG_CODE,
        Resource.DAG_VERSION,
        Resource.DAG_WARNING,
        Resource.BACKFILL,
    }
)
"""Resources that belong to a DAG: reaching them needs the DAG, too."""


def is_allowed(grants: frozenset[Grant], need: Need, dag_id: str | None = None) -> bool:
    """Whether the grants cover the need, for one DAG when `dag_id` is given.

    Without a `dag_id` (a list over all DAGs) the kind of resource is enough: the list shows only what `visible` allows.
    """
    action, resource = need
    if resource is Resource.DAG:
        if dag_id is None:
            return Grant(action, resource.value) in grants or any(
                grant.action is action and grant.resource.startswith(DAG_PREFIX) for grant in grants
            )
        return covers_dag(grants, action, dag_id)
    if Grant(action, resource.value) not in grants:
        return resource is Resource.DAG_RUN and dag_id is not None and Grant(action, DAG_RUN_PREFIX + dag_id) in grants
    if resource in OF_A_DAG and dag_id is not None:
        # Changing what belongs to a DAG is an edit of the DAG, whatever is done to its parts.
        return covers_dag(grants, Action.READ if action is Action.READ else Action.EDIT, dag_id)
    return True


def covers_dag(grants: frozenset[Grant], action: Action, dag_id: str) -> bool:
    return Grant(action, Resource.DAG.value) in grants or Grant(action, DAG_PREFIX + dag_id) in grants


def visible(grants: frozenset[Grant]) -> frozenset[str] | None:
    """The DAGs that may be read; None: all of them."""
    if Grant(Action.READ, Resource.DAG.value) in grants:
        return None
    return frozenset(
        grant.resource.removeprefix(DAG_PREFIX)
        for grant in grants
        if grant.action is Action.READ and grant.resource.startswith(DAG_PREFIX)
    )


def _all(actions: Iterable[Action], *resources: Resource) -> frozenset[Grant]:
    wanted = tuple(actions)
    return frozenset(Grant(action, resource.value) for resource in resources for action in wanted)


_EVERY: Final = tuple(Action)

PUBLIC: Final[frozenset[Grant]] = frozenset()
VIEWER: Final = _all(
    [Action.READ],
    Resource.DAG,
    Resource.DAG_RUN,
    Resource.TASK_INSTANCE,
    Resource.TASK_LOG,
    Resource.XCOM,
    Resource.DAG_CODE,
    Resource.DAG_VERSION,
    Resource.DAG_WARNING,
    Resource.DAG_DEPENDENCIES,
    Resource.BACKFILL,
    Resource.IMPORT_ERROR,
    Resource.ASSET,
    Resource.POOL,
    Resource.JOB,
    Resource.WEBSITE,
) | _all([Action.READ, Action.EDIT], Resource.PROFILE, Resource.PASSWORD)
USER: Final = (
    VIEWER
    | _all([Action.EDIT, Action.DELETE], Resource.DAG)
    | _all([Action.EDIT, Action.CREATE, Action.DELETE], Resource.DAG_RUN, Resource.TASK_INSTANCE, Resource.BACKFILL)
    | _all([Action.CREATE], Resource.ASSET)
)
OP: Final = (
    USER
    # Not the audit log, as in Airflow since 2.8.2 (CVE-2024-26280): it names users, addresses and what they did.
    | _all([Action.READ], Resource.CONFIG, Resource.PROVIDER, Resource.PLUGIN)
    | _all(_EVERY, Resource.POOL, Resource.VARIABLE, Resource.CONNECTION)
    | _all([Action.EDIT, Action.CREATE, Action.DELETE], Resource.XCOM, Resource.ASSET)
)
ADMIN: Final = _all(_EVERY, *Resource)

BUILT_IN_ROLES: Final = {"Admin": ADMIN, "Op": OP, "User": USER, "Viewer": VIEWER, "Public": PUBLIC}
"""What the built-in roles may do. They are not stored, so they cannot be lost and follow the version of tradewind."""
