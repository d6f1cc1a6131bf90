"""What witnesses say of a photograph, they say of its mirror image."""

import json
from dataclasses import replace

import polars as pl
import pytest

from schemas.claim import CountClaim, ExistenceClaim, RelationClaim
from schemas.mirror import mirrored_claim, mirrored_id, mirrored_scene
from schemas.proof.facts import Facts
from schemas.scene_graph import scenes_of
from schemas.testimony import with_testimony
from tasks.witness.stage import PARTS, gather_testimony, mirrored_testimony
from tests.scenes import OPEN, scene, scene_rows
from tests.stages import build_of
from tests.witness.test_boxes import CAT, DOG, SECOND, boxed, written
from tests.witness.test_other_scenes import graph

OBJECTS = [("dog", DOG), ("cat", CAT)]


@pytest.fixture
def scenes():
    """A scene and that of its mirror image, as rows."""
    one = scene(OBJECTS, [(0, "left of", 1)], image_id="7")
    image = replace(mirrored_scene(one), image_id=mirrored_id("7"))
    rows = pl.concat([scene_rows(one), scene_rows(image)])
    return rows.with_columns(coco_id=pl.lit(9, pl.Int64))


def known(scenes, witness, folder):
    one = {"name": "second", "path": str(folder), **witness}
    config = build_of(folder, witness=[one], images="embed", ingest={"mirror": True}).config
    testimony, ledger = gather_testimony(scenes, config, folder)
    here, there = scenes_of(with_testimony(scenes, testimony))
    return here, there, ledger


def test_boxes_are_seen_on_the_other_side(scenes, tmp_path):
    written(tmp_path, [boxed(18, DOG), boxed(18, SECOND), boxed(17, CAT)])
    here, there, ledger = known(scenes, {"kind": "boxes"}, tmp_path)
    assert set(ledger["image_id"]) == {"7"}
    for one, image in zip(here.testimony.sightings, there.testimony.sightings, strict=True):
        x1, y1, x2, y2 = one.box
        assert image == replace(one, box=(900 - x2, y1, 900 - x1, y2))
    assert there.testimony.complete == here.testimony.complete
    for claim in (
        RelationClaim(0, "left of", 1),
        RelationClaim(0, "right of", 1),
        CountClaim("dog", 2),
        CountClaim("cat", 1),
        ExistenceClaim("book", False),
    ):
        told = Facts(here, OPEN).holds(claim)
        image = Facts(there, OPEN).holds(mirrored_claim(claim))
        assert (image.standing, image.margin) == (told.standing, told.margin)


def test_relationships_of_others_change_sides(scenes, tmp_path):
    whole = {"7": graph(*OBJECTS, relations=[(0, "to the left of", 1), (1, "on", 0)])}
    (tmp_path / "graphs.json").write_text(json.dumps(whole), encoding="utf-8")
    witness = {"kind": "scenes", "scenes": "gqa", "join": "image_id",
               "path": str(tmp_path / "graphs.json")}  # fmt: skip
    here, there, _ = known(scenes, witness, tmp_path)
    assert [link.predicate for link in here.testimony.links] == ["left of", "on"]
    assert [link.predicate for link in there.testimony.links] == ["right of", "on"]


def test_another_annotation_knows_a_photograph_and_not_two(scenes, tmp_path):
    written(tmp_path, [boxed(18, DOG), boxed(17, CAT)])
    witness = {"kind": "scenes", "scenes": "coco", "independent": True}
    here, there, ledger = known(scenes, witness, tmp_path)
    assert here.testimony.sightings and len(there.testimony.sightings) == 2
    assert ledger.is_empty()


def test_the_depth_map_of_a_photograph_counts_once():
    said = {name: [] for name in PARTS} | {"is_near_below": [True]}
    assert mirrored_testimony(said, 900)["is_near_below"] == []
