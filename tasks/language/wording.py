"""Wording: what the sentences of several categories are made of."""

from collections.abc import Iterable, Mapping

from schemas.vocabulary.predicates import load_predicates
from tasks.language.grammar import BLANK

PARTS = {
    "picture": ("picture", "image", "photo", "photograph"),
    "look": ("", "in the {picture}, ", "in this {picture}, "),
    "viewed": (
        "as the viewer sees it",
        "from the viewer's side",
        "seen from the viewer's side",
        "from the viewer's point of view",
        "from the viewer's perspective",
    ),
    "which": (
        "which of these",
        "which one of these",
        "which of the following",
    ),
    "among": ("of these", "among these"),
    "which_one": ("which one", "which one is it", "which of them"),
    "name_the_one": ("can you name the one", "can you pick the one"),
    "by": ("in relation to", "relative to", "with respect to"),
    "position": ("position", "location"),
    "found": ("found", "seen"),
    "gap": (BLANK,),
    "fits": (
        "what goes in the blank?",
        "what fills the blank?",
        "which option fills the blank?",
        "which option completes the sentence?",
        "which answer completes the sentence?",
    ),
}
"""Parts that several categories share. None of them says anything of what is asked."""


def phrase_of(predicate: str) -> str:
    return load_predicates()[predicate].phrase


def in_same_picture(name: str) -> str:
    """The name, with the word for the picture that its sentence has."""
    return name.replace(" of the picture", " of the {picture}")


def listed(keys: Iterable[int], names: Mapping[int, str]) -> str:
    """`the cat, the dog and the bus`, in the order of the ids."""
    things = [f"the {names[key]}" for key in sorted(keys)]
    return f"{', '.join(things[:-1])} and {things[-1]}"
