"""Names on photographs of which all things are known: four of COCO, annotated as Visual Genome
often is, with one box for each class. `instances.json` has every thing of the 80 classes."""

import json
from collections import defaultdict
from pathlib import Path

import polars as pl
import pytest

from flows.graph import stages_of
from schemas.box import Box
from schemas.claim import decode_claim, objects_of
from schemas.config.source import SourceConfig
from schemas.vocabulary.classes import load_vocabulary
from tests.stages import after, build_of

COCO = Path(__file__).parents[3] / "shared" / "coco" / "instances.json"
MAX_AMBIGUOUS = 1 / 20
CLEARLY_LARGER = 1.2
"""Of two areas: what is called the largest has one that is as many times as large."""


def boxes_by_class():
    """Of each photograph, by its id: all boxes of each class, the largest first."""
    told = json.loads(COCO.read_text(encoding="utf-8"))
    names = {entry["id"]: entry["name"] for entry in told["categories"]}
    found = {image["id"]: defaultdict(list) for image in told["images"]}
    for entry in told["annotations"]:
        x, y, width, height = map(int, entry["bbox"])
        boxes = found[entry["image_id"]][names[entry["category_id"]]]
        boxes.append(Box(x, y, x + width, y + height))
    for things in found.values():
        for boxes in things.values():
            boxes.sort(key=lambda box: -box.area)
    return told["images"], found


def write_largest(folder, images, found):
    """Visual Genome v1.2 files with the largest box of each class."""
    rows = defaultdict(list)
    number = 0
    for image in images:
        key = {"image_id": image["id"]}
        size = {"width": image["width"], "height": image["height"]}
        rows["image_data"].append({**key, **size, "url": "", "coco_id": image["id"]})
        objects = []
        for name, (box, *_) in found[image["id"]].items():
            number += 1
            place = {"x": box.x1, "y": box.y1, "w": box.width, "h": box.height}
            objects.append({"object_id": number, "names": [name], "synsets": [], **place})
        rows["objects"].append({**key, "objects": objects})
        rows["attributes"].append({**key, "attributes": []})
        rows["relationships"].append({**key, "relationships": []})
    for name, entries in rows.items():
        (folder / f"{name}.json").write_text(json.dumps(entries), encoding="utf-8")


def candidates(folder, root, *witnesses):
    """What a build may ask about the files in a folder."""
    source = SourceConfig(kind="visual-genome", path=str(folder))
    build = build_of(root, source, witness=witnesses)
    stages = stages_of(build.config)
    done = after(build, *stages[: [stage.name for stage in stages].index("plan")])
    return pl.concat(map(pl.read_parquet, done.made["extract"]))


def definite_names(rows):
    """Photograph, class and words of each name that a question or an option may use."""
    for row in rows.iter_rows(named=True):
        if row["category"] in ("count", "existence"):
            continue
        named = dict(zip(row["objects"], row["names"], strict=True))
        assert set(objects_of(decode_claim(row["claim"]))) <= set(named)
        for text in named.values():
            yield row["image_id"], text


def fits_one(text, things):
    """Whether a name fits one thing of a photograph; words that neither are a class nor begin with
    "largest" count as fitting several."""
    resolve = load_vocabulary().resolve
    bare = text.removeprefix("largest ")
    name = resolve(bare).class_name
    boxes = [box for word, found in things.items() if resolve(word).class_name == name
             for box in found]  # fmt: skip
    if name is None or not boxes:
        return False
    boxes.sort(key=lambda box: -box.area)
    if len(boxes) == 1:
        return True
    return bare != text and boxes[0].area > CLEARLY_LARGER * boxes[1].area


@pytest.mark.skipif(not COCO.exists(), reason=f"no COCO photographs at {COCO}")
@pytest.mark.parametrize("is_witnessed", [False, True])
def test_no_definite_name_fits_two_things_of_a_photograph(is_witnessed, tmp_path):
    images, found = boxes_by_class()
    write_largest(tmp_path, images, found)
    coco = {"kind": "boxes", "name": "coco", "path": str(COCO), "join": "coco_id"}
    rows = candidates(tmp_path, tmp_path / "root", *([coco] if is_witnessed else []))
    named = list(definite_names(rows))
    ambiguous = [
        (image_id, text) for image_id, text in named if not fits_one(text, found[int(image_id)])
    ]
    assert len(ambiguous) <= (0 if is_witnessed else MAX_AMBIGUOUS * len(named)), ambiguous
    assert len(named) >= 20
