"""Miniatures: a few items of every benchmark, in its own files and columns, drawn here.

They exercise everything that a benchmark needs, without a download: rows with the benchmark's
columns are read by the code that reads the benchmark. What a miniature asks is in the benchmark's
file (`Benchmark.draw`); here are the scenes. They are drawn, so the answers are true; scores on
them mean nothing.
"""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from evaluation.benchmarks.registry import benchmark_of
from evaluation.miniatures.scenes import Scenes, Seen, View
from schemas.config.source import RenderConfig
from schemas.replacing import replacing_folder
from tasks.render.layout import lay_out_scene
from tasks.render.painting import draw_scene
from tasks.render.scene import RenderedScene
from tasks.render.scenery import SETTINGS

VERSION = 3
MINIATURE = "miniature"
"""The `path` in a configuration that asks for a benchmark's miniature."""
SEED = 20
"""Of the drawn scenes: one of many with which the miniatures' questions find enough scenes."""
RENDER = RenderConfig(width=400, height=300, min_objects=7, max_objects=10)
"""Pixels and things: small files, and enough things to ask about."""
NAMES = tuple(sorted({name for setting in SETTINGS.values() for name in setting}))


def miniature_folder(name: str, root: Path) -> Path:
    """The miniature of a benchmark, drawn where it is missing."""
    folder = root / "artifacts" / "miniature" / f"{name}-{VERSION}"
    if not folder.exists():
        with replacing_folder(folder) as partial:
            benchmark_of(name).draw(Scenes(view), partial)
    return folder


@lru_cache(maxsize=256)
def view(number: int) -> View:
    scene = lay_out_scene(number, SEED, RENDER)
    width, height = scene.camera.width, scene.camera.height
    names = [ground.name for ground in scene.grounds] + [thing.name for thing in scene.things]
    labels = _labels(names)
    triplets = tuple(
        (labels[link.subject], link.predicate, labels[link.object]) for link in scene.relationships
    )
    grounds = tuple(
        (label, (0, ground.top, width, ground.bottom))
        for label, ground in zip(labels, scene.grounds, strict=False)
    )
    things = tuple(_things(scene, labels[len(scene.grounds) :]))
    return View(number, width, height, draw_scene(scene), things, grounds, triplets, NAMES)


def _things(scene: RenderedScene, labels: list[str]) -> Iterator[Seen]:
    for thing, box, label in zip(scene.things, scene.boxes, labels, strict=True):
        yield Seen(thing.name, thing.color, thing.facing, thing.x, thing.y, thing.z, box, label)


def _labels(names: list[str]) -> list[str]:
    """`fire_hydrant.2` for the second fire hydrant."""
    plain = [name.replace(" ", "_") for name in names]
    return [f"{name}.{plain[: place + 1].count(name)}" for place, name in enumerate(plain)]
