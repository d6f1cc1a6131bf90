"""A pinhole camera over a ground plane, and boxes in the pixels of its picture."""

import random
from typing import NamedTuple

from schemas.box import Corners, area_of, intersection_area

PixelBox = tuple[int, int, int, int]
"""Left, top, right and bottom edge, in pixels."""
MIN_INSIDE_SHARE = 0.9
"""Share of a thing's extent that the picture must hold: the edge may cut a thing, but not hide
it."""


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


def camera_of(rng: random.Random, setting: str, width: int, height: int) -> Camera:
    if setting == "room":
        return Camera(width, height, 0.82 * width, round(rng.uniform(0.24, 0.3) * height), 1.65)
    horizon = round(rng.uniform(0.33, 0.42) * height)
    return Camera(width, height, 0.9 * width, horizon, rng.uniform(1.6, 2.0))


def inside_frame(extent: Corners, camera: Camera) -> bool:
    frame = (0.0, 0.0, float(camera.width), float(camera.height))
    return intersection_area(extent, frame) >= MIN_INSIDE_SHARE * area_of(extent)
