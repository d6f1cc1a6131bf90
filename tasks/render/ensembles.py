"""Ensembles: things that are placed together because one carries the other.

Each function returns None where a name it needs is in use or its carrier does not fit.
"""

import random
from collections.abc import Sequence
from typing import NamedTuple

from tasks.render.camera import Camera
from tasks.render.person import HAND, PEOPLE, PERSON_HEIGHTS
from tasks.render.placing import placed, thing_at
from tasks.render.scene import Thing
from tasks.render.scenery import SETTINGS

Group = tuple[Thing, ...]


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
"""Surfaces of the sketched furniture; a table takes several things, the others one."""
SADDLES = {"horse": (-0.05, 1.36), "bicycle": (-0.2, 0.9)}
"""The base of a rider, for a mount that faces right: metres to the right of its middle and above
the ground."""
HELD = ("ball", "umbrella", "cup", "book", "bottle", "kite")
"""Things that a person may hold outdoors."""
HELD_INDOORS = ("ball", "cup", "book", "bottle")
GRIP = {"umbrella": 0.1, "ball": 0.12, "cup": 0.08, "book": 0.1, "bottle": 0.12, "kite": 0.75}
"""Metres from the base of a held thing up to the hand."""
SEAT_SHARE = {"man": 0.26, "woman": 0.26, "boy": 0.21, "girl": 0.21}
"""Height of a seated person's seat above the drawing's base, as a share of the standing height."""


class Roster(NamedTuple):
    """Names that are still free in a setting: `taken` are in use."""

    setting: str
    taken: frozenset[str]
    num_things: int

    @property
    def held(self) -> tuple[str, ...]:
        return HELD_INDOORS if self.setting == "room" else HELD

    def unused(self, rng: random.Random, names: Sequence[str]) -> str | None:
        known = SETTINGS[self.setting]
        free = [n for n in names if n not in self.taken and (n in known or n in self.held)]
        return rng.choice(free) if free else None


def person_holding(rng: random.Random, camera: Camera, roster: Roster) -> Group | None:
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


def person_seated(rng: random.Random, camera: Camera, roster: Roster) -> Group | None:
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


def person_riding(rng: random.Random, camera: Camera, roster: Roster) -> Group | None:
    mount_name, name = roster.unused(rng, tuple(SADDLES)), roster.unused(rng, ("man", "woman"))
    if mount_name is None or name is None:
        return None
    mount = placed(rng, camera, mount_name, SETTINGS[roster.setting][mount_name])
    if mount is None:
        return None
    x, y = SADDLES[mount_name]
    side = -1 if mount.facing == "left" else 1
    spot = (mount.x + x * mount.scale * side, y * mount.scale, mount.z - 0.05)
    rider = thing_at(
        rng, camera, name, spot, 1.0,
        facing=mount.facing, pose="riding", carrier=roster.num_things, bond="riding",
    )  # fmt: skip
    return mount, rider


def laden_surface(rng: random.Random, camera: Camera, roster: Roster) -> Group | None:
    """A table, bench, couch or bed with things on it and, now and then, something below it."""
    name = roster.unused(rng, ("table", *SURFACES))
    if name is None:
        return None
    surface, zone = SURFACES[name], SETTINGS[roster.setting][name]
    carrier = placed(rng, camera, name, zone._replace(far=min(zone.far, 4.2)))
    if carrier is None:
        return None
    num_items = rng.randint(2, 4) if name == "table" else 1
    shuffled = rng.sample(surface.items, len(surface.items))
    items = [item for item in shuffled if item not in roster.taken][:num_items]
    group, position = [carrier], roster.num_things
    for slot, item in enumerate(items):
        x = carrier.x + surface.reach * (2 * (slot + rng.uniform(0.35, 0.65)) / len(items) - 1)
        spot = (x, surface.height * carrier.scale, carrier.z - 0.05)
        group.append(thing_at(rng, camera, item, spot, 1.0, carrier=position, bond="on"))
    below = roster.unused(rng, ("ball", "box", "cat"))
    if name == "table" and below and below not in items and rng.random() < 0.4:
        spot = (carrier.x + rng.uniform(-0.3, 0.3), 0.03, carrier.z + 0.1)
        group.append(thing_at(rng, camera, below, spot, 0.95, carrier=position, bond="under"))
    return tuple(group)


ENSEMBLES = {
    "park": (person_holding, person_holding, person_seated, person_riding, laden_surface),
    "street": (person_holding, person_holding, person_seated, person_riding, laden_surface),
    "room": (laden_surface, person_holding, person_seated, laden_surface),
}
"""Ensembles of each setting; those listed twice are chosen more often."""
