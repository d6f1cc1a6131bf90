"""A pinhole camera over a ground plane, and boxes in the pixels of its picture."""

import random
from typing import NamedTuple

PixelBox = tuple[int, int, int, int]
Extent = tuple[float, float, float, float]
MIN_INSIDE_SHARE = 0.9


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
