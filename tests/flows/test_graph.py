"""The graph of stages: its order, what follows from it, and that nothing else lists it."""

import re
import subprocess
from pathlib import Path

import pytest

from flows.graph import STAGES, dependents, draw, stages_of
from schemas.config.build import load_config
from tasks.diff.causes import OWN
from tasks.diff.rows import LOSING, MADE_BY
from tasks.report.questions import ASKING

ROOT = Path(__file__).parents[2]
NAMES = [stage.name for stage in STAGES]


def test_every_stage_comes_after_those_that_it_reads():
    for place, stage in enumerate(STAGES):
        assert set(stage.reads or ()) <= set(NAMES[:place]), stage.name
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize("config", sorted((ROOT / "configs").glob("*.toml")), ids=lambda p: p.stem)
def test_what_decides_a_stage_is_among_what_it_reads(config):
    loaded = load_config(config)
    for stage in stages_of(loaded):
        if stage.depends:
            assert set(stage.depends(loaded)) <= set(stage.reads or ()), stage.name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("publish", {"publish"}),
        ("judge", {"judge", "select", "validate", "publish"}),
        ("verify", {"verify", "judge", "select", "validate", "publish"}),
        ("render", set(NAMES)),
    ],
)
def test_dependents_are_all_that_read_a_stage(name, expected):
    assert dependents(name) == expected


def test_the_readme_draws_the_graph():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"<!-- stages -->\n```mermaid\n{draw()}\n```\n<!-- /stages -->" in text


def test_a_drawing_has_every_stage_and_leads_from_the_first_to_the_last():
    first, *arrows = draw().splitlines()[1:]
    ends = [line.rpartition(" --> ")[2].strip() for line in (first, *arrows)]
    assert [re.split(r"[\[(]", end)[0] for end in ends] == NAMES
    assert all(" --> " in line for line in arrows)
    assert "  exclude & extract --> plan[plan]" in arrows


def test_no_other_file_lists_the_stages():
    files = subprocess.check_output(["git", "ls-files", "*.py"], cwd=ROOT, text=True).split()
    pattern = re.compile(r"extract\W+plan\W+write\W+verify")
    found = [
        name
        for name in files
        if not name.startswith(("tests/", "bench/")) and pattern.search((ROOT / name).read_text())
    ]
    assert found == []


def test_what_is_said_of_questions_knows_every_stage_that_handles_them():
    """A new stage among these is one that diffs and reports must be taught, in the tables that this
    test names: they say what its columns mean."""
    handling = NAMES[NAMES.index("extract") : NAMES.index("select") + 1]
    assert list(OWN) == handling
    assert [*LOSING] == handling[1:]
    assert [*ASKING] == handling[2:]
    assert set(MADE_BY) <= {"ingest", *handling}
