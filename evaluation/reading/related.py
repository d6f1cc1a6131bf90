"""Related: replies that say how one thing is to another, from either of them.

"The plate is to the right of the cup" says the left to "Is the cup to the left or right of the
plate?", "the shelf is below the painting" the painting to "Which is above the shelf?", and "the
door is right below the clock" yes to "Is the clock above the door?". A whole clause must be of two
things and their relation; a name may be shorter than that of the question or option, but no other.
Where the question supposes where somebody stands, nothing counts: a reply may speak of what is
seen in the picture.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, takewhile
from typing import NamedTuple

from evaluation.reading.asked import ASKED_THING, PLACED, REFERENCE, SUPPOSES
from evaluation.reading.naming import is_another_thing, is_thing
from evaluation.reading.plain_clauses import BEGIN, OF_SCENE, clauses_of, words_of
from evaluation.reading.repeated import proposition_in
from evaluation.reading.subjects import PREFACE

IS = "is|are|stand|sit|lie|hang|rest|float|hover|hide|wait|(?:appear|seem|look)(?: to be)?|can be"
STANCE = (
    "standing|sitting|lying|hanging|resting|floating|flying|hovering|hiding|waiting|parked|placed|"
    "located|positioned|situated|mounted|perched|seated|hidden|visible|found|shown|seen"
)
DEGREE = "clearly|slightly|somewhat|much|far|well|just|right|immediately"
HOW = rf"(?:(?:{STANCE}|{DEGREE}) )*?"
"""What else may be said of where something is."""
EXACT = "(?P<exact>(?:directly|exactly) )?"
OF_SIDE = r"(?:(?:to|on|at) )?{} (?:(?:hand )?side )?of"
FORMS = {
    "left": OF_SIDE.format("left"),
    "right": OF_SIDE.format("right"),
    "above": "above|over|higher than",
    "below": "below|under|underneath|beneath|lower than",
    "behind": "behind",
    "before": "in front of",
    "beside": "beside|next to",
    "on": "on top of|on|upon",
    "inside": "inside(?: of)?|within|in",
    "containing": "contain",
    "between": "(?:in )?between",
    "taller": "taller than",
    "shorter": "shorter than",
    "larger": "(?:larger|bigger) than",
    "smaller": "smaller than",
    "nearer": "(?:nearer|closer)(?: to (?:viewer|camera|us))? than",
    "farther": "(?:farther|further)(?: away)?(?: from (?:viewer|camera|us))? than",
}
"""The words of a relation by its name, in the singular and without articles."""
PAIRS = [
    ("left", "right"), ("above", "below"), ("behind", "before"), ("beside", "beside"),
    ("inside", "containing"),
    ("taller", "shorter"), ("larger", "smaller"), ("nearer", "farther"),
]  # fmt: skip
CONVERSE = dict(PAIRS) | {other: one for one, other in PAIRS}
"""The relation of the second thing to the first, by that of the first to the second, where it has a
name."""
RELATION = "|".join(f"(?P<{name}>{words})" for name, words in FORMS.items())
SOMEHOW = rf"{HOW}{EXACT}(?:{RELATION})"
STATES = (
    re.compile(rf"(?P<one>.+?) (?:{IS}) {SOMEHOW} (?P<other>.+)"),
    re.compile(rf"{EXACT}(?:{RELATION}) (?P<other>.+?) (?:there )?(?:{IS}) (?P<one>.+)"),
    re.compile(rf"(?P<one>.+?) {SOMEHOW} (?P<other>.+)"),
)
"""With a verb between a thing and its relation, or behind both ("left of the cup is a plate"), else
without: "the lamp on the table is behind the vase" says nothing of the table."""
THERE = re.compile(r"^(?:there (?:is|are)|(?:i|we|you) (?:can )?see) ")
"""Before what is somewhere."""
PLACE = re.compile(rf"{HOW}{EXACT}(?:{RELATION})(?: (?P<other>.+))?")
WHICH = re.compile(
    r"(?i)\b(?:which|what|who)(?: of (?:these|them|the \w+)| [\w-]+)? "
    r"(?:is|are|stands?|sits?|lies?|hangs?|can be seen|can (?:you|we) see|do (?:you|we) see) "
    r"([^?,.;:]+)"
)
NO_NAME = re.compile(
    r"^(?:to|on|at|in)\b|\b(?:not|no|than|and|or|it|they|which|that|who|is|are|ha|have|left|right|"
    r"top|bottom|middle|center|centre|corner|side|foreground|background)\b"
)
"""In what is no name of one thing, in the singular."""
PRONOUNS = {"it", "they", "he", "she"}
SEEMS = r"(?! \w+s (?:like|that|as)\b)"
INTRODUCED = re.compile(
    rf"(?i)^{PREFACE}(?=(?:the|this|that|an?|it{SEEMS}|they|he|she|there|(?:i|we|you) (?:can )?see|"
    r"(?:(?:directly|exactly) )?"
    r"(?:to the (?:left|right)|above|below|under|behind|in|inside|on|beside|next|between))\b)"
)
"""What stands before the words of a claim: "it looks like"."""
TAILS = {"of", "in", "on", "at", "with", "from", "when", "as", "itself", "by", "near", "while"}
"""What may follow the thing itself in a name."""


class Claim(NamedTuple):
    """How one thing is to another: the words of their names; whether it is directly so."""

    one: Sequence[str]
    relation: str
    other: Sequence[str]
    is_direct: bool = False

    @property
    def heads(self) -> set[str]:
        """The words that say what the things are."""
        others = self.other if self.relation == "between" else [_head(self.other)]
        return {_head(self.one), *others}

    @property
    def turned(self) -> "Claim":
        return Claim(self.other, CONVERSE.get(self.relation, ""), self.one, self.is_direct)

    @property
    def denied(self) -> "Claim":
        return self._replace(relation=CONVERSE.get(self.relation, ""))

    def is_of(self, other: "Claim") -> bool:
        """Whether both are about the same things, in this order. One name of both things must be
        whole: of a red and a blue car, "the car" may be either."""
        is_whole = _head(other.one) == _head(other.other)
        return _is_named(self.one, other.one, is_whole) and _is_named(
            self.other, other.other, is_whole
        )

    def says(self, other: "Claim") -> bool:
        if other.is_direct and not self.is_direct:
            return False
        return any(
            self.relation == claim.relation and self.is_of(claim) for claim in (other, other.turned)
        )


def related(text: str, claims: Sequence[tuple[str, Claim]]) -> str | None:
    """The letter of the only option whose claim clauses of a plain text state."""
    if SUPPOSES.search(text):
        return None
    said = {
        letter
        for clause in clauses_of(text)
        if (stated := stated_in(BEGIN.sub("", clause)))
        for letter, claim in claims
        if stated.says(claim)
    }
    return said.pop() if len(said) == 1 else None


def is_another(clause: str, claims: Sequence[tuple[str, Claim]]) -> bool:
    """Whether a clause says something else of the things that an option is about, or how one of
    them is to another thing: "the clock is left of the shelf" where the question asks what is above
    it, or "the clock is above the phone"."""
    if not claims:
        return False
    words = words_of(INTRODUCED.sub("", clause, count=1))[0]
    found = _states(" ".join(word for word in words if word != "not"))
    if found and found["one"] in PRONOUNS:
        seen_from = {_head(claim.other) for _, claim in claims}
        other = _other(found)
        return bool(other) and is_another_thing(_head(other), seen_from)
    stated = _claim_of(found)
    if stated is None or any(stated.says(claim) for _, claim in claims):
        return False
    if any(stated.is_of(claim) for _, claim in claims):
        return True
    if _are_of_which(claims) and not {stated.relation, stated.turned.relation} & {
        claim.relation for _, claim in claims
    }:
        return True
    known = [claim.heads for _, claim in claims]
    if stated.heads in known:
        return False
    things = {*chain.from_iterable(known)}
    return stated.heads <= things or any(is_another_thing(head, things) for head in stated.heads)


def _are_of_which(claims: Sequence[tuple[str, Claim]]) -> bool:
    """Whether claims are those of a question which thing is somewhere."""
    return len({tuple(claim.one) for _, claim in claims}) > 1


def claims_of(question: str, options: Mapping[str, str]) -> list[tuple[str, Claim]]:
    """What options claim, by letter; empty where a question is of another form."""
    if SUPPOSES.search(question):
        return []
    if asked := proposition_in(question, options):
        claim = stated_in(" ".join(asked.words))
        return [(asked.yes, claim), (asked.no, claim.denied)] if claim else []
    plain = OF_SCENE.sub("", question)
    return [*_of_places(plain, options), *_of_things(plain, options)]


def _of_places(question: str, options: Mapping[str, str]) -> Iterator[tuple[str, Claim]]:
    """Of a question for the place of a thing."""
    one, other = _two_things(question, options)
    for letter, text in options.items():
        if stated := stated_in(text):
            yield letter, stated
        elif one and (place := _place(text)) and (named := _other(place) or other):
            yield letter, _claim(one, place, named)


def _two_things(question: str, options: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """The thing for whose place a question asks, and from which other one; each may be empty."""
    if placed := PLACED.search(question):
        reference = REFERENCE.search(question)
        return _name(placed[1]), _name(reference[1] if reference else "")
    texts = "|".join(re.escape(text.strip(" .")) for text in options.values())
    either = re.search(
        rf"\b(?:is|are|whether) {ASKED_THING} (?:is |are )?(?:(?:to|on|at) the )?(?:{texts})"
        rf"(?: of)? or (?:(?:to|on|at) the )?(?:{texts})(?: of| than)? {ASKED_THING}\s*(?:[?,.]|$)",
        question,
        re.IGNORECASE,
    )
    return (_name(either[1]), _name(either[2])) if either else ([], [])


def _place(text: str) -> re.Match[str] | None:
    """Of an option, the last word of whose place may stand in the question: "left" of "to the left
    or right of the plate"."""
    words = " ".join(words_of(text)[0])
    forms = (PLACE.fullmatch(words + end) for end in ("", " of", " than"))
    return next(filter(None, forms), None)


def _of_things(question: str, options: Mapping[str, str]) -> Iterator[tuple[str, Claim]]:
    """Of a question for the thing that is somewhere."""
    which = WHICH.search(question)
    place = PLACE.fullmatch(" ".join(words_of(which[1])[0])) if which else None
    other = _other(place) if place else []
    if not place or not other:
        return
    for letter, text in options.items():
        if name := _name(text):
            yield letter, _claim(name, place, other)


def stated_in(text: str) -> Claim | None:
    """What a clause says of two things; None where it is of another form."""
    return _claim_of(_states(" ".join(words_of(text)[0])))


def _states(words: str) -> re.Match[str] | None:
    said = THERE.sub("", words)
    return next(filter(None, (form.fullmatch(said) for form in STATES)), None)


def _claim_of(found: re.Match[str] | None) -> Claim | None:
    if not found:
        return None
    one, other = _name(found["one"]), _other(found)
    return _claim(one, found, other) if one and other else None


def _claim(one: Sequence[str], found: re.Match[str], other: Sequence[str]) -> Claim:
    relation = next(name for name in FORMS if found[name])
    return Claim(one, relation, other, found["exact"] is not None)


def _name(text: str) -> list[str]:
    """The words of a name; none where it is no name of one thing."""
    return [] if NO_NAME.search(text) else words_of(text)[0]


def _other(found: re.Match[str]) -> list[str]:
    """The words of the name of the thing from which another one is somewhere, or of both between
    which it is, in one order."""
    text = found["other"] or ""
    if not found["between"]:
        return _name(text)
    names = [_name(name) for name in text.split(" and ")]
    return sorted(chain.from_iterable(names)) if len(names) == 2 and all(names) else []


def _head(name: Sequence[str]) -> str:
    """The word of a name that says what the thing is."""
    words = [*takewhile(lambda word: word not in TAILS, name)]
    doing = (at for at, word in enumerate(words) if at and at + 1 < len(words) and _is_doing(word))
    words = words[: next(doing, None)]
    return words[-1] if words else ""


def _is_doing(word: str) -> bool:
    """Whether a word says what a thing does ("holding"), rather than what it is ("painting")."""
    return word.endswith("ing") and not is_thing(word)


def _is_named(said: Sequence[str], known: Sequence[str], is_whole: bool) -> bool:
    if is_whole:
        return said == known
    return {*said} <= {*known} and _head(said) == _head(known)
