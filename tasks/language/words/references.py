"""References in words: how they are written, and how they are read back, whoever wrote them."""

import re
from collections.abc import Mapping, Sequence, Set
from functools import lru_cache
from typing import NamedTuple

from schemas.proof.references import GRIPS
from schemas.reference import Order, Reference, Spot
from schemas.vocabulary.attributes import attribute_spellings
from schemas.vocabulary.classes import load_vocabulary
from schemas.vocabulary.kinds import Kind
from schemas.vocabulary.predicates import canonical_predicate, load_predicates
from tasks.language.words.names import Mention, names_of

ORDERS: Mapping[Order, str] = {
    Order.LARGEST: "largest {}",
    Order.LEFTMOST: "leftmost {}",
    Order.RIGHTMOST: "rightmost {}",
}
SPOTS: Mapping[Spot, str] = {
    spot: f"{{}} {'at' if spot.endswith('edge') else 'in'} the {spot.replace('_', ' ')} "
    "of the picture"
    for spot in Spot
}
BEFORE = {
    "largest": Order.LARGEST,
    "biggest": Order.LARGEST,
    "largest looking": Order.LARGEST,
    "leftmost": Order.LEFTMOST,
    "rightmost": Order.RIGHTMOST,
}
"""Words before a name that say its order; "largest" is that of the picture, as in all questions."""
RELATIVE = r"(?:(?:that|which|who) (?:is|s|appears|lies) )?"
PICTURE = r"(?: of the (?:picture|image|photo|photograph|scene|frame))?\b"
SAID: Sequence[tuple[str, Order | Spot]] = (
    (r"(?:that|which|who) (?:looks|appears) (?:the )?(?:largest|biggest)", Order.LARGEST),
    (r"farthest to the left", Order.LEFTMOST),
    (r"farthest to the right", Order.RIGHTMOST),
    (r"(?:at|on|along) the left(?: hand)? (?:edge|border)", Spot.LEFT_EDGE),
    (r"(?:at|on|along) the right(?: hand)? (?:edge|border)", Spot.RIGHT_EDGE),
    (r"(?:at|on|along) the (?:top|upper) (?:edge|border)", Spot.TOP_EDGE),
    (r"(?:at|on|along) the (?:bottom|lower) (?:edge|border)", Spot.BOTTOM_EDGE),
    (r"in the (?:top|upper) left(?: hand)? corner", Spot.TOP_LEFT_CORNER),
    (r"in the (?:top|upper) right(?: hand)? corner", Spot.TOP_RIGHT_CORNER),
    (r"in the (?:bottom|lower) left(?: hand)? corner", Spot.BOTTOM_LEFT_CORNER),
    (r"in the (?:bottom|lower) right(?: hand)? corner", Spot.BOTTOM_RIGHT_CORNER),
    (r"in the (?:very )?(?:center|centre|middle)", Spot.CENTER),
)
AFTER = [(re.compile(rf"{RELATIVE}{words}{PICTURE}"), place) for words, place in SAID]
"""What is said behind a name; of several that match, the longest counts."""
ARTICLE = "the"
MAX_BEFORE = 3
"""Words of an attribute or order at most ("made of wood" is not said before a name)."""
MAX_PREDICATE = 4
"""Words of a grip at most, with "who is": "that is leaning on" has more, and is none."""


class Described(NamedTuple):
    """A reference that words[start:stop] state; words[name.start:name.stop] are its class."""

    reference: Reference
    name: Mention
    start: int
    stop: int


def text_of(reference: Reference) -> str:
    """How a reference reads behind an article: `red car at the left edge of the picture`."""
    words = reference.class_name
    if reference.attribute:
        words = f"{reference.attribute} {words}"
    if reference.order:
        is_person = load_vocabulary().classes[reference.class_name].kind is Kind.PERSON
        if is_person and reference.order is Order.LARGEST:
            # "The largest man" would be about his body.
            return f"{words} who appears largest"
        return ORDERS[reference.order].format(words)
    if reference.spot:
        return SPOTS[reference.spot].format(words)
    if reference.predicate:
        phrase = load_predicates()[reference.predicate].phrase
        return f"{words} {phrase} the {reference.anchor}"
    return words


def again(name: str) -> str:
    """How a thing reads that has just been named: `the couch`, or `it` for one with more words."""
    described = references_in(name)
    if not described:
        return f"the {name}"
    kind = load_vocabulary().classes[described[0].reference.class_name].kind
    return f"the {name}" if kind is Kind.PERSON else "it"


@lru_cache(maxsize=1 << 12)
def references_in(text: str) -> tuple[Described, ...]:
    """The references of a text with more words than a class, each as long as can be."""
    words, mentions = names_of(text)
    found: list[Described] = []
    for name in mentions:
        if name.is_plural or (found and name.start < found[-1].stop):
            continue
        start, attribute, order = _before(words, name.start)
        stop, place, predicate, anchor = _after(words, name.stop, mentions)
        order = order or (place if isinstance(place, Order) else None)
        if isinstance(place, Spot) and order:
            stop, place = name.stop, None
        spot = place if isinstance(place, Spot) else None
        if predicate and order:
            stop, predicate, anchor = name.stop, None, None
        reference = Reference(name.name, attribute, order, spot, predicate, anchor)
        if not reference.is_plain:
            found.append(Described(reference, name, start, stop))
    return tuple(found)


def _before(words: Sequence[str], stop: int) -> tuple[int, str | None, Order | None]:
    """Attribute and order right before a name, and where they start."""
    attribute, order = None, None
    for size in range(MAX_BEFORE, 0, -1):
        attribute = attribute_spellings().get(" ".join(words[max(stop - size, 0) : stop]))
        if attribute:
            stop -= size
            break
    for size in range(MAX_BEFORE, 0, -1):
        order = BEFORE.get(" ".join(words[max(stop - size, 0) : stop]))
        if order:
            stop -= size
            break
    return stop, attribute, order


def _after(
    words: Sequence[str], start: int, mentions: Sequence[Mention]
) -> tuple[int, Order | Spot | None, str | None, str | None]:
    """Where what is said right behind a name ends, and what it says."""
    rest = " ".join(words[start:])
    matches = [(found.end(), place) for pattern, place in AFTER if (found := pattern.match(rest))]
    if matches:
        length, place = max(matches, key=lambda match: match[0])
        return start + len(rest[:length].split()), place, None, None
    said = words[start:]
    skipped = 2 if " ".join(said[:2]) in ("that is", "who is", "which is") else 0
    for anchor in mentions:
        if anchor.start <= start:
            continue
        span = words[start + skipped : anchor.start - 1]
        if words[anchor.start - 1] == ARTICLE and 0 < len(span) <= MAX_PREDICATE:
            predicate = canonical_predicate(" ".join(span))
            # What has a description of its own ("holding the dog in the bottom left corner") is
            # named itself, and describes nothing else.
            is_bare = _after(words, anchor.stop, mentions)[1:] == (None, None, None)
            if predicate in GRIPS and not anchor.is_plural and is_bare:
                return anchor.stop, None, predicate, anchor.name
        break
    return start, None, None, None


@lru_cache(maxsize=1 << 14)
def named_in(text: str, names: frozenset[str]) -> tuple[tuple[str, ...], tuple[Mention, ...]]:
    """The words of a text and what they name. A reference of `names` counts as one name, and only
    the words of its class are left of it: what they say is accounted for."""
    words, mentions = names_of(text)
    described = [entry for entry in references_in(text) if text_of(entry.reference) in names]
    if not described:
        return words, mentions
    kept: list[str] = []
    found: list[Mention] = []
    place = 0

    def move(stop: int) -> None:
        nonlocal place
        for entry in mentions:
            if place <= entry.start < stop:
                shift = len(kept) - place
                found.append(entry._replace(start=entry.start + shift, stop=entry.stop + shift))
        kept.extend(words[place:stop])
        place = stop

    for entry in described:
        move(entry.start)
        start = len(kept)
        kept.extend(words[entry.name.start : entry.name.stop])
        found.append(Mention(text_of(entry.reference), False, start, len(kept), False))
        place = entry.stop
    move(len(words))
    return tuple(kept), tuple(found)


def all_named_in(text: str, names: Set[str]) -> list[str]:
    """What a text names, once for each mention."""
    return [mention.name for mention in named_in(text, frozenset(names))[1]]
