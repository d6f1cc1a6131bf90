"""Phrases: what a text says about the things that it names, and which it places by which."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from enum import StrEnum, auto
from functools import cached_property, lru_cache
from typing import NamedTuple

from schemas.vocabulary.predicates import Predicate, canonical_predicate, load_predicates
from tasks.language.words.names import word_set
from tasks.language.words.references import named_in

NEGATIONS = word_set(
    "not no never neither nor without except least less fewest cannot nobody nothing none wrong "
    "incorrect false untrue"
)
"""Words that turn, or may turn, a text into its opposite: such texts are never READ."""
FILLERS = frozenset(
    {"and", "says", "belonging to", "made of", "from", "for", "to", "has", "with", "of",
     "part of", "at"}
)  # fmt: skip
"""Predicates that are also ordinary grammar: read only where a claim uses them."""
SWEEPING = frozenset({"near", "touching", "at", "along", "on", "on top of", "above", "below"})
"""Meanings that hold wherever a more specific one with the same axes holds."""
VIEWER = r"(?:the |your |our )?(?:viewer|camera|observer|photographer|spectator|onlooker)(?: s)?"
"""Whoever looks at the picture: a point of view that is not in the picture."""
PICTURE = r"(?:picture|image|photo|photograph|scene|frame|shot)"
"""Words for the picture itself."""
ASIDES = [
    re.compile(pattern)
    for pattern in (
        r"^(?:hey|hi|hello)\b",
        r"^(?:please )?(?:(?:look|looking|take a look) (?:closely )?at|consider|considering) "
        rf"(?:the|this) (?:whole |entire |given )?{PICTURE}\b",
        r"\bwould you say\b",
        r"\byes or no\b",
        r"\b(?:what|which (?:option|answer|word|words|of these|one)) "
        r"(?:goes in|fits|fills|fits into|completes|best completes) "
        r"(?:the|this) (?:gap|blank|sentence|statement)\b",
        r"^(?:complete|finish) (?:the|this) (?:sentence|statement)\b",
        r"\bor not\b",
        r"\bat least one\b",
        rf"\b(?:(?:as )?(?:shown|visible|seen|viewed|depicted|pictured|present|appearing) )?"
        rf"(?:(?:in|of|within|on|across|anywhere in) )?(?:the|this) (?:whole |entire |given )?"
        rf"{PICTURE}\b(?: s\b)?(?: plane\b)?",
        rf"\b(?:(?:as )?(?:seen|viewed) )?(?:from|by|for|to|toward|towards) {VIEWER}"
        r"(?: (?:side|point of view|perspective|viewpoint|view|standpoint|position|angle))?",
        rf"\bas {VIEWER} sees it\b",
        rf"\bfrom where {VIEWER} (?:stands|is)\b",
    )
]
"""Phrases that only say that a question is about a picture, or that it is a question."""
PLAIN = ASIDES + [
    re.compile(pattern)
    for pattern in (
        r"\bin (?:his|her|its|their|one|both|the) (?:left |right )?hands?\b",
        r"\b(?:in|with) (?:relation|respect|regard|reference|comparison) to\b",
        r"\b(?:in|from|on|at|to|toward) (?:which|what) "
        r"(?:direction|side|part|area|region|section)\b",
        r"\b(?:out )?of (?:the following|these|them|those|the (?:\w+ )?(?:options|objects|things|"
        r"items|choices))\b",
    )
]
"""With them, phrases that say nothing about which predicate is stated."""
TARGET = (
    r"(?:where|how|what|which way) (?:is|are|s|was|does|would|can|could|you|find|we|see)"
    r"(?: you| we| one)?(?: find| see| spot)? (?:the |a |an )?{name}\b(?! s\b)",
    r"(?:position|location|placement|place|whereabouts) of (?:the |a |an )?{name}\b",
    r"(?<!you )\b(?:is|are|does) (?:the |a |an )?{name}\b(?! s\b)",
    r"{name} s (?:\w+ )?(?:position|location|placement|place)\b",
    r"^(?:the |a |an )?{name} (?:is|sits|stands|lies)\b",
)
"""Patterns in which `name` is what the question asks to place."""
REFERENCE = (
    r"(?:relation|relative|respect|regard|reference|compared|comparison|next|according|close)"
    r" (?:to|with) (?:the |a |an )?{name}\b(?! s (?:position|location))",
    r"\b(?:from|for|beside|around|than|through|as|being|were|become|you are|you re) "
    r"(?:the |a |an )?{name}\b",
    r"\b(?:side|left|right|front|top|perspective|view|viewpoint|standpoint|direction) of "
    r"(?:the |a |an )?{name}\b",
    r"{name} s (?:own )?(?:left|right|point|perspective|view|viewpoint|frame|eyes|side|standpoint)",
)
"""Patterns in which `name` is that by which something is placed."""
OWN_VIEW = (
    r"{name} s (?:own )?(?:left|right|point of view|perspective|viewpoint|standpoint|eyes|"
    r"frame of reference|side)",
    r"(?:perspective|point of view|viewpoint|standpoint|eyes|shoes) of (?:the |a |an )?{name}\b",
    r"(?:being|imagine|imagining|were|you are|you re|become) (?:you are |you re |being )?"
    r"(?:the |a |an )?{name}\b",
    r"\bas (?:the |a |an )?{name} (?:sees|would see)\b",
    r"\b(?:way|direction) (?:that )?(?:the |a |an )?{name} (?:is )?(?:facing|faces)\b",
    r"\bwhere (?:the |a |an )?{name} (?:is )?(?:standing|stands|sits|sitting)\b",
    r"\bstanding where (?:the |a |an )?{name} is\b",
    r"\byourself in (?:the |a |an )?{name} s shoes\b",
    r"\bfor (?:the |a |an )?{name}\b",
)
"""Patterns in which the point of view is that of `name`; the last, "for the dog", is the weakest
sign."""
LONGEST = 6
"""Words of a predicate at most: no spelling in the vocabulary has more words."""


class Reading(StrEnum):
    """What words say, compared with a claim: the same; perhaps the same; something else."""

    READ = auto()
    UNREAD = auto()
    DIFFERS = auto()


class Said(NamedTuple):
    """A predicate that words state, with the nearest name before and after it; `is_fronted` where
    it comes first, as in "on which of these is the dog?"."""

    predicate: Predicate
    before: str | None
    after: str | None
    is_fronted: bool


@lru_cache(maxsize=1 << 12)
def plainly(text: str) -> str:
    """A text without the phrases PLAIN."""
    return _without(PLAIN, text)


def _without(patterns: Sequence[re.Pattern[str]], text: str) -> str:
    for pattern in patterns:
        text = pattern.sub(" ", text)
    return " ".join(text.split())


@lru_cache(maxsize=1 << 14)
def predicate_of(span: tuple[str, ...]) -> str | None:
    """The predicate that a few words say, or None; "held by the man" is not a place, and "was left
    of" is about another time."""
    is_past = span[0] in ("was", "were")
    if is_past or span in (("by",), ("by", "the")) or not {"S", "O", "X", "___"}.isdisjoint(span):
        return None
    return canonical_predicate(" ".join(span))


class Words:
    """A text, its words, and how they name what a claim is about: S its subject (target, or the
    class that exists), O its object (reference, or the other class), X anything else.

    `names` are those of the claim's objects, classes or texts of references; `ends` those of
    subject and object, None where the claim has no such end.
    """

    def __init__(self, text: str, names: Set[str], ends: tuple[str | None, str | None]) -> None:
        self.words, self.mentions = named_in(text, frozenset(names))
        self.names = names
        self.ends = ends

    @cached_property
    def text(self) -> str:
        return " ".join(self.words)

    @cached_property
    def plain(self) -> list[str]:
        """The words without the phrases PLAIN."""
        return plainly(self.text).split()

    @cached_property
    def marked_plain(self) -> str:
        return plainly(self.marked)

    @cached_property
    def without_asides(self) -> str:
        """The text with S, O or X in place of names, without the phrases ASIDES."""
        return _without(ASIDES, self.marked)

    def shape(self, own: str) -> list[str]:
        """The words of `marked_plain` with P in place of each phrase that states a predicate."""
        return self._parsed(own)[1]

    @cached_property
    def marked(self) -> str:
        """The text with S, O or X in place of names; "picture" and "camera" are kept unless the
        claim is about such things."""
        found: list[str] = []
        place = 0
        subject, target = self.ends
        for mention in self.mentions:
            is_subject, is_object = mention.name == subject, mention.name == target
            if not is_subject and not is_object and mention.is_grammar:
                continue
            found += [
                *self.words[place : mention.start],
                "S" if is_subject else "O" if is_object else "X",
            ]
            place = mention.stop
        return " ".join([*found, *self.words[place:]])

    @property
    def strangers(self) -> set[str]:
        """Named classes other than those of the claim's objects."""
        named = {entry.name for entry in self.mentions if not entry.is_grammar}
        return named.difference(self.names) if self.names else set()

    @property
    def others(self) -> bool:
        """Whether the text names anything that the claim is not about."""
        return self.ends[0] is not None and "X" in self.marked_plain.split()

    def said(self, own: str | None = None) -> list[Said]:
        """The predicates that the text states, the longest at each place. `own` is read even where
        it may be ordinary grammar."""
        return self._parsed(own)[0]

    def _parsed(self, own: str | None) -> tuple[list[Said], list[str]]:
        words = self.marked_plain.split()
        found: list[Said] = []
        shape: list[str] = []
        start = 0
        while start < len(words):
            for stop in range(min(start + LONGEST, len(words)), start, -1):
                name = predicate_of(tuple(words[start:stop]))
                if name and (name not in FILLERS or name == own):
                    before = next((word for word in reversed(words[:start]) if word in "SOX"), None)
                    after = next((word for word in words[stop:] if word in "SOX"), None)
                    asked = words[stop : stop + 1] in (["which"], ["what"], ["whom"])
                    fronted = asked and before is None
                    found.append(Said(load_predicates()[name], before, after, fronted))
                    shape.append("P")
                    start = stop
                    break
            else:
                shape.append(words[start])
                start += 1
        return found, shape


def meaning_of(predicate: str) -> str:
    return load_predicates()[predicate].means


def may_both_hold(one: str, other: str) -> bool:
    """Whether both may hold because one says the same as the other, or less: what is on a table is
    also near it."""
    predicates = load_predicates()
    pair = predicates[one], predicates[other]
    return any(
        first.means == second.means
        or (first.means in SWEEPING and set(first.axes) <= set(second.axes))
        or (("height", "above") in first.axes and ("support", "over") in second.axes)
        for first, second in (pair, pair[::-1])
    )


def named(words: Iterable[str], table: Mapping[str, Set[str]]) -> set[str]:
    """The entries of a table that the words name."""
    said = set(words)
    return {str(entry) for entry, synonyms in table.items() if said & synonyms}


def matches(patterns: Collection[str], text: str, name: str) -> bool:
    return any(re.search(pattern.format(name=name), text) for pattern in patterns)


def read_roles(asked: Words) -> Reading:
    """Whether the question asks where S is relative to O."""
    for_claim = matches(TARGET, asked.marked, "S") or matches(REFERENCE, asked.marked, "O")
    against = matches(TARGET, asked.marked, "O") or matches(REFERENCE, asked.marked, "S")
    if for_claim == against:
        return Reading.UNREAD
    return Reading.READ if for_claim else Reading.DIFFERS


def takes_a_view(asked: Words) -> bool:
    """Whether the question takes the point of view of something in the picture."""
    return any(matches(OWN_VIEW[:-1], asked.marked, name) for name in "SOX")


def states(said: Said, own: Predicate, subject: bool, target: bool) -> Reading:
    """Whether a stated predicate is that of a claim about S and O. `subject`, `target`: whether the
    text names S and O (or, in a question, asks for what it does not name)."""
    reverse = (
        (said.after == "S" and said.before in (None, "O"))
        or (said.before == "O" and said.after in (None, "S"))
    ) and not said.is_fronted
    if said.is_fronted:
        reverse = said.after == "O" and target and not subject
    predicate = said.predicate
    means: str | None = predicate.means
    if reverse and not predicate.symmetric:
        means = predicate.inverse
        if means is None:
            against = dict(own.axes)
            is_against = any(against.get(axis, to) != to for axis, to in predicate.reversed_axes)
            same = predicate.means == own.means
            return Reading.DIFFERS if same or is_against else Reading.UNREAD
    if means == own.means:
        return Reading.READ
    if reverse:
        return Reading.DIFFERS
    is_akin = may_both_hold(predicate.name, own.name)
    return Reading.UNREAD if is_akin else Reading.DIFFERS


def all_said(found: Sequence[Said], own: Predicate, subject: bool, target: bool) -> Reading:
    """READ where only the claim's own predicate is stated; UNREAD where none is, or several are."""
    readings = [states(said, own, subject, target) for said in found]
    if Reading.READ in readings:
        return Reading.READ if len(readings) == 1 else Reading.UNREAD
    return Reading.DIFFERS if Reading.DIFFERS in readings else Reading.UNREAD
