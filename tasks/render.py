"""Render: simple scenes with true depth, written as Visual Genome v1.2 files and photographs.

Decides what stands where on a ground plane before a pinhole camera, which part of it stays
visible, and which relationships are true by construction. Reads nothing; writes
`image_data.json`, `objects.json`, `attributes.json`, `relationships.json` and `VG_100K/<id>.jpg`.

Every visible whole thing or ground is annotated (`exhaustive`); parts (a wheel, the window of a
car) are not. `depth` is in metres along the optical axis.
"""

import io
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import permutations
from pathlib import Path
from typing import BinaryIO, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from prefect import State, task
from prefect.cache_policies import NO_CACHE
from prefect.states import Completed

from schemas.config import RenderConfig
from tasks.artifact import Artifact, plan_artifact, replacing_folder
from tasks.drawing import (
    COLORS,
    GROUND_COLORS,
    HAND,
    MASK_SIDE,
    PERSON_HEIGHTS,
    Silhouette,
    paint,
    paint_ground,
    shade,
    silhouette,
    sketch_of,
)

VERSION = 1
PixelBox = tuple[int, int, int, int]
Extent = tuple[float, float, float, float]
Mask = NDArray[np.bool_]

MIN_VISIBLE_SHARE = 0.62
MIN_VISIBLE_FOOT = 0.6
FOOT_CELLS = MASK_SIDE // 10
MIN_INSIDE_SHARE = 0.9
MIN_SIDE = 14
MIN_UNIQUE_NAMES = 4
MAX_SAME_NAME_IOU = 0.3
MIN_RELATIONSHIPS = 4
MAX_RELATIONSHIPS = 12
MAX_STANDING = 3
MAX_LAYOUTS = 200
IDS_PER_IMAGE = 1000
FIRST_RELATIONSHIP = 500
WALL_DEPTH = 6.5


class Camera(NamedTuple):
    """A pinhole looking along the ground: focal length and horizon in pixels, eye in metres."""

    width: int
    height: int
    focal: float
    horizon: float
    eye: float

    def row(self, y: float, z: float) -> float:
        return self.horizon + self.focal * (self.eye - y) / z

    def column(self, x: float, z: float) -> float:
        return self.width / 2 + self.focal * x / z


class Thing(NamedTuple):
    """One thing: base at (x, y) metres at depth z; `extent` is its whole drawing in pixels, xyxy.

    `facing` is "" for a thing without a front. `carrier` is the position in the scene of the thing
    that `bond` ("on", "holding", ...) ties it to; a person is the subject of "holding" only.
    """

    name: str
    facing: str
    pose: str
    color: str
    variant: int
    x: float
    y: float
    z: float
    scale: float
    extent: Extent
    carrier: int | None = None
    bond: str = ""


class Ground(NamedTuple):
    """Stuff that fills the picture from one row to another: sky, grass, road, wall, floor ..."""

    name: str
    color: str
    top: int
    bottom: int


class Relationship(NamedTuple):
    """Subject and object are positions in the list of annotated objects: grounds, then things."""

    subject: int
    predicate: str
    object: int


class RenderedScene(NamedTuple):
    """`boxes` are the visible extents of `things`, xyxy in pixels, in the same order."""

    image_id: int
    seed: int
    setting: str
    camera: Camera
    grounds: tuple[Ground, ...]
    things: tuple[Thing, ...]
    boxes: tuple[PixelBox, ...]
    relationships: tuple[Relationship, ...]


class Zone(NamedTuple):
    """Where a thing may stand: nearest and farthest depth in metres, and on which ground."""

    near: float
    far: float
    ground: str


LAWN, MEADOW, EDGE = Zone(3, 12, "grass"), Zone(6, 16, "grass"), Zone(13, 26, "grass")
PAVEMENT, ROAD, VERGE = Zone(3, 7.5, "sidewalk"), Zone(9, 12.5, "road"), Zone(15, 26, "grass")
FLOOR, SKY, WALL = Zone(2.6, 5.8, "floor"), Zone(5, 15, "sky"), Zone(WALL_DEPTH, WALL_DEPTH, "wall")
PEOPLE = tuple(PERSON_HEIGHTS)
SETTINGS: dict[str, dict[str, Zone]] = {
    "park": {
        **dict.fromkeys((*PEOPLE, "dog", "cat", "bench", "ball", "box", "backpack"), LAWN),
        **dict.fromkeys(("horse", "cow", "sheep", "bush", "bicycle", "tree"), MEADOW),
        **dict.fromkeys(("bird", "kite"), SKY),
        "house": EDGE,
    },
    "street": {
        **dict.fromkeys((*PEOPLE, "dog", "cat", "bench", "ball", "box", "backpack"), PAVEMENT),
        **dict.fromkeys(("bicycle", "fire hydrant", "street light"), PAVEMENT),
        **dict.fromkeys(("car", "bus", "truck"), ROAD),
        **dict.fromkeys(("tree", "bush", "house"), VERGE),
        "bird": SKY,
    },
    "room": {
        **dict.fromkeys((*PEOPLE, "dog", "cat", "ball", "box", "backpack"), FLOOR),
        **dict.fromkeys(("table", "chair", "couch", "bed", "lamp", "plant"), FLOOR),
        **dict.fromkeys(("clock", "picture", "window", "television"), WALL),
    },
}
REPEATED = {
    "park": ("bird", "tree", "sheep", "cow", "ball", "kite", "bush", "dog", "girl", "boy", "horse"),
    "street": ("tree", "bird", "car", "box", "bush", "man", "woman", "ball"),
    "room": ("chair", "box", "picture", "ball", "plant", "window", "cat"),
}
FACINGS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys((*PEOPLE, "chair"), ("left", "right", "viewer", "away")),
    **dict.fromkeys(("dog", "cat", "horse", "cow", "sheep", "bird", "bicycle"), ("left", "right")),
    "truck": ("left", "right"),
    **dict.fromkeys(("car", "bus"), ("left", "right", "left", "right", "viewer", "away")),
}
BRIGHT = ("red", "blue", "green", "yellow", "orange", "purple", "pink", "white", "black")
COLORS_OF: dict[str, tuple[str, ...]] = {
    "dog": ("brown", "black", "white", "gray"),
    "cat": ("orange", "gray", "black", "white"),
    "horse": ("brown", "white", "gray"),
    "cow": ("white", "brown"),
    "sheep": ("white",),
    "bird": ("blue", "red", "yellow", "white", "black"),
    "tree": ("green",),
    "bush": ("green",),
    "plant": ("green",),
    "bench": ("brown", "green", "red"),
    "house": ("white", "yellow", "red", "gray", "blue"),
    "street light": ("black", "gray", "green"),
    "fire hydrant": ("red", "yellow"),
    "box": ("brown", "orange", "blue", "white"),
    "bottle": ("green", "brown", "blue", "red"),
    "table": ("brown", "white", "black"),
    "laptop": ("gray", "black", "white"),
    "television": ("black",),
    "window": ("white",),
    "picture": (),
    **dict.fromkeys(PEOPLE, ()),
}


class Surface(NamedTuple):
    """Height of a surface in metres, half of its free width, and what may lie on it."""

    height: float
    reach: float
    items: tuple[str, ...]


SURFACES = {
    "table": Surface(0.81, 0.52, ("cup", "bowl", "plate", "book", "laptop", "vase", "bottle")),
    "bench": Surface(0.45, 0.62, ("backpack", "bottle", "book", "cat")),
    "couch": Surface(0.5, 0.5, ("pillow", "cat", "book")),
    "bed": Surface(0.62, 0.5, ("pillow", "cat", "book", "backpack")),
}
SADDLES = {"horse": (-0.05, 1.36), "bicycle": (-0.2, 0.9)}
HELD = ("ball", "umbrella", "cup", "book", "bottle", "kite")
HELD_INDOORS = ("ball", "cup", "book", "bottle")
GRIP = {"umbrella": 0.1, "ball": 0.12, "cup": 0.08, "book": 0.1, "bottle": 0.12, "kite": 0.75}
HEIGHT_ON_WALL = {"clock": 1.95, "picture": 1.55, "window": 1.15, "television": 1.1}
SEAT_SHARE = {"man": 0.26, "woman": 0.26, "boy": 0.21, "girl": 0.21}


def camera_of(rng: random.Random, setting: str, width: int, height: int) -> Camera:
    if setting == "room":
        return Camera(width, height, 0.82 * width, round(rng.uniform(0.24, 0.3) * height), 1.65)
    horizon = round(rng.uniform(0.33, 0.42) * height)
    return Camera(width, height, 0.9 * width, horizon, rng.uniform(1.6, 2.0))


def grounds_of(rng: random.Random, setting: str, camera: Camera) -> tuple[Ground, ...]:
    bottom = camera.height
    if setting == "room":
        edge = round(camera.row(0, WALL_DEPTH))
        walls, floors = ("yellow", "blue", "green", "white", "pink"), ("brown", "gray")
        return Ground("wall", rng.choice(walls), 0, edge), Ground(
            "floor", rng.choice(floors), edge, bottom
        )
    horizon = round(camera.horizon)
    sky = Ground("sky", "blue", 0, horizon)
    if setting == "park":
        return sky, Ground("grass", "green", horizon, bottom)
    far, near = round(camera.row(0, 13.5)), round(camera.row(0, 8.2))
    return (
        sky,
        Ground("grass", "green", horizon, far),
        Ground("road", "gray", far, near),
        Ground("sidewalk", "gray", near, bottom),
    )


def extent_of(
    camera: Camera, shape: Silhouette, x: float, y: float, z: float, scale: float
) -> Extent:
    per_metre = camera.focal / z
    column, row = camera.column(x, z), camera.row(y, z)
    return (
        column + per_metre * scale * shape.left,
        row - per_metre * scale * shape.top,
        column + per_metre * scale * shape.right,
        row - per_metre * scale * shape.bottom,
    )


def shared_area(a: Extent, b: Extent) -> float:
    """Square pixels that two boxes have in common."""
    wide = min(a[2], b[2]) - max(a[0], b[0])
    high = min(a[3], b[3]) - max(a[1], b[1])
    return wide * high if wide > 0 and high > 0 else 0.0


def area(box: Extent) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def inside_frame(extent: Extent, camera: Camera) -> bool:
    frame = (0.0, 0.0, float(camera.width), float(camera.height))
    return shared_area(extent, frame) >= MIN_INSIDE_SHARE * area(extent)


CENTRES = (np.arange(MASK_SIDE) + 0.5) / MASK_SIDE


def uncovered(far: Thing, near: Thing) -> Mask:
    """Which cells of the grid over `far` the drawing of `near` leaves free."""
    mask = silhouette(near.name, near.facing, near.pose).padded
    left, top, right, bottom = far.extent
    near_left, near_top, near_right, near_bottom = near.extent
    columns = (left + CENTRES * (right - left) - near_left) / (near_right - near_left)
    rows = (top + CENTRES * (bottom - top) - near_top) / (near_bottom - near_top)
    cells_x = np.minimum(np.maximum(columns * MASK_SIDE + 1, 0), MASK_SIDE + 1).astype(np.intp)
    cells_y = np.minimum(np.maximum(rows * MASK_SIDE + 1, 0), MASK_SIDE + 1).astype(np.intp)
    return ~mask[cells_y[:, None], cells_x]


class Layout(NamedTuple):
    """Things placed so far and, for each, the cells of its grid that are still seen."""

    things: tuple[Thing, ...] = ()
    seen: tuple[Mask, ...] = ()


def stand_apart(a: Thing, b: Thing) -> bool:
    """Whether two things on the ground leave each other room."""
    half_a, half_b = half_width(a), half_width(b)
    if abs(a.x - b.x) > half_a + half_b + 0.05:
        return True
    return abs(a.z - b.z) > min(1.6, 0.3 + 0.35 * (half_a + half_b))


def half_width(thing: Thing) -> float:
    """Metres."""
    shape = silhouette(thing.name, thing.facing, thing.pose)
    return thing.scale * (shape.right - shape.left) / 2


def admitted(layout: Layout, group: Sequence[Thing], camera: Camera) -> Layout | None:
    """The layout with the whole group added; None where a thing would be hidden or collide."""
    things, seen = list(layout.things), list(layout.seen)
    for thing in group:
        if not inside_frame(thing.extent, camera):
            return None
        own = silhouette(thing.name, thing.facing, thing.pose).mask
        for index, other in enumerate(things):
            shared = shared_area(thing.extent, other.extent)
            loose = not (thing.bond or other.bond) and thing.y == other.y == 0
            if loose and not stand_apart(thing, other):
                return None
            if shared == 0:
                continue
            if thing.z == other.z == WALL_DEPTH:
                return None
            if thing.name == other.name and shared > MAX_SAME_NAME_IOU * (
                area(thing.extent) + area(other.extent) - shared
            ):
                return None
            if thing.z < other.z:
                seen[index] = seen[index] & uncovered(other, thing)
                if not enough_seen(other, seen[index]):
                    return None
            else:
                own = own & uncovered(thing, other)
        if not enough_seen(thing, own):
            return None
        things.append(thing)
        seen.append(own)
    return Layout(tuple(things), tuple(seen))


def enough_seen(thing: Thing, seen: Mask) -> bool:
    """Whether most of a thing shows, and, on the ground, also where it stands: without its foot
    nobody could tell a ball behind a bench from a ball on it.
    """
    whole = silhouette(thing.name, thing.facing, thing.pose)
    num_seen = int(np.count_nonzero(seen))
    if num_seen < MIN_VISIBLE_SHARE * whole.num_cells:
        return False
    if num_seen < whole.num_cells and thing.y == 0:
        foot, whole_foot = seen[-FOOT_CELLS:], whole.mask[-FOOT_CELLS:]
        if np.count_nonzero(foot) < MIN_VISIBLE_FOOT * np.count_nonzero(whole_foot):
            return False
    left, top, right, bottom = visible_part(thing, seen)
    return min(right - left, bottom - top) >= MIN_SIDE + 1


def visible_part(thing: Thing, seen: Mask) -> Extent:
    """The part of `thing.extent` that the seen cells span, before the frame cuts it."""
    left, top, right, bottom = thing.extent
    whole = silhouette(thing.name, thing.facing, thing.pose)
    if int(np.count_nonzero(seen)) == whole.num_cells:
        return thing.extent
    columns, rows = np.flatnonzero(seen.any(axis=0)), np.flatnonzero(seen.any(axis=1))
    full_columns = np.flatnonzero(whole.mask.any(axis=0))
    full_rows = np.flatnonzero(whole.mask.any(axis=1))
    wide, high = (right - left) / MASK_SIDE, (bottom - top) / MASK_SIDE
    return (
        left if columns[0] == full_columns[0] else left + wide * float(columns[0]),
        top if rows[0] == full_rows[0] else top + high * float(rows[0]),
        right if columns[-1] == full_columns[-1] else left + wide * float(columns[-1] + 1),
        bottom if rows[-1] == full_rows[-1] else top + high * float(rows[-1] + 1),
    )


def visible_box(thing: Thing, seen: Mask, camera: Camera) -> PixelBox:
    left, top, right, bottom = visible_part(thing, seen)
    return (
        max(0, round(left)),
        max(0, round(top)),
        min(camera.width, round(right)),
        min(camera.height, round(bottom)),
    )


def thing_at(
    rng: random.Random,
    camera: Camera,
    name: str,
    spot: tuple[float, float, float],
    scale: float,
    *,
    facing: str | None = None,
    pose: str = "",
    carrier: int | None = None,
    bond: str = "",
) -> Thing:
    """A thing with its base at `spot` (x, y, z in metres) and, unless given, a random facing."""
    if facing is None:
        facing = rng.choice(FACINGS.get(name, ("",)))
    color = rng.choice(COLORS_OF.get(name) or BRIGHT)
    x, y, z = spot
    extent = extent_of(camera, silhouette(name, facing, pose), x, y, z, scale)
    variant = rng.randrange(9)
    return Thing(name, facing, pose, color, variant, x, y, z, scale, extent, carrier, bond)


def placed(
    rng: random.Random,
    camera: Camera,
    name: str,
    zone: Zone,
    *,
    facing: str | None = None,
    pose: str = "",
) -> Thing | None:
    """A thing somewhere in its zone, large enough and inside the frame; None where none fits."""
    if facing is None:
        facing = rng.choice(FACINGS.get(name, ("",)))
    pose = pose or ("standing" if name in PEOPLE else "flying" if zone is SKY else "")
    scale = rng.uniform(0.92, 1.08)
    left, bottom, right, top, *_ = silhouette(name, facing, pose)
    smallest = scale * min(right - left, top - bottom)
    near, far = zone.near, min(zone.far, camera.focal * smallest / (MIN_SIDE + 3))
    if zone.ground not in ("sky", "wall"):
        near = max(near, camera.focal * camera.eye / (camera.height - 3 - camera.horizon))
        near = max(near, camera.focal * (0.97 * scale * top - camera.eye) / camera.horizon)
    if near > far:
        return None
    z = near * (far / near) ** rng.random()
    half = camera.width / 2 * z / camera.focal
    slack = 0.04 * (right - left)
    lowest, highest = -half - scale * (left + slack), half - scale * (right - slack)
    if lowest > highest:
        return None
    x, y = rng.uniform(lowest, highest), 0.0
    if zone is WALL:
        y = HEIGHT_ON_WALL[name]
    elif zone is SKY:
        free_rows = camera.horizon - camera.focal / z * scale * (top - bottom) - 8
        y = camera.eye + (4 + rng.uniform(0, max(0.0, free_rows))) * z / camera.focal
    return thing_at(rng, camera, name, (x, y, z), scale, facing=facing, pose=pose)


class Roster(NamedTuple):
    """Names that may still be given out in a setting: all but those in use."""

    setting: str
    taken: frozenset[str]
    num_things: int

    @property
    def held(self) -> tuple[str, ...]:
        return HELD_INDOORS if self.setting == "room" else HELD

    def is_free(self, name: str) -> bool:
        return name not in self.taken

    def unused(self, rng: random.Random, names: Sequence[str]) -> str | None:
        known = SETTINGS[self.setting]
        free = [n for n in names if n not in self.taken and (n in known or n in self.held)]
        return rng.choice(free) if free else None


def person_holding(rng: random.Random, camera: Camera, roster: Roster) -> tuple[Thing, ...] | None:
    name, item = roster.unused(rng, PEOPLE), roster.unused(rng, roster.held)
    if name is None or item is None:
        return None
    facing = rng.choice(("left", "right", "viewer"))
    zone = SETTINGS[roster.setting][name]._replace(far=6.5)
    holder = placed(rng, camera, name, zone, facing=facing, pose="holding")
    if holder is None:
        return None
    size = PERSON_HEIGHTS[name] * holder.scale
    scale = 0.6 if item == "kite" else 1.0
    x = holder.x + HAND[0] * size * (-1 if facing == "left" else 1)
    spot = (x, HAND[1] * size - GRIP[item] * scale, holder.z + 0.03)
    held = thing_at(rng, camera, item, spot, scale, carrier=roster.num_things, bond="holding")
    return holder, held


def person_seated(rng: random.Random, camera: Camera, roster: Roster) -> tuple[Thing, ...] | None:
    seat_name, name = roster.unused(rng, ("bench", "couch")), roster.unused(rng, PEOPLE)
    if seat_name is None or name is None:
        return None
    seat = placed(rng, camera, seat_name, SETTINGS[roster.setting][seat_name])
    if seat is None:
        return None
    surface = SURFACES[seat_name]
    y = surface.height * seat.scale - SEAT_SHARE[name] * PERSON_HEIGHTS[name]
    x = seat.x + rng.uniform(-0.6, 0.6) * surface.reach
    sitter = thing_at(
        rng, camera, name, (x, max(0.0, y), seat.z - 0.05), 1.0,
        facing="viewer", pose="sitting", carrier=roster.num_things, bond="sitting on",
    )  # fmt: skip
    return seat, sitter


def person_riding(rng: random.Random, camera: Camera, roster: Roster) -> tuple[Thing, ...] | None:
    mount_name, name = roster.unused(rng, tuple(SADDLES)), roster.unused(rng, ("man", "woman"))
    if mount_name is None or name is None:
        return None
    mount = placed(rng, camera, mount_name, SETTINGS[roster.setting][mount_name])
    if mount is None:
        return None
    x, y = SADDLES[mount_name]
    spot = (mount.x + x * mount.scale * (-1 if mount.facing == "left" else 1), y * mount.scale,
            mount.z - 0.05)  # fmt: skip
    rider = thing_at(
        rng, camera, name, spot, 1.0,
        facing=mount.facing, pose="riding", carrier=roster.num_things, bond="riding",
    )  # fmt: skip
    return mount, rider


def laden_surface(rng: random.Random, camera: Camera, roster: Roster) -> tuple[Thing, ...] | None:
    """A table, bench, couch or bed with things on it and, now and then, something below it."""
    name = roster.unused(rng, ("table", *SURFACES))
    if name is None:
        return None
    surface, zone = SURFACES[name], SETTINGS[roster.setting][name]
    carrier = placed(rng, camera, name, zone._replace(far=min(zone.far, 4.2)))
    if carrier is None:
        return None
    wanted = rng.randint(2, 4) if name == "table" else 1
    items = [item for item in rng.sample(surface.items, len(surface.items)) if roster.is_free(item)]
    items = items[:wanted]
    group = [carrier]
    for slot, item in enumerate(items):
        x = carrier.x + surface.reach * (2 * (slot + rng.uniform(0.35, 0.65)) / len(items) - 1)
        spot = (x, surface.height * carrier.scale, carrier.z - 0.05)
        group.append(thing_at(rng, camera, item, spot, 1.0, carrier=roster.num_things, bond="on"))
    below = roster.unused(rng, ("ball", "box", "cat"))
    if name == "table" and below and below not in items and rng.random() < 0.4:
        spot = (carrier.x + rng.uniform(-0.3, 0.3), 0.03, carrier.z + 0.1)
        group.append(
            thing_at(rng, camera, below, spot, 0.95, carrier=roster.num_things, bond="under")
        )
    return tuple(group)


ENSEMBLES = {
    "park": (person_holding, person_holding, person_seated, person_riding, laden_surface),
    "street": (person_holding, person_holding, person_seated, person_riding, laden_surface),
    "room": (laden_surface, person_holding, person_seated, laden_surface),
}
TRIES = 5


def arranged(rng: random.Random, setting: str, camera: Camera, num_things: int) -> Layout:
    """Ensembles first, then one class several times, then one thing each of other classes."""
    layout = Layout()
    zones = SETTINGS[setting]
    several = rng.choice(REPEATED[setting]) if rng.random() < 0.65 else None
    for ensemble in rng.sample(ENSEMBLES[setting], rng.randint(1, 2)):
        for _ in range(TRIES):
            taken = frozenset(t.name for t in layout.things) | {several or ""}
            roster = Roster(setting, taken, len(layout.things))
            group = ensemble(rng, camera, roster)
            if group and len(layout.things) + len(group) <= num_things:
                grown = admitted(layout, group, camera)
                if grown:
                    layout = grown
                    break
    lacking = max(0, MIN_UNIQUE_NAMES - len(unique_names(layout.things)))
    spare = num_things - len(layout.things) - lacking
    names = [several] * min(rng.randint(2, 5), max(spare, 0)) if several else []
    taken = frozenset(t.name for t in layout.things)
    singles = [name for name in zones if name not in taken and name != several]
    for name in names + rng.sample(singles, len(singles)):
        if len(layout.things) >= num_things:
            break
        for _ in range(TRIES):
            thing = placed(rng, camera, name, zones[name])
            grown = admitted(layout, (thing,), camera) if thing else None
            if grown:
                layout = grown
                break
    return layout


def unique_names(things: Sequence[Thing]) -> list[str]:
    names = [thing.name for thing in things]
    return [name for name in names if names.count(name) == 1]


def lay_out_scene(image_id: int, seed: int, config: RenderConfig) -> RenderedScene:
    """Deterministic by (seed, image_id). Raises ValueError where the frame is too small to fill."""
    rng = random.Random(f"{seed}:{image_id}")
    for _ in range(MAX_LAYOUTS):
        setting = rng.choice(tuple(SETTINGS))
        camera = camera_of(rng, setting, config.width, config.height)
        grounds = grounds_of(rng, setting, camera)
        num_objects = rng.randint(config.min_objects, config.max_objects)
        layout = arranged(rng, setting, camera, num_objects - len(grounds))
        enough = len(grounds) + len(layout.things) >= config.min_objects
        if enough and len(unique_names(layout.things)) >= MIN_UNIQUE_NAMES:
            boxes = tuple(
                visible_box(thing, seen, camera)
                for thing, seen in zip(layout.things, layout.seen, strict=True)
            )
            relationships = chosen_relationships(rng, setting, grounds, layout.things, boxes)
            if len(relationships) >= MIN_RELATIONSHIPS:
                return RenderedScene(
                    image_id, seed, setting, camera, grounds, layout.things, boxes, relationships
                )
    raise ValueError(
        f"no layout of image {image_id} holds {config.min_objects} objects in "
        f"{config.width} x {config.height} pixels: enlarge the picture or lower min_objects"
    )


def overlap_share(a: PixelBox, b: PixelBox, axis: int) -> float:
    """Shared length along an axis (0 across, 1 down) over that of the shorter; negative apart."""
    shared = min(a[axis + 2], b[axis + 2]) - max(a[axis], b[axis])
    return shared / min(a[axis + 2] - a[axis], b[axis + 2] - b[axis])


WATCHERS = (*PEOPLE, "dog", "cat", "horse", "cow", "sheep")


def is_grounded(thing: Thing) -> bool:
    return thing.y == 0 and thing.bond in ("", "sitting on")


def pair_predicates(a: Thing, b: Thing, box_a: PixelBox, box_b: PixelBox) -> Iterator[str]:
    """Every free-standing predicate that holds of `a` towards `b`."""
    across = overlap_share(box_a, box_b, 0)
    if a.pose == "flying" or a.name == "kite":
        if not a.bond and is_grounded(b) and across > 0.3 and box_a[3] < box_b[1]:
            yield "above"
        return
    if not (is_grounded(a) and is_grounded(b)):
        return
    if across >= 0.3 and abs(a.z - b.z) >= max(1.0, 0.2 * max(a.z, b.z)):
        yield "in front of" if a.z < b.z else "behind"
    gap = abs(a.x - b.x) - half_width(a) - half_width(b)
    if abs(a.z - b.z) < 0.5 and 0 <= gap < 0.6:
        yield "next to"
    if (
        a.name in WATCHERS
        and a.facing in ("left", "right")
        and abs(a.z - b.z) < 1.0
        and 0 <= gap < 2.5
    ):
        toward = 1 if a.facing == "right" else -1
        if toward * (b.x - a.x) > 0 and toward * (box_b[0] + box_b[2] - box_a[0] - box_a[2]) > 0:
            yield "facing"


def bonds(setting: str, grounds: Sequence[Ground], things: Sequence[Thing]) -> list[Relationship]:
    """What holds by the way things were put: carried by each other or standing on a ground."""
    first = len(grounds)
    ground_at = {ground.name: index for index, ground in enumerate(grounds)}
    found = []
    for index, thing in enumerate(things):
        me = first + index
        if thing.carrier is not None:
            other = first + thing.carrier
            pair = (other, me) if thing.bond == "holding" else (me, other)
            found.append(Relationship(pair[0], thing.bond, pair[1]))
        elif thing.pose != "flying" and thing.name in SETTINGS[setting]:
            zone = SETTINGS[setting][thing.name]
            if zone is not SKY:
                verb = "standing on" if thing.pose in ("standing", "holding") else "on"
                found.append(Relationship(me, verb, ground_at[zone.ground]))
    return found


def chosen_relationships(
    rng: random.Random,
    setting: str,
    grounds: Sequence[Ground],
    things: Sequence[Thing],
    boxes: Sequence[PixelBox],
) -> tuple[Relationship, ...]:
    """At most MAX_RELATIONSHIPS, those first whose object no other candidate shares, and never two
    objects for one subject name and predicate; of "in front of" and "behind" one direction each.
    """
    first = len(grounds)
    by_bond = bonds(setting, grounds, things)
    carried = [r for r in by_bond if r.object >= first]
    standing = [r for r in by_bond if r.object < first]
    found = carried + rng.sample(standing, min(MAX_STANDING, len(standing)))
    by_geometry = [
        Relationship(first + a, predicate, first + b)
        for a, b in permutations(range(len(things)), 2)
        if things[a].name != things[b].name
        for predicate in pair_predicates(things[a], things[b], boxes[a], boxes[b])
    ]
    objects: dict[tuple[str, str], set[int]] = defaultdict(set)

    def key(relationship: Relationship) -> tuple[str, str]:
        name = things[relationship.subject - first].name
        return name, relationship.predicate

    for relationship in by_bond + by_geometry:
        objects[key(relationship)].add(relationship.object)
    rng.shuffle(by_geometry)
    by_geometry.sort(key=lambda relationship: len(objects[key(relationship)]))
    kept: list[Relationship] = []
    answered: dict[tuple[str, str], int] = {}
    paired: set[tuple[int, int, bool]] = set()
    for relationship in found + by_geometry:
        low, high = sorted((relationship.subject, relationship.object))
        pair = (low, high, relationship.predicate == "facing")
        if len(kept) == MAX_RELATIONSHIPS or pair in paired:
            continue
        if answered.setdefault(key(relationship), relationship.object) == relationship.object:
            kept.append(relationship)
            paired.add(pair)
    return tuple(kept)


def draw_scene(scene: RenderedScene) -> bytes:
    """A JPEG. Drawn at twice the size and halved, far things first."""
    camera, rng = scene.camera, random.Random(f"{scene.seed}:{scene.image_id}:ground")
    image = Image.new("RGB", (2 * camera.width, 2 * camera.height))
    canvas = ImageDraw.Draw(image)
    for ground in scene.grounds:
        rows = (2.0 * ground.top, 2.0 * ground.bottom)
        paint_ground(canvas, ground.name, ground.color, rows, 2 * camera.horizon, rng)
    order = sorted(range(len(scene.things)), key=lambda i: (-scene.things[i].z, -i))
    for thing in (scene.things[i] for i in order):
        if is_grounded(thing):
            left, _, right, bottom = (2 * edge for edge in thing.extent)
            thick = min(0.1 * (right - left), 60 * camera.focal / camera.width / thing.z)
            shadow = [left, bottom - thick, right, bottom + thick * 0.6]
            canvas.ellipse(shadow, fill=shadow_color(scene, thing))
    for thing in (scene.things[i] for i in order):
        sketch = sketch_of(thing.name, thing.facing, thing.pose, COLORS[thing.color], thing.variant)
        x, y = 2 * camera.column(thing.x, thing.z), 2 * camera.row(thing.y, thing.z)
        paint(canvas, sketch, x, y, 2 * camera.focal / thing.z * thing.scale)
    buffer = io.BytesIO()
    image.reduce(2).save(buffer, "JPEG", quality=88)
    return buffer.getvalue()


def shadow_color(scene: RenderedScene, thing: Thing) -> tuple[int, int, int]:
    row = round(thing.extent[3])
    for ground in scene.grounds:
        if ground.top <= row <= ground.bottom:
            below = ground
    return shade(GROUND_COLORS[below.name, below.color], 0.72)


def annotated(scene: RenderedScene) -> list[dict[str, object]]:
    """The objects of a scene, grounds first, as objects.json has them."""
    first = scene.image_id * IDS_PER_IMAGE + 1
    width = scene.camera.width
    rows: list[dict[str, object]] = [
        {"names": [ground.name], "depth": None, **xywh((0, ground.top, width, ground.bottom))}
        for ground in scene.grounds
    ]
    for thing, box in zip(scene.things, scene.boxes, strict=True):
        row = {"names": [thing.name], "depth": round(thing.z, 2), **xywh(box)}
        rows.append(row | ({"facing": thing.facing} if thing.facing else {}))
    return [{"object_id": first + index, "synsets": [], **row} for index, row in enumerate(rows)]


def xywh(box: PixelBox) -> dict[str, int]:
    left, top, right, bottom = box
    return {"x": left, "y": top, "w": right - left, "h": bottom - top}


def attributes_of(thing: Thing) -> list[str]:
    colors = [thing.color] if COLORS_OF.get(thing.name, BRIGHT) else []
    if thing.name not in PEOPLE:
        return colors
    return {"sitting": ["sitting"], "riding": []}.get(thing.pose, ["standing"])


PLACE = ("object_id", "synsets", "x", "y", "w", "h")


def visual_genome_rows(scene: RenderedScene) -> tuple[dict[str, object], ...]:
    """Rows of image_data, objects, attributes and relationships (Visual Genome v1.2), in order."""
    image_id, objects = scene.image_id, annotated(scene)
    noted = [[ground.color] for ground in scene.grounds] + [attributes_of(t) for t in scene.things]
    names = [ground.name for ground in scene.grounds] + [thing.name for thing in scene.things]
    places = [{key: row[key] for key in PLACE} for row in objects]
    ends = [{"name": name, **place} for name, place in zip(names, places, strict=True)]
    image = {
        "image_id": image_id,
        "width": scene.camera.width,
        "height": scene.camera.height,
        "url": f"rendered/VG_100K/{image_id}.jpg",
        "coco_id": None,
        "flickr_id": None,
        "exhaustive": True,
    }
    relationships = [
        {
            "relationship_id": image_id * IDS_PER_IMAGE + FIRST_RELATIONSHIP + number,
            "predicate": relationship.predicate,
            "synsets": [],
            "subject": ends[relationship.subject],
            "object": ends[relationship.object],
        }
        for number, relationship in enumerate(scene.relationships)
    ]
    return (
        image,
        {"image_id": image_id, "objects": objects},
        {
            "image_id": image_id,
            "attributes": [
                {"names": [name], **place} | ({"attributes": words} if words else {})
                for name, place, words in zip(names, places, noted, strict=True)
            ],
        },
        {"image_id": image_id, "relationships": relationships},
    )


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
