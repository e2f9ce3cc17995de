"""Airflow's import names, and what they stand for here.

Each module of `airflow` is a line of targets, `module:name,name,…`, parted by spaces. `Name=Other` serves `Other` under
`Name`, `path.to.method` reaches into an object, and a target `*` alone stands for the module itself.
`NOT_YET` names what exists in Airflow and will come later.
"""

from __future__ import annotations

SERVED_VERSION = "3.3.2"
"""What `airflow.__version__` says: providers choose their code by it."""

_SDK = "tradewind.sdk"

_EXCEPTIONS = (
    "tradewind.sdk.exceptions:AirflowBadRequest,AirflowClearRunningTaskException,AirflowClusterPolicyError,"
    "AirflowClusterPolicySkipDag,AirflowClusterPolicyViolation,AirflowConfigException,AirflowDagCycleException,"
    "AirflowDagDuplicatedIdException,AirflowDagInconsistent,AirflowException,AirflowFailException,AirflowFileParseException,"
    "AirflowInactiveAssetInInletOrOutletException,AirflowInternalRuntimeError,AirflowNotFoundException,"
    "AirflowOptionalProviderFeatureException,AirflowProviderDeprecationWarning,AirflowRescheduleException,"
    "AirflowRuntimeError,AirflowSecretsBackendAccessDenied,AirflowSensorTimeout,AirflowSkipException,AirflowTaskTerminated,"
    "AirflowTaskTimeout,AirflowTimetableInvalid,AirflowUnsupportedFileTypeException,AirflowWebServerTimeout,"
    "BackfillUnfinished,ConnectionNotUnique,DagCodeNotFound,DagConcurrencyLimitReached,DagFileExists,DagNotFound,"
    "DagNotPartitionedError,DagRunAlreadyExists,DagRunNotFound,DagRunTriggerException,DagRunTypeNotAllowed,"
    "DeserializationError,DeserializingResultError,DownstreamTasksSkipped,DuplicateTaskIdFound,"
    "FailFastDagInvalidTriggerRule,FailStopDagInvalidTriggerRule,FileSyntaxError,InvalidPartitionKeyError,"
    "InvalidStatsNameException,NoAvailablePoolSlot,NodeNotFound,NotMapped,ParamValidationError,PodMutationHookException,"
    "PodReconciliationError,PoolNotFound,RemovedInAirflow3Warning,RemovedInAirflow4Warning,SerializationError,"
    "TaskAlreadyInTaskGroup,TaskAlreadyRunningError,TaskAwaitingInput,TaskConcurrencyLimitReached,TaskDeferralError,"
    "TaskDeferralTimeout,TaskDeferred,TaskInstanceNotFound,TaskNotFound,UnknownExecutorException,UnmappableOperator,"
    "UnmappableXComLengthPushed,UnmappableXComTypePushed,VariableNotUnique,XComForMappingNotPushed,XComNotFound"
)
_BASE_OPERATOR = "tradewind.sdk.operator:BaseOperator"
_EDGES = "tradewind.sdk.edges:chain,chain_linear,cross_downstream"
_LINK = "tradewind.sdk.operator_link:BaseOperatorLink"
_DECORATORS = (
    "tradewind.sdk.dag:dag tradewind.sdk.flow_tasks:task,setup,teardown,TaskDecoratorCollection "
    "tradewind.sdk.task_group_decorator:task_group tradewind.sdk.taskflow:TaskDecorator"
)
_DECORATOR_BASE = (
    "tradewind.sdk.taskflow:DecoratedOperator,TaskDecorator,get_unique_task_id,task_decorator_factory "
    "tradewind.sdk.callable_arguments:KeywordParameters,determine_kwargs,is_async_callable "
    "tradewind.sdk.context:get_current_context tradewind.sdk.xcom_arg:XCOM_RETURN_KEY"
)
_ASSETS = (
    "tradewind.sdk.assets:Asset,AssetAccessControl,AssetAlias,AssetAll,AssetAny,AssetBooleanCondition,AssetNameRef,AssetRef,"
    "AssetUriRef,AssetWatcher,BaseAsset,Dataset,Model"
)
_SENSOR = "tradewind.sdk.sensor:BaseSensorOperator,PokeReturnValue,poke_mode_only"
_PARAMS = "tradewind.sdk.params:Param,ParamsDict,DagParam"
_CONTEXT = "tradewind.sdk.context:Context,context_merge,get_current_context,KNOWN_CONTEXT_KEYS"
_TYPES = "tradewind.sdk.types:ArgNotSet,NOTSET,SET_DURING_EXECUTION,is_arg_set,DagRunType,DagRunTriggeredByType"
_STATES = (
    "tradewind.core.states:TaskInstanceState=TaskState,DagRunState=RunState "
    "tradewind.sdk.types:State,TerminalTIState,IntermediateTIState,JobState"
)
_PYTHON = (
    "tradewind.operators.python:PythonOperator,BranchPythonOperator,ShortCircuitOperator "
    "tradewind.operators.virtualenv:PythonVirtualenvOperator,ExternalPythonOperator,BranchPythonVirtualenvOperator,"
    "BranchExternalPythonOperator,is_venv_installed "
    "tradewind.sdk.context:get_current_context tradewind.sdk.skipmixin:SkipMixin,BranchMixIn"
)
_BASH = "tradewind.operators.bash:BashOperator"
_EMPTY = "tradewind.operators.empty:EmptyOperator,DummyOperator=EmptyOperator"
_BRANCH = "tradewind.operators.branch:BaseBranchOperator tradewind.sdk.skipmixin:BranchMixIn,SkipMixin"
_LATEST_ONLY = "tradewind.operators.latest_only:LatestOnlyOperator"
_TRIGGER_DAGRUN = "tradewind.operators.trigger_dagrun:TriggerDagRunOperator"
_EXTERNAL_TASK = (
    "tradewind.sensors.external_task:ExternalTaskSensor,ExternalTaskMarker,ExternalTaskNotFoundError,"
    "ExternalTaskGroupNotFoundError,ExternalDagNotFoundError,ExternalDagDeletedError,ExternalTaskFailedError,"
    "ExternalTaskGroupFailedError,ExternalDagFailedError,DuplicateStateError"
)
_WEEKDAY_SENSOR = "tradewind.sensors.weekday:DayOfWeekSensor"
_PYTHON_SENSOR = "tradewind.sensors.python:PythonSensor"
_BASH_SENSOR = "tradewind.sensors.bash:BashSensor"
_FILE_SENSOR = "tradewind.sensors.filesystem:FileSensor"
_DATE_TIME = "tradewind.sensors.date_time:DateTimeSensor,DateTimeSensorAsync"
_TIME = "tradewind.sensors.time_sensor:TimeSensor,TimeSensorAsync"
_TIME_DELTA = "tradewind.sensors.time_delta:TimeDeltaSensor,TimeDeltaSensorAsync,WaitSensor"
_FS_HOOK = "tradewind.hooks.filesystem:FSHook"
_SUBPROCESS_HOOK = "tradewind.hooks.subprocess:SubprocessHook,SubprocessResult,working_directory"
_NOTIFIER = "tradewind.sdk.notifier:BaseNotifier"
_XCOM = "tradewind.sdk.xcom:XCom,BaseXCom,XCOM_RETURN_KEY,MAX_XCOM_SIZE"
_XCOM_ARG = "tradewind.sdk.xcom_arg:XComArg,PlainXComArg,MapXComArg,ZipXComArg,ConcatXComArg"
_TASK_INSTANCE = "tradewind.sdk.task_instance:TaskInstance,TaskInstanceKey"
_DAG_RUN = "tradewind.sdk.dag_run:DagRun"
_TRIGGER_RULE = "tradewind.core.states:TriggerRule"
_WEIGHT_RULE = "tradewind.sdk.types:WeightRule"
_GROUP = "tradewind.sdk.task_group:TaskGroup,MappedTaskGroup"
_LABEL = "tradewind.sdk.edges:Label,EdgeModifier"
_SKIP = "tradewind.sdk.skipmixin:SkipMixin,XCOM_SKIPMIXIN_KEY,XCOM_SKIPMIXIN_FOLLOWED,XCOM_SKIPMIXIN_SKIPPED"
_TEMPLATE = "tradewind.sdk.template:Templater,LiteralValue,literal"
_MAPPED = "tradewind.sdk.mapped:MappedOperator,OperatorPartial"
_ABSTRACT = "tradewind.sdk.abstract_operator:AbstractOperator"
_NODE = "tradewind.sdk.node:DAGNode,DependencyMixin,TaskMixin"
_TIMEZONE = (
    "tradewind.sdk.timezone:utc,TIMEZONE,coerce_datetime,convert_to_utc,datetime,from_timestamp,is_localized,is_naive,"
    "local_timezone,make_aware,make_naive,parse,parse_timezone,pendulum,td_format,utc_epoch,utcnow"
)
_MACROS = (
    "tradewind.sdk.macros:datetime,datetime_diff_for_humans,dateutil,ds_add,ds_format,ds_format_locale,json,random,time,"
    "timedelta,uuid,yaml"
)
_MASKER = "tradewind.sdk.masking:mask_secret,redact,should_hide_value_for_key"
_LOGGING = "tradewind.sdk.logging_mixin:LoggingMixin,remove_escape_codes"
_CONFIGURATION = (
    "tradewind.configuration:conf,AirflowConfigParser=Configuration,get=conf.get,getboolean=conf.getboolean,"
    "getint=conf.getint,getfloat=conf.getfloat,getsection=conf.getsection,has_option=conf.has_option,"
    "as_dict=conf.as_dict,set=conf.set,remove_option=conf.remove_option"
)
_SECRETS_SESSION = "tradewind.sdk.database_access:provide_session,create_session,NEW_SESSION"
_TIMETABLES = {
    "assets": "tradewind.timetables.assets:AssetOrTimeSchedule,AssetTriggeredTimetable",
    "base": "tradewind.timetables.base:Timetable,BaseTimetable=Timetable,DagRunInfo,DataInterval,TimeRestriction",
    "events": "tradewind.timetables.events:EventsTimetable",
    "interval": "tradewind.timetables.interval:CronDataIntervalTimetable,DeltaDataIntervalTimetable",
    "simple": (
        "tradewind.timetables.simple:ContinuousTimetable,NullTimetable,OnceTimetable "
        "tradewind.timetables.assets:AssetTriggeredTimetable,DatasetTriggeredTimetable=AssetTriggeredTimetable"
    ),
    "trigger": "tradewind.timetables.trigger:CronTriggerTimetable,DeltaTriggerTimetable,MultipleCronTriggerTimetable",
}

MODULES: dict[str, str] = {
    # --- the top, and what Airflow 3 calls the SDK -----------------------------------------------------------------------
    "airflow": (
        "tradewind.sdk.dag:DAG tradewind.sdk.assets:Dataset,Asset tradewind.sdk.xcom_arg:XComArg "
        "tradewind.sdk.exceptions:AirflowException"
    ),
    "airflow.version": "tradewind.sdk.airflow_names:version=SERVED_VERSION",
    "airflow.sdk": " ".join(
        (
            "tradewind.sdk.airflow_names:__version__=SERVED_VERSION",
            "tradewind.sdk.dag:DAG,dag",
            _DECORATORS,
            "tradewind.sdk.operator:BaseOperator,BaseAsyncOperator",
            _EDGES,
            _LINK,
            _ASSETS,
            "tradewind.sdk.assets:Metadata",
            _SENSOR,
            _PARAMS,
            "tradewind.sdk.context:Context,get_current_context",
            "tradewind.hooks.base:BaseHook",
            "tradewind.operators.branch:BaseBranchOperator",
            "tradewind.sdk.skipmixin:BranchMixIn,SkipMixin",
            "tradewind.core.states:TriggerRule,TaskInstanceState=TaskState,DagRunState=RunState",
            _NOTIFIER,
            _XCOM,
            "tradewind.sdk.xcom_arg:XComArg",
            "tradewind.sdk.task_group:TaskGroup",
            _LABEL,
            _WEIGHT_RULE,
            "tradewind.sdk.variable:Variable",
            "tradewind.sdk.connection:Connection",
            "tradewind.configuration:conf",
            "tradewind.sdk.template:literal",
            "tradewind.sdk.task_instance:TaskInstance",
            "tradewind.sdk.parsing_context:get_parsing_context",
            "tradewind.sdk.macros:macros=*",
            "tradewind.sdk.timezone:timezone=*",
            *(_TIMETABLES[one] for one in ("assets", "events", "interval", "trigger")),
        )
    ),
    "airflow.sdk.bases": "",
    "airflow.sdk.bases.branch": _BRANCH,
    "airflow.sdk.bases.decorator": _DECORATOR_BASE,
    "airflow.sdk.bases.hook": "tradewind.hooks.base:BaseHook",
    "airflow.sdk.bases.notifier": _NOTIFIER,
    "airflow.sdk.bases.operator": f"tradewind.sdk.operator:BaseOperator,BaseAsyncOperator {_EDGES}",
    "airflow.sdk.bases.operatorlink": _LINK,
    "airflow.sdk.bases.sensor": _SENSOR,
    "airflow.sdk.bases.skipmixin": _SKIP,
    "airflow.sdk.bases.timetable": "tradewind.timetables.base:BaseTimetable=Timetable",
    "airflow.sdk.bases.xcom": "tradewind.sdk.xcom:BaseXCom",
    "airflow.sdk.configuration": "tradewind.configuration:conf",
    "airflow.sdk.definitions": "",
    "airflow.sdk.definitions._internal": "",
    "airflow.sdk.definitions._internal.abstractoperator": f"{_ABSTRACT} tradewind.sdk.operator_arguments:DEFAULT_POOL",
    "airflow.sdk.definitions._internal.contextmanager": "tradewind.sdk.definition_context:DagContext,TaskGroupContext",
    "airflow.sdk.definitions._internal.mixins": "tradewind.sdk.node:DependencyMixin tradewind.sdk.resolvable:ResolveMixin",
    "airflow.sdk.definitions._internal.node": "tradewind.sdk.node:DAGNode,validate_key",
    "airflow.sdk.definitions._internal.templater": _TEMPLATE,
    "airflow.sdk.definitions._internal.types": _TYPES,
    "airflow.sdk.definitions.asset": _ASSETS,
    "airflow.sdk.definitions.asset.metadata": "tradewind.sdk.assets:Metadata",
    "airflow.sdk.definitions.connection": "tradewind.sdk.connection:Connection",
    "airflow.sdk.definitions.context": f"{_CONTEXT} tradewind.sdk.parsing_context:get_parsing_context",
    "airflow.sdk.definitions.dag": "tradewind.sdk.dag:DAG,dag",
    "airflow.sdk.definitions.decorators": _DECORATORS,
    "airflow.sdk.definitions.edges": _LABEL,
    "airflow.sdk.definitions.mappedoperator": _MAPPED,
    "airflow.sdk.definitions.param": _PARAMS,
    "airflow.sdk.definitions.taskgroup": _GROUP,
    "airflow.sdk.definitions.template": "tradewind.sdk.template:literal",
    "airflow.sdk.definitions.variable": "tradewind.sdk.variable:Variable",
    "airflow.sdk.definitions.xcom_arg": _XCOM_ARG,
    "airflow.sdk.exceptions": _EXCEPTIONS,
    "airflow.sdk.execution_time": "",
    "airflow.sdk.execution_time.context": "tradewind.sdk.context:context_to_airflow_vars,get_current_context",
    "airflow.sdk.execution_time.lazy_sequence": "tradewind.sdk.xcom:LazyXComSequence",
    "airflow.sdk.execution_time.macros": _MACROS,
    "airflow.sdk.execution_time.secrets_masker": _MASKER,
    "airflow.sdk.execution_time.task_runner": "tradewind.sdk.task_instance:RuntimeTaskInstance",
    "airflow.sdk.execution_time.xcom": _XCOM,
    "airflow.sdk.io": "",
    "airflow.sdk.log": _MASKER,
    "airflow.sdk.plugins_manager": "tradewind.sdk.plugin:AirflowPlugin",
    "airflow.sdk.timezone": _TIMEZONE,
    "airflow.sdk.types": (
        "tradewind.sdk.task_instance:RuntimeTaskInstanceProtocol=RuntimeTaskInstance,TaskInstanceKey "
        "tradewind.sdk.dag_run:DagRunProtocol=DagRunView tradewind.sdk.types:NOTSET,ArgNotSet"
    ),
    # --- models ------------------------------------------------------------------------------------------------------------
    "airflow.models": " ".join(
        (
            "tradewind.sdk.dag:DAG",
            "tradewind.sdk.variable:Variable",
            "tradewind.sdk.connection:Connection",
            _BASE_OPERATOR,
            _LINK,
            _EDGES,
            _XCOM,
            _XCOM_ARG,
            _PARAMS,
            _TASK_INSTANCE,
            _DAG_RUN,
            "tradewind.sdk.dag_bag:DagBag",
            "tradewind.sdk.mapped:MappedOperator",
            "tradewind.sdk.skipmixin:SkipMixin",
            "tradewind.sdk.sensor:BaseSensorOperator",
            "tradewind.sdk.abstract_operator:Operator=AbstractOperator",
            "tradewind.core.states:TaskInstanceState=TaskState",
            "tradewind.sdk.airflow_names:ID_LEN",
        )
    ),
    "airflow.models.abstractoperator": (
        f"{_ABSTRACT} tradewind.sdk.airflow_names:DEFAULT_QUEUE,DEFAULT_OWNER,DEFAULT_POOL_SLOTS,DEFAULT_PRIORITY_WEIGHT "
        "tradewind.sdk.definition_context:TaskGroupContext"
    ),
    "airflow.models.base": "tradewind.sdk.airflow_names:ID_LEN",
    "airflow.models.baseoperator": f"{_BASE_OPERATOR} {_EDGES} {_LINK}",
    "airflow.models.baseoperatorlink": _LINK,
    "airflow.models.connection": "tradewind.sdk.connection:Connection",
    "airflow.models.dag": "tradewind.sdk.dag:DAG,dag tradewind.sdk.definition_context:DagContext",
    "airflow.models.dagbag": "tradewind.sdk.dag_bag:DagBag",
    "airflow.models.dagrun": _DAG_RUN,
    "airflow.models.expandinput": (
        "tradewind.sdk.expand_input:DictOfListsExpandInput=DictOfLists,ListOfDictsExpandInput=ListOfDicts"
    ),
    "airflow.models.mappedoperator": _MAPPED,
    "airflow.models.operator": "tradewind.sdk.abstract_operator:Operator=AbstractOperator",
    "airflow.models.param": _PARAMS,
    "airflow.models.skipmixin": _SKIP,
    "airflow.models.taskinstance": (f"{_TASK_INSTANCE} {_CONTEXT} tradewind.core.states:TaskInstanceState=TaskState"),
    "airflow.models.taskinstancekey": "tradewind.sdk.task_instance:TaskInstanceKey",
    "airflow.models.taskmixin": _NODE,
    "airflow.models.variable": "tradewind.sdk.variable:Variable",
    "airflow.models.xcom": _XCOM,
    "airflow.models.xcom_arg": _XCOM_ARG,
    "airflow.dag_processing": "",
    "airflow.dag_processing.dagbag": "tradewind.sdk.dag_bag:DagBag",
    # --- decorators ----------------------------------------------------------------------------------------------------------
    "airflow.decorators": _DECORATORS,
    "airflow.decorators.base": (
        f"{_DECORATOR_BASE} tradewind.sdk.taskflow:remove_task_decorator,_TaskDecorator=TaskDecorator"
    ),
    "airflow.decorators.python": "tradewind.sdk.taskflow:python_task,_PythonDecoratedOperator",
    "airflow.decorators.sensor": "tradewind.sdk.flow_tasks:sensor_task=task.sensor,DecoratedSensorOperator",
    "airflow.decorators.branch_python": "tradewind.sdk.flow_tasks:branch_task=task.branch",
    "airflow.decorators.short_circuit": "tradewind.sdk.flow_tasks:short_circuit_task=task.short_circuit",
    "airflow.decorators.bash": "tradewind.sdk.flow_tasks:bash_task=task.bash",
    "airflow.decorators.task_group": "tradewind.sdk.task_group_decorator:task_group",
    "airflow.decorators.setup_teardown": "tradewind.sdk.flow_tasks:setup_task=setup,teardown_task=teardown",
    # --- operators, sensors, hooks ---------------------------------------------------------------------------------------------
    # Airflow 1.10 gathered every operator in its package itself.
    "airflow.operators": f"{_BASH} {_PYTHON} {_EMPTY} {_BRANCH} {_LATEST_ONLY} {_TRIGGER_DAGRUN}",
    "airflow.operators.bash": f"{_BASH} {_BASE_OPERATOR}",
    "airflow.operators.bash_operator": _BASH,
    "airflow.operators.branch": _BRANCH,
    "airflow.operators.branch_operator": _BRANCH,
    "airflow.operators.dagrun_operator": _TRIGGER_DAGRUN,
    "airflow.operators.datetime": "tradewind.operators.datetime:BranchDateTimeOperator",
    "airflow.operators.dummy": _EMPTY,
    "airflow.operators.dummy_operator": _EMPTY,
    "airflow.operators.empty": _EMPTY,
    "airflow.operators.latest_only": _LATEST_ONLY,
    "airflow.operators.latest_only_operator": _LATEST_ONLY,
    "airflow.operators.python": f"{_PYTHON} tradewind.sdk.flow_tasks:task",
    "airflow.operators.python_operator": _PYTHON,
    "airflow.operators.sensors": f"{_EXTERNAL_TASK} {_TIME} {_TIME_DELTA} {_SENSOR}",
    "airflow.operators.smooth": "tradewind.operators.smooth:SmoothOperator",
    "airflow.operators.trigger_dagrun": _TRIGGER_DAGRUN,
    "airflow.operators.weekday": "tradewind.operators.weekday:BranchDayOfWeekOperator",
    "airflow.sensors": "",
    "airflow.sensors.base": _SENSOR,
    "airflow.sensors.base_sensor_operator": _SENSOR,
    "airflow.sensors.bash": _BASH_SENSOR,
    "airflow.sensors.date_time": _DATE_TIME,
    "airflow.sensors.date_time_sensor": _DATE_TIME,
    "airflow.sensors.external_task": _EXTERNAL_TASK,
    "airflow.sensors.external_task_sensor": _EXTERNAL_TASK,
    "airflow.sensors.filesystem": _FILE_SENSOR,
    "airflow.sensors.python": _PYTHON_SENSOR,
    "airflow.sensors.time_delta": _TIME_DELTA,
    "airflow.sensors.time_delta_sensor": _TIME_DELTA,
    "airflow.sensors.time_sensor": _TIME,
    "airflow.sensors.weekday": _WEEKDAY_SENSOR,
    "airflow.sensors.weekday_sensor": _WEEKDAY_SENSOR,
    "airflow.hooks": "",
    "airflow.hooks.base": "tradewind.hooks.base:BaseHook",
    "airflow.hooks.base_hook": "tradewind.hooks.base:BaseHook",
    "airflow.hooks.filesystem": _FS_HOOK,
    "airflow.hooks.subprocess": _SUBPROCESS_HOOK,
    "airflow.notifications": "",
    "airflow.notifications.basenotifier": _NOTIFIER,
    # --- the standard provider, while the real one is absent -------------------------------------------------------------
    "airflow.providers": "",
    "airflow.providers.standard": "tradewind.sdk.airflow_names:__version__=STANDARD_VERSION",
    "airflow.providers.standard.decorators": "",
    "airflow.providers.standard.decorators.bash": "tradewind.sdk.flow_tasks:bash_task=task.bash",
    "airflow.providers.standard.decorators.python": "tradewind.sdk.taskflow:python_task,_PythonDecoratedOperator",
    "airflow.providers.standard.decorators.sensor": (
        "tradewind.sdk.flow_tasks:sensor_task=task.sensor,DecoratedSensorOperator"
    ),
    "airflow.providers.standard.hooks": "",
    "airflow.providers.standard.hooks.filesystem": _FS_HOOK,
    "airflow.providers.standard.hooks.subprocess": _SUBPROCESS_HOOK,
    "airflow.providers.standard.operators": "",
    "airflow.providers.standard.operators.bash": _BASH,
    "airflow.providers.standard.operators.branch": _BRANCH,
    "airflow.providers.standard.operators.datetime": "tradewind.operators.datetime:BranchDateTimeOperator",
    "airflow.providers.standard.operators.empty": "tradewind.operators.empty:EmptyOperator",
    "airflow.providers.standard.operators.latest_only": _LATEST_ONLY,
    "airflow.providers.standard.operators.python": _PYTHON,
    "airflow.providers.standard.operators.smooth": "tradewind.operators.smooth:SmoothOperator",
    "airflow.providers.standard.operators.trigger_dagrun": _TRIGGER_DAGRUN,
    "airflow.providers.standard.operators.weekday": "tradewind.operators.weekday:BranchDayOfWeekOperator",
    "airflow.providers.standard.sensors": "",
    "airflow.providers.standard.sensors.bash": _BASH_SENSOR,
    "airflow.providers.standard.sensors.date_time": _DATE_TIME,
    "airflow.providers.standard.sensors.external_task": _EXTERNAL_TASK,
    "airflow.providers.standard.sensors.filesystem": _FILE_SENSOR,
    "airflow.providers.standard.sensors.python": _PYTHON_SENSOR,
    "airflow.providers.standard.sensors.time": _TIME,
    "airflow.providers.standard.sensors.time_delta": _TIME_DELTA,
    "airflow.providers.standard.sensors.weekday": _WEEKDAY_SENSOR,
    "airflow.providers.standard.utils": "",
    "airflow.providers.standard.utils.weekday": "tradewind.sdk.types:WeekDay",
    # --- datasets, timetables, templates, the rest ---------------------------------------------------------------------------
    "airflow.assets": "",
    "airflow.datasets": "tradewind.sdk.assets:Dataset,DatasetAlias,DatasetAll,DatasetAny",
    "airflow.datasets.metadata": "tradewind.sdk.assets:Metadata",
    "airflow.timetables": "",
    **{f"airflow.timetables.{name}": targets for name, targets in _TIMETABLES.items()},
    "airflow.timetables.datasets": "tradewind.timetables.assets:DatasetOrTimeSchedule=AssetOrTimeSchedule",
    "airflow.template": "",
    "airflow.template.templater": _TEMPLATE,
    "airflow.macros": _MACROS,
    "airflow.exceptions": _EXCEPTIONS,
    "airflow.configuration": _CONFIGURATION,
    "airflow.listeners": "tradewind.sdk.listener:hookimpl,hookspec",
    "airflow.plugins_manager": "tradewind.sdk.plugin:AirflowPlugin",
    "airflow.policies": "tradewind.sdk.listener:hookimpl",
    "airflow.security": "",
    "airflow.security.permissions": (
        "tradewind.sdk.permissions:ACTION_CAN_CREATE,ACTION_CAN_READ,ACTION_CAN_EDIT,ACTION_CAN_DELETE,ACTION_CAN_ACCESS_MENU,"
        "RESOURCE_DAG,RESOURCE_DAG_RUN,RESOURCE_DATASET,RESOURCE_ASSET"
    ),
    "airflow.settings": (
        "tradewind.sdk.settings:AIRFLOW_HOME,DAGS_FOLDER,PLUGINS_FOLDER,TIMEZONE,json "
        "tradewind.sdk.database_access:Session,engine=NEW_SESSION"
    ),
    "airflow.task": "",
    "airflow.task.trigger_rule": _TRIGGER_RULE,
    "airflow.task.weight_rule": _WEIGHT_RULE,
    "airflow.typing_compat": "typing:Literal,Protocol,TypedDict,runtime_checkable",
    # --- utils ---------------------------------------------------------------------------------------------------------------
    "airflow.utils": "",
    "airflow.utils.context": f"{_CONTEXT} tradewind.sdk.context:context_to_airflow_vars",
    "airflow.utils.dag_cycle_tester": "tradewind.sdk.dag:check_cycle",
    "airflow.utils.dag_parsing_context": (
        "tradewind.sdk.parsing_context:get_parsing_context,AirflowParsingContext,AIRFLOW_PARSING_CONTEXT_DAG_ID,"
        "AIRFLOW_PARSING_CONTEXT_TASK_ID"
    ),
    "airflow.utils.dates": (
        "tradewind.sdk.dates:cron_presets,date_range,datetime,days_ago,infer_time_unit,parse_execution_date,round_time,"
        "scale_time_units,timedelta tradewind.sdk.timezone:timezone=*"
    ),
    "airflow.utils.db": "tradewind.sdk.database_access:provide_session,create_session",
    "airflow.utils.decorators": "tradewind.sdk.operator:apply_defaults tradewind.sdk.taskflow:remove_task_decorator",
    "airflow.utils.edgemodifier": _LABEL,
    "airflow.utils.file": "tradewind.sdk.host_machine:TemporaryDirectory,mkdirs",
    "airflow.utils.hashlib_wrapper": "tradewind.sdk.host_machine:md5",
    "airflow.utils.helpers": (
        "tradewind.sdk.sequences:chunks,exactly_one,at_most_one,merge_dicts,prune_dict,as_flattened_list,partition,"
        "reduce_in_chunks,is_container,convert_camel_to_snake tradewind.sdk.node:validate_key "
        "tradewind.sdk.edges:chain,cross_downstream"
    ),
    "airflow.utils.log": "",
    "airflow.utils.log.logging_mixin": _LOGGING,
    "airflow.utils.log.secrets_masker": _MASKER,
    "airflow.utils.module_loading": "tradewind.sdk.loading:import_string,qualname,is_valid_dotpath,iter_namespace",
    "airflow.utils.net": "tradewind.sdk.host_machine:get_host_ip_address,get_hostname,getfqdn",
    "airflow.utils.operator_helpers": (
        "tradewind.sdk.context:context_to_airflow_vars "
        "tradewind.sdk.callable_arguments:determine_kwargs,KeywordParameters,make_kwargs_callable"
    ),
    "airflow.utils.platform": "tradewind.sdk.host_machine:getuser",
    "airflow.utils.process_utils": "tradewind.sdk.host_machine:execute_in_subprocess,patch_environ",
    "airflow.utils.session": _SECRETS_SESSION,
    "airflow.utils.setup_teardown": "tradewind.sdk.setup_teardown:SetupTeardownContext",
    "airflow.utils.state": _STATES,
    "airflow.utils.strings": "tradewind.sdk.sequences:to_boolean,get_random_string",
    "airflow.utils.task_group": _GROUP,
    "airflow.utils.template": "tradewind.sdk.template:literal",
    "airflow.utils.timezone": _TIMEZONE,
    "airflow.utils.trigger_rule": _TRIGGER_RULE,
    "airflow.utils.types": _TYPES,
    "airflow.utils.weekday": "tradewind.sdk.types:WeekDay",
    "airflow.utils.weight_rule": _WEIGHT_RULE,
    "airflow.utils.xcom": "tradewind.sdk.xcom_arg:XCOM_RETURN_KEY",
    "airflow.utils.yaml": "yaml:safe_load,safe_dump,dump,load,YAMLError,SafeLoader,SafeDumper,FullLoader",
}

ID_LEN = 250
DEFAULT_OWNER = "airflow"
DEFAULT_QUEUE = "default"
DEFAULT_POOL_SLOTS = 1
DEFAULT_PRIORITY_WEIGHT = 1
STANDARD_VERSION = "1.12.0"

_POSTGRES = "airflow.providers.postgres"
_AMAZON = "airflow.providers.amazon.aws"
_GOOGLE = "airflow.providers.google.cloud"
_SQL = "airflow.providers.common.sql"

OF_PROVIDERS: dict[str, str] = {
    # Where Airflow 1.10 and 2 kept what providers have today: served when the provider is installed.
    "airflow.hooks.S3_hook": f"{_AMAZON}.hooks.s3:S3Hook",
    "airflow.hooks.dbapi": f"{_SQL}.hooks.sql:DbApiHook",
    "airflow.hooks.dbapi_hook": f"{_SQL}.hooks.sql:DbApiHook",
    "airflow.hooks.hive_hooks": "airflow.providers.apache.hive.hooks.hive:HiveCliHook,HiveMetastoreHook,HiveServer2Hook",
    "airflow.hooks.http_hook": "airflow.providers.http.hooks.http:HttpHook",
    "airflow.hooks.jdbc_hook": "airflow.providers.jdbc.hooks.jdbc:JdbcHook",
    "airflow.hooks.mssql_hook": "airflow.providers.microsoft.mssql.hooks.mssql:MsSqlHook",
    "airflow.hooks.mysql_hook": "airflow.providers.mysql.hooks.mysql:MySqlHook",
    "airflow.hooks.oracle_hook": "airflow.providers.oracle.hooks.oracle:OracleHook",
    "airflow.hooks.postgres_hook": f"{_POSTGRES}.hooks.postgres:PostgresHook",
    "airflow.hooks.slack_hook": "airflow.providers.slack.hooks.slack:SlackHook",
    "airflow.hooks.sqlite_hook": "airflow.providers.sqlite.hooks.sqlite:SqliteHook",
    "airflow.kubernetes": "",
    "airflow.kubernetes.secret": "airflow.providers.cncf.kubernetes.secret:Secret",
    "airflow.operators.docker_operator": "airflow.providers.docker.operators.docker:DockerOperator",
    "airflow.operators.generic_transfer": f"{_SQL}.operators.generic_transfer:GenericTransfer",
    "airflow.operators.hive_operator": "airflow.providers.apache.hive.operators.hive:HiveOperator",
    "airflow.operators.http_operator": "airflow.providers.http.operators.http:HttpOperator,SimpleHttpOperator=HttpOperator",
    "airflow.operators.mssql_operator": f"{_SQL}.operators.sql:MsSqlOperator=SQLExecuteQueryOperator",
    "airflow.operators.mysql_operator": f"{_SQL}.operators.sql:MySqlOperator=SQLExecuteQueryOperator",
    "airflow.operators.oracle_operator": f"{_SQL}.operators.sql:OracleOperator=SQLExecuteQueryOperator",
    "airflow.operators.postgres_operator": f"{_SQL}.operators.sql:PostgresOperator=SQLExecuteQueryOperator",
    "airflow.operators.slack_operator": "airflow.providers.slack.operators.slack:SlackAPIPostOperator,SlackAPIOperator",
    "airflow.operators.sql": (
        f"{_SQL}.operators.sql:SQLCheckOperator,SQLValueCheckOperator,SQLIntervalCheckOperator,SQLThresholdCheckOperator,"
        "BranchSQLOperator"
    ),
    "airflow.operators.sqlite_operator": f"{_SQL}.operators.sql:SqliteOperator=SQLExecuteQueryOperator",
    "airflow.sensors.http_sensor": "airflow.providers.http.sensors.http:HttpSensor",
    "airflow.sensors.s3_key_sensor": f"{_AMAZON}.sensors.s3:S3KeySensor",
    "airflow.sensors.sql": f"{_SQL}.sensors.sql:SqlSensor",
    "airflow.sensors.sql_sensor": f"{_SQL}.sensors.sql:SqlSensor",
    "airflow.contrib": "",
    "airflow.contrib.hooks": "",
    "airflow.contrib.hooks.aws_hook": f"{_AMAZON}.hooks.base_aws:AwsHook=AwsBaseHook",
    "airflow.contrib.hooks.bigquery_hook": f"{_GOOGLE}.hooks.bigquery:BigQueryHook",
    "airflow.contrib.hooks.gcs_hook": f"{_GOOGLE}.hooks.gcs:GoogleCloudStorageHook=GCSHook",
    "airflow.contrib.hooks.snowflake_hook": "airflow.providers.snowflake.hooks.snowflake:SnowflakeHook",
    "airflow.contrib.hooks.ssh_hook": "airflow.providers.ssh.hooks.ssh:SSHHook",
    "airflow.contrib.operators": "",
    "airflow.contrib.operators.kubernetes_pod_operator": (
        "airflow.providers.cncf.kubernetes.operators.pod:KubernetesPodOperator"
    ),
    "airflow.contrib.operators.slack_webhook_operator": (
        "airflow.providers.slack.operators.slack_webhook:SlackWebhookOperator"
    ),
    "airflow.contrib.operators.ssh_operator": "airflow.providers.ssh.operators.ssh:SSHOperator",
    "airflow.contrib.sensors": "",
    "airflow.contrib.sensors.file_sensor": _FILE_SENSOR,
}

NOT_YET: dict[str, str] = {
    # Exists in Airflow and comes later: module -> names; empty for a whole module.
    "airflow": "PY36,PY37,PY38,PY39,PY310,PY311,PY312",
    "airflow.sdk": (
        "AllowedKeyMapper,AsyncCallback,BaseDeadlineReference,ChainMapper,CronPartitionTimetable,DayWindow,DeadlineAlert,"
        "DeadlineReference,ExceptionRetryPolicy,FanOutMapper,FixedKeyMapper,HourWindow,IdentityMapper,MinimumCount,MonthWindow,"
        "NEVER_EXPIRE,ObjectStoragePath,PartitionMapper,PartitionedAssetTimetable,PartitionedAtRuntime,ProductMapper,"
        "QuarterWindow,ResumableJobMixin,RetryAction,RetryDecision,RetryPolicy,RetryRule,RollupMapper,SegmentWindow,"
        "StartOfDayMapper,StartOfHourMapper,StartOfMonthMapper,StartOfQuarterMapper,StartOfWeekMapper,StartOfYearMapper,"
        "SyncCallback,WaitForAll,WeekWindow,Window,YearWindow,asset,deadline_reference,lineage,result"
    ),
    "airflow.models": (
        "DagModel,DagTag,ImportError,Log,Pool,RenderedTaskInstanceFields,SerializedDagModel,SlaMiss,TaskFail,TaskReschedule,"
        "Trigger,Base"
    ),
    "airflow.models.dag": "DagModel,create_timetable,DagTag",
    "airflow.models.dagrun": "DagRunNote",
    "airflow.models.taskinstance": "clear_task_instances,SimpleTaskInstance",
    "airflow.models.asset": "",
    "airflow.models.dag_version": "",
    "airflow.models.dagbundle": "",
    "airflow.models.dagcode": "",
    "airflow.models.dataset": "",
    "airflow.models.errors": "",
    "airflow.models.pool": "",
    "airflow.models.renderedtifields": "",
    "airflow.models.serialized_dag": "",
    "airflow.models.slamiss": "",
    "airflow.models.taskreschedule": "",
    "airflow.api": "",
    "airflow.config_templates": "",
    "airflow.configuration": "secrets_backend_list,ensure_secrets_loaded,initialize_secrets_backends",
    "airflow.executors": "",
    "airflow.io": "",
    "airflow.jobs": "",
    "airflow.lineage": "",
    "airflow.observability": "",
    "airflow.operators.email": "",
    "airflow.operators.email_operator": "",
    "airflow.operators.subdag": "",
    "airflow.operators.subdag_operator": "",
    "airflow.providers.standard.operators.hitl": "",
    "airflow.providers.standard.triggers": "",
    "airflow.providers_manager": "",
    "airflow.secrets": "",
    "airflow.sensors.external_task": "ExternalTaskSensorLink,ExternalDagLink",
    "airflow.serialization": "",
    "airflow.stats": "",
    "airflow.task.priority_strategy": "",
    "airflow.ti_deps": "",
    "airflow.traces": "",
    "airflow.triggers": "",
    "airflow.utils.cli": "",
    "airflow.utils.db": "initdb,create_default_connections,resetdb",
    "airflow.utils.email": "",
    "airflow.www": "",
}
