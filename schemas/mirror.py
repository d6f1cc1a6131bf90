"""Mirror: what ids, words, claims and scenes become in the mirror image of a picture.

The mirror image of a photograph is one more picture, with an id and a file name of its own, which
say what it is. What is left in the one is right in the other; all else is true of both.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath

import msgspec
import polars as pl

from schemas.box import Box
from schemas.claim import (
    Cell,
    Claim,
    Direction,
    ExistenceClaim,
    LocationClaim,
    OrientationClaim,
    ReachClaim,
    RelationClaim,
)
from schemas.scene_graph import Facing, Scene
from schemas.vocabulary.predicates import load_predicates

MARK = "-mirrored"
"""At the end of the id of a mirror image, and of its file name before the suffix."""
IS_MIRRORED = pl.col("image_id").str.ends_with(MARK)
ORIGINAL = pl.col("image_id").str.strip_suffix(MARK)
"""The id of the photograph."""
OPPOSITE = {"left": "right", "right": "left"}
SIDE = re.compile("left|right")
SIDE_WORD = re.compile(r"\b(?:left|right)\b")
NAMES_SIDE = re.compile(r"\b(?:left|right)(?:most)?\b")


def mirrored_id(image_id: str) -> str:
    return f"{image_id}{MARK}"


def is_mirrored(image_id: str) -> bool:
    return image_id.endswith(MARK)


def mirrored_file(name: str) -> str:
    """The file name of the mirror image: `1-mirrored.jpg` of `1.jpg`."""
    suffix = PurePosixPath(name).suffix
    return f"{name.removesuffix(suffix)}{MARK}{suffix}"


def file_of_mirrored(name: str) -> str | None:
    """The file name of which `name` is that of the mirror image; None where it is of none."""
    suffix = PurePosixPath(name).suffix
    stem = name.removesuffix(suffix)
    return f"{stem.removesuffix(MARK)}{suffix}" if stem.endswith(MARK) else None


def mirrored_text(text: str) -> str:
    """A name or an attribute with its sides changed: "left shoe" is "right shoe"."""
    return SIDE_WORD.sub(lambda side: OPPOSITE[side[0]], text)


def names_side(text: str) -> bool:
    """Whether a name may name another thing in the mirror image, as "the leftmost car" does."""
    return NAMES_SIDE.search(text) is not None


def mirrored_places(claims: Sequence[Claim]) -> list[int] | None:
    """For each claim the place of the claim that is its mirror image; None where one has none."""
    found = []
    for claim in claims:
        image = mirrored_claim(claim)
        if image not in claims:
            return None
        found.append(claims.index(image))
    return found


def mirrored_claim(claim: Claim) -> Claim:
    """What is true of the mirrored picture where `claim` is true of the picture. Where somebody's
    left is, is mirrored, too."""
    match claim:
        case RelationClaim() | ReachClaim():
            return msgspec.structs.replace(claim, predicate=mirrored_predicate(claim.predicate))
        case OrientationClaim():
            direction = Direction(_other_side(claim.direction))
            return msgspec.structs.replace(claim, direction=direction)
        case LocationClaim():
            return msgspec.structs.replace(claim, cell=Cell(_other_side(claim.cell)))
        case ExistenceClaim(predicate=str(predicate)):
            return msgspec.structs.replace(claim, predicate=mirrored_predicate(predicate))
        case _:
            return claim


def mirrored_predicate(name: str) -> str:
    predicate = load_predicates().get(name)
    if predicate is None:
        return mirrored_text(name)
    return predicate.inverse or name if "side" in dict(predicate.axes) else name


def mirrored_scene(scene: Scene) -> Scene:
    """Names, boxes and relationships as the mirrored picture shows them."""
    objects = {
        key: replace(
            thing,
            name=mirrored_text(thing.name),
            attributes=tuple(map(mirrored_text, thing.attributes)),
            box=Box(scene.width - x2, y1, scene.width - x1, y2),
            facing=thing.facing and Facing(_other_side(thing.facing)),
        )
        for key, thing in scene.objects.items()
        for x1, y1, x2, y2 in (thing.box,)
    }
    relationships = tuple(
        replace(link, predicate=mirrored_predicate(link.predicate)) for link in scene.relationships
    )
    return replace(scene, objects=objects, relationships=relationships)


def _other_side(text: str) -> str:
    return SIDE.sub(lambda side: OPPOSITE[side[0]], text)
