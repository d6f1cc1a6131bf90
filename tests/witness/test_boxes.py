"""What a witness in COCO's format says: joined, scaled, matched, and nothing of it trusted."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from schemas.scene_graph import scenes_of
from schemas.testimony import TESTIMONY, with_testimony
from tasks.witness.joining import refuse_shared_names
from tasks.witness.stage import gather_testimony
from tests.scenes import scene, scene_rows
from tests.stages import build_of

DOG, SECOND, CAT = (100, 100, 300, 300), (500, 100, 700, 300), (500, 400, 600, 500)
NAMES = [{"id": 18, "name": "dog"}, {"id": 17, "name": "cat"}, {"id": 84, "name": "book"}]


def image(key: Any = 9, **facts: Any) -> dict[str, Any]:
    """Half as large as the scene."""
    return {"id": key, "file_name": "val/0009.jpg", "width": 450, "height": 300, **facts}


def boxed(category: int, box: Any, **facts: Any) -> dict[str, Any]:
    """An annotation whose box is given as corners in the frame of the scene."""
    corners = [edge / 2 for edge in box]
    x1, y1, x2, y2 = corners
    return {"image_id": 9, "category_id": category, "bbox": [x1, y1, x2 - x1, y2 - y1], **facts}


def written(folder: Path, annotations: list[Any], **parts: Any) -> Path:
    whole = {"images": [image()], "annotations": annotations, "categories": NAMES, **parts}
    (folder / "instances.json").write_text(json.dumps(whole), encoding="utf-8")
    return folder


def hear(
    folder: Path, objects: Any = (("dog", DOG),), coco_id: int | None = 9, **settings: Any
) -> tuple[list[dict[str, Any]], list[tuple[str, str, str]]]:
    """Rows of testimony, and item, reason and detail of the ledger."""
    one = scene_rows(scene(objects, image_id="7")).with_columns(
        coco_id=pl.lit(coco_id, pl.Int64), photograph=pl.lit("VG_100K/0009.png")
    )
    witness = {"kind": "boxes", "name": "coco", "path": str(folder), **settings}
    config = build_of(folder, witness=[witness]).config
    testimony, ledger = gather_testimony(one, config, folder)
    assert testimony.schema == TESTIMONY
    assert list(scenes_of(with_testimony(one, testimony)))
    assert set(ledger["action"]) <= {"doubt"}
    return testimony.to_dicts(), ledger.select("item", "reason", "detail").rows()


def complete(row: dict[str, Any]) -> list[str]:
    return [one["class_name"] for one in row["complete"]]


def test_boxes_are_scaled_and_matched(tmp_path):
    (row,), ledger = hear(written(tmp_path, [boxed(18, DOG), boxed(18, SECOND), boxed(17, CAT)]))
    assert row["sightings"][0] == {
        "witness": "coco", "class_names": ["dog"], "x1": 100, "y1": 100, "x2": 300, "y2": 300,
        "is_sure": True, "object_id": 0,
    }  # fmt: skip
    assert [one["object_id"] for one in row["sightings"]] == [0, None, None]
    assert complete(row) == ["book", "cat", "dog"]
    assert ledger == [
        ("class cat", "not-annotated", "coco: 1 more are seen"),
        ("class dog", "not-annotated", "coco: 1 more are seen"),
    ]


SHIFTED = (140, 100, 340, 300)
MATCHES = [
    # objects, boxes of the witness, object id of each
    ([("dog", DOG)], [(18, SHIFTED)], [0]),
    ([("dog", DOG)], [(18, (220, 100, 420, 300))], [None]),
    ([("dog", DOG)], [(17, DOG)], [None]),
    ([("puppy", DOG)], [(18, DOG)], [0]),
    ([("animal", DOG)], [(18, DOG)], [0]),
    ([("gizmo", DOG), ("dog", SHIFTED)], [(18, DOG)], [1]),
    ([("gizmo", DOG)], [(18, DOG)], [0]),
    ([("dog", DOG), ("dog", SHIFTED)], [(18, DOG)], [0]),
    ([("dog", DOG), ("dog", SHIFTED)], [(18, SHIFTED), (18, DOG)], [1, 0]),
    ([("dogs", DOG)], [(18, DOG)], [None]),
]


@pytest.mark.parametrize(("objects", "boxes", "ids"), MATCHES)
def test_a_sighting_is_the_object_that_agrees_best(tmp_path, objects, boxes, ids):
    (row,), _ = hear(written(tmp_path, [boxed(*one) for one in boxes]), objects)
    assert [one["object_id"] for one in row["sightings"]] == ids


@pytest.mark.parametrize(
    ("objects", "boxes", "disputed"),
    [
        ([("dog", DOG)], [], {0: "coco: none there"}),
        ([("dog", DOG)], [(17, DOG)], {0: "coco: cat"}),
        ([("dog", DOG), ("dog", SHIFTED)], [(18, DOG)], {1: "coco: dog"}),
        ([("dogs", DOG)], [], {}),
        ([("animal", DOG)], [], {}),
        ([("lamp", DOG)], [], {}),
    ],
)
def test_an_object_that_should_have_been_seen_is_disputed(tmp_path, objects, boxes, disputed):
    (row,), ledger = hear(written(tmp_path, [boxed(*one) for one in boxes]), objects)
    assert {one["object_id"]: one["detail"] for one in row["disputed"]} == disputed
    assert [item for item, reason, _ in ledger if reason == "witness-disagrees"] == [
        f"object {key}" for key in disputed
    ]


@pytest.mark.parametrize(
    ("annotation", "sure", "expected"),
    [
        (boxed(18, DOG, iscrowd=1), [False], ["book", "cat"]),
        (boxed(84, DOG), [True], ["cat", "dog"]),
        (boxed(18, DOG, score=0.9), [True], []),
        (boxed(18, DOG, score=0.3), [False], []),
        (boxed(18, DOG, score=0.05), [], []),
    ],
)
def test_crowds_heaps_and_scores_leave_doubt(tmp_path, annotation, sure, expected):
    (row,), _ = hear(written(tmp_path, [annotation]), [])
    assert [one["is_sure"] for one in row["sightings"]] == sure
    assert complete(row) == expected


def test_a_detector_is_exhaustive_only_where_it_is_said_to_be(tmp_path):
    detections = [boxed(18, DOG, score=0.8), boxed(17, CAT, score=0.2)]
    folder = written(tmp_path, [])
    (folder / "detections.json").write_text(json.dumps(detections), encoding="utf-8")
    assert complete(hear(folder)[0][0]) == []
    assert complete(hear(folder, exhaustive=["dog"])[0][0]) == ["dog"]
    assert complete(hear(folder, exhaustive="all")[0][0]) == ["book", "dog"]
    with pytest.raises(ValueError, match="exhaustive names 'hound', which is none of its"):
        hear(folder, exhaustive=["hound"])


def test_panoptic_segments_are_read_and_stuff_is_not(tmp_path):
    segments = [
        {"id": 1, "category_id": 18, "bbox": [50, 50, 100, 100], "iscrowd": 0, "area": 9},
        {"id": 2, "category_id": 125, "bbox": [0, 0, 450, 300], "iscrowd": 0, "area": 9},
    ]
    names = [{**NAMES[0], "isthing": 1}, {"id": 125, "name": "gravel", "isthing": 0}]
    panoptic = {"image_id": 9, "file_name": "../../0009.png", "segments_info": segments}
    (row,), _ = hear(written(tmp_path, [panoptic], categories=names))
    assert [one["object_id"] for one in row["sightings"]] == [0]
    assert complete(row) == ["dog"]


@pytest.mark.parametrize(
    ("join", "coco_id", "key", "is_known"),
    [
        ("coco_id", 9, 9, True),
        ("coco_id", 9, "9", True),
        ("coco_id", None, 9, False),
        ("coco_id", 8, 9, False),
        ("file_name", None, 1, True),
        ("image_id", None, 7, True),
        ("image_id", None, "7", True),
        ("image_id", 9, 9, False),
    ],
)
def test_photographs_are_joined_as_configured(tmp_path, join, coco_id, key, is_known):
    rows, _ = hear(written(tmp_path, [], images=[image(key)]), coco_id=coco_id, join=join)
    assert bool(rows) is is_known


def test_two_images_of_one_file_name_are_both_left_out(tmp_path):
    twice = [image(1), image(2, file_name="other/0009.jpg")]
    note = ("image", "several-images", "coco: more than one image is 0009")
    assert hear(written(tmp_path, [], images=twice), join="file_name") == ([], [note])


MORE = {
    "depth": {"depth": {"scale": "metric", "near": "small"}},
    "scenes": {"scenes": "coco", "independent": True},
}


@pytest.mark.parametrize("kind", ["boxes", "depth", "scenes"])
def test_two_photographs_of_one_file_name_are_no_photograph_of_the_witness(tmp_path, kind):
    written(tmp_path, [boxed(18, DOG)])
    np.save(tmp_path / "0009.npy", np.linspace(20, 2, 600 * 900).reshape(600, 900))
    one = {"kind": kind, "name": "other", "path": str(tmp_path), "join": "file_name"}
    more = MORE.get(kind, {})
    config = build_of(tmp_path, witness=[one | more]).config
    both = scene_rows(*(scene([("dog", DOG)], image_id=key) for key in "78")).with_columns(
        coco_id=pl.lit(None, pl.Int64), photograph=pl.lit("VG_100K/0009.png")
    )
    assert gather_testimony(both, config, tmp_path)[0].is_empty()
    assert not gather_testimony(both.head(1), config, tmp_path)[0].is_empty()


@pytest.mark.parametrize(
    ("shards", "told"),
    [
        ([["a/1.jpg", "b/1.jpg"], ["2.jpg"]], None),  # seen within a shard
        ([["a/1.jpg"], ["b/2.jpg"], [None, None]], None),
        ([["1.jpg"], ["1-mirrored.jpg"]], None),
        (
            [["a/2.jpg", "a/1.jpg"], ["b/1.png"]],
            "a/1.jpg and b/1.png have one file name, by which w",
        ),
    ],
)
def test_photographs_of_one_name_in_two_shards_are_refused(shards, told, tmp_path):
    paths = [tmp_path / f"{number}.parquet" for number in range(len(shards))]
    for path, names in zip(paths, shards, strict=True):
        ids = [str(name).removesuffix(".jpg") for name in names]
        pl.DataFrame({"image_id": ids, "photograph": names}).cast(pl.String).write_parquet(path)
    if told is None:
        refuse_shared_names(paths, "w")
    else:
        with pytest.raises(ValueError, match=told):
            refuse_shared_names(paths, "w")


DIRTY = [
    # what stands among the annotations, reasons, whether anything is complete
    (boxed(18, DOG) | {"bbox": [1, 2, float("nan"), 4]}, ["boxes-unreadable"], False),
    (boxed(18, DOG) | {"bbox": [1, 2, 3]}, ["boxes-unreadable"], False),
    (boxed(18, DOG) | {"bbox": [1, 2, 0, 4]}, ["boxes-unreadable"], False),
    (boxed(18, DOG) | {"bbox": [1, 2, 1e300, 4]}, ["boxes-unreadable"], False),
    (boxed(18, DOG) | {"bbox": None}, ["boxes-unreadable"], False),
    (boxed(18, DOG) | {"bbox": "everything"}, ["boxes-unreadable"], False),
    (boxed(18, DOG, score=7), ["boxes-unreadable"], False),
    (boxed(18, (2000, 100, 2100, 300)), [], True),
    (boxed(99, DOG), [], True),
    (boxed(18, DOG) | {"image_id": 1234}, [], True),
    (boxed(18, DOG) | {"image_id": None}, [], True),
    ("no annotation", [], True),
    (boxed(17, CAT, segmentation={"size": [300, 450], "counts": "PYi0"}), ["not-annotated"], True),
]


@pytest.mark.parametrize(("annotation", "reasons", "is_complete"), DIRTY)
def test_a_broken_annotation_costs_only_itself_or_its_image(
    tmp_path, annotation, reasons, is_complete
):
    (row,), ledger = hear(written(tmp_path, [boxed(18, DOG), annotation]))
    assert [one["object_id"] for one in row["sightings"]][:1] == [0]
    assert [reason for _, reason, _ in ledger] == reasons
    assert bool(row["complete"]) is is_complete


def test_a_photograph_of_another_shape_and_one_full_of_boxes_are_left_out(tmp_path):
    square = written(tmp_path, [], images=[image(height=450)])
    assert hear(square) == (
        [], [("image", "frame-differs", "coco: 450 x 450 for 900 x 600")],
    )  # fmt: skip
    many = written(tmp_path, [boxed(18, DOG)] * 1001)
    assert hear(many) == ([], [("image", "boxes-too-many", "coco: 1,001 boxes")])


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"images": [', "is not complete JSON"),
        ('"COCO"', "has another shape"),
        ('{"images": 3}', "has another shape"),
        ("", "is empty"),
        ("[" * 100_000, "nested too deep|not complete JSON"),
        ("[]", "no images; add the file"),
        (json.dumps({"images": [image()]}), "no categories; add the file"),
        (
            json.dumps({"images": [image()], "categories": [{"id": "18a", "name": "dog"}]}),
            r"no categories \(.*: 18a is no whole number of 18 digits at most\); add the file",
        ),
        (json.dumps({"images": [image(), image(width=5)]}), "describes image 9 in two ways"),
        (
            json.dumps({"categories": [NAMES[0], {"id": 18, "name": "wolf"}]}),
            "has two categories 18",
        ),
    ],
)
def test_a_file_of_another_kind_is_refused_in_one_line(tmp_path, text, problem):
    (tmp_path / "instances.json").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=problem) as caught:
        hear(tmp_path)
    assert "\n" not in str(caught.value)


def test_what_is_said_does_not_depend_on_the_other_photographs(tmp_path):
    """A build is cut into shards of any size."""
    folder = written(
        tmp_path,
        [boxed(18, DOG), boxed(17, CAT) | {"image_id": 10}, boxed(18, DOG) | {"image_id": 11}],
        images=[image(key) for key in (9, 10, 11)],
    )
    witness = {"kind": "boxes", "name": "coco", "path": str(folder)}
    config = build_of(folder, witness=[witness]).config
    ones = [replace(scene([("dog", DOG)]), image_id=str(number)) for number in (1, 2, 3)]
    rows = scene_rows(*ones).with_columns(coco_id=pl.Series([9, 10, 11]))
    whole = gather_testimony(rows, config, folder)
    parts = [gather_testimony(rows.slice(place, 1), config, folder) for place in range(3)]
    for number in (0, 1):
        assert whole[number].equals(pl.concat(part[number] for part in parts))
