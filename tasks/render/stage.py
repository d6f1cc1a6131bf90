"""Render: simple scenes with true depth, written as Visual Genome v1.2 files and photographs.

Decides what stands where on a ground plane in front of a pinhole camera, which parts are visible,
and which relationships are true by construction. Reads nothing; writes
`image_data.json`, `objects.json`, `attributes.json`, `relationships.json` and `VG_100K/<id>.jpg`.

Every visible whole thing or ground is annotated (`exhaustive`); parts (a wheel, the window of a
car) are not. `depth` is in metres along the optical axis.
"""

from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

import msgspec

from schemas.config.build import PipelineConfig
from schemas.config.source import RenderConfig
from schemas.config.source_kind import SourceKind
from tasks.render.layout import lay_out_scene
from tasks.render.painting import draw_scene
from tasks.render.visual_genome import visual_genome_rows
from tasks.stage import Job, Settings, Stage
from tasks.writing import writing_folder

VERSION = 1
FILES = ("image_data.json", "objects.json", "attributes.json", "relationships.json")


def write_visual_genome(folder: Path, seed: int, config: RenderConfig, photographs: bool) -> None:
    """Write scenes 1 to num_scenes, one at a time; the four files appear when all are complete."""
    pictures = folder / "VG_100K"
    (pictures if photographs else folder).mkdir(parents=True, exist_ok=True)
    partial = [folder / f"{name}.partial" for name in FILES]
    with ExitStack() as stack:
        streams: list[BinaryIO] = [stack.enter_context(path.open("wb")) for path in partial]
        for image_id in range(1, config.num_scenes + 1):
            scene = lay_out_scene(image_id, seed, config)
            for stream, row in zip(streams, visual_genome_rows(scene), strict=True):
                stream.write(b"[\n" if image_id == 1 else b",\n")
                stream.write(msgspec.json.encode(row))
            if photographs:
                (pictures / f"{image_id}.jpg").write_bytes(draw_scene(scene))
        for stream in streams:
            stream.write(b"\n]\n")
    for path, name in zip(partial, FILES, strict=True):
        path.replace(folder / name)


def render(job: Job) -> Path:
    photographs = job.config.images == "embed"
    with writing_folder(job.artifact) as partial:
        write_visual_genome(partial, job.config.seed, job.config.source.render, photographs)
    return job.artifact.path


def settings(config: PipelineConfig) -> Settings:
    photographs = str(config.images == "embed")
    return {"render": config.source.render, "seed": config.seed, "photographs": photographs}


STAGE = Stage(
    name="render",
    version=VERSION,
    unit="scenes drawn",
    work=render,
    settings=settings,
    suffix="",
    applies=lambda config: config.source.kind is SourceKind.RENDERED,
)
