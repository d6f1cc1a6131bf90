"""The settings: which things stand where in each, and on which grounds."""

import random
from typing import NamedTuple

from tasks.render.camera import Camera
from tasks.render.person import PEOPLE
from tasks.render.scene import Ground

WALL_DEPTH = 6.5
"""Metres from the camera to the wall of a room, behind everything on the floor."""


class Zone(NamedTuple):
    """Where a thing may stand: nearest and farthest depth in metres, and on which ground."""

    near: float
    far: float
    ground: str


LAWN, MEADOW, EDGE = Zone(3, 12, "grass"), Zone(6, 16, "grass"), Zone(13, 26, "grass")
PAVEMENT, ROAD, VERGE = Zone(3, 7.5, "sidewalk"), Zone(9, 12.5, "road"), Zone(15, 26, "grass")
FLOOR, SKY, WALL = Zone(2.6, 5.8, "floor"), Zone(5, 15, "sky"), Zone(WALL_DEPTH, WALL_DEPTH, "wall")
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
"""Classes of which a scene may hold several things."""
HEIGHT_ON_WALL = {"clock": 1.95, "picture": 1.55, "window": 1.15, "television": 1.1}
"""Metres from the floor to the base of a thing on the wall."""


def grounds_of(rng: random.Random, setting: str, camera: Camera) -> tuple[Ground, ...]:
    bottom = camera.height
    if setting == "room":
        edge = round(camera.row(0, WALL_DEPTH))
        walls, floors = ("yellow", "blue", "green", "white", "pink"), ("brown", "gray")
        wall = Ground("wall", rng.choice(walls), 0, edge)
        return wall, Ground("floor", rng.choice(floors), edge, bottom)
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
