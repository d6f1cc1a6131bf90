"""Variants by claims: other words for the same claims, and the same words about the mirrored
picture.

Both are made only where an item says what its options claim (validation splits of ours), and are
checked as `verify` checks a question: the words are read back, and the claims executed on the
scene that the sample publishes. Where the item's own words cannot be read so, there is no variant.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import NamedTuple

import msgspec

from schemas.benchmark import LETTERS, fact
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
    category_of,
    encode_claim,
)
from schemas.completion.parsing import read_scene
from schemas.proof.facts import Facts
from schemas.proof.own_scene import MARGINS, Program, annotated_scene, decode_program
from schemas.scene_graph import Scene
from schemas.vocabulary.predicates import load_predicates
from tasks.evaluate.variants.variant import Changed, Row, unchanged
from tasks.language.forms.table import form_of
from tasks.language.references import find_references
from tasks.language.words.phrases import Reading
from tasks.language.words.references import text_of
from tasks.verify.checks import check_question

DRAWS = 20
"""Wordings that are drawn until one has other words and is read as the same claims."""
OPPOSITE = {"left": "right", "right": "left"}
SIDE = re.compile("|".join(OPPOSITE))


class Meant(NamedTuple):
    """An item by its claims, `asks` being the part in which they differ."""

    program: Program
    asks: str
    scene: Scene

    @property
    def claims(self) -> tuple[Claim, ...]:
        return self.program.claims


def meaning_of(item: Row) -> Meant | None:
    """None where an item does not say what its options claim, or its words are not surely read as
    these claims."""
    program, whole = fact(item["facts"], "program"), fact(item["facts"], "full_scene")
    if program is None or whole is None:
        return None
    known = decode_program(program)
    scene = annotated_scene(read_scene(whole), known)
    texts = unchanged(item)
    found = [
        meant
        for asks in form_of(known.claims[0]).asks
        if holds(texts, (meant := Meant(known, asks, scene)), LETTERS.index(item["answer"]))
    ]
    return found[0] if len(found) == 1 else None


def holds(texts: Changed, meant: Meant, answer: int) -> bool:
    """Whether question and options are surely read as the claims, in their order, and nothing in
    the scene speaks against the answer. What the sample does not tell, speaks neither way."""
    claims = [encode_claim(claim) for claim in meant.claims]
    row = {
        "category": category_of(meant.claims[0]),
        "asks": meant.asks,
        "question": texts.question,
        "options": list(texts.options),
        "option_claims": claims,
        "claim": claims[answer],
        "answer": answer,
    }
    found = check_question(row, Facts(meant.scene, MARGINS), is_judged=True)
    return found.problem is None and found.reading is Reading.READ


def paraphrased(item: Row, random: Random) -> Changed | None:
    """The same claims in other words, which say the same by the same names; None where no words
    that are certain are found."""
    meant, same = meaning_of(item), unchanged(item)
    if meant is None:
        return None
    answer = LETTERS.index(item["answer"])
    facts = Facts(meant.scene, MARGINS)
    references = find_references((same.question, *same.options), meant.claims, facts)
    names = {key: text_of(reference) for key, reference in references.items()}
    evidence = fact(item["facts"], "evidence") or ""
    form = form_of(meant.claims[0])
    for _ in range(DRAWS):
        question, options = form.worded(meant.claims, meant.asks, evidence, names, random)
        changed = same._replace(question=question, options=options)
        if _words(question) != _words(same.question) and holds(changed, meant, answer):
            return changed
    return None


def _words(text: str) -> str:
    return "".join(character for character in text.lower() if character.isalnum())


def mirrored_words(item: Row) -> Changed | None:
    """The same words, about the mirrored picture: each option stands for what its mirrored claim
    says there. None where the mirrored claim of some option is no option, or the words name
    another thing there."""
    meant, same = meaning_of(item), unchanged(item)
    places = mirrored_places(meant.claims) if meant else None
    if meant is None or places is None:
        return None
    there = meant._replace(scene=mirrored_scene(meant.scene))
    answer = places[LETTERS.index(item["answer"])]
    return same._replace(places=places) if holds(same, there, answer) else None


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
    is_of_side = predicate is not None and "side" in dict(predicate.axes)
    return predicate.inverse or name if predicate and is_of_side else name


def mirrored_scene(scene: Scene) -> Scene:
    """Boxes and relationships as the mirrored picture shows them."""
    objects = {
        key: replace(thing, box=Box(scene.width - x2, y1, scene.width - x1, y2))
        for key, thing in scene.objects.items()
        for x1, y1, x2, y2 in (thing.box,)
    }
    relationships = tuple(
        replace(link, predicate=mirrored_predicate(link.predicate)) for link in scene.relationships
    )
    return replace(scene, objects=objects, relationships=relationships)


def _other_side(text: str) -> str:
    return SIDE.sub(lambda side: OPPOSITE[side[0]], text)
