"""World: all that is true of a drawn scene, measured in the drawing itself.

Boxes and areas are read from a map that says which thing each pixel shows; places are those of the
scene in metres. Nothing here knows what an annotator wrote or what the pipeline believes.
"""

from functools import cache
from math import hypot
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy.ndimage import find_objects

from bench.laboratory.words import PARTS
from tasks.render.palette import COLORS
from tasks.render.person import PEOPLE
from tasks.render.scene import RenderedScene, Thing
from tasks.render.scenery import WALL_DEPTH
from tasks.render.sketches import sketch_of

Box = tuple[float, float, float, float]
"""Left, top, right and bottom edge in pixels."""
Labels = NDArray[np.uint8]
LIVING = frozenset((*PEOPLE, "dog", "cat", "horse", "cow", "sheep", "bird"))
VEHICLES = frozenset(("car", "bus", "truck", "bicycle"))
PLANTS = frozenset(("tree", "bush", "plant"))
MIN_PART_SIDE = 4
"""Pixels: smaller parts cannot be seen."""


class TrueThing(NamedTuple):
    """A thing, a ground or a part of a thing, as it is.

    `number` is its place among the scene's things; `carrier` and `owner` are such numbers. `box`
    and `area` are of the visible pixels, `foot` is the row of the base. x, y, z (of the base),
    `half_width` and `height` are in metres; a part has those of its owner, a ground stands nowhere.
    `is_several` marks parts of which the owner shows more than one.
    """

    number: int
    name: str
    kind: str
    box: Box
    area: int
    color: str
    x: float = 0.0
    y: float = 0.0
    z: float = 0.0
    foot: float = 0.0
    half_width: float = 0.0
    height: float = 0.0
    facing: str = ""
    pose: str = ""
    carrier: int | None = None
    bond: str = ""
    owner: int | None = None
    is_several: bool = False

    @property
    def width(self) -> float:
        return self.box[2] - self.box[0]

    @property
    def tall(self) -> float:
        """Pixels from top to bottom."""
        return self.box[3] - self.box[1]

    @property
    def center(self) -> tuple[float, float]:
        return (self.box[0] + self.box[2]) / 2, (self.box[1] + self.box[3]) / 2

    @property
    def top(self) -> float:
        """Metres above the ground."""
        return self.y + self.height

    @property
    def is_ground(self) -> bool:
        return self.kind == "ground"

    @property
    def is_part(self) -> bool:
        return self.kind == "part"

    @property
    def is_on_wall(self) -> bool:
        return self.kind == "thing" and self.z == WALL_DEPTH and self.y > 0

    @property
    def is_flying(self) -> bool:
        return self.pose == "flying"


class TrueScene(NamedTuple):
    """`things` are the visible ones: grounds, things, then parts; `number` is their place there."""

    image_id: int
    width: int
    height: int
    things: tuple[TrueThing, ...]

    @property
    def diagonal(self) -> float:
        return hypot(self.width, self.height)

    def ground_below(self, thing: TrueThing) -> int | None:
        """The ground that a thing stands on (or the wall it hangs on); None where none bears it."""
        grounds = [ground for ground in self.things if ground.is_ground]
        if thing.is_on_wall:
            return next((g.number for g in grounds if g.name == "wall"), None)
        if thing.kind != "thing" or thing.y > 0 or thing.carrier is not None or thing.is_flying:
            return None
        found = [
            g.number for g in grounds if g.name not in ("sky", "wall") and g.box[1] <= thing.foot
        ]
        return found[-1] if found else None


@cache
def outline(name: str, facing: str, pose: str) -> tuple[NDArray[np.float64], ...]:
    """The polygons of a sketch, in metres."""
    sketch = sketch_of(name, facing, pose, COLORS["gray"], 0)
    return tuple(np.array(patch.points) for patch in sketch)


def label_map(scene: RenderedScene) -> Labels:
    """Height x width: 0 where a pixel shows a ground, else 1 + the place of its thing."""
    camera = scene.camera
    image = Image.new("L", (camera.width, camera.height))
    canvas = ImageDraw.Draw(image)
    for place in sorted(range(len(scene.things)), key=lambda place: scene.things[place].z)[::-1]:
        thing = scene.things[place]
        scale = camera.focal / thing.z * thing.scale
        origin = camera.column(thing.x, thing.z), camera.row(thing.y, thing.z)
        for points in outline(thing.name, thing.facing, thing.pose):
            pixels = points * (scale, -scale) + origin
            canvas.polygon(pixels.ravel().tolist(), fill=place + 1, outline=place + 1)
    return np.asarray(image)


def true_scene(scene: RenderedScene, labels: Labels | None = None) -> TrueScene:
    labels = label_map(scene) if labels is None else labels
    areas = np.bincount(labels.ravel(), minlength=len(scene.things) + 1)
    spans = find_objects(labels, max_label=len(scene.things))
    width, height = scene.camera.width, scene.camera.height
    things: list[TrueThing] = []
    for ground in scene.grounds:
        area = int(np.count_nonzero(labels[ground.top : ground.bottom] == 0))
        box = 0.0, float(ground.top), float(width), float(ground.bottom)
        things.append(TrueThing(len(things), ground.name, "ground", box, area, ground.color))
    first = len(things)
    for place, thing in enumerate(scene.things):
        rows, columns = spans[place] or (slice(0, 0), slice(0, 0))
        box = float(columns.start), float(rows.start), float(columns.stop), float(rows.stop)
        things.append(_thing(thing, len(things), first, box, int(areas[place + 1])))
    for place, thing in enumerate(scene.things):
        things += _parts(thing, things[first + place], len(things))
    return TrueScene(scene.image_id, width, height, tuple(things))


def _thing(thing: Thing, number: int, first: int, box: Box, area: int) -> TrueThing:
    height = thing.scale * (thing.shape.top - thing.shape.bottom)
    middle = thing.x + thing.scale * (thing.shape.left + thing.shape.right) / 2
    carrier = None if thing.carrier is None else first + thing.carrier
    return TrueThing(
        number, thing.name, "thing", box, area, thing.color, middle, thing.y, thing.z,
        thing.extent[3], thing.half_width, height, thing.facing, thing.pose, carrier, thing.bond,
    )  # fmt: skip


def _parts(thing: Thing, owner: TrueThing, number: int) -> list[TrueThing]:
    left, top, right, bottom = thing.extent
    found: list[TrueThing] = []
    for name, part in PARTS.get(thing.name, {}).items():
        across = (part.left, part.right)
        if thing.facing == "left":
            across = (1 - part.right, 1 - part.left)
        box = (
            max(left + across[0] * (right - left), owner.box[0]),
            max(top + part.top * (bottom - top), owner.box[1]),
            min(left + across[1] * (right - left), owner.box[2]),
            min(top + part.bottom * (bottom - top), owner.box[3]),
        )
        if min(box[2] - box[0], box[3] - box[1]) < MIN_PART_SIDE:
            continue
        area = round((box[2] - box[0]) * (box[3] - box[1]))
        found.append(
            owner._replace(
                number=number + len(found),
                name=name,
                kind="part",
                box=box,
                area=area,
                owner=owner.number,
                carrier=None,
                bond="",
                is_several=part.is_several,
            )
        )
    return found
