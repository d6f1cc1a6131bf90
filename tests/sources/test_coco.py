"""COCO's format as a source: boxes alone, and detections with their scores."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from schemas.claim import ExistenceClaim, OrientationClaim
from schemas.config.margins import IngestConfig, ProofConfig
from schemas.proof.facts import Facts
from schemas.reference import Order, Reference
from schemas.scene_graph import Scene, scenes_of
from tasks.ingest.scenes import clean_scenes
from tasks.sources.coco import READER
from tasks.sources.coco_files import boxes_of, file_key, file_path, find_boxes, open_files
from tests.scenes import PROOF

IMAGES = [
    {"id": 9, "file_name": "../../etc/9.jpg", "width": 900, "height": 600},
    {"id": 10, "file_name": "10.jpg", "width": 900, "height": 600},
]
NAMES = [{"id": 18, "name": "dog"}, {"id": 62, "name": "chair"}, {"id": 1, "name": "gizmo"},
         {"id": 72, "name": "tv"}, {"id": 8, "name": "truck"}, {"id": 47, "name": "cup"},
         {"id": 67, "name": "dining table"}]  # fmt: skip
LEFT, RIGHT = [100, 200, 100, 100], [500, 200, 100, 100]


def boxed(category: object, bbox: Any, **facts: Any) -> dict[str, Any]:
    return {"image_id": 9, "category_id": category, "bbox": bbox, **facts}


def read(
    folder: Path, *annotations: dict[str, Any], whole: dict[str, Any] | None = None
) -> tuple[list[Scene], pl.DataFrame]:
    whole = whole or {"images": IMAGES, "annotations": annotations, "categories": NAMES}
    (folder / "instances.json").write_text(json.dumps(whole), encoding="utf-8")
    files = READER.find(str(folder), folder)
    index, _ = READER.index(files, 1)
    assert index["image_id"].to_list() == ["10", "9"]
    scenes, ledger = clean_scenes(READER.read(index, files), IngestConfig())
    assert scenes["coco_id"].to_list() == [9]
    assert scenes["photograph"].to_list() == ["etc/9.jpg"]
    return list(scenes_of(scenes)), ledger


def test_boxes_become_objects_and_nothing_more(tmp_path):
    (scene,), ledger = read(tmp_path, boxed(18, LEFT), boxed(62, RIGHT), boxed(1, RIGHT))
    found = {one.name: (one.class_name, *one.box) for one in scene.objects.values()}
    assert found == {
        "dog": ("dog", 100, 200, 200, 300),
        "chair": ("chair", 500, 200, 600, 300),
        "gizmo": (None, 500, 200, 600, 300),
    }
    assert scene.relationships == () and not scene.is_exhaustive
    assert all(one.score is None for one in scene.objects.values())
    assert ledger["reason"].to_list() == ["no-objects"]


@pytest.mark.parametrize(
    ("more", "noted"),
    [
        ({}, []),
        ({"images": {"id": 11, "width": 900, "height": 600}}, []),
        ({"images": {"id": 11, "file_name": None, "width": 900, "height": 600}}, []),
        ({"images": {"id": 11, "file_name": 5, "width": 900, "height": 600}},
         [("11", "file_name", "field-unreadable")]),
        ({"images": {"id": 11, "file_name": ["a.jpg"], "width": 900, "height": 600}},
         [("11", "file_name", "field-unreadable")]),
        ({"images": {"id": 11, "width": "900 px", "height": 600}},
         [("", "image[2]", "image-unreadable")]),
        ({"images": None}, [("", "image[2]", "image-unreadable")]),
        ({"categories": {"id": 3, "name": ["car"]}, "annotations": boxed(3, LEFT)},
         [("", "category[7]", "category-unreadable"),
          ("9", "annotations (1)", "category-unknown")]),
        ({"categories": {"id": 3, "name": "sky", "isthing": 0}, "annotations": boxed(3, LEFT)}, []),
        ({"annotations": boxed(10**25, LEFT)}, [("9", "annotations (1)", "category-unknown")]),
        ({"annotations": {"image_id": 9, "segments_info": [
            {"category_id": 44, "bbox": LEFT}, {"category_id": 44, "bbox": RIGHT}]}},
         [("9", "annotations (2)", "category-unknown")]),
        ({"annotations": {"image_id": 9, "category_id": "18a", "bbox": LEFT}},
         [("9", "annotations (1)", "box-unreadable")]),
        ({"annotations": {"image_id": 77, "category_id": 18, "bbox": LEFT}},
         [("", "annotations (1)", "image-unknown")]),
        ({"annotations": {"image_id": [9], "category_id": 18, "bbox": LEFT}},
         [("", "annotations (1)", "image-unknown")]),
        ({"annotations": 5}, [("", "annotations (1)", "image-unknown")]),
        ({"annotations": boxed(62, LEFT, score="0.9")},
         [("9", "annotations (1)", "box-unreadable")]),
        ({"annotations": boxed(18.5, LEFT)}, [("9", "annotations (1)", "category-unknown")]),
        ({"categories": {"id": 3.5, "name": "car"}}, [("", "category[7]", "category-unreadable")]),
        ({"images": {"id": 11, "width": 0, "height": 600}},
         [("", "image[2]", "image-unreadable")]),
        ({"images": {"id": 11, "width": 900.5, "height": 600}},
         [("", "image[2]", "image-unreadable")]),
    ],
)  # fmt: skip
def test_what_belongs_to_no_image_or_category_is_in_the_ledger(more, noted, tmp_path):
    whole = {"images": IMAGES, "annotations": [boxed(18, LEFT)], "categories": NAMES}
    whole = {part: [*own, *([more[part]] if part in more else [])] for part, own in whole.items()}
    (tmp_path / "instances.json").write_text(json.dumps(whole), encoding="utf-8")
    files = READER.find(str(tmp_path), tmp_path)
    index, ledger = READER.index(files, 1)
    raw = READER.read(index, files)
    assert [names[0] for names in raw.objects["names"]] == ["dog"]
    rows = pl.concat([ledger, raw.ledger])
    assert rows.select("image_id", "item", "reason").rows() == noted
    assert all("\n" not in detail and detail for detail in rows["detail"])


def test_a_score_that_is_text_is_not_told_as_a_box(tmp_path):
    _, ledger = read(tmp_path, boxed(18, LEFT, score=0.9), boxed(62, RIGHT, score="0.9"))
    (detail,) = ledger.filter(reason="box-unreadable")["detail"]
    assert "score" in detail


@pytest.mark.parametrize("written", [float, str, "{}.0".format])
def test_whole_numbers_may_be_written_as_floats_and_texts(written, tmp_path):
    """As pandas writes a column with gaps, or databases a key."""
    whole = {
        "images": [
            {
                "id": written(9),
                "file_name": "etc\\9.jpg",
                "width": written(900),
                "height": written(600),
            },
            IMAGES[1],
        ],
        "annotations": [boxed(written(18), LEFT, image_id=written(9), iscrowd=0.0)],
        "categories": [{"id": written(18), "name": "dog"}],
    }
    (scene,), ledger = read(tmp_path, whole=whole)
    assert [(one.name, *one.box) for one in scene.objects.values()] == [("dog", 100, 200, 200, 300)]
    assert ledger["reason"].to_list() == ["no-objects"]


def test_a_segment_that_cannot_be_read_costs_only_itself(tmp_path):
    parts = [{"category_id": 18, "bbox": None}, {"category_id": 18, "bbox": "?"}]
    panoptic = {"image_id": 9, "segments_info": [*parts, {"category_id": 62, "bbox": LEFT}]}
    (scene,), ledger = read(tmp_path, panoptic)
    assert [one.name for one in scene.objects.values()] == ["chair"]
    assert ("9", "annotations (2)", "box-unreadable") in ledger.select(
        "image_id", "item", "reason"
    ).rows()


def test_files_that_number_their_images_alike_are_told_apart(tmp_path):
    for split in ("train", "valid"):  # as Roboflow exports them
        (tmp_path / split).mkdir()
        whole = {
            "images": [{"id": 0, "file_name": f"{split}.jpg", "width": 640, "height": 480}],
            "annotations": [],
            "categories": [{"id": 18, "name": "dog"}],
        }
        (tmp_path / split / "_annotations.coco.json").write_text(json.dumps(whole))
    told = r"image 0 of .*/valid/.* is not that of .*/train/.*json: name one of the files, or numb"
    with pytest.raises(ValueError, match=told):
        open_files(find_boxes(f"{tmp_path}/*/_annotations.coco.json"))


def test_predictions_under_another_name_are_no_empty_file(tmp_path):
    (tmp_path / "predictions.json").write_text('{"predictions": []}')
    with pytest.raises(ValueError, match=r"predictions.json has another shape: expected COCO's"):
        read(tmp_path, boxed(18, LEFT))


@pytest.mark.parametrize(
    ("category", "classes"),
    [
        (72, {"television", "monitor"}),
        (8, {"truck", "van"}),
        (47, {"cup", "mug", "drinking glass"}),
    ],
)
def test_a_category_of_several_classes_is_called_none_of_them(category, classes, tmp_path):
    """COCO's tv may be a monitor, its truck a van, its cup a glass."""
    (scene,), _ = read(tmp_path, boxed(category, LEFT), boxed(18, RIGHT))
    assert scene.objects[1].class_name is None
    assert set(scene.objects[1].blocks) >= classes


def test_tables_of_every_kind_are_called_tables(tmp_path):
    (scene,), _ = read(tmp_path, boxed(67, LEFT), boxed(18, RIGHT))
    assert scene.objects[1].class_name == "table"
    assert Facts(scene, PROOF).doubtful("dining table")


@pytest.mark.parametrize(
    ("order", "crowd", "is_picked"),
    [
        (Order.LEFTMOST, [0, 220, 800, 60], False),
        (Order.LEFTMOST, [500, 220, 390, 60], True),
        (Order.RIGHTMOST, [100, 220, 800, 60], False),
        (Order.RIGHTMOST, [0, 220, 300, 60], True),
    ],
)
def test_the_outermost_stands_apart_from_every_one_of_a_crowd(order, crowd, is_picked, tmp_path):
    """A crowd may have somebody at either end of its box."""
    place = LEFT if order is Order.LEFTMOST else [700, 200, 100, 100]
    (scene,), _ = read(tmp_path, boxed(18, place), boxed(18, crowd, iscrowd=1))
    vouched = ProofConfig(complete_classes=("dog",))
    picked = Facts(scene, vouched).references.picks(Reference("dog", order=order))
    assert (picked == 1) is is_picked


@pytest.mark.parametrize(
    ("annotation", "reason"),
    [
        (boxed(18, [1, 2, 3]), "box-unreadable"),
        (boxed(18, [901, 2, 30, 40]), "box-outside"),
        (boxed(18, [850, 200, 100, 100]), "box-clipped"),
    ],
)
def test_boxes_are_cleaned_as_those_of_any_source(tmp_path, annotation, reason):
    _, ledger = read(tmp_path, boxed(62, RIGHT), annotation)
    assert sorted(ledger["reason"]) == sorted([reason, "no-objects"])


@pytest.mark.parametrize(
    ("facts", "is_unique", "standing"),
    [
        ({}, True, "proved"),
        ({"score": 0.99}, True, "proved"),
        ({"score": 0.55}, True, "unknown"),
    ],
)
def test_a_detection_needs_more_margin_the_less_it_is_sure(tmp_path, facts, is_unique, standing):
    """Ten degrees off, where fifteen are allowed."""
    off = [500, 270, 100, 100]
    (scene,), _ = read(tmp_path, boxed(18, LEFT, **facts), boxed(62, off))
    known = Facts(scene, PROOF)
    assert known.is_unique(1) is is_unique
    claim = OrientationClaim(None, 1, 2, "right")
    assert known.holds(claim).standing == standing


@pytest.mark.parametrize(
    ("facts", "is_unique"),
    [({"score": 0.05}, True), ({"score": 0.3}, False), ({"iscrowd": 1}, False)],
)
def test_a_weak_detection_and_a_crowd_leave_doubt(tmp_path, facts, is_unique):
    (scene,), _ = read(tmp_path, boxed(18, LEFT), boxed(18, RIGHT, **facts))
    known = Facts(scene, PROOF)
    assert known.is_unique(1) is is_unique
    (alone,), _ = read(tmp_path, boxed(62, LEFT), boxed(18, RIGHT, **facts))
    assert not Facts(alone, PROOF).holds(ExistenceClaim("dog", False)).supports


@pytest.mark.parametrize("flag", [None, "0", False, " FALSE", "1", 1.0, ["?"]])
def test_a_crowd_is_told_in_any_way_of_an_exporter(tmp_path, flag):
    (scene,), ledger = read(tmp_path, boxed(62, LEFT), boxed(18, RIGHT, iscrowd=flag))
    assert ledger["reason"].to_list() == ["no-objects"]
    is_crowd = flag in ("1", 1.0, ["?"])
    (same,), _ = read(tmp_path, boxed(62, LEFT), boxed(18, RIGHT, iscrowd=int(is_crowd)))
    assert scene == same


def test_duplicates_of_a_detector_become_one_object(tmp_path):
    twice = boxed(18, LEFT, score=0.9), boxed(18, [102, 200, 100, 100], score=0.7)
    (scene,), _ = read(tmp_path, *twice, boxed(62, RIGHT, score=0.8))
    assert [one.score for one in scene.objects.values()] == [0.9, 0.8]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("9.jpg", "9.jpg"),
        ("val/9.jpg", "val/9.jpg"),
        ("./val/9.jpg", "val/9.jpg"),
        ("..\\val\\9.jpg", "val/9.jpg"),
        ("http://images.example/val/9.jpg", "images.example/val/9.jpg"),
        # Of somebody's machine no folder is told.
        ("/home/ann/val/9.jpg", "9.jpg"),
        ("C:\\Users\\ann\\9.jpg", "9.jpg"),
        ("file:///home/ann/9.jpg", "9.jpg"),
    ],
)
def test_a_photograph_has_the_folders_below_its_source(name, path):
    assert file_path(name) == path


@pytest.mark.parametrize(
    "name", ["caf\u00e9.jpg", "cafe\u0301.jpg", "val/caf\u00e9.png", "val\\cafe\u0301.jpg"]
)
def test_a_witness_knows_a_photograph_whatever_system_wrote_its_name(name):
    assert file_key(name) == "caf\u00e9"


def test_long_ids_of_categories_are_told_apart_and_those_beyond_64_bits_cost_themselves(tmp_path):
    long = 123456789012345678  # no float holds it
    content = {
        "images": [{"id": 9, "file_name": "9.jpg", "width": 900, "height": 600}],
        "annotations": [boxed(long, LEFT), boxed(str(long + 1), LEFT), boxed("9" * 25, LEFT)],
        "categories": [
            {"id": str(long), "name": "dog"},
            {"id": long + 1, "name": "cat"},
            {"id": "9" * 25, "name": "cow"},
        ],
    }
    file = tmp_path / "long.json"
    file.write_text(json.dumps(content))
    files = open_files([file])
    assert dict(files.names) == {long: "dog", long + 1: "cat"}
    assert "no whole number of 18 digits" in files.ledger[0]["detail"]
    assert boxes_of(files, ["9"]).table["category"].to_list() == [long, long + 1]
