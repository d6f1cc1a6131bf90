"""Another annotation of the same photographs, read as a source is."""

import json
from pathlib import Path
from typing import Any

import pytest

from schemas.claim import CountClaim, RelationClaim
from schemas.config.margins import IngestConfig
from schemas.config.source import SourceConfig
from schemas.proof.facts import Facts
from schemas.scene_graph import scenes_of
from schemas.testimony import with_testimony
from tasks.ingest.scenes import clean_scenes
from tasks.sources.readers import reader_of
from tasks.sources.shard import find_source, index_source
from tasks.witness.stage import gather_testimony
from tests.scenes import PROOF, scene, scene_rows
from tests.stages import build_of

DOG, COUCH, AWAY = (300, 250, 400, 350), (200, 200, 700, 500), (750, 100, 850, 200)
OBJECTS = [("dog", DOG), ("couch", COUCH)]


def graph(*objects: tuple[str, Any], relations: Any = (), **frame: int) -> dict[str, Any]:
    """A GQA scene graph; relations are (subject, name, object) by place."""
    things = {}
    for number, (name, (x1, y1, x2, y2)) in enumerate(objects):
        own = [{"name": said, "object": str(o)} for s, said, o in relations if s == number]
        box = {"x": x1, "y": y1, "w": x2 - x1, "h": y2 - y1}
        things[str(number)] = {"name": name, **box, "attributes": [], "relations": own}
    return {"width": 900, "height": 600, **frame, "objects": things}


def hear(
    folder: Path, graphs: dict[str, Any], relations: Any = (), **settings: Any
) -> tuple[Facts, list[tuple[str, str]]]:
    (folder / "graphs.json").write_text(json.dumps(graphs), encoding="utf-8")
    witness = {"kind": "scenes", "name": "gqa", "scenes": "gqa", "join": "image_id",
               "path": str(folder / "graphs.json"), **settings}  # fmt: skip
    config = build_of(folder, witness=[witness]).config
    rows = scene_rows(scene(OBJECTS, relations))
    testimony, ledger = gather_testimony(rows, config, folder)
    (known,) = scenes_of(with_testimony(rows, testimony))
    return Facts(known, PROOF), ledger.select("item", "reason").rows()


@pytest.mark.parametrize(
    ("own", "other", "independent", "standing", "reasons"),
    [
        ("on", "on", True, "witnessed", []),
        ("on", "on", None, "asserted", []),
        ("on", None, True, "asserted", []),
        (None, "on", True, "asserted", []),
        (None, None, True, "unknown", []),
        ("on", "under", True, "unknown", ["relationship-disagrees"]),
        ("on", "under", None, "unknown", ["relationship-disagrees"]),
    ],
)
def test_relationships_are_witnessed_or_contradicted(
    tmp_path, own, other, independent, standing, reasons
):
    """GQA and Visual Genome go back to the same annotators: only contradictions count."""
    said = [(0, other, 1)] if other else []
    facts, ledger = hear(
        tmp_path,
        {"1": graph(*OBJECTS, relations=said)},
        [(0, own, 1)] if own else [],
        independent=independent,
    )
    assert facts.holds(RelationClaim(0, "on", 1)).standing == standing
    assert [reason for _, reason in ledger] == reasons


@pytest.mark.parametrize(
    ("graphs", "is_unique"),
    [
        ({"1": graph(*OBJECTS)}, True),
        ({"1": graph(*OBJECTS, ("dog", AWAY))}, False),
        ({"1": graph(*OBJECTS, ("cat", AWAY))}, True),
        ({"2": graph(*OBJECTS, ("dog", AWAY))}, True),
        ({"1": graph(*OBJECTS, ("dog", AWAY), width=600)}, True),
    ],
)
def test_a_thing_that_only_the_other_annotation_has_makes_names_ambiguous(
    tmp_path, graphs, is_unique
):
    facts, _ = hear(tmp_path, graphs)
    assert facts.is_unique(0) is is_unique
    assert facts.holds(CountClaim("dog", 1)).supports is is_unique


def test_real_annotations_of_the_same_images_are_compared(visual_genome, tmp_path):
    """v1.4 beside v1.2: its relationships are of the same annotators."""
    path = str(visual_genome / "v1.2")
    source = SourceConfig(kind="visual-genome", path=path)
    files = find_source(source, tmp_path)
    index, _ = index_source(source, files, 1)
    scenes, _ = clean_scenes(reader_of(source.kind).read(index, files), IngestConfig())
    witness = {"kind": "scenes", "name": "newer", "scenes": "visual-genome", "join": "image_id",
               "path": str(visual_genome / "v1.4")}  # fmt: skip
    config = build_of(tmp_path, source, witness=[witness]).config
    testimony, _ = gather_testimony(scenes, config, tmp_path)
    assert testimony["image_id"].to_list() == ["1", "2", "3"][: testimony.height]
    assert testimony.height >= 2
    assert all(testimony["links"].list.len() > 0)
    assert testimony["dependent"].to_list() == [["newer"]] * testimony.height
    assert list(scenes_of(with_testimony(scenes, testimony)))
