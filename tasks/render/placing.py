"""Placing: one thing, somewhere in the zone where it may stand or at a given spot."""

import random

from schemas.box import Corners
from tasks.render.camera import Camera
from tasks.render.looks import BRIGHT, COLORS_OF, FACINGS
from tasks.render.person import PEOPLE
from tasks.render.scene import Thing
from tasks.render.scenery import HEIGHT_ON_WALL, SKY, WALL, Zone
from tasks.render.silhouette import Silhouette, silhouette

MIN_SIDE = 14
"""Pixels of the shorter side of a thing's visible box, so that the drawing can be recognised."""


def extent_of(
    camera: Camera, shape: Silhouette, x: float, y: float, z: float, scale: float
) -> Corners:
    per_metre = camera.focal / z
    column, row = camera.column(x, z), camera.row(y, z)
    return (
        column + per_metre * scale * shape.left,
        row - per_metre * scale * shape.top,
        column + per_metre * scale * shape.right,
        row - per_metre * scale * shape.bottom,
    )


def depths(
    camera: Camera, zone: Zone, shape: Silhouette, scale: float, min_side: int
) -> tuple[float, float]:
    """The nearest depth at which the frame holds a thing and the farthest at which it is large
    enough, in metres; the thing does not fit where the first exceeds the second.
    """
    smallest = scale * min(shape.right - shape.left, shape.top - shape.bottom)
    near, far = zone.near, min(zone.far, camera.focal * smallest / (min_side + 3))
    if zone.ground not in ("sky", "wall"):
        near = max(near, camera.focal * camera.eye / (camera.height - 3 - camera.horizon))
        near = max(near, camera.focal * (0.97 * scale * shape.top - camera.eye) / camera.horizon)
    return near, far


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
    min_side: int = MIN_SIDE,
) -> Thing | None:
    """A thing somewhere in its zone, large enough and inside the frame; None where it does not
    fit."""
    if facing is None:
        facing = rng.choice(FACINGS.get(name, ("",)))
    pose = pose or ("standing" if name in PEOPLE else "flying" if zone is SKY else "")
    scale = rng.uniform(0.92, 1.08)
    left, bottom, right, top, *_ = shape = silhouette(name, facing, pose)
    near, far = depths(camera, zone, shape, scale, min_side)
    if near > far:
        return None
    z = near * (far / near) ** rng.random()
    half = camera.width / 2 * z / camera.focal
    slack = 0.04 * (right - left)
    lowest, highest = -half - scale * (left + slack), half - scale * (right - slack)
    if lowest > highest:
        return None
    x, y = rng.uniform(lowest, highest), HEIGHT_ON_WALL[name] if zone is WALL else 0.0
    if zone is SKY:
        free_rows = camera.horizon - camera.focal / z * scale * (top - bottom) - 8
        y = camera.eye + (4 + rng.uniform(0, max(0.0, free_rows))) * z / camera.focal
    return thing_at(rng, camera, name, (x, y, z), scale, facing=facing, pose=pose)
