"""Render: simple scenes with true depth, written as Visual Genome v1.2 files and photographs.

Decides what stands where on a ground plane before a pinhole camera, which part of it stays
visible, and which relationships are true by construction. Reads nothing; writes
`image_data.json`, `objects.json`, `attributes.json`, `relationships.json` and `VG_100K/<id>.jpg`.

Every visible whole thing or ground is annotated (`exhaustive`); parts (a wheel, the window of a
car) are not. `depth` is in metres along the optical axis.
"""

from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

import msgspec
from prefect import State, task
from prefect.cache_policies import NO_CACHE
from prefect.states import Completed

from schemas.config.build import RenderConfig
from tasks.artifact import Artifact, plan_artifact, replacing_folder
from tasks.render.layout import lay_out_scene
from tasks.render.painting import draw_scene
from tasks.render.visual_genome import visual_genome_rows

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


def rendered_artifact(config: RenderConfig, seed: int, photographs: bool, root: Path) -> Artifact:
    return plan_artifact(
        root,
        "render",
        version=VERSION,
        config={"render": config, "seed": seed, "photographs": str(photographs)},
        inputs={},
        suffix="",
    )


@task(cache_policy=NO_CACHE)
def render_scenes(
    config: RenderConfig, seed: int, photographs: bool, root: Path
) -> Path | State[Path]:
    artifact = rendered_artifact(config, seed, photographs, root)
    if artifact.path.exists():
        return Completed(name="Cached", data=artifact.path)
    with replacing_folder(artifact.path) as partial:
        write_visual_genome(partial, seed, config, photographs)
    return artifact.path
