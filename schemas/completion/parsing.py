"""Parsing: what a completion says.

Tags are found by plain search and scenes are decoded by a parser without backtracking: for any
text, reading takes time in proportion to its length. All numbers are read as floats: an integer of
any length is read, the longest as infinity.
"""

import json
from typing import Any

import msgspec

from schemas.box import Corners

POLICY_TAGS = ("observe", "scene", "think", "answer")
"""Tags of a model's completion, in the order that the inference template asks for."""
GOLD_TAGS = ("scene", "answer")
"""Tags of a gold completion, which has neither an observation nor a thought."""
MAX_COORDINATE = 1e12  # pixels, beyond any image; keeps products of four coordinates finite
OBJECT_KEYS = {"id", "bbox"}  # exactly these, as in published scenes
LINK_KEYS = {"subject", "predicate", "object"}  # at least these
DECODER = json.JSONDecoder(parse_int=float)  # int would refuse more than 4,300 digits


class ReadScene(msgspec.Struct, frozen=True):
    """A scene as written, its objects sorted by id, so that the order of writing has no effect.

    `labels` are the ids' parts before the last dot, normalised; a box is xyxy in pixels, None where
    it is inverted, empty or beyond `MAX_COORDINATE`; a relationship is (subject, predicate, object)
    with ids as ends, and a predicate that need not be text.
    """

    ids: list[str]
    labels: list[str]
    boxes: list[Corners | None]
    relationships: list[tuple[str, Any, str]]


def normal_label(label: str) -> str:
    """`label` in lower case, with one space wherever `_`, `-` or white space stands."""
    return " ".join(label.replace("_", " ").replace("-", " ").lower().split())


def read_tags(text: str, names: tuple[str, ...]) -> list[str] | None:
    """What stands in each of these tags. None unless each opens exactly once, they open in this
    order, and each closes before the next one opens."""
    parts, end = [], 0
    for name in names:
        opening = f"<{name}>"
        start = text.find(opening, end)
        if start < 0 or text.count(opening) > 1:
            return None
        start += len(opening)
        end = text.find(f"</{name}>", start)
        if end < 0:
            return None
        parts.append(text[start:end])
    return parts


def read_scene(text: str) -> ReadScene:
    """The scene in `text`; ValueError says what is wrong with it."""
    try:
        scene = DECODER.decode(text)
    except RecursionError:
        raise ValueError("the scene is nested too deeply") from None
    except ValueError as error:
        raise ValueError(f"the scene is not JSON: {error}") from None
    if type(scene) is not dict:
        raise ValueError("the scene is not a JSON object")
    objects, links = scene.get("objects"), scene.get("relationships", [])
    if type(objects) is not list or type(links) is not list:
        raise ValueError("objects and relationships are not both lists")
    found = {}
    for place, entry in enumerate(objects):
        if type(entry) is not dict or entry.keys() != OBJECT_KEYS:
            raise ValueError(f"object {place} has not exactly the keys id and bbox")
        name, box = entry["id"], entry["bbox"]
        if type(name) is not str or name in found:
            raise ValueError(f"the id of object {place} is no text or another object's")
        label = _label(name)
        if label is None:
            raise ValueError(f"the id of object {place} is not label.number")
        if type(box) is not list or list(map(type, box)) != [float] * 4:
            raise ValueError(f"the bbox of object {place} is not four numbers")
        x1, y1, x2, y2 = box
        is_box = -MAX_COORDINATE < x1 < x2 < MAX_COORDINATE
        is_box = is_box and -MAX_COORDINATE < y1 < y2 < MAX_COORDINATE
        found[name] = normal_label(label), (x1, y1, x2, y2) if is_box else None
    relationships = [_relationship(place, link, found) for place, link in enumerate(links)]
    ids = sorted(found)
    return ReadScene(
        ids, [found[name][0] for name in ids], [found[name][1] for name in ids], relationships
    )


def _label(name: str) -> str | None:
    label, _, number = name.rpartition(".")
    return label if number.isdecimal() and number.isascii() and label.strip() else None


def _relationship(place: int, link: Any, known: dict[str, Any]) -> tuple[str, Any, str]:
    if type(link) is not dict or not link.keys() >= LINK_KEYS:
        raise ValueError(f"relationship {place} lacks a subject, predicate or object")
    for end in (link["subject"], link["object"]):
        if type(end) is not str or (end not in known and _label(end) is None):
            raise ValueError(f"an end of relationship {place} is not label.number")
    return link["subject"], link["predicate"], link["object"]
