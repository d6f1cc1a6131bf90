"""Variants by claims: other words for the same claims, and the same words about the mirrored
picture.

Both are made only where an item says what its options claim (validation splits of ours), and are
checked as `verify` checks a question: the words are read back, and the claims executed on the
scene that the sample publishes. Where the item's own words cannot be read so, there is no variant.
"""

from random import Random
from typing import NamedTuple

from schemas.benchmark import LETTERS, fact
from schemas.claim import Claim, category_of, encode_claim
from schemas.completion.parsing import read_scene
from schemas.mirror import mirrored_places, mirrored_scene
from schemas.proof.facts import Facts
from schemas.proof.own_scene import MARGINS, Program, annotated_scene, decode_program
from schemas.scene_graph import Scene
from tasks.evaluate.variants.variant import Changed, Row, unchanged
from tasks.language.forms.table import form_of
from tasks.language.references import find_references
from tasks.language.words.phrases import Reading
from tasks.language.words.references import text_of
from tasks.verify.checks import check_question

DRAWS = 20
"""Wordings that are drawn until one has other words and is read as the same claims."""


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
