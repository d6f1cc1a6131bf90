"""Adding a source: the example in docs/extending.md does what the page says, and no more."""

import re
import tomllib
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import polars as pl
import pytest

from schemas.config.build import PipelineConfig
from schemas.config.margins import IngestConfig
from schemas.config.source import SourceConfig
from schemas.config.source_kind import SourceKind
from tasks.ingest.scenes import clean_scenes
from tasks.sources.readers import READERS, reader_of
from tasks.sources.shard import find_source, index_source, read_shard

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("## A source: ")[2].partition("\n## ")[0]
READER = re.search(r"```python\n(.*?)```", SECTION, re.DOTALL)[1]
TABLE = re.search(r"```\n(image_id,.*?)```", SECTION, re.DOTALL)[1]


@pytest.fixture
def boxes(tmp_path) -> ModuleType:
    """The module of the page."""
    path = tmp_path / "boxes_csv.py"
    path.write_text(READER, encoding="utf-8")
    spec = spec_from_file_location("boxes_csv", path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def source(boxes, tmp_path, monkeypatch) -> SourceConfig:
    """The source of the page, listed: in the place of another, for a kind cannot be added here."""
    (tmp_path / "boxes.csv").write_text(TABLE, encoding="utf-8")
    monkeypatch.setitem(READERS, SourceKind.GQA, boxes.READER)
    return SourceConfig(kind=SourceKind.GQA, path=str(tmp_path / "boxes.csv"))


def test_its_table_becomes_scenes(source, tmp_path):
    index, ledger = READERS[source.kind].index(find_source(source, tmp_path), 1)
    assert (index["image_id"].to_list(), ledger.height) == (["7", "8"], 0)
    index.write_parquet(tmp_path / "index.parquet")
    raw = read_shard(tmp_path / "index.parquet", "0-2", source, tmp_path)
    scenes, _ = clean_scenes(raw, IngestConfig())
    assert [
        (row["image_id"], row["photograph"], [thing["name"] for thing in row["objects"]])
        for row in scenes.iter_rows(named=True)
    ] == [("7", "7.jpg", ["cat", "couch"]), ("8", "8.jpg", ["dog"])]


def test_a_shard_reads_its_own_images(source, tmp_path):
    index = pl.DataFrame({"image_id": ["7", "8"]})
    index.write_parquet(tmp_path / "index.parquet")
    raw = read_shard(tmp_path / "index.parquet", "1-2", source, tmp_path)
    assert raw.objects["image_id"].to_list() == ["8"]


def test_what_it_cannot_read_is_named(source, tmp_path):
    (tmp_path / "boxes.csv").write_text("image_id,name\n1,cat\n", encoding="utf-8")
    with pytest.raises(ValueError, match="has no column height: it takes image_id, width"):
        READERS[source.kind].index(find_source(source, tmp_path), 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "boxes.csv cannot be read .empty CSV.: correct or replace it"),
        ("a,b\n1,2,3\n", "boxes.csv cannot be read .found more fields"),
    ],
)
def test_what_polars_cannot_read_is_named(text, message, source, tmp_path):
    (tmp_path / "boxes.csv").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        index_source(source, find_source(source, tmp_path), 1)


def test_a_folder_without_such_files_is_named(source, tmp_path):
    nothing = source.model_copy(update={"path": str(tmp_path / "nothing.csv")})
    (tmp_path / "boxes.csv").rename(tmp_path / "boxes.txt")
    with pytest.raises(FileNotFoundError, match=str(tmp_path)):
        find_source(nothing, tmp_path)
    with pytest.raises(FileNotFoundError, match=r"source\.path .*boxes\.txt has no files of gqa"):
        find_source(source.model_copy(update={"path": str(tmp_path / "boxes.txt")}), tmp_path)


def test_every_kind_has_a_reader(monkeypatch):
    assert set(READERS) == set(SourceKind)
    monkeypatch.delitem(READERS, SourceKind.GQA)
    with pytest.raises(ValueError, match=r"source\.kind gqa has no reader: add it to READERS in"):
        reader_of(SourceKind.GQA)


def test_the_page_names_the_files_that_a_source_touches():
    touched = re.findall(r"(?m)^\| `([^`]+)` \|", SECTION)
    assert touched == [
        "tasks/sources/boxes_csv.py",
        "tasks/sources/readers.py",
        "schemas/config/source_kind.py",
        "tests/sources/test_boxes_csv.py",
        "docs/data.md",
    ]
    others = [path for path in touched if "boxes_csv" not in path]
    assert all((ROOT / path).exists() for path in others)
    # No other file tells kinds of sources apart.
    pattern = re.compile(r"SourceKind\.(?!RENDERED)[A-Z]")
    telling = [
        str(path.relative_to(ROOT))
        for package in ("schemas", "tasks", "flows", "training", "evaluation")
        for path in sorted((ROOT / package).rglob("*.py"))
        if pattern.search(path.read_text(encoding="utf-8"))
    ]
    assert telling == [
        "schemas/config/build.py",
        "tasks/sources/readers.py",
        "tasks/sources/stage.py",
    ]


def test_its_configuration_is_valid():
    (text,) = re.findall(r"```toml\n(.*?)```", SECTION, re.DOTALL)
    tree = tomllib.loads(text.replace("boxes-csv", "gqa"))
    assert PipelineConfig.model_validate(tree).source.photographs == ("photographs",)
