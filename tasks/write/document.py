"""Document: the scene part of a writer's prompt, one JSON document.

Names and predicates come from annotators: they stay inside JSON strings, short, on one line, and
without the characters that chat templates of open models read as marks of a new turn.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from schemas.box import Box, inside_share
from schemas.claim import Claim, classes_of, objects_of
from schemas.completion.frames import rescale_box
from schemas.proof.naming import Naming
from schemas.scene_graph import Relationship, Scene, SceneObject
from tasks.chat.sent_images import sent_size

MAX_NAME = 60
"""Characters of an annotated text: names are shorter, and longer texts are sentences."""
MAX_ATTRIBUTES = 5
"""Attributes of a thing in the document: they only help to find it, so a few suffice."""
MAX_WARNINGS = 12
"""Warnings in a document: with more, hardly any question about these things is fair."""
OVERLAP = 0.35
"""Share of a box within another from which on a place in both may belong to either thing."""
TINY = 0.01
"""Share of the picture below which a thing is easily overlooked: 30 x 30 pixels in 300 x 300."""
MARKS = {"<": "\\u003c", ">": "\\u003e", "|": "\\u007c"}
"""Characters of chat templates' marks, and their escapes in JSON."""


def frame_of_picture(scene: Scene, max_side: int | None) -> tuple[int, int]:
    """Width and height of the picture as it is sent, or its own where `max_side` is None."""
    if max_side is None:
        return scene.width, scene.height
    return sent_size(scene.width, scene.height, max_side)


def sent_box(box: Box, scene: Scene, size: tuple[int, int]) -> Box:
    """The box in the picture as it is sent: whole pixels inside it, and at least one of them."""
    return Box(*rescale_box(box, (scene.width, scene.height), size))


def plain(text: str) -> str:
    """Annotated text on one line, at most MAX_NAME characters, without brackets."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return re.sub(r"\s+", " ", re.sub(r"[\[\]{}]", " ", printable)).strip()[:MAX_NAME]


def dumped(document: Mapping[str, Any]) -> str:
    """ASCII JSON, one top-level key per line; nothing in it can be taken for a chat template."""
    lines = ",\n".join(f"{json.dumps(key)}: {json.dumps(document[key])}" for key in document)
    for mark, escape in MARKS.items():
        lines = lines.replace(mark, escape)
    return f"{{\n{lines}\n}}"


def spoken_name(thing: SceneObject) -> str:
    """The word that questions use for a thing."""
    return thing.class_name or plain(thing.name)


def names_of(scene: Scene) -> dict[int, str]:
    return {key: spoken_name(thing) for key, thing in scene.objects.items()}


def picture_part(size: tuple[int, int]) -> dict[str, Any]:
    return {"width": size[0], "height": size[1]}


def thing_part(
    thing: SceneObject, scene: Scene, ids: Mapping[int, str], size: tuple[int, int]
) -> dict[str, Any]:
    part: dict[str, Any] = {
        "id": ids[thing.object_id],
        "name": spoken_name(thing),
        "box": list(sent_box(thing.box, scene, size)),
    }
    attributes = [plain(text) for text in thing.attributes[:MAX_ATTRIBUTES]]
    return part | ({"attributes": attributes} if attributes else {})


def relationship_part(
    relationships: Iterable[Relationship], ids: Mapping[int, str], objects: Iterable[int]
) -> list[list[str]]:
    """Subject, predicate and object of the distinct relationships among some objects."""
    kept = set(objects)
    found = dict.fromkeys(
        (ids[entry.subject], plain(entry.predicate), ids[entry.object])
        for entry in relationships
        if entry.subject in kept and entry.object in kept
    )
    return [list(triplet) for triplet in found]


def warnings_of(
    naming: Naming,
    claims: Sequence[Claim],
    ids: Mapping[int, str],
    size: tuple[int, int],
) -> list[dict[str, Any]]:
    """Facts that make a question about these claims ambiguous, at most MAX_WARNINGS entries."""
    asked = sorted({key for claim in claims for key in objects_of(claim)})
    things = [naming.objects[key] for key in asked]
    found = [
        *_unsure(naming, things, ids),
        *_overlaps(things, ids),
        *_rivals(naming, claims, things, ids, size),
    ]
    return found[:MAX_WARNINGS]


def _unsure(
    naming: Naming, things: Sequence[SceneObject], ids: Mapping[int, str]
) -> Iterator[dict[str, Any]]:
    for thing in things:
        if thing.is_plural:
            yield {"id": ids[thing.object_id], "note": "may be several"}
        if thing.is_doubtful:
            yield {"id": ids[thing.object_id], "note": "annotators differ on its box"}
        if thing.box.area < TINY * naming.scene.area:
            yield {"id": ids[thing.object_id], "note": "is very small in the picture"}


def _overlaps(things: Sequence[SceneObject], ids: Mapping[int, str]) -> Iterator[dict[str, Any]]:
    for one in things:
        for other in things:
            if one is not other and inside_share(one.box, other.box) > OVERLAP:
                note = f"lies to a good part within the box of {ids[other.object_id]}"
                yield {"id": ids[one.object_id], "note": note}


def _rivals(
    naming: Naming,
    claims: Sequence[Claim],
    things: Sequence[SceneObject],
    ids: Mapping[int, str],
    size: tuple[int, int],
) -> Iterator[dict[str, Any]]:
    """Other things that the same word may mean."""
    named = {thing.object_id for thing in things}
    classes = [thing.class_name for thing in things if thing.class_name]
    classes += [name for claim in claims for name in classes_of(claim)]
    for class_name in dict.fromkeys(classes):
        # Where a claim is on a class and no object, its members are counted: they are no rivals.
        sure = {entry.object_id for entry in naming.members.get(class_name, ())}
        is_counted = class_name not in {thing.class_name for thing in things}
        for other in naming.possible(class_name):
            if other.object_id in named or (is_counted and other.object_id in sure):
                continue
            word = "is another" if other.object_id in sure else "may be taken for a"
            part = thing_part(other, naming.scene, ids, size)
            yield {
                "id": part["id"],
                "name": part["name"],
                "box": part["box"],
                "note": f"{word} {class_name}",
            }
