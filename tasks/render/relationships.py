"""Relationships that are true by construction, and which of them are annotated."""

import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import permutations

from tasks.render.camera import PixelBox
from tasks.render.person import PEOPLE
from tasks.render.scene import Ground, Relationship, Thing
from tasks.render.scenery import SETTINGS, SKY

MAX_STANDING = 3
"""Annotated relationships of a scene between things and their ground: nearly every thing has
one."""
MAX_RELATIONSHIPS = 12
"""Annotated relationships of a scene, at most; `chosen_relationships` says which come first."""
WATCHERS = (*PEOPLE, "dog", "cat", "horse", "cow", "sheep")
"""Things of which "facing" is annotated: living ones."""


def overlap_share(a: PixelBox, b: PixelBox) -> float:
    """Shared width over that of the narrower; negative apart."""
    return (min(a[2], b[2]) - max(a[0], b[0])) / min(a[2] - a[0], b[2] - b[0])


def pair_predicates(a: Thing, b: Thing, box_a: PixelBox, box_b: PixelBox) -> Iterator[str]:
    """Every predicate that holds of `a` relative to `b` where neither carries the other."""
    across = overlap_share(box_a, box_b)
    if a.pose == "flying" or a.name == "kite":
        if not a.bond and b.is_grounded and across > 0.3 and box_a[3] < box_b[1]:
            yield "above"
        return
    if not (a.is_grounded and b.is_grounded):
        return
    if across >= 0.3 and abs(a.z - b.z) >= max(1.0, 0.2 * max(a.z, b.z)):
        yield "in front of" if a.z < b.z else "behind"
    gap = abs(a.x - b.x) - a.half_width - b.half_width
    if abs(a.z - b.z) < 0.5 and 0 <= gap < 0.6:
        yield "next to"
    watching = a.name in WATCHERS and a.facing in ("left", "right")
    if watching and abs(a.z - b.z) < 1.0 and 0 <= gap < 2.5:
        toward = 1 if a.facing == "right" else -1
        if toward * (b.x - a.x) > 0 and toward * (box_b[0] + box_b[2] - box_a[0] - box_a[2]) > 0:
            yield "facing"


def bonds(setting: str, grounds: Sequence[Ground], things: Sequence[Thing]) -> list[Relationship]:
    """Relationships that follow from the placing: things on or in the hands of others, or on a
    ground."""
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


def unambiguous(
    candidates: Sequence[Relationship], key: Callable[[Relationship], tuple[str, str]]
) -> tuple[Relationship, ...]:
    """The first relationships that are compatible: one object per key, one placement per pair."""
    kept: list[Relationship] = []
    answered: dict[tuple[str, str], int] = {}
    paired: set[tuple[int, int, bool]] = set()
    for relationship in candidates:
        low, high = sorted((relationship.subject, relationship.object))
        pair = (low, high, relationship.predicate == "facing")
        if len(kept) == MAX_RELATIONSHIPS or pair in paired:
            continue
        if answered.setdefault(key(relationship), relationship.object) == relationship.object:
            kept.append(relationship)
            paired.add(pair)
    return tuple(kept)


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

    def key(relationship: Relationship) -> tuple[str, str]:
        return things[relationship.subject - first].name, relationship.predicate

    objects: dict[tuple[str, str], set[int]] = defaultdict(set)
    for relationship in by_bond + by_geometry:
        objects[key(relationship)].add(relationship.object)
    rng.shuffle(by_geometry)
    by_geometry.sort(key=lambda relationship: len(objects[key(relationship)]))
    return unambiguous(found + by_geometry, key)
