"""The fork-hazard table with the real libraries: every row ends in success, and those that are fine stay forks.

    make install-dev && pytest -m hazards        # the libraries are the group `hazards` of pyproject.toml

Each row imports a library at the top of a DAG file, perhaps uses it there, and uses it again in a task.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable

import pytest
from engine_side import EngineSide

from tradewind.core.messages import Succeeded

pytestmark = pytest.mark.hazards

DATA = """
import numpy as np
X = np.random.default_rng(0).random((20_000, 30), dtype=np.float32)
y = (X[:, 0] > 0.5).astype(int)
"""
NUMPY = "import numpy as np\ndef use(): return np.ones((800, 800)) @ np.ones((800, 800))\n"
SCIPY = "import numpy as np, scipy.linalg\ndef use(): return scipy.linalg.svdvals(np.random.default_rng(0).random((200, 200)))\n"
PANDAS = "import pandas as pd\ndef use(): return pd.DataFrame({'a': range(9999), 'b': [1, 2, 3] * 3333}).groupby('b').sum()\n"
LINEAR = DATA + (
    "from sklearn.linear_model import LogisticRegression\nmodel = LogisticRegression().fit(X[:99], y[:99])\n"
    "def use(): return model.predict(X)\n"
)
FOREST = DATA + (
    "from sklearn.ensemble import RandomForestClassifier\nimport os, pickle\n"
    "def fitted(): return RandomForestClassifier(20, n_jobs=2, max_depth=6).fit(X[:2000], y[:2000])\n"
    "model = fitted()\ndef use(): return model.predict(X)\n"
)
HISTOGRAMS = DATA + (
    "from sklearn.ensemble import HistGradientBoostingClassifier\n"
    "def use(): return HistGradientBoostingClassifier(max_iter=10).fit(X, y).predict(X)\n"
)
# A model that was only read, in a process that never computed: written by a process of its own.
LIGHTGBM = DATA + (
    "import os, subprocess, sys\nimport lightgbm\npath = __file__ + '.model'\n"
    "if not os.path.exists(path):\n"
    "    subprocess.run([sys.executable, '-c', 'import lightgbm, numpy as np; X = np.random.rand(5000, 30); '\n"
    "        f'lightgbm.train(dict(verbose=-1), lightgbm.Dataset(X, X[:, 0]), 30).save_model({path!r})'], check=True)\n"
    "model = lightgbm.Booster(model_file=path)\n"
)
XGBOOST = DATA + (
    "import os, subprocess, sys\nimport xgboost\npath = __file__ + '.ubj'\n"
    "if not os.path.exists(path):\n"
    "    subprocess.run([sys.executable, '-c', 'import xgboost, numpy as np; X = np.random.rand(5000, 30); '\n"
    "        f'xgboost.train(dict(), xgboost.DMatrix(X, X[:, 0]), 30).save_model({path!r})'], check=True)\n"
    "model = xgboost.Booster()\nmodel.load_model(path)\n"
)
POLARS = (
    "import polars as pl\n"
    "def use(): return pl.DataFrame({'a': range(100_000), 'b': [1, 2] * 50_000}).group_by('b').agg(pl.col('a').sum())\n"
)
ONNX = (
    "import os, subprocess, sys\nimport numpy as np\nimport onnxruntime\npath = __file__ + '.onnx'\n"
    "X = np.random.default_rng(0).random((5000, 10), dtype=np.float32)\n"
    "if not os.path.exists(path):\n"
    "    subprocess.run([sys.executable, '-c', 'from skl2onnx import to_onnx; import numpy as np; '\n"
    "        'from sklearn.ensemble import RandomForestClassifier as F; X = np.random.rand(500, 10).astype(np.float32); '\n"
    "        f'open({path!r}, \"wb\").write(to_onnx(F(20).fit(X, X[:, 0] > 0.5), X[:1]).SerializeToString())'], check=True)\n"
    "session = onnxruntime.InferenceSession(path)\n"
    "def use(): return session.run(None, {'X': X})\n"
)
ARROW = (
    "import os\nimport pyarrow as pa, pyarrow.compute as pc, pyarrow.parquet as pq\n"
    "def use():\n    path = f'{__file__}.{os.getpid()}.parquet'\n    table = pa.table({'a': range(100_000)})\n"
    "    pc.sum(table['a'])\n    pq.write_table(table, path)\n"
    "    return pq.read_table(path)\n"
)
QUERY = "execute('select sum(i) from range(3000000) t(i)').fetchall()"
DUCKDB_NEW = f"import duckdb\ndef use(): return duckdb.connect().{QUERY}\n"
DUCKDB_PARENT = f"import duckdb\nconnection = duckdb.connect()\ndef use(): return connection.{QUERY}\n"

FORK, FRESH = "fork", "fresh"

# name, module, source, does the file compute at import, what runs it
ROWS = [
    ("numpy matmul, loaded", "numpy", NUMPY, False, FORK),
    ("numpy matmul, computed", "numpy", NUMPY, True, FORK),
    ("scipy linalg, loaded", "scipy", SCIPY, False, FORK),
    ("scipy linalg, computed", "scipy", SCIPY, True, FORK),
    ("pandas, loaded", "pandas", PANDAS, False, FORK),
    ("pandas, computed", "pandas", PANDAS, True, FORK),
    ("scikit-learn linear, loaded", "sklearn", LINEAR, False, FORK),
    ("scikit-learn linear, computed", "sklearn", LINEAR, True, FORK),
    ("scikit-learn forest n_jobs=2, loaded", "sklearn", FOREST, False, FORK),
    ("scikit-learn forest n_jobs=2, computed", "sklearn", FOREST, True, FORK),
    ("scikit-learn hist. boosting, loaded", "sklearn", HISTOGRAMS, False, FORK),
    ("scikit-learn hist. boosting, computed", "sklearn", HISTOGRAMS, True, FORK),
    ("LightGBM predict, loaded", "lightgbm", LIGHTGBM + "def use(): return model.predict(X)\n", False, FORK),
    ("LightGBM predict, computed", "lightgbm", LIGHTGBM + "def use(): return model.predict(X)\n", True, FORK),
    (
        "LightGBM num_threads=1, computed",
        "lightgbm",
        LIGHTGBM + "def use(): return model.predict(X, num_threads=1)\n",
        True,
        FORK,
    ),
    (
        "LightGBM train, loaded",
        "lightgbm",
        LIGHTGBM + "def use(): return lightgbm.train({'verbose': -1}, lightgbm.Dataset(X, y), 5)\n",
        False,
        FORK,
    ),
    (
        "LightGBM train, computed",
        "lightgbm",
        LIGHTGBM + "def use(): return lightgbm.train({'verbose': -1}, lightgbm.Dataset(X, y), 5)\n",
        True,
        FORK,
    ),
    (
        "LightGBM, pool of 2 in the parent",
        "lightgbm",
        LIGHTGBM + "def use(): return model.predict(X, num_threads=2)\n",
        True,
        FRESH,
    ),
    (
        "XGBoost inplace_predict, loaded",
        "xgboost",
        XGBOOST + "def use(): return model.inplace_predict(X)\n",
        False,
        FORK,
    ),
    (
        "XGBoost inplace_predict, computed",
        "xgboost",
        XGBOOST + "def use(): return model.inplace_predict(X)\n",
        True,
        FORK,
    ),
    (
        "XGBoost predict, computed",
        "xgboost",
        XGBOOST + "def use(): return model.predict(xgboost.DMatrix(X))\n",
        True,
        FORK,
    ),
    ("Polars, loaded", "polars", POLARS, False, FORK),
    ("Polars, computed", "polars", POLARS, True, FRESH),
    ("ONNX Runtime, loaded", "onnxruntime", ONNX, False, FORK),
    ("ONNX Runtime, computed", "onnxruntime", ONNX, True, FORK),
    ("pyarrow, loaded", "pyarrow", ARROW, False, FORK),
    ("pyarrow, computed", "pyarrow", ARROW, True, FORK),
    ("DuckDB new connection, loaded", "duckdb", DUCKDB_NEW, False, FORK),
    ("DuckDB new connection, computed", "duckdb", DUCKDB_NEW, True, FORK),
    ("DuckDB parent's connection, loaded", "duckdb", DUCKDB_PARENT, False, FORK),
    ("DuckDB parent's connection, computed", "duckdb", DUCKDB_PARENT, True, FORK),
]


@pytest.mark.parametrize(("name", "module", "source", "computes", "path"), ROWS, ids=[row[0] for row in ROWS])
def test_a_row_of_the_table_ends_in_success(
    make_engine: Callable[..., EngineSide], name: str, module: str, source: str, computes: bool, path: str
) -> None:
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} is not installed")
    engine = make_engine(import_memory_mb=0, import_timeout_s=120.0).start()
    tail = "use()\n" if computes else ""
    file = engine.file(source + tail + "def task(channel): use()\ndef twice(channel): use(); use()\n")
    tries = [engine.run(file, task) for task in ("task", "twice", "task")]
    for try_id in tries:
        ended = engine.wait_ended(try_id, 180)
        assert isinstance(ended.outcome, Succeeded), (ended, engine.log(try_id)[-2000:])
        assert ended.exit.forked is (path is FORK), engine.log(try_id)[:500]
