"""Rates: how often simulated annotators leave things out, and make which mistakes."""

from dataclasses import dataclass, field, fields
from typing import Any

MEASURED = "reference: Visual Genome v1.2, 20 images"
GUESSED = "guessed: no sample shows it"


def _rate(default: float, says: str, source: str) -> Any:
    return field(default=default, metadata={"says": says, "source": source})


@dataclass(frozen=True)
class Rates:
    """How often an annotator does what, each a share in [0, 1] of what `says` names."""

    siblings_left_out: float = _rate(
        0.5, "things of a class of which a larger one is annotated, not annotated", GUESSED
    )
    small_left_out: float = _rate(0.5, "things below 0.4 % of the picture, not annotated", GUESSED)
    background_left_out: float = _rate(
        0.4, "grounds, and things more than 12 m away, not annotated", GUESSED
    )
    left_out: float = _rate(0.1, "all other things, not annotated", GUESSED)
    grouped: float = _rate(
        0.25, "classes of several things, boxed as one with a plural name (13 % of names)",
        "measured on the v1.2 sample, as far as plural names go",
    )  # fmt: skip
    parts: float = _rate(
        0.15, "parts of annotated things, annotated (19 % of objects are parts or clothing)",
        "measured on the v1.2 sample",
    )  # fmt: skip
    shifted: float = _rate(0.03, "of a box's side: standard deviation of each edge", GUESSED)
    cut: float = _rate(0.05, "boxes that miss 20 to 45 % of the thing at one side", GUESSED)
    same_box: float = _rate(0.053, "things boxed twice with the same box", MEASURED)
    similar_box: float = _rate(0.036, "things boxed twice with a box like the first", MEASURED)
    other_word: float = _rate(0.102, "objects called by another word that fits", MEASURED)
    wrong_word: float = _rate(
        0.0, "objects called by a word that does not fit", "no sample shows it; left out by default"
    )
    several_names: float = _rate(
        0.13, "objects with a second name, half of them another's", MEASURED
    )
    sentences: float = _rate(0.085, "objects named by a sentence", MEASURED)
    no_synset: float = _rate(0.07, "objects and relationships without a synset", MEASURED)
    no_attributes: float = _rate(0.39, "objects without attributes", MEASURED)
    wrong_attribute: float = _rate(0.02, "attributes of colour that are wrong", GUESSED)
    bonds_noted: float = _rate(0.7, "things on, in or at others, with a relationship", GUESSED)
    places_noted: float = _rate(
        0.12, "pairs of other things of which a true place is noted", GUESSED
    )
    one_sided: float = _rate(0.95, "relationships whose other side is never annotated", GUESSED)
    repeated: float = _rate(0.172, "relationships annotated twice", MEASURED)
    wrong_relationship: float = _rate(
        0.03, "relationships with ends changed, another end or another predicate", GUESSED
    )
    nonsense: float = _rate(0.01, "relationships with a predicate that means nothing", GUESSED)
    upper_case: float = _rate(0.465, "predicates in upper case", MEASURED)
    other_end_name: float = _rate(0.102, "ends named otherwise than their object", MEASURED)


NO_MISTAKES = Rates(**{entry.name: 0.0 for entry in fields(Rates)} | {
    "bonds_noted": 1.0, "places_noted": 1.0, "one_sided": 0.0,
})  # fmt: skip
"""Complete annotation: every thing, every relationship, exact boxes, one word each."""
