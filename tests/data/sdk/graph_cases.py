import datetime
from airflow import DAG
try:
    from airflow.sdk import task, task_group, TaskGroup, chain, chain_linear, cross_downstream, Label, setup, teardown, BaseOperator, XComArg, dag
    from airflow.providers.standard.operators.empty import EmptyOperator
    from airflow.providers.standard.operators.python import PythonOperator
    from airflow.providers.standard.operators.bash import BashOperator
except ImportError:
    from airflow.decorators import task, task_group, setup, teardown, dag
    from airflow.utils.task_group import TaskGroup
    from airflow.models.baseoperator import chain, chain_linear, cross_downstream, BaseOperator
    from airflow.models.xcom_arg import XComArg
    from airflow.utils.edgemodifier import Label
    from airflow.operators.empty import EmptyOperator
    from airflow.operators.python import PythonOperator
    from airflow.operators.bash import BashOperator
S=datetime.datetime(2024,1,1)
def D(i, **k): return DAG(i, start_date=S, schedule=None, catchup=False, **k)
def E(i, **k): return EmptyOperator(task_id=i, **k)

with D("edges"):
    a,b,c,d,e,f=[E(x) for x in "abcdef"]
    a >> [b,c] >> d
    e << [a, d]
    [e, f] << c
    f.set_upstream([b, d])
with D("chain1"):
    t=[E(f"t{i}") for i in range(8)]
    chain(t[0],[t[1],t[2]],[t[3],t[4]],t[5])
    chain_linear([t[5]],[t[6],t[7]])
with D("cross"):
    t=[E(f"t{i}") for i in range(6)]
    cross_downstream(t[:3], t[3:])
with D("labels"):
    a,b,c,d=[E(x) for x in "abcd"]
    a >> Label("x") >> [b,c] >> Label("y") >> d
    with TaskGroup("g") as g:
        g1=E("g1"); g2=E("g2"); g1>>g2
    d >> Label("z") >> g >> Label("w") >> E("end")
    chain(a, Label("l1"), E("q"), Label("l2"), E("r"))
    chain([E("m1"),E("m2")], [Label("k1"), Label("k2")], [E("n1"), E("n2")])
with D("groups"):
    s=E("s")
    with TaskGroup("g1") as g1:
        a=E("a")
        with TaskGroup("g2") as g2:
            b=E("b"); c=E("c"); b>>c
        a >> g2
        with TaskGroup("np", prefix_group_id=False) as np:
            x=E("x"); y=E("y")
            with TaskGroup("inner") as inn:
                z=E("z")
    end=E("end")
    s >> g1 >> end
    g2 >> np
    with TaskGroup("g3", prefix_group_id=False) as g3:
        with TaskGroup("g4") as g4:
            E("q")
    with TaskGroup("empty1") as em: pass
    E("e1") >> em >> E("e2")
    with TaskGroup("outer") as ou:
        with TaskGroup("em2") as em2: pass
    E("f1") >> ou >> E("f2")
    em >> E("h1"); E("h2") >> em
with D("suffix"):
    @task_group
    def tg():
        @task
        def t(): pass
        t(); t()
    tg() >> tg()
    @task
    def u(): pass
    u(); u(); u()
    with TaskGroup("dup", add_suffix_on_collision=True): u()
    with TaskGroup("dup", add_suffix_on_collision=True): u()
    with TaskGroup("dup", add_suffix_on_collision=True): u()
with D("tgret"):
    @task
    def one(): return 1
    @task
    def two(x): return x
    @task_group
    def grp(x):
        o=two(x); p=two(o)
        return p
    @task_group
    def grp2(x):
        two(x) >> two(1)
    r=grp(one()); two(r)
    r2=grp2(one()); E("pre") >> r2 >> E("post")
    E("pre2") >> r
with D("mapped"):
    @task
    def src(): return [1,2]
    @task
    def f(x,y=0): return x
    m=f.partial(y=1).expand(x=src())
    f.override(task_id="g").expand(x=m.map(lambda v: v), y=[1,2])
    f.expand_kwargs([{"x":1},{"x":2,"y":3}])
    f.override(task_id="z").expand(x=src().zip(src()))
    f.override(task_id="cc").expand(x=src().concat(src()))
    f.override(task_id="k").expand(x={"a":1,"b":2})
    BashOperator.partial(task_id="bb", env={"a":"1"}).expand(bash_command=["a","b"])
    BashOperator.partial(task_id="bc").expand_kwargs(src())
    f.override(task_id="lit").expand(x=[src(), 3])
    f.override(task_id="agg")(m)
with D("mgroup"):
    @task
    def src2(): return [1,2]
    @task
    def h(x): return x
    @task_group
    def mg(x, k):
        h(h(x)) >> E("after")
        h(k)
    g=mg.partial(k=5).expand(x=src2())
    E("before") >> g >> E("done")
    h.override(task_id="collect")(g.get_child_by_label("h").output)
    @task_group
    def mg2(x): h(x)
    mg2.expand_kwargs([{"x":1},{"x":2}])
    @task_group
    def mg3(x,y): h(x); h(y)
    mg3.expand(x=[1,2], y=src2())
with D("setup1"):
    s=E("s").as_setup(); w=E("w"); t=E("t").as_teardown(setups=s); s>>w>>t
    E("out") << w
with D("setup2"):
    s=E("s"); t=E("t")
    with t.as_teardown(setups=s):
        w1=E("w1"); w2=E("w2"); w1>>w2; w3=E("w3")
with D("setup3"):
    @setup
    def st(): pass
    @teardown
    def td(): pass
    @setup
    def st2(): pass
    @teardown(on_failure_fail_dagrun=True)
    def td2(): pass
    s1=st(); t1=td(); s1>>t1
    with s1 >> t1:
        E("x1")
        s2=st2(); t2=td2()
        with s2 >> t2:
            E("x2") >> E("x3")
with D("setup4"):
    with TaskGroup("g") as g:
        s=E("s").as_setup(); w=E("w"); t=E("t").as_teardown(setups=s); s>>w>>t
    g >> E("after")
    with TaskGroup("g2") as g2:
        s=E("s").as_setup(); w=E("w"); v=E("v"); t=E("t").as_teardown(setups=s, on_failure_fail_dagrun=True); s>>w>>t; w>>v
    g2 >> E("after2")
    g >> g2
with D("setup5"):
    s1=E("s1").as_setup(); s2=E("s2").as_setup(); t=E("t").as_teardown(setups=[s1,s2])
    with t:
        E("w")
    ss=E("ss").as_setup(); tt=E("tt").as_teardown()
    [ss] >> E("aa") >> tt
    with TaskGroup("gg") as gg:
        E("in1") >> E("in2")
    ss >> gg >> tt
with D("setup6"):
    s=E("s").as_setup(); t=E("t").as_teardown(setups=s)
    with t:
        with TaskGroup("g") as g:
            E("a") >> E("b")
        c=E("c"); g >> c
with D("args", default_args={"retries":2,"owner":"x","bash_command":"echo d","env":{"A":"1"}}):
    BashOperator(task_id="a"); BashOperator(task_id="b", bash_command="x", retries=0)
    with TaskGroup("g", default_args={"retries":5}):
        BashOperator(task_id="c")
        with TaskGroup("h", default_args={"owner":"y"}): BashOperator(task_id="d")
with D("xc"):
    p=PythonOperator(task_id="p", python_callable=print)
    q=PythonOperator(task_id="q", python_callable=print, op_args=[p.output, {"k":[p.output["z"]]}])
    r=BashOperator(task_id="r", bash_command="{{ x }}", env={"a": q.output})
    BashOperator(task_id="s", bash_command=f"echo {p.output}") << XComArg(r, "k")
    @task
    def n(a, b=None): return {"k": a}
    n(n(p.output), b=[r.output])
@dag(start_date=S, schedule=None, catchup=False)
def decorated(x=1, y="a"):
    @task
    def t(v): return v
    t(x)
    BashOperator(task_id="b", bash_command=y)
decorated()
