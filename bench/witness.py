"""How long one shard of a build takes with a witness of boxes, and what memory.

    .venv/bin/python bench/witness.py [--boxes 1000000]

The file is as large as COCO's train2017 (118,287 photographs; polygons of forty numbers a box),
the shard as large as the tenth of Visual Genome that a build cuts: 10,808 scenes of 35 objects,
half of which the file knows. The time must grow with the boxes, no faster.
"""

import argparse
import json
import random
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
from measure import measured, show

from schemas.scene_graph import SCENE
from schemas.vocabulary.coco import load_coco
from tasks.witness.stage import gather_testimony
from tests.stages import build_of

NUM_PHOTOGRAPHS, NUM_SCENES, NUM_OBJECTS = 118_287, 10_808, 35
WIDTH, HEIGHT = 640, 480


def box(rng: random.Random) -> tuple[int, int, int, int]:
    width, height = rng.randint(20, 300), rng.randint(20, 300)
    return rng.randint(0, WIDTH - width), rng.randint(0, HEIGHT - height), width, height


def write_file(path: Path, num_boxes: int) -> None:
    rng, names = random.Random(0), list(load_coco())
    frame = {"width": WIDTH, "height": HEIGHT}
    images = [{"id": key, "file_name": f"{key}.jpg", **frame} for key in range(NUM_PHOTOGRAPHS)]
    polygon = [[float(number) for number in range(40)]]
    annotations = [
        {
            "id": key,
            "image_id": rng.randrange(NUM_PHOTOGRAPHS),
            "category_id": rng.randrange(80),
            "bbox": box(rng),
            "iscrowd": 0,
            "segmentation": polygon,
        }
        for key in range(num_boxes)
    ]
    categories = [{"id": key, "name": name} for key, name in enumerate(names)]
    whole = {"images": images, "annotations": annotations, "categories": categories}
    path.write_text(json.dumps(whole), encoding="utf-8")


def scenes() -> pl.DataFrame:
    rng, names = random.Random(1), list(load_coco())
    rows = []
    for key in range(NUM_SCENES):
        objects = []
        for number in range(NUM_OBJECTS):
            x, y, width, height = box(rng)
            name = load_coco()[rng.choice(names)].classes[0]
            objects.append(
                {
                    "object_id": number, "name": name, "class_name": name, "is_plural": False,
                    "is_doubtful": False, "blocks": [], "x1": x, "y1": y, "x2": x + width,
                    "y2": y + height, "attributes": [], "depth": None, "facing": None,
                }
            )  # fmt: skip
        rows.append(
            {
                "image_id": str(key), "width": WIDTH, "height": HEIGHT, "has_frame": True,
                "is_exhaustive": False, "coco_id": key if key % 2 else None, "photograph": None,
                "objects": objects, "relationships": [],
            }
        )  # fmt: skip
    return pl.DataFrame(rows, schema=SCENE)


def work(path: Path) -> dict[str, Any]:
    frame = scenes()
    config = build_of(
        path.parent, witness=[{"kind": "boxes", "name": "coco", "path": str(path)}]
    ).config
    started = time.perf_counter()
    testimony, ledger = gather_testimony(frame, config, path.parent)
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "known": testimony.height, "doubts": ledger.height}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--boxes", type=int, default=1_000_000)
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        sys.stdout.write(json.dumps(work(options.work)))
        return
    rows = []
    for num_boxes in (options.boxes // 4, options.boxes):
        with TemporaryDirectory(prefix="witness-") as folder:
            path = Path(folder) / "instances.json"
            write_file(path, num_boxes)
            run = measured([__file__, "--work", str(path)], Path.cwd())
            size = path.stat().st_size / 1e6
        result = run.result
        rows.append(
            (
                f"{num_boxes:,}",
                f"{size:,.0f}",
                f"{result['known']:,}",
                f"{result['doubts']:,}",
                f"{result['seconds']:.1f}",
                f"{run.anonymous:.2f}",
            )
        )
    show(
        f"A witness of boxes, one shard of {NUM_SCENES:,} scenes",
        ("boxes", "MB", "photographs known", "doubts", "seconds", "GiB anonymous"),
        rows,
    )


if __name__ == "__main__":
    main()
