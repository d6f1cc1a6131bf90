"""The registry: one list, and no other module knows a benchmark by its name."""

import re
from pathlib import Path

import pytest

from evaluation.benchmarks.registry import BENCHMARKS, FILES, benchmark_of

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "evaluation" / "benchmarks"
SHARED = {"__init__", "benchmark", "published", "registry", "texts"}
PLACES = ("evaluation", "tasks", "flows", "schemas", "training")


def test_every_file_describes_a_listed_benchmark():
    assert {path.stem for path in FOLDER.glob("*.py")} - SHARED == set(FILES)
    assert len(BENCHMARKS) == len(FILES)


def test_no_other_module_names_a_benchmark():
    named = re.compile("|".join(rf"[\"']{name}[\"']" for name in {*BENCHMARKS, *FILES}))
    found = [
        str(path.relative_to(ROOT))
        for place in PLACES
        for path in sorted((ROOT / place).rglob("*.py"))
        if path.parent != FOLDER and named.search(path.read_text(encoding="utf-8"))
    ]
    assert not found


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(ValueError, match="no benchmark mnist: there are cv_bench, blink, "):
        benchmark_of("mnist")
