"""Layout: fill a setting with things that do not collide and do not hide each other."""

import random
from collections.abc import Sequence
from typing import NamedTuple

from schemas.box import iou, overlap
from schemas.config.source import RenderConfig
from tasks.render.camera import Camera, camera_of, inside_frame
from tasks.render.ensembles import ENSEMBLES, Roster
from tasks.render.occlusion import (
    MIN_VISIBLE_SHARE,
    Mask,
    enough_seen,
    uncovered,
    visible_box,
)
from tasks.render.placing import MIN_SIDE, placed
from tasks.render.relationships import chosen_relationships
from tasks.render.scene import RenderedScene, Thing
from tasks.render.scenery import REPEATED, SETTINGS, WALL_DEPTH, grounds_of

MIN_UNIQUE_NAMES = 4
"""Things of a scene that are the only ones of their name: questions name only these."""
MAX_SAME_NAME_IOU = 0.3
"""IoU of two things of one class, at most: with more they are hard to distinguish."""
MIN_RELATIONSHIPS = 4
"""Relationships of a scene, so that every scene has some to ask about."""
MAX_LAYOUTS = 200
"""Attempts per scene; only a frame that is too small for its objects needs them all."""
TRIES = 5
"""Attempts to place one thing or ensemble, before the next one gets its turn."""


class Crowd(NamedTuple):
    """What is added to a scene when all else stands: siblings of its classes, and a background of
    further, smaller things; both may hide each other more than the rest."""

    max_classes: int = 0  # classes that get siblings, at most
    max_siblings: int = 0  # of each of these classes, at most
    num_background: int = 0  # things of the background, at most
    min_visible_share: float = MIN_VISIBLE_SHARE  # of each thing, once the crowd stands
    min_side: int = MIN_SIDE  # pixels of the shorter side of the smallest thing


NO_CROWD = Crowd()
BACKGROUND = 2.5
"""How many times farther than its zone ends a thing of the background may stand."""


class Layout(NamedTuple):
    """Things placed so far and, for each, the cells of its grid that are still visible."""

    things: tuple[Thing, ...] = ()
    seen: tuple[Mask, ...] = ()


def stand_apart(a: Thing, b: Thing) -> bool:
    """Whether there is room between two things on the ground."""
    widths = a.half_width + b.half_width
    return abs(a.x - b.x) > widths + 0.05 or abs(a.z - b.z) > min(1.6, 0.3 + 0.35 * widths)


def clash(a: Thing, b: Thing) -> bool:
    """Whether two things collide, or are of one class and hard to distinguish."""
    loose = not (a.bond or b.bond) and a.y == b.y == 0
    if loose and not stand_apart(a, b):
        return True
    if not overlap(a.extent, b.extent):
        return False
    if a.z == b.z == WALL_DEPTH:
        return True
    return a.name == b.name and iou(a.extent, b.extent) > MAX_SAME_NAME_IOU


def admitted(
    layout: Layout, group: Sequence[Thing], camera: Camera, crowd: Crowd = NO_CROWD
) -> Layout | None:
    """The layout with the whole group added; None where a thing would be hidden or collide."""
    least = crowd.min_visible_share, crowd.min_side
    things, seen = list(layout.things), list(layout.seen)
    for thing in group:
        if not inside_frame(thing.extent, camera) or any(clash(thing, other) for other in things):
            return None
        own = thing.shape.mask
        for index, other in enumerate(things):
            if not overlap(thing.extent, other.extent):
                continue
            if thing.z >= other.z:
                own = own & uncovered(thing, other)
                continue
            seen[index] = seen[index] & uncovered(other, thing)
            if not enough_seen(other, seen[index], *least):
                return None
        if not enough_seen(thing, own, *least):
            return None
        things.append(thing)
        seen.append(own)
    return Layout(tuple(things), tuple(seen))


def unique_names(things: Sequence[Thing]) -> list[str]:
    names = [thing.name for thing in things]
    return [name for name in names if names.count(name) == 1]


def with_ensembles(
    rng: random.Random, setting: str, camera: Camera, num_things: int, reserved: str | None
) -> Layout:
    """One or two ensembles without things of the class `reserved`, as far as they fit."""
    layout = Layout()
    for ensemble in rng.sample(ENSEMBLES[setting], rng.randint(1, 2)):
        for _ in range(TRIES):
            taken = frozenset(t.name for t in layout.things) | {reserved or ""}
            group = ensemble(rng, camera, Roster(setting, taken, len(layout.things)))
            if group and len(layout.things) + len(group) <= num_things:
                grown = admitted(layout, group, camera)
                if grown:
                    layout = grown
                    break
    return layout


def arranged(rng: random.Random, setting: str, camera: Camera, num_things: int) -> Layout:
    """Ensembles first, then one class several times, then one thing each of other classes."""
    several = rng.choice(REPEATED[setting]) if rng.random() < 0.65 else None
    layout = with_ensembles(rng, setting, camera, num_things, several)
    lacking = max(0, MIN_UNIQUE_NAMES - len(unique_names(layout.things)))
    spare = num_things - len(layout.things) - lacking
    names = [several] * min(rng.randint(2, 5), max(spare, 0)) if several else []
    taken = {several, *(thing.name for thing in layout.things)}
    singles = [name for name in SETTINGS[setting] if name not in taken]
    for name in names + rng.sample(singles, len(singles)):
        if len(layout.things) >= num_things:
            break
        for _ in range(TRIES):
            thing = placed(rng, camera, name, SETTINGS[setting][name])
            grown = admitted(layout, (thing,), camera) if thing else None
            if grown:
                layout = grown
                break
    return layout


def crowded(
    rng: random.Random, setting: str, camera: Camera, layout: Layout, crowd: Crowd
) -> Layout:
    """The layout with siblings of some of its classes, then a background, as far as they fit."""
    zones = SETTINGS[setting]
    classes = sorted({thing.name for thing in layout.things} & zones.keys())
    chosen = rng.sample(classes, min(crowd.max_classes, len(classes)))
    wanted = [
        (name, zones[name]) for name in chosen for _ in range(rng.randint(1, crowd.max_siblings))
    ]
    outdoors = sorted(name for name in zones if zones[name].ground == "grass")
    for _ in range(crowd.num_background if outdoors else 0):
        name = rng.choice(outdoors)
        far = zones[name].far
        wanted.append((name, zones[name]._replace(near=far, far=BACKGROUND * far)))
    for name, zone in wanted:
        for _ in range(TRIES):
            thing = placed(rng, camera, name, zone, min_side=crowd.min_side)
            grown = admitted(layout, (thing,), camera, crowd) if thing else None
            if grown:
                layout = grown
                break
    return layout


def lay_out_scene(
    image_id: int, seed: int, config: RenderConfig, crowd: Crowd = NO_CROWD
) -> RenderedScene:
    """Deterministic by (seed, image_id, crowd). Raises ValueError where the frame is too small to
    fill. `max_objects` does not count the crowd."""
    rng = random.Random(f"{seed}:{image_id}")
    for _ in range(MAX_LAYOUTS):
        setting = rng.choice(tuple(SETTINGS))
        camera = camera_of(rng, setting, config.width, config.height)
        grounds = grounds_of(rng, setting, camera)
        num_objects = rng.randint(config.min_objects, config.max_objects)
        layout = arranged(rng, setting, camera, num_objects - len(grounds))
        enough = len(grounds) + len(layout.things) >= config.min_objects
        if enough and len(unique_names(layout.things)) >= MIN_UNIQUE_NAMES:
            if crowd != NO_CROWD:
                layout = crowded(rng, setting, camera, layout, crowd)
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
