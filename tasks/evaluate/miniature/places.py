"""Miniatures that ask for places or scenes: RoboSpatial-Home, and a validation split of ours."""

from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image, ImageDraw

from schemas.completion.publish import (
    PublishedScene,
    option_text,
    render_completion,
    render_problem,
)
from schemas.question import LEVELS
from tasks.evaluate.miniature.files import embedded, write_parquet
from tasks.evaluate.miniature.questions import (
    Asked,
    beside,
    how_many,
    is_left,
    laid,
    leftmost,
    nearer,
)
from tasks.evaluate.miniature.views import Seen, View, encoded, pick, recoded

FORMAT = (
    " Your answer should be formatted as a list of tuples, i.e. [(x1, y1), (x2, y2), ...], where "
    "each tuple contains the x and y coordinates of a point satisfying the conditions above. The "
    "coordinates should be between 0 and 1, indicating the normalized pixel locations of the "
    "points in the image."
)
MIN_SIDE = 24
FARTHEST = 30.0
Corners = tuple[int, int, int, int]


class Vacant(NamedTuple):
    thing: Seen
    box: Corners


def vacant(view: View) -> Vacant | None:
    """A thing and the room beside it, on the left, that no other thing's box reaches into."""
    for thing in view.unique:
        left, top, _, bottom = thing.box
        ends = [one.box[2] for one in view.things if one.box[2] <= left and _level(one, thing)]
        start = max([0, *ends]) + 2
        is_crossed = any(
            one is not thing and one.box[0] < left < one.box[2] and _level(one, thing)
            for one in view.things
        )
        if not is_crossed and left - start >= MIN_SIDE and bottom - top >= MIN_SIDE:
            return Vacant(thing, (start, top, left - 1, bottom))
    return None


def _level(one: Seen, other: Seen) -> bool:
    """Whether two boxes share rows."""
    return one.box[1] < other.box[3] and other.box[1] < one.box[3]


def robospatial_home(folder: Path) -> None:
    for subset, start in (("configuration", 221), ("compatibility", 226)):
        rows = []
        for k, (view, said) in enumerate(pick(is_left, 4, start=start)):
            left, right = said.about
            text, answer = said.text, "yes"
            if k % 2:
                text, answer = f"Is the {right.name} to the left of the {left.name}?", "no"
            if subset == "compatibility":
                text, answer = _fits(left, k)
            rows.append(_place(subset, view, f"{text} Answer yes or no.", answer, None))
        _write(folder, subset, rows)
    rows = []
    for view, (thing, box) in pick(vacant, 4, start=231):
        text = (
            f"In the image, there is a {thing.name}. Pinpoint several points within the vacant "
            f"space situated to the left of the {thing.name}.{FORMAT}"
        )
        rows.append(_place("context", view, text, repr(_polygon(view, box)), box))
    _write(folder, "context", rows)


def _fits(thing: Seen, number: int) -> tuple[str, str]:
    """A thing fits where one of its kind and size stands; nothing is as small as a coin there."""
    if number % 2:
        return f"Can the {thing.name} fit inside a coin?", "no"
    return f"Can a coin fit in front of the {thing.name}?", "yes"


def _polygon(view: View, box: Corners) -> list[tuple[float, float]]:
    x1, y1, x2, y2 = box
    corners = ((x1, y1), (x2, y1), (x2, y2), (x1, y2))
    return [(round(x / view.width, 3), round(y / view.height, 3)) for x, y in corners]


def _place(
    subset: str, view: View, question: str, answer: str, box: Corners | None
) -> dict[str, Any]:
    return {
        "category": subset,
        "question": question,
        "answer": answer,
        "img": embedded(recoded(view.data, "PNG")),
        "depth_image": embedded(_depth(view)),
        "mask": embedded(_filled(view, box)) if box else None,
    }


def _write(folder: Path, subset: str, rows: list[dict[str, Any]]) -> None:
    path = folder / "data" / f"{subset}-00000-of-00001.parquet"
    write_parquet(path, rows, ["img", "depth_image", "mask"])


def _depth(view: View) -> bytes:
    """Nearer things are brighter."""
    image = Image.new("L", (view.width, view.height))
    pen = ImageDraw.Draw(image)
    for thing in sorted(view.things, key=lambda one: -one.z):
        pen.rectangle(thing.box, fill=round(255 * max(0.0, 1.0 - thing.z / FARTHEST)))
    return encoded(image, "PNG")


def _filled(view: View, box: Corners) -> bytes:
    image = Image.new("L", (view.width, view.height))
    ImageDraw.Draw(image).rectangle(box, fill=255)
    return encoded(image, "PNG")


def stvqa_val(folder: Path) -> None:
    rows = []
    for category, ask, evidence in (
        ("relation", leftmost, "proved"),
        ("depth", nearer, "asserted"),
        ("count", how_many, "proved"),
    ):
        for k, (view, said) in enumerate(pick(ask, 3, start=241)):
            rows.append(_sample(category, k, view, said, evidence))
    write_parquet(folder / "val-00000-of-00001.parquet", rows, ["images"])


def _sample(category: str, k: int, view: View, asked: Asked, evidence: str) -> dict[str, Any]:
    options, letter = laid(asked._replace(wrong=asked.wrong[:3]), k)
    place = options.index(asked.right)
    lines = [option_text(number, text) for number, text in enumerate(options)]
    question = "\n".join([asked.text, *lines])
    found = beside(view) if category == "relation" else None
    links = [(found[0].label, "left of", found[1].label)] if found else []
    gold = _scene([(one.label, one.box) for one in asked.about], links)
    whole = _scene(
        [*view.grounds, *((one.label, one.box) for one in view.things)],
        list(dict.fromkeys([*view.relationships, *links])),
    )
    return {
        "image_id": str(view.number),
        "images": [embedded(view.data, f"{view.number}.jpg")],
        "problem": render_problem(question, view.width, view.height),
        "question_only": asked.text,
        "question_with_options": question,
        "options": list(options),
        "answer": render_completion(gold, letter),
        "answer_only": letter,
        "answer_text": render_completion(gold, options[place]),
        "answer_text_only": options[place],
        "answer_option_text": render_completion(gold, lines[place]),
        "answer_option_text_only": lines[place],
        "category": category,
        "level": LEVELS[k % len(LEVELS)],
        "rating": 8,
        "question_id": f"{view.number}-{category}",
        "group_id": str(view.number),
        "evidence": evidence,
        "width": view.width,
        "height": view.height,
        "scene_objects": whole.objects,
        "scene_relationships": whole.relationships,
        "coco_id": None,
    }


def _scene(objects: list[tuple[str, Corners]], links: list[tuple[str, str, str]]) -> PublishedScene:
    return PublishedScene(
        objects=[{"id": label, "bbox": tuple(box)} for label, box in objects],
        relationships=[
            {"subject": subject, "predicate": predicate, "object": target}
            for subject, predicate, target in links
        ],
    )
