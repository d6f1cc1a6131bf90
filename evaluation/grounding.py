"""Grounding: what a model wrote between <scene> tags against the objects that are there.

It is for items with the fact `gold`, the question's subgraph as published. Boxes of the reply, in
pixels of its frame, and those of the gold, in pixels of the file, are compared as shares of the
image. Three words:

- An object is *matched* where schemas.completion.matching pairs it with a gold object of the
  same label.
- It is *found* where the two boxes also have an IoU of at least `MIN_IOU`.
- A relationship is found where its predicate is the gold one's and both its ends are found.

The graph of a reply is *right* where every gold object is found; without any gold object, where
the reply shows none.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from schemas.benchmark import fact
from schemas.box import Corners, iou
from schemas.completion.matching import Target, match, prepare
from schemas.completion.parsing import GOLD_TAGS, ReadScene, read_scene, read_tags
from schemas.completion.similarity import exact_match

MIN_IOU = 0.5
"""IoU of two boxes that show the same object: the usual limit of detection (PASCAL VOC)."""
OPENING, CLOSING = "<scene>", "</scene>"
NO_SCENE = "no <scene>"


class Match(NamedTuple):
    """Two objects of the same label by their places in their scenes."""

    predicted: int
    gold: int
    iou: float
    ciou: float

    @property
    def is_found(self) -> bool:
        return self.iou >= MIN_IOU


class Gold(NamedTuple):
    """The question's subgraph and, where it is known, the whole scene graph, in shares of an
    image of `size`."""

    subgraph: Target
    scene: Target | None
    size: tuple[int, int]


def find_scene(text: str) -> tuple[ReadScene | None, str | None]:
    """The first readable scene between <scene> tags of a reply, even if the text around it is
    broken; else the reason why there is none."""
    problem = NO_SCENE
    for part in text.split(OPENING)[1:]:
        inside, closing, _ = part.partition(CLOSING)
        try:
            return read_scene(_unfenced(inside)), None
        except ValueError as error:
            problem = str(error) if closing else "<scene> is not closed"
    return None, problem


def _unfenced(text: str) -> str:
    """Without the fence that chat models often put around JSON."""
    return text.strip().removeprefix("```json").removeprefix("```").removesuffix("```")


def in_shares(scene: ReadScene, width: float, height: float) -> ReadScene:
    """The scene with boxes of a frame of `width` x `height` as shares of it."""
    boxes = [
        box and (box[0] / width, box[1] / height, box[2] / width, box[3] / height)
        for box in scene.boxes
    ]
    return ReadScene(scene.ids, scene.labels, boxes, scene.relationships)


def size_of(item: Mapping[str, Any]) -> tuple[int, int]:
    """Width and height of the file, in whose pixels gold boxes are. ValueError where the item does
    not state them."""
    stated = [fact(item["facts"], name) or item[name] for name in ("width", "height")]
    try:
        width, height = (int(side) for side in stated)
    except TypeError:
        width = height = 0
    if min(width, height) < 1:
        raise ValueError(f"no image has a size of {stated[0]} x {stated[1]}")
    return width, height


def read_gold(item: Mapping[str, Any]) -> Gold | None:
    """What an item says about the objects that are there; None where it says nothing, ValueError
    where that cannot be read."""
    gold, scene = (fact(item["facts"], name) for name in ("gold", "full_scene"))
    if gold is None:
        return None
    size = size_of(item)
    parts = read_tags(gold, GOLD_TAGS)
    if parts is None:
        raise ValueError("it is not one <scene> and then one <answer>")
    return Gold(_target(parts[0], size), _target(scene, size) if scene else None, size)


def _target(text: str, size: tuple[int, int]) -> Target:
    return prepare(in_shares(read_scene(text), *size), 1, 1)


def match_objects(predicted: ReadScene, gold: Target) -> list[Match]:
    """The matched objects of two scenes in shares; one without a box has an IoU of 0."""
    matches = []
    for pair in match(predicted, gold, exact_match):
        box, gold_box = predicted.boxes[pair.predicted], gold.scene.boxes[pair.gold]
        if pair.similarity == 1:
            share = iou(box, gold_box) if box and gold_box else 0.0
            ciou = max(-1.0, 2 * pair.closeness - 1)
            matches.append(Match(pair.predicted, pair.gold, share, ciou))
    return matches


def num_found_relationships(
    predicted: ReadScene, gold: ReadScene, matches: Sequence[Match]
) -> tuple[int, int, int]:
    """Gold, predicted and found ones, each counted once."""
    stands_for = {
        predicted.ids[one.predicted]: gold.ids[one.gold] for one in matches if one.is_found
    }
    wanted = {(subject, _verb(verb), target) for subject, verb, target in gold.relationships}
    said = {(subject, _verb(verb), target) for subject, verb, target in predicted.relationships}
    translated = {
        (stands_for.get(subject), verb, stands_for.get(target)) for subject, verb, target in said
    }
    return len(wanted), len(said), len(wanted & translated)


def _verb(predicate: Any) -> str | None:
    return predicate.strip().lower() if isinstance(predicate, str) else None


def found_elsewhere(predicted: ReadScene, gold: Gold, matches: Sequence[Match]) -> set[int] | None:
    """The places of predicted objects that are found in the whole scene graph, but not in the
    subgraph; None where the whole is not known."""
    if gold.scene is None:
        return None
    found = {one.predicted for one in matches if one.is_found}
    asked = set(_things(gold.subgraph.scene))
    others = [place for place, thing in enumerate(_things(gold.scene.scene)) if thing not in asked]
    rest = [place for place in range(len(predicted.ids)) if place not in found]
    unasked = prepare(_part(gold.scene.scene, others), 1, 1)
    pairs = match_objects(_part(predicted, rest), unasked)
    return {rest[pair.predicted] for pair in pairs if pair.is_found}


def _things(scene: ReadScene) -> list[tuple[str, Corners | None]]:
    return list(zip(scene.labels, scene.boxes, strict=True))


def _part(scene: ReadScene, places: Sequence[int]) -> ReadScene:
    """These objects of a scene, without relationships."""
    return ReadScene(
        [scene.ids[place] for place in places],
        [scene.labels[place] for place in places],
        [scene.boxes[place] for place in places],
        [],
    )


NOTHING = ReadScene([], [], [], [])


def ground_reply(text: str | None, frame: tuple[int, int], gold: Gold) -> dict[str, Any]:
    """The columns of GROUNDING (evaluation.grounding_tables) that a reply decides; `frame` is the
    width and height in which its boxes are read."""
    scene, problem = find_scene(text) if text is not None else (None, "no reply")
    predicted = in_shares(scene, *frame) if scene else NOTHING
    matches = match_objects(predicted, gold.subgraph)
    wanted, said, found = num_found_relationships(predicted, gold.subgraph.scene, matches)
    num_found = sum(one.is_found for one in matches)
    num_gold = len(gold.subgraph.scene.ids)
    elsewhere = found_elsewhere(predicted, gold, matches)
    return {
        "has_reply": text is not None,
        "has_scene": scene is not None,
        "scene_problem": problem,
        "num_gold": num_gold,
        "num_predicted": len(predicted.ids),
        "num_matched": len(matches),
        "num_found": num_found,
        "iou": _mean([one.iou for one in matches]),
        "ciou": _mean([one.ciou for one in matches]),
        "num_gold_relationships": wanted,
        "num_predicted_relationships": said,
        "num_found_relationships": found,
        "num_scene_objects": gold.scene and len(gold.scene.scene.ids),
        "num_elsewhere": None if elsewhere is None else len(elsewhere),
        "is_graph_right": scene is not None
        and (num_found == num_gold if num_gold else not predicted.ids),
    }


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
