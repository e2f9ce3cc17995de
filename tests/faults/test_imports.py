"""DAG files that end, block or flood the process that imports them: the others do not notice."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.faults.site import Site

Measure = Callable[..., None]
MakeSite = Callable[..., Site]

GOOD = """
from datetime import datetime
from airflow import DAG
with DAG("{dag_id}", start_date=datetime(2024, 1, 1), schedule=None):
    pass
"""

LOOP = """
import time
# airflow DAG
while True:
    try:
        time.sleep(0.01)
    except BaseException:
        pass
"""

ENDS = {
    "exit": ("# airflow DAG\nimport os\nos._exit(3)", "exit code 3"),
    "crash": ("# airflow DAG\nimport ctypes\nctypes.string_at(0)", "SIGSEGV"),
    "overflow": (
        "# airflow DAG\nimport sys, threading\nsys.setrecursionlimit(1 << 30)\n"
        "class Deep:\n    def __repr__(self): return repr(self)\n"
        "import ctypes\nlibc = ctypes.CDLL(None)\n"
        "compare = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)\n"
        "data = (ctypes.c_int * 2)(2, 1)\n"
        "@compare\ndef deeper(a, b):\n    libc.qsort(data, 2, 4, deeper)\n    return 0\n"
        "libc.qsort(data, 2, 4, deeper)\n",
        "SIGSEGV",
    ),
    "memory": ("# airflow DAG\nblocks = [bytearray(1 << 20) for _ in range(2048)]", "memory"),
}


def message(site: Site, name: str) -> str:
    found = [error.message for error in site.store.import_errors.list() if error.file.endswith(f"/{name}.py")]
    return found[0] if found else ""


def test_a_file_that_ends_its_process_gets_an_import_error_that_says_how(site: Site) -> None:
    for name, (text, _) in ENDS.items():
        site.home.write_dag(name, text)
    site.home.write_dag("good", GOOD.format(dag_id="good"))
    site.start()
    site.wait_for_dag("good")
    for name, (_, says) in ENDS.items():
        said = site.wait(lambda name=name: message(site, name), f"import error of {name}", 40)
        assert says in said and f"{name}.py" in said, said
    assert "Traceback" not in site.output()


def test_files_that_loop_for_ever_hold_nobody_up_and_are_stopped(make_site: MakeSite, measured: Measure) -> None:
    site = make_site(AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT="3")
    site.start()
    site.home.write_dag("first", GOOD.format(dag_id="first"))
    site.wait_for_dag("first")
    begun = time.monotonic()
    for name in ("loop1", "loop2"):
        site.home.write_dag(name, LOOP)
    for number in range(5):
        site.home.write_dag(f"other{number}", GOOD.format(dag_id=f"other{number}"))
    for number in range(5):
        site.wait(lambda number=number: site.store.dags.get(f"other{number}"), "the others", every_s=0.01)
    measured("the other files are visible", time.monotonic() - begun, 1.0)
    for name in ("loop1", "loop2"):
        said = site.wait(lambda name=name: message(site, name), f"import error of {name}", 20)
        assert "took longer than 3 s" in said
    measured("the loops are stopped", time.monotonic() - begun, 3.5)


@pytest.mark.parametrize("how", ["print", "descriptor"])
def test_a_file_that_prints_100_mb_is_imported(site: Site, how: str, measured: Measure) -> None:
    site.start()
    site.home.write_dag("quiet", GOOD.format(dag_id="quiet"))
    site.wait_for_dag("quiet")
    begun = time.monotonic()
    say = "print(line)" if how == "print" else "os.write(1, line.encode())"
    loud = f"import os\nline = 'z' * 9_999\nfor _ in range(10_000):\n    {say}\n" + GOOD.format(dag_id="loud")
    site.home.write_dag("loud", loud)
    site.wait_for_dag("loud")
    measured("a file that prints 100 MB is imported", time.monotonic() - begun, 3.0)
    assert not message(site, "loud")
    # Nor does the scheduler repeat it.
    assert len(site.output()) < 100_000
