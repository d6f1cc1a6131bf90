"""The same file under two names is one witness."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from tasks.witness.repeats import refuse_repeats
from tasks.witness.stage import STAGE
from tests.stages import build_of
from tests.witness.test_boxes import DOG, boxed, written

DETECTOR = {"name": "some/detector", "revision": "0" * 40}
MODEL = {"model": DETECTOR}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Three files in COCO's format: one, its copy, and another with one box more."""
    written(tmp_path, [boxed(18, DOG)])
    (tmp_path / "instances.json").rename(tmp_path / "one.json")
    shutil.copy(tmp_path / "one.json", tmp_path / "copy.json")
    written(tmp_path, [boxed(18, DOG), boxed(17, DOG)])
    (tmp_path / "instances.json").rename(tmp_path / "other.json")
    return tmp_path


def refuse(place: Path, source: str, *witnesses: dict[str, Any]) -> None:
    said = [{"kind": "boxes", "name": f"w{number}", **one} for number, one in enumerate(witnesses)]
    for one in said:
        if "path" in one:
            one["path"] = str(place / one["path"])
    coco = {"kind": "coco", "path": str(place / source), "photographs": [str(place)]}
    refuse_repeats(build_of(place, source=coco, images="embed", witness=said))


@pytest.mark.parametrize(
    ("witnesses", "told"),
    [
        ([{"path": "one.json"}], "w0 has the same files as the source"),
        ([{"path": "copy.json"}], "w0 has the same files as the source"),
        (
            [{"path": "other.json"}, {"path": "other.json"}],
            "w1 has the same files as the witness w0",
        ),
        ([{"path": "other.json"}, {"path": "copy.json"}], "w1 has the same files as the source"),
        ([MODEL, MODEL], "w1 asks the same model as the witness w0"),
    ],
)
def test_what_is_no_second_look_is_refused(witnesses, told, place):
    with pytest.raises(ValueError, match=f"the witness {told}, so is no second look: name other"):
        refuse(place, "one.json", *witnesses)


@pytest.mark.parametrize(
    "witnesses",
    [
        [{"path": "other.json"}],
        [{"path": "copy.json", "independent": False}],
        [MODEL, {"model": DETECTOR | {"classes": ["dog"]}}],
    ],
)
def test_other_files_and_what_is_called_dependent_are_taken(witnesses, place):
    refuse(place, "one.json", *witnesses)


def test_the_stage_refuses_them_before_it_looks(place):
    one = {"kind": "boxes", "name": "again", "path": str(place / "one.json")}
    with pytest.raises(ValueError, match="again has the same files as the source"):
        STAGE.files(build_of(place, source={"kind": "coco", "path": one["path"]}, witness=[one]))
