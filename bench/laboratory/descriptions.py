"""Descriptions: how the words of a question pick out a thing, and which true things they fit.

"the red car at the left edge of the picture" is a name with conditions. Each condition is true,
false or unclear of a thing, by what is seen. Words that are not known leave a description unread.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from bench.laboratory.claims import fitting, is_recognisable
from bench.laboratory.relations import MEANINGS, RELATIONS, stands
from bench.laboratory.truths import FALSE, TRUE, UNCLEAR, Truth, between, least, most
from bench.laboratory.words import CLASSES_OF, COLOR_WORDS
from bench.laboratory.world import TrueScene, TrueThing
from schemas.vocabulary.classes import load_vocabulary
from schemas.vocabulary.predicates import canonical_predicate

WORD = re.compile(r"[a-z]+(?:-[a-z]+)*")
GAP = re.compile(r"(?:\bthe )?_{3,}")
"""What an option fills."""
FRAME = frozenset(
    WORD.findall(
        """picture image photo photograph scene viewer camera observer other others left right top
        bottom middle center centre front back background foreground most largest greatest shortest
        tallest widest biggest area room space number position direction way same following edge
        side part point ones one height width distance closest nearest farthest location perspective
    total blank sentence"""
    )
)
"""Words after "the" that do not begin a description."""
NAMES = frozenset(CLASSES_OF) | frozenset(load_vocabulary().classes)
"""Words that name things; those that fit nothing drawn are read as well."""
MAX_WORDS = 4  # of a name
MAX_PHRASE = 4  # words of a relationship
EDGE, NO_EDGE = 0.04, 0.15
"""Shares of the picture: what comes as near to an edge as the first is at it, what stays away
as far as the second is not."""
ALIKE_AREA, ALIKE_PLACE = 1.1, 0.02
"""Areas with a smaller ratio look equal; centres nearer than this share of the width are level."""
Fits = Callable[[TrueScene, TrueThing, Sequence[TrueThing]], Truth]
"""Whether a thing among all of its name meets a condition."""


class Description(NamedTuple):
    """`name` is None where the words cannot be read."""

    words: str
    name: str | None
    conditions: tuple[Fits, ...] = ()

    def fitting(self, scene: TrueScene) -> list[tuple[TrueThing, Truth]]:
        """The things that it fits, or may fit, of those that can be recognised."""
        things = list(filter(is_recognisable, fitting(scene, self.name or "")))
        for condition in self.conditions:
            # Each narrows down what the next one chooses among: "the largest red car".
            things = [thing for thing in things if condition(scene, thing, things) is not FALSE]
        return [
            (thing, least([condition(scene, thing, things) for condition in self.conditions]))
            for thing in things
        ]


# --- conditions


def of_color(color: str) -> Fits:
    return lambda scene, thing, things: TRUE if thing.color == color else FALSE


POSES: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "standing": (frozenset({"standing", "holding"}), frozenset()),
    "sitting": (frozenset({"sitting"}), frozenset({"riding"})),
    "flying": (frozenset({"flying"}), frozenset()),
}
"""By word: drawn poses that it fits, and those of which people differ."""


def posed(word: str) -> Fits:
    sure, unclear = POSES[word]
    return lambda scene, thing, things: (
        TRUE if thing.pose in sure else UNCLEAR if thing.pose in unclear else FALSE
    )


def foremost(measure: Callable[[TrueThing], float], step: Callable[[TrueScene], float]) -> Fits:
    """It has more of a measure than every other one, by a step."""

    def fits(scene: TrueScene, thing: TrueThing, things: Sequence[TrueThing]) -> Truth:
        others = [other for other in things if other.number != thing.number]
        leads = [measure(thing) - measure(other) for other in others]
        return least([between(lead, -step(scene), step(scene)) for lead in leads])

    return fits


def largest(scene: TrueScene, thing: TrueThing, things: Sequence[TrueThing]) -> Truth:
    """By its box and by its visible pixels."""

    def compared(other: TrueThing) -> Truth:
        boxes = thing.width * thing.tall / max(other.width * other.tall, 1.0)
        seen = thing.area / max(other.area, 1)
        both = [between(ratio, 1 / ALIKE_AREA, ALIKE_AREA) for ratio in (boxes, seen)]
        return both[0] if both[0] is both[1] else UNCLEAR

    return least([compared(other) for other in things if other.number != thing.number])


def at(*sides: str) -> Fits:
    """At all these edges of the picture: two are a corner."""

    def fits(scene: TrueScene, thing: TrueThing, things: Sequence[TrueThing]) -> Truth:
        left, top, right, bottom = thing.box
        away = {
            "left": left / scene.width, "right": 1 - right / scene.width,
            "top": top / scene.height, "bottom": 1 - bottom / scene.height,
        }  # fmt: skip
        return least([between(away[side], NO_EDGE, EDGE) for side in sides])

    return fits


def central(scene: TrueScene, thing: TrueThing, things: Sequence[TrueThing]) -> Truth:
    """Its middle lies in the middle third of the picture each way; unclear in the middle half."""
    x, y = thing.center
    off = max(abs(x / scene.width - 0.5), abs(y / scene.height - 0.5))
    return between(off, 1 / 4, 1 / 6)


def related(predicate: str, anchor: Description) -> Fits:
    def fits(scene: TrueScene, thing: TrueThing, things: Sequence[TrueThing]) -> Truth:
        anchors = [other for other, _ in anchor.fitting(scene) if other.number != thing.number]
        return most([stands(scene, thing, predicate, other) for other in anchors])

    return fits


LEFTMOST = foremost(lambda thing: -thing.center[0], lambda scene: ALIKE_PLACE * scene.width)
RIGHTMOST = foremost(lambda thing: thing.center[0], lambda scene: ALIKE_PLACE * scene.width)
ORDERS: dict[str, Fits] = {
    "largest": largest, "biggest": largest, "leftmost": LEFTMOST, "rightmost": RIGHTMOST,
}  # fmt: skip
"""Words before a name that set one thing apart from the others."""
_THAT = r"(?:(?:that|which|who) (?:is |appears |lies |stands )?)?"
_PICTURE = r"(?: of the (?:picture|image|photo|photograph))?"
AFTER: list[tuple[re.Pattern[str], Fits]] = [
    (re.compile(rf"{_THAT}{words}{_PICTURE}\b"), fits)
    for words, fits in (
        (r"(?:looks |appears )?(?:the )?(?:largest|biggest)", largest),
        (r"farthest to the left", LEFTMOST),
        (r"farthest to the right", RIGHTMOST),
        *(
            (rf"(?:at|on|along|by) the (?:{side}) (?:edge|border)", at(name))
            for name, side in (
                ("left", "left"), ("right", "right"), ("top", "top|upper"),
                ("bottom", "bottom|lower"),
            )
        ),
        *(
            (rf"in the (?:{row}) {side} corner", at(name, side))
            for name, row in (("top", "top|upper"), ("bottom", "bottom|lower"))
            for side in ("left", "right")
        ),
        (r"in the (?:very )?(?:center|centre|middle)", central),
    )
]  # fmt: skip
"""Words behind a name."""


# --- reading


def words_in(text: str) -> list[str]:
    return WORD.findall(GAP.sub(" ", text.casefold()))


def described(words: Sequence[str], stated: str | None = None) -> Description:
    """The description at the start of some words, as long as can be. A word that may be a name or
    say what a thing is like says that where a name follows: "the orange box". The predicate that
    the question itself states is no part of it: "is the man riding the horse?"."""
    found = Description(" ".join(words[:MAX_WORDS]), None)
    likenesses: list[Fits] = []
    orders: list[Fits] = []  # each counts among the things that all else fits
    for start in range(len(words)):
        for stop in range(min(start + MAX_WORDS, len(words)), start, -1):
            if (name := " ".join(words[start:stop])) in NAMES:
                length, behind = _behind(words[stop:], stated)
                said = " ".join(words[: stop + length])
                found = Description(said, name, (*likenesses, *behind, *reversed(orders)))
                break
        if words[start] in ORDERS:
            orders.append(ORDERS[words[start]])
        elif words[start] in COLOR_WORDS:
            likenesses.append(of_color(COLOR_WORDS[words[start]]))
        elif words[start] in POSES:
            likenesses.append(posed(words[start]))
        else:
            break
    return found


def _behind(words: Sequence[str], stated: str | None) -> tuple[int, list[Fits]]:
    """How many words behind a name belong to it, and what they say."""
    rest = " ".join(words)
    for pattern, fits in AFTER:
        if found := pattern.match(rest):
            return len(found[0].split()), [fits]
    start = 2 if words[:2] in (["that", "is"], ["who", "is"], ["which", "is"]) else 0
    for stop in range(start + 1, min(start + MAX_PHRASE + 1, len(words) - 1)):
        if words[stop] == "the" and words[stop + 1] not in FRAME:
            predicate = canonical_predicate(" ".join(words[start:stop]))
            anchor = described(words[stop + 1 :])
            is_known = MEANINGS.get(str(predicate), predicate) in RELATIONS
            if is_known and anchor.name and predicate != stated:
                return stop + 1 + len(anchor.words.split()), [related(str(predicate), anchor)]
            break
    return 0, []


def descriptions_in(text: str, stated: str | None = None) -> Iterator[Description]:
    """Each "the ..." of a text that names a thing; `stated` is the predicate of a claim that the
    text asks about as a whole."""
    words = words_in(text)
    place = 0
    while place < len(words):
        place += 1
        if words[place - 1] != "the" or place == len(words):
            continue
        found = described(words[place:], stated)
        is_order = words[place] in ORDERS and found.name not in FRAME
        is_frame = words[place] in FRAME and not (is_order and found.name)
        if not is_frame:
            yield found
            place += len(found.words.split()) if found.name else 0
