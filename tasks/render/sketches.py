"""A flat sketch, in metres, of every thing the renderer knows.

A sketch is a list of coloured polygons around the middle of the thing's base. Sketches face right;
the mirrored one faces left. Only the colours depend on `color` and `variant`.
"""

from collections.abc import Callable

from tasks.render import animals, belongings, furniture, outdoors, vehicles
from tasks.render.palette import Color
from tasks.render.people import person
from tasks.render.person import PERSON_HEIGHTS
from tasks.render.primitives import Sketch, mirrored

SKETCHES: dict[str, Callable[[Color, str], Sketch]] = {
    "dog": animals.dog, "cat": animals.cat, "horse": animals.horse, "cow": animals.cow,
    "sheep": animals.sheep, "bird": animals.bird,
    "car": vehicles.car, "bus": vehicles.bus, "truck": vehicles.truck, "bicycle": vehicles.bicycle,
    "tree": outdoors.tree, "bush": outdoors.bush, "bench": outdoors.bench, "house": outdoors.house,
    "street light": outdoors.street_light, "fire hydrant": outdoors.fire_hydrant,
    "table": furniture.table, "chair": furniture.chair, "couch": furniture.couch,
    "bed": furniture.bed, "lamp": furniture.lamp, "plant": furniture.plant,
    "clock": furniture.clock, "picture": furniture.picture, "window": furniture.window,
    "television": furniture.television,
    "ball": belongings.ball, "kite": belongings.kite, "umbrella": belongings.umbrella,
    "box": belongings.box, "backpack": belongings.backpack, "bottle": belongings.bottle,
    "cup": belongings.cup, "bowl": belongings.bowl, "plate": belongings.plate,
    "book": belongings.book, "laptop": belongings.laptop, "vase": belongings.vase,
    "pillow": belongings.pillow,
}  # fmt: skip


def sketch_of(name: str, facing: str, pose: str, color: Color, variant: int) -> Sketch:
    """`facing` is left, right, viewer, away or "" for a thing without a front."""
    if name in PERSON_HEIGHTS:
        sketch = person(name, facing, pose, color, variant)
    else:
        sketch = SKETCHES[name](color, facing)
    return mirrored(sketch) if facing == "left" else sketch
