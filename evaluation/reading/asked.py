"""Asked: what a question asks, as far as its words and its options tell.

Its scales ("nearer" and "farther") stand in data/vocabulary/scales.toml.
"""

import re
import tomllib
from collections.abc import Iterable, Sequence, Set
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from evaluation.reading.existing import sought_in
from evaluation.reading.naming import is_solid
from evaluation.reading.option_texts import NUMBERS, UNIT, singular
from evaluation.reading.qualified import Qualified, qualified_in
from evaluation.reading.viewpoint import Viewpoint, asked_from, pictures_in, side_in

if TYPE_CHECKING:
    from evaluation.reading.related import Claim

TABLE = Path(__file__).parents[2] / "data" / "vocabulary" / "scales.toml"
RANK = re.compile(
    r"(?i)\b(second|third|fourth)[ -](?=(?:\w+ )?(?:\w+est|most)\b|"
    r"(?:[\w-]+ ){0,2}?from (?:the )?(?P<side>left|right|top|bottom)\b)"
)
"""Before the end of a scale, or of a row: what is at the end itself is not asked for."""
TURNS = re.compile(r"(?i)\b(?:less|least|not|never|no|without|except|hardly)\b|n't\b")
"""What makes a word of one end speak of the other end, or of neither."""
LESSER = re.compile(r"(?i)\b(?:less|least)\b")
THING = re.compile(r"[^\W\d_]{3,}")
REFERENCE = re.compile(
    r"(?i)\b(?:relative|respect|relation|regard|compared|comparison) (?:to|with) "
    r"(?:the|this|that|an?) "
    r"((?:[\w-]+ ){0,2}?[\w-]+)\b(?= ?(?:[,.;:?)]|(?:in|on|at|is|are|seen|from|as|of|when)\b|$))"
)
"""From what a question asks for the place of another thing."""
VERB = re.compile(
    r"(?i)\b(?:is|are|was|were|be|has|have|stands?|sits?|lies?|looks?|seems?|appears?)\b|'s\b"
)
NUMBER = rf"(\d{{1,9}}|{'|'.join(NUMBERS[1:])})"
PART = re.compile(rf"(?i)(?<![\w.-]){NUMBER}(?![\w.-])")
SUPPOSES = re.compile(
    r"(?i)\b(?:if|suppose|imagine|assum\w+|when|perspective|viewpoint|view|would)\b"
)
COMMON = {"you", "your", "are", "were", "was", "the", "and", "there", "some"}
"""Words that name no thing."""
MEASURE = re.compile(rf"\d[\d.,]*[ -]?{UNIT}")
"""Of an option: its unit names no thing, such as a parking meter."""
HOW_MANY = re.compile(r"(?i)\bhow many\b|\bnumber of\b|\bcount\b")
WHETHER = re.compile(r"(?i)\b(?:is|are) there\b|\b(?:can|do) (?:you|we) see\b")
AT = re.compile(
    r"(?i)\b(on|under|behind|above|below) (?:the|this|that|an?) (?:[\w-]+ ){0,2}?([\w-]+)"
    r"(?=$|[?.,;:]| (?:in|on|at|is|are|and|that|which|with)\b)"
)
"""At which thing something is, and how."""
PLACED = re.compile(
    r"(?i)\b(?:where|which (?:way|side|direction|part)|what \w+)\b[^.?]*?\b(?:is|are) "
    r"(?:the|this|that) ((?:[\w-]+ ){0,2}?[\w-]+)\b(?= ?(?:[,.;:?)]|(?:in|on|at|with|to|from|as|of|"
    r"relative|located|positioned|placed|situated|facing|compared)\b|$))"
)
"""Of what a question asks for the place."""
RELATED = re.compile(
    r"(?i)\b(?:which|what|who)\b[^.?]*? (?:is|are) (?:\w+(?:ed|ing) )?"
    r"(?:directly |to the |on the )?"
    r"(?:behind|in front of|above|below|under|(?:left|right)(?: side)? of) (?:the|this|that) "
    r"((?:[\w-]+ ){0,2}?[\w-]+)\b(?= ?(?:[,.;:?)]|(?:in|on|at|from|as)\b|$))"
)
"""From what a question asks which thing is where."""
ASKED_THING = r"(?:the|this|that) ((?:[\w-]+ ){0,2}?[\w-]+)"
BEFORE_OFFERED = (
    rf"\b(?:(?:is|are) {ASKED_THING}|{ASKED_THING} (?:is|are)) (?:(?:to|on|in|at) (?:the )?)?"
)
"""Before an option, of what a question asks whether that holds."""
ASKED_VERB = re.compile(
    r"(?i)\b(?:which|what|who)(?: of (?:these|them|the \w+)| thing| object| one)? "
    r"(?!(?:is|was|has|does)\b)([a-z]+s(?: up)?)\b(?! (?:is|are|was|were|do|does|has|have|can)\b)"
)
"""Of what a question asks: "which takes up the most room"."""


class Scale(NamedTuple):
    """Patterns for the words of its two ends."""

    one: re.Pattern[str]
    other: re.Pattern[str]


def _pattern(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?i)(?<![\w-])(?:{'|'.join(words.split())})(?![\w-])".replace("_", r"\s+"))


SCALES = [
    Scale(*map(_pattern, entry["ends"]))
    for entry in tomllib.loads(TABLE.read_text(encoding="utf-8"))["scale"]
]


class Asked(NamedTuple):
    """What a question asks: patterns of the end of each scale that it names and of the opposite
    end; the things that it names, those of its options, and those of which it does not ask for the
    place; the letters of its options; those that state nothing, and the things of each; the verb of
    what it asks for; whether it supposes something; whether its options are numbers of things;
    where it asks whether something is there, the letter of "no" and the words for what it seeks;
    patterns of its options where it asks for a place relative to another thing, or they compare;
    the things for whose place it asks; a pattern of the word for what is not first on a scale
    ("second"); how its options have one thing to another; whose left and right it asks for; the
    colours and the like by which it names things; how what it counts is to another thing: "on";
    of which of several pictures it asks; the one side that it names ("in his left hand").
    `is_turned` has clauses read that speak of the opposite of what is asked."""

    ends: Sequence[Scale] = ()
    things: Set[str] = frozenset()
    offered: Set[str] = frozenset()
    references: Set[str] = frozenset()
    letters: str = ""
    names: Sequence[str] = ()
    kinds: Sequence[Set[str]] = ()
    verb: re.Pattern[str] | None = None
    is_supposed: bool = False
    is_counted: bool = False
    no: str = ""
    sought: Sequence[str] = ()
    places: Sequence[re.Pattern[str]] = ()
    placed: Set[str] = frozenset()
    rank: re.Pattern[str] | None = None
    claims: "Sequence[tuple[str, Claim]]" = ()
    viewpoint: Viewpoint | None = None
    qualified: Set[Qualified] = frozenset()
    counted_at: Set[str] = frozenset()
    pictures: Set[str] = frozenset()
    side: str = ""
    is_turned: bool = False


NOTHING = Asked()
"""Where no question is known: nothing is left out of a reply."""


def asked_by(question: str, options: Iterable[tuple[str, str]]) -> Asked:
    """What a question with options (letters and texts) asks. A scale counts where the question
    names one end of it, and its options none; one that the question turns ("not near") does not."""
    texts = [*options]
    offered = "\n".join(text for _, text in texts)
    ends = []
    for scale in SCALES:
        if any(pattern.search(offered) for pattern in scale):
            continue
        found = [pattern.search(question) is not None for pattern in scale]
        if found[0] == found[1]:
            continue
        is_other = found[1] != (LESSER.search(question) is not None)
        ends.append(Scale(*reversed(scale)) if is_other else scale)
    if TURNS.search(LESSER.sub(" ", question)):
        ends = []
    others = (
        things_in(question) - things_in(placed[1])
        if (placed := PLACED.search(question))
        else _beside_offered(question, [text for _, text in texts])
    )
    verb = ASKED_VERB.search(question)
    names = [text for _, text in texts if not VERB.search(text)]
    no = [letter for letter, text in texts if text.strip(" .").lower() == "no"]
    sought = sought_in(question)
    is_scale_offered = any(end.search(offered) for scale in SCALES for end in scale)
    places = [rf"(?i)\b{_with_side(text.strip(' .'))}(?!\w)" for _, text in texts]
    is_sought = (sought or WHETHER.search(question)) and not TURNS.search(question)
    return Asked(
        ends,
        things_in(f"{question}\n{offered}"),
        things_in(MEASURE.sub("", offered)) - COMMON,
        things_in(" ".join(REFERENCE.findall(question) + RELATED.findall(question))) | others,
        "".join(letter for letter, _ in texts),
        names,
        [things_in(name) - COMMON for name in names],
        re.compile(rf"(?i)\b{verb[1]}\b") if verb else None,
        SUPPOSES.search(question) is not None,
        HOW_MANY.search(question) is not None and all(PART.fullmatch(text) for _, text in texts),
        no[0] if no and is_sought else "",
        sought,
        [re.compile(place) for place in places if others or is_scale_offered],
        things_in(placed[1]) if placed else frozenset(),
        _ranked(rank) if (rank := RANK.search(question)) else None,
        viewpoint=asked_from(question, offered),
        side=side_in(question, offered),
        qualified={*qualified_in(question)} - {*qualified_in(offered)},
        pictures=frozenset() if pictures_in(offered) else pictures_in(question),
        counted_at={how.lower() for how, thing in AT.findall(question) if is_solid(thing.lower())},
    )


def _with_side(place: str) -> str:
    """A pattern of a place, also of "left side of" for "left of"."""
    return re.sub(r"(left|right)(\\ of)$", r"\1(?: (?:hand )?side)?\2", re.escape(place))


def _ranked(rank: re.Match[str]) -> re.Pattern[str]:
    """The word for what is not first, unless it is so from another side."""
    other = rf"(?!.*\bfrom (?:the )?(?!{rank['side']})(?:left|right|top|bottom)\b)"
    return re.compile(rf"(?i)\b{rank[1]}\b{other if rank['side'] else ''}")


def _beside_offered(question: str, texts: Sequence[str]) -> set[str]:
    """Of a question that names its options behind what it asks for ("is the lamp above or below the
    shelf"), the other things."""
    offered = "|".join(re.escape(text.strip(" .")) for text in texts if text.strip(" ."))
    found = re.search(rf"{BEFORE_OFFERED}(?:{offered})(?!\w)", question, re.I) if offered else None
    named = (found[1] or found[2], *texts) if found else (question,)
    return things_in(question) - things_in("\n".join(named))


def things_in(text: str) -> set[str]:
    return {singular(word.lower()) for word in THING.findall(text)}
