"""Executed faithfulness: whether the scene that a model wrote supports the answer that it gave.

Each option of a question stands for a claim. The claims are executed on the model's own scene, as
they were on the annotated one when the question was made: its objects are matched to those of the
question by label and place, its boxes moved into pixels of the photograph. What the model did not
write is not there.

ENTAILS      the scene supports the claim of the given answer
CONTRADICTS  it refutes that claim, or supports that of another option instead
OPEN         neither: an object is missing, a fact is too close to call, or is none of boxes and
             relationships (which way something faces)
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum, auto
from typing import Any

import msgspec

from schemas.box import Box
from schemas.claim import Claim, decode_claim, objects_of
from schemas.completion.frames import Size, rescale_box
from schemas.completion.matching import Target, match
from schemas.completion.parsing import GOLD_TAGS, ReadScene, normal_label, read_scene, read_tags
from schemas.completion.similarity import exact_match
from schemas.config.margins import ProofConfig
from schemas.proof.facts import Facts
from schemas.scene_graph import Relationship, Scene, SceneObject
from schemas.vocabulary.classes import load_vocabulary
from schemas.vocabulary.predicates import load_predicates

COLUMNS = ("options", "option_claims", "scene_objects", "answer_option_text", "width", "height")
"""Of a sample, by which its program is known."""
MARGINS = ProofConfig()


class Faithfulness(StrEnum):
    ENTAILS = auto()
    CONTRADICTS = auto()
    OPEN = auto()


class Program(msgspec.Struct, frozen=True):
    """What a question asks of a scene: the claims of its options in their order, the number by
    which they name each object of the gold scene, and the size of the photograph, in whose pixels
    they are executed."""

    claims: tuple[Claim, ...]
    options: tuple[str, ...]
    numbers: dict[str, int]
    size: Size


def program_of(sample: Mapping[str, Any]) -> Program:
    """The program of a row with COLUMNS. ValueError where its claims and its gold scene name
    different numbers of objects.

    A sample states ids of claims and names of objects apart from each other. `scene_objects` is in
    the order of ids, and the gold scene holds exactly the objects that the claims name.
    """
    claims = tuple(map(decode_claim, sample["option_claims"]))
    numbers = sorted({number for claim in claims for number in objects_of(claim)})
    parts = read_tags(sample["answer_option_text"], GOLD_TAGS)
    names = set(read_scene(parts[0]).ids) if parts else set()
    ordered = [entry["id"] for entry in sample["scene_objects"] if entry["id"] in names]
    if numbers and len(ordered) != len(numbers):
        raise ValueError(
            f"the claims name {len(numbers)} objects and the gold scene {len(ordered)}: build the "
            "dataset again"
        )
    known = dict(zip(ordered, numbers, strict=True)) if numbers else {}
    return Program(
        claims, tuple(sample["options"]), known, (int(sample["width"]), int(sample["height"]))
    )


def encode_program(program: Program) -> str:
    return msgspec.json.encode(program).decode()


def decode_program(text: str) -> Program:
    return msgspec.json.decode(text, type=Program)


def faithfulness(program: Program, place: int, scene: Scene) -> Faithfulness:
    """Of the option at that place, given with that scene."""
    facts = Facts(scene, MARGINS)
    found = [facts.holds(claim) for claim in program.claims]
    if found[place].supports:
        return Faithfulness.ENTAILS
    if found[place].refutes or any(evidence.supports for evidence in found):
        return Faithfulness.CONTRADICTS
    return Faithfulness.OPEN


def given_place(answer: str, options: Sequence[str]) -> int | None:
    """The place of the option that an answer names by its letter, its text or both; None where it
    names none, or two texts are equal."""
    said = answer.strip().lower().removesuffix(".")
    found = []
    for place, option in enumerate(options):
        letter, text = chr(ord("a") + place), option.strip().lower()
        if said in (letter, f"({letter})", text, f"({letter}) {text}"):
            found.append(place)
    return found[0] if len(found) == 1 else None


def own_scene(predicted: ReadScene, gold: Target, program: Program) -> Scene:
    """What a model wrote as a scene graph of the photograph. The boxes of `predicted` and `gold`
    are in one frame, that of `gold`. An object has the number of the gold object that it is matched
    to, where their labels are equal; others have numbers that no claim names."""
    frame = round(gold.width), round(gold.height)
    numbers = {
        predicted.ids[pair.predicted]: program.numbers.get(gold.scene.ids[pair.gold])
        for pair in match(predicted, gold, exact_match)
        if pair.similarity == 1
    }
    return _numbered(predicted, numbers, frame, program)


def annotated_scene(whole: ReadScene, program: Program) -> Scene:
    """The photograph's whole scene graph as a sample publishes it, its objects with the numbers by
    which claims name them. What samples do not tell, attributes, depth and which way things face,
    is not known."""
    return _numbered(whole, program.numbers, program.size, program)


def _numbered(
    predicted: ReadScene, numbers: Mapping[str, int | None], frame: Size, program: Program
) -> Scene:
    """The scene with the number of each object, by its id; others have numbers that no claim
    names."""
    free = max(program.numbers.values(), default=0) + 1
    things: dict[str, SceneObject] = {}
    for place, (name, label, box) in enumerate(
        zip(predicted.ids, predicted.labels, predicted.boxes, strict=True)
    ):
        if box:
            number = numbers.get(name)
            moved = Box(*rescale_box(box, frame, program.size))
            things[name] = _thing(free + place if number is None else number, label, moved)
    return Scene(
        image_id="",
        width=program.size[0],
        height=program.size[1],
        has_frame=True,
        is_exhaustive=True,
        objects={thing.object_id: thing for thing in things.values()},
        relationships=tuple(_relationships(predicted, things)),
    )


def _thing(number: int, label: str, box: Box) -> SceneObject:
    resolved = load_vocabulary().resolve(label)
    return SceneObject(
        object_id=number,
        name=label,
        class_name=resolved.class_name,
        is_plural=resolved.is_plural,
        is_doubtful=False,
        blocks=tuple(sorted(resolved.mentions - {resolved.class_name})),
        box=box,
    )


def _relationships(predicted: ReadScene, things: Mapping[str, SceneObject]) -> list[Relationship]:
    """Those of two different objects, with a predicate that we know."""
    known = load_predicates()
    found: list[Relationship] = []
    for subject, verb, target in predicted.relationships:
        predicate = normal_label(verb) if isinstance(verb, str) else ""
        if predicate in known and subject != target and {subject, target} <= things.keys():
            ends = things[subject].object_id, things[target].object_id
            found.append(Relationship(len(found), ends[0], predicate, ends[1], True))
    return found
