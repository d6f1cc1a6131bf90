"""Adding a benchmark: the example in docs/extending.md does what the page says, and no more."""

import re
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import polars as pl
import pytest

from evaluation.benchmarks.registry import BENCHMARKS, FILES
from schemas.config.evaluation import BenchmarkConfig
from tasks.evaluate.benchmark import write_items
from tests.evaluate import test_miniatures as laws
from tests.evaluation.test_benchmark_rows import PNG

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("## A benchmark: ")[2].partition("\n## ")[0]
DESCRIPTION, DATA = re.findall(r"```python\n(.*?)```", SECTION, re.DOTALL)
TABLE = re.search(r"```\n(id\t.*?)```", SECTION, re.DOTALL)[1]
NAME = "shelfbench"


def loaded(code: str, folder: Path) -> ModuleType:
    """The module that a file with that code is."""
    path = folder / f"{NAME}.py"
    path.write_text(code, encoding="utf-8")
    spec = spec_from_file_location(NAME, path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def benchmark(tmp_path, monkeypatch):
    """The benchmark of the page, listed."""
    found = loaded(DESCRIPTION, tmp_path).BENCHMARK
    monkeypatch.setitem(BENCHMARKS, found.name, found)
    return found


def test_its_miniature_is_read_and_scored_as_all_others_are(benchmark, tmp_path):
    laws.test_a_miniature_becomes_items(NAME, tmp_path)
    laws.test_who_says_what_is_right_has_full_marks_by_every_rule(NAME, tmp_path)
    laws.test_the_constant_baseline_has_repliers_for_every_kind_of_answer(benchmark, tmp_path)


def test_its_test_data_are_right(benchmark, tmp_path):
    data = loaded(DATA, tmp_path)
    part = benchmark.parts[0]
    for row, item in data.ROWS:
        assert benchmark.read(row, part, 0) == item
    for row, message in data.WRONG:
        with pytest.raises(ValueError, match=message):
            benchmark.read(row, part, 0)


def test_the_copy_of_the_page_is_read(benchmark, tmp_path):
    folder = tmp_path / "copy"
    (folder / "photographs").mkdir(parents=True)
    (folder / "shelfbench.tsv").write_text(TABLE, encoding="utf-8")
    (folder / "photographs" / "17.jpg").write_bytes(PNG)
    config = BenchmarkConfig(name=NAME, path=str(folder))
    few = config.model_copy(update={"max_items": 1})
    items = pl.read_parquet(write_items(few, tmp_path))
    assert items.select("item_id", "question", "answer").rows() == [
        ("17", "How many jars are there?", "B")
    ]
    with pytest.raises(ValueError, match="it has 1 items of count, not 120"):
        write_items(config, tmp_path)


def test_without_a_source_only_a_copy_can_be_read(benchmark, tmp_path):
    with pytest.raises(ValueError, match="shelfbench has no copy on the Hub: name a local one"):
        write_items(BenchmarkConfig(name=NAME), tmp_path)


def test_the_page_names_the_files_that_a_benchmark_touches():
    touched = re.findall(r"(?m)^\| `([^`]+)` \|", SECTION)
    assert [path.replace(NAME, FILES[0]) for path in touched] == [
        f"evaluation/benchmarks/{FILES[0]}.py",
        "evaluation/benchmarks/registry.py",
        f"tests/evaluation/benchmarks/{FILES[0]}.py",
    ]
    assert all((ROOT / path.replace(NAME, FILES[0])).exists() for path in touched)
