"""A stage's version names its code: rows that change under the same recipe were made by other code,
and a root would keep the old ones for ever."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.builds import manifest_of
from tests.golden import assert_golden

GOLDEN = Path(__file__).parent / "golden" / "drawn_stages.json"
"""Recipe and content of each stage of the small drawn build."""


def unnamed_changes(known: dict[str, Any], found: dict[str, Any]) -> list[str]:
    """Stages that make other rows of the same recipe: the same version, configuration, prompts and
    inputs."""
    return [
        stage
        for stage, now in found.items()
        if stage in known
        and now["recipe"] == known[stage]["recipe"]
        and now["content"] != known[stage]["content"]
    ]


def test_other_rows_have_another_version(drawn_dataset):
    found = manifest_of(drawn_dataset)["stages"]
    known = json.loads(GOLDEN.read_text(encoding="utf-8")) if GOLDEN.exists() else {}
    assert not unnamed_changes(known, found), (
        "these stages make other rows than before: raise VERSION in their stage.py"
    )
    assert_golden(GOLDEN, json.dumps(found, indent=1) + "\n")


@pytest.mark.parametrize(
    ("recipe", "content", "expected"),
    [("r1", "c1", []), ("r1", "c2", ["plan"]), ("r2", "c2", []), ("r2", "c1", [])],
)
def test_only_a_change_under_the_same_recipe_is_unnamed(recipe, content, expected):
    known = {"plan": {"recipe": "r1", "content": "c1"}}
    assert unnamed_changes(known, {"plan": {"recipe": recipe, "content": content}}) == expected
