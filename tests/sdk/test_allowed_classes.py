"""Which classes an XCom may be made into."""

from __future__ import annotations

import http
import sys
from pathlib import Path

import pytest

from tests.airflow_cfg import generated
from tradewind.configuration import conf
from tradewind.sdk import xcom_codec
from tradewind.sdk.collect import collect_dags, module_name
from tradewind.sdk.exceptions import SerializationError

CLASSES = "AIRFLOW__CORE__ALLOWED_DESERIALIZATION_CLASSES"
ROWS = """
import dataclasses, enum

@dataclasses.dataclass
class Row:
    x: int

class Colour(enum.Enum):
    RED = 1

class Own:
    def serialize(self): return 1
    @staticmethod
    def deserialize(data, version): return "back"
"""


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A package that somebody installed; remembers in a file that it was imported."""
    folder = tmp_path / "site"
    (folder / "shop").mkdir(parents=True)
    (folder / "shop" / "__init__.py").write_text("")
    (folder / "shop" / "records.py").write_text(f"open({str(tmp_path / 'imported')!r}, 'w').close()\n{ROWS}")
    monkeypatch.syspath_prepend(str(folder))
    yield tmp_path / "imported"
    for name in [name for name in sys.modules if name.partition(".")[0] == "shop"]:
        del sys.modules[name]


def stored(kind: str, name: str) -> str:
    content = {
        "object": f'{{"type":"{name}:Row","fields":{{"x":1}}}}',
        "enum": f'{{"type":"{name}:Colour","value":1}}',
        "serialized": f'{{"type":"{name}:Own","version":1,"data":1}}',
    }[kind]
    return f'{{"{xcom_codec.TAG}":"{kind}","v":{content}}}'


KINDS = pytest.mark.parametrize("kind", ["object", "enum", "serialized"])


@KINDS
def test_a_class_of_a_library_is_refused_before_its_module_is_imported(library: Path, kind: str) -> None:
    with pytest.raises(SerializationError, match=r"shop\.records\.\w+ .*allowed_deserialization_classes"):
        xcom_codec.decode(stored(kind, "shop.records"))
    assert not library.exists()


@KINDS
@pytest.mark.parametrize("pattern", ["shop.records.*", "airflow.* shop.*", "shop.*,airflow.*"])
def test_a_class_that_is_listed_is_made(
    library: Path, kind: str, pattern: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CLASSES, pattern)
    assert xcom_codec.decode(stored(kind, "shop.records")) is not None
    assert library.exists()


@pytest.mark.parametrize(
    ("expression", "is_allowed"), [(r"shop\.records\.Row", True), (r"shop\.records\.R", False), (r"shop\..*", True)]
)
def test_expressions_match_the_whole_name(
    library: Path, expression: str, is_allowed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{CLASSES}_REGEXP", expression)
    if is_allowed:
        assert xcom_codec.decode(stored("object", "shop.records")).x == 1
    else:
        with pytest.raises(SerializationError):
            xcom_codec.decode(stored("object", "shop.records"))


@pytest.mark.parametrize("folder", ["dags", "plugins"])
def test_what_lies_beside_the_dag_files_needs_no_list(home: Path, folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / folder).mkdir()
    (home / folder / "our_rows.py").write_text(ROWS)
    monkeypatch.syspath_prepend(str(home / folder))
    monkeypatch.setenv(CLASSES, "airflow.*")
    try:
        assert xcom_codec.decode(stored("object", "our_rows")).x == 1
    finally:
        sys.modules.pop("our_rows", None)


@pytest.mark.parametrize("airflow", [None, 2, 3])
def test_a_dag_files_own_classes_need_no_list_whatever_airflow_cfg_was_generated(
    home: Path, airflow: int | None
) -> None:
    if airflow is not None:
        (home / "airflow.cfg").write_text(generated(airflow, home))
        conf.reload()
    file = str(home / "dags" / "rows.py")
    collect_dags(file, ROWS)
    name = module_name(file)
    try:
        row = sys.modules[name].Row(5)
        assert xcom_codec.decode(xcom_codec.encode(row)) == row
    finally:
        sys.modules.pop(name, None)
    # The name alone does not help a module that nobody imported.
    with pytest.raises(SerializationError, match="not made from a stored text"):
        xcom_codec.decode(stored("object", f"{name}x"))


def test_an_enum_of_the_standard_library_needs_no_list_and_its_other_classes_do() -> None:
    assert xcom_codec.decode(xcom_codec.encode(http.HTTPStatus.OK)) is http.HTTPStatus.OK
    content = '{"type":"importlib.metadata:FileHash","fields":{"spec":"a=b"}}'
    with pytest.raises(SerializationError, match="not made from a stored text"):
        xcom_codec.decode(f'{{"{xcom_codec.TAG}":"object","v":{content}}}')
