"""Views: rendered scenes, or their mirror images, and what is true of them by construction."""

import io
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import count, islice
from typing import NamedTuple, TypeVar

from PIL import Image

from schemas.config.build import RenderConfig
from tasks.render.layout import lay_out_scene
from tasks.render.painting import draw_scene
from tasks.render.scene import RenderedScene

SEED = 20
RENDER = RenderConfig(width=400, height=300, min_objects=7, max_objects=10)
MIRRORED = {"left": "right", "right": "left"}
T = TypeVar("T")


class Seen(NamedTuple):
    """A thing: `x`, `y` and `z` of its base in metres, to the right, up and away from the viewer;
    `box` is what is seen of it, xyxy in pixels; `label` is its id in a published scene."""

    name: str
    color: str
    facing: str
    x: float
    y: float
    z: float
    box: tuple[int, int, int, int]
    label: str

    @property
    def middle(self) -> float:
        return (self.box[0] + self.box[2]) / 2


class View(NamedTuple):
    """`data` is a JPEG; `things` are in the order of the scene, `relationships` are triplets of
    their labels and those of grounds, `grounds` the boxes of these."""

    number: int
    width: int
    height: int
    data: bytes
    things: tuple[Seen, ...]
    grounds: tuple[tuple[str, tuple[int, int, int, int]], ...]
    relationships: tuple[tuple[str, str, str], ...]

    @property
    def unique(self) -> list[Seen]:
        """The things that their names alone tell from the others."""
        names = [thing.name for thing in self.things]
        return [thing for thing in self.things if names.count(thing.name) == 1]


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
    return View(number, width, height, draw_scene(scene), things, grounds, triplets)


def _things(scene: RenderedScene, labels: list[str]) -> Iterator[Seen]:
    for thing, box, label in zip(scene.things, scene.boxes, labels, strict=True):
        yield Seen(thing.name, thing.color, thing.facing, thing.x, thing.y, thing.z, box, label)


def _labels(names: list[str]) -> list[str]:
    """`fire_hydrant.2` for the second fire hydrant."""
    plain = [name.replace(" ", "_") for name in names]
    return [f"{name}.{plain[: place + 1].count(name)}" for place, name in enumerate(plain)]


def mirrored(of: View) -> View:
    """The mirror image, without relationships: directions among them would no longer be true."""
    with Image.open(io.BytesIO(of.data)) as image:
        data = encoded(image.transpose(Image.Transpose.FLIP_LEFT_RIGHT), "JPEG")
    things = tuple(
        thing._replace(
            x=-thing.x,
            facing=MIRRORED.get(thing.facing, thing.facing),
            box=(of.width - thing.box[2], thing.box[1], of.width - thing.box[0], thing.box[3]),
        )
        for thing in of.things
    )
    return of._replace(data=data, things=things, relationships=())


def encoded(image: Image.Image, kind: str) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, quality=88)
    return buffer.getvalue()


def recoded(data: bytes, kind: str) -> bytes:
    with Image.open(io.BytesIO(data)) as image:
        return encoded(image, kind)


def pick(ask: Callable[[View], T | None], number: int, start: int) -> list[tuple[View, T]]:
    """The first views from `start` on of which there is something to ask, and that."""
    asked = ((found, ask(found)) for found in map(view, count(start)))
    return list(islice(((one, said) for one, said in asked if said is not None), number))
