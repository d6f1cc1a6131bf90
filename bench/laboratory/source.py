"""The laboratory's source: drawn scenes, simulated annotation and the whole truth as files."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import NamedTuple

import msgspec

from bench.laboratory.annotator import annotate
from bench.laboratory.rates import Rates
from bench.laboratory.witnesses import Estimator, estimated_depths, write_depths, write_instances
from bench.laboratory.world import TrueScene, label_map, true_scene
from schemas.config.source import RenderConfig
from tasks.render.layout import Crowd, lay_out_scene

FILES = ("image_data.json", "objects.json", "attributes.json", "relationships.json", "truth.json")
DRAWING = RenderConfig(min_objects=10, max_objects=18)
CROWD = Crowd(max_classes=4, max_siblings=4, num_background=8, min_visible_share=0.45, min_side=8)
"""With these, a scene has 24 things and grounds, and at the default rates 31 % of the annotated
objects share their name with another one of the image, as in Visual Genome."""
BATCH = 100
"""Scenes that a worker draws at a time."""


class Truths(NamedTuple):
    """A line of truth.json: a scene, and the true things of each object id of its annotation."""

    scene: TrueScene
    means: dict[int, tuple[int, ...]]


class Laboratory(NamedTuple):
    """What makes every scene and its annotation again. A witness who looks at `witness_share` of
    the scenes leaves files in `witness`."""

    seed: int
    rates: Rates
    witness: Path | None = None
    witness_share: float = 1.0
    estimator: Estimator = Estimator()
    has_depth: bool = True

    def encoded(self, image_ids: Sequence[int]) -> list[list[bytes]]:
        """By image, as JSON: its rows in the order of FILES, the last what is true of it."""
        found = []
        for image_id in image_ids:
            drawn = lay_out_scene(image_id, self.seed, DRAWING, CROWD)
            labels = label_map(drawn)
            scene = true_scene(drawn, labels)
            annotation = annotate(scene, self.rates, self.seed)
            truth = Truths(scene, annotation.means)
            found.append([msgspec.json.encode(row) for row in (*annotation.rows, truth)])
            if self.witness and self.has_depth and self.is_witnessed(image_id):
                depths = estimated_depths(drawn, labels, self.estimator, self.seed)
                path = self.witness / "depth" / f"{image_id}.png"
                write_depths(path, depths, self.estimator)
        return found

    def is_witnessed(self, image_id: int) -> bool:
        return Random(f"{self.seed}:{image_id}:witness").random() < self.witness_share


def batches(size: int) -> Iterator[range]:
    for start in range(1, size + 1, BATCH):
        yield range(start, min(start + BATCH, size + 1))


def write_source(folder: Path, laboratory: Laboratory, num_scenes: int, workers: int) -> None:
    """The simulated files and truth.json, and the files of the witness, if there is one."""
    folder.mkdir(parents=True, exist_ok=True)
    if laboratory.witness:
        (laboratory.witness / "depth").mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        streams = [stack.enter_context((folder / name).open("wb")) for name in FILES]
        pool = stack.enter_context(ProcessPoolExecutor(workers)) if workers > 1 else None
        is_first = True
        for rows in (pool.map if pool else map)(laboratory.encoded, batches(num_scenes)):
            for row in rows:
                for stream, text in zip(streams, row, strict=True):
                    stream.write(b"[\n" if is_first else b",\n")
                    stream.write(text)
                is_first = False
        for stream in streams:
            stream.write(b"\n]\n")
    if laboratory.witness:
        scenes = (decode_truth(line).scene for line in lines_of(folder / "truth.json"))
        seen = [scene for scene in scenes if laboratory.is_witnessed(scene.image_id)]
        write_instances(laboratory.witness / "instances.json", seen)


def lines_of(truth: Path) -> list[bytes]:
    """The record of each scene, from the first."""
    return [line.rstrip(b",") for line in truth.read_bytes().splitlines()[1:-1]]


def decode_truth(line: bytes) -> Truths:
    return msgspec.json.decode(line, type=Truths)
