"""Relation: where one thing is relative to another.

The functions also serve `reach`, whose claims have the same parts.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import TypeAlias

from schemas.chat import ReplyForm
from schemas.claim import Category, ReachClaim, RelationClaim
from schemas.vocabulary.predicates import load_predicates
from tasks.language.form import PLACE, Form, Names, topic_on_objects
from tasks.language.forms import whether
from tasks.language.grammar import Grammar
from tasks.language.wording import PARTS, in_same_picture, phrase_of
from tasks.language.words import phrases
from tasks.language.words.options import read_name, read_yes_or_no, yes_or_no
from tasks.language.words.phrases import (
    NEGATIONS,
    Reading,
    Words,
    all_said,
    meaning_of,
    read_roles,
    takes_a_view,
)
from tasks.language.words.references import again
from tasks.language.words.sentences import WHERE_IS, Sentences, asks_of
from tasks.language.words.sides import sides_in

Related: TypeAlias = RelationClaim | ReachClaim

WHERE = Grammar(
    PARTS
    | {
        "ask": (
            "{look}{where}?",
            "{by} the {object}, where is the {subject}?",
            "{which_option} {describes} {the_place} {by} the {object}?",
            "{filling_in}",
        ),
        "filling_in": ("{look}the {subject} is {gap}. {fits}",),
        "where": (
            "where is the {subject} {by} the {object}",
            "where is the {subject} located {by} the {object}",
            "where can the {subject} be {found} {by} the {object}",
            "what is the {position} of the {subject} {by} the {object}",
            "how is the {subject} positioned {by} the {object}",
        ),
        "which_option": ("which option", "which of these", "which answer"),
        "describes": ("describes", "best describes"),
        "the_place": ("where the {subject} is", "the {position} of the {subject}"),
    }
)
WHERE_SEEN = Grammar(
    {
        **WHERE.parts,
        "ask": (
            "{viewed}, {where}?",
            "{where}, {viewed}?",
            "{by} the {object}, where is the {subject}, {viewed}?",
            "{which_option} {describes} {the_place} {by} the {object}, {viewed}?",
            "{filling_in}",
        ),
        "filling_in": ("{viewed}, the {subject} is {gap}. {fits}",),
        "viewed": (*PARTS["viewed"], "from the camera's point of view", "from the camera's side"),
    }
)
OBJECT_OF = Grammar(
    PARTS
    | {
        "ask": (
            "{opening}{which} is the {subject} {phrase}?",
            "{opening}the {subject} is {phrase} {end}?",
            "{opening}the {subject} is {phrase} one of these. {which_one}?",
            "{opening}the {subject} is {phrase} the {gap}. {fits}",
            "{unopened}",
        ),
        "unopened": (
            "{among}, which one is the {subject} {phrase}?",
            "{name_the_one} that the {subject} is {phrase}?",
        ),
        "end": ("which of these", "which one of these", "which of the following"),
    }
)
SUBJECT_OF = Grammar(
    PARTS
    | {
        "ask": (
            "{opening}{which} is {phrase} the {object}?",
            "{opening}{which} {seen} {phrase} the {object}?",
            "{opening}one of these is {phrase} the {object}. {which_one}?",
            "{opening}the {gap} is {phrase} the {object}. {fits}",
            "{unopened}",
        ),
        "unopened": (
            "{among}, which one is {phrase} the {object}?",
            "{name_the_one} that is {phrase} the {object}?",
        ),
        "seen": ("can be seen", "is shown"),
    }
)
ENDS: Mapping[str, Grammar] = {"object": OBJECT_OF, "subject": SUBJECT_OF}
SIDE_PREDICATES = {
    "left": "left of", "right": "right of", "above": "above", "below": "below",
    "ahead": "in front of", "back": "behind",
}  # fmt: skip
"""The predicate that an option means if it names only a side ("on its left")."""
SENTENCES = Sentences(
    *WHERE_IS,
    "({open})* {be} {a} S [{located}] {side} or {side} [side] of {a} O",
    "({open})* what {be} the [spatial] (relation | relationship) between {a} S and {a} O",
    "({open})* what ({be} {a} S doing | does {a} S do) (with | to) {a} O",
    "({open})* how {be} {a} S (in contact | interacting) with {a} O",
    "({open})* how does {a} S interact with {a} O",
    "({open})* what {be} {a} S s contact with {a} O",
    side="[to | on] [the] (left | right)",
)
"""Of questions for the predicate."""
ASKING_FOR_END = Sentences(
    *asks_of("[{seen}] P [{a}] END [{hands}]"),
    "({open})* {which} [{be} | does | can | could] {a} END [{be} | be] [{located}] P [{hands}]",
    "({open})* {a} END [{be}] [{located}] P {which}",
    "({open})* {a} END [{be}] [{located}] P one [of {these}] {asked}",
    "({open})* {a} END [{be}] [{located}] P [the] ___",
    seen="({located} | {seems} | (do | can) you see | [is] there | can be [seen]) [{located}]",
    hands="with both hands",
)
ENDS_ASKED: Mapping[str, Sentences] = {
    "object": ASKING_FOR_END.with_end("S"),
    "subject": ASKING_FOR_END.with_end("O"),
}
"""Of questions for the other end."""


class RelationTerms(ReplyForm):
    subject: str
    predicate: str
    object: str


def sentences(claim: Related, asks: str) -> Sentences:
    if asks == "holds":
        return whether.SENTENCES
    return SENTENCES if asks == "predicate" else ENDS_ASKED[asks]


def parts(claim: Related, asks: str) -> tuple[Hashable, Hashable]:
    if asks == "holds":
        return (claim.subject, claim.predicate, claim.object), claim.holds
    if asks == "predicate":
        return (claim.subject, claim.object, claim.holds), meaning_of(claim.predicate)
    if asks == "object":
        return (claim.subject, claim.predicate, claim.holds), claim.object
    return (claim.predicate, claim.object, claim.holds), claim.subject


def ends(claim: Related, names: Names) -> tuple[str | None, str | None]:
    return names[claim.subject], names[claim.object]


def grammar_on_place(
    claim: Related, asks: str, evidence: str, options: Sequence[str], names: Names
) -> Grammar:
    if asks != "predicate":
        return grammar_on_end(claim, asks, evidence, options, names)
    seen = any(" left " in f" {option} " or " right " in f" {option} " for option in options)
    grammar = (WHERE_SEEN if seen else WHERE).filled(**_named(claim, names))
    if all(names[claim.object] in option for option in options):
        return grammar
    # "The dog is to the left of it" does not say of what.
    return grammar.without("filling_in")


def grammar_on_end(
    claim: Related, asks: str, evidence: str, options: Sequence[str], names: Names
) -> Grammar:
    """For the object or the subject of a relationship, or whether it holds; ValueError for its
    predicate."""
    if asks == "holds":
        named = _named(claim, names)
        return whether.GRAMMAR.filled(phrase=phrase_of(claim.predicate), **named)
    if asks not in ENDS:
        raise ValueError(f"there is no wording that asks for the {asks} of {claim}")
    grammar = ENDS[asks].filled(phrase=phrase_of(claim.predicate), **_named(claim, names))
    if load_predicates()[claim.predicate].needs in ("left", "right"):
        # Left of somebody may be his right: sides are always those of the viewer.
        return grammar.without("unopened").filled(opening="{viewed}, ")
    return grammar.filled(opening="{look}")


def _named(claim: Related, names: Names) -> Mapping[str, str]:
    """Both ends; nothing asks with the name of the end that it asks for."""
    ends = {"subject": claim.subject, "object": claim.object}
    return {end: in_same_picture(names[key]) for end, key in ends.items()}


def text(claim: Related, asks: str, names: Names) -> str:
    if asks == "holds":
        return yes_or_no(claim.holds)
    return f"{phrase_of(claim.predicate)} {again(names[claim.object])}"


def distinct_text(claim: Related, asks: str, names: Names) -> str:
    return yes_or_no(claim.holds) if asks == "holds" else phrase_of(claim.predicate)


def means(claim: Related, names: Names) -> str:
    subject, target = names[claim.subject], names[claim.object]
    verb = "is" if claim.holds else "is not"
    return f"the {subject} {verb} {phrase_of(claim.predicate)} the {target}"


def wanted(claim: Related, asks: str, evidence: str, names: Names) -> str:
    if asks == "holds":
        subject, target = names[claim.subject], names[claim.object]
        return f"whether the {subject} is {phrase_of(claim.predicate)} the {target}"
    if asks == "predicate":
        return f"where the {names[claim.subject]} is in relation to the {names[claim.object]}"
    if asks == "object":
        return f"which thing the {names[claim.subject]} is {phrase_of(claim.predicate)}"
    return f"which thing is {phrase_of(claim.predicate)} the {names[claim.object]}"


def context(claim: Related, asks: str, names: Names) -> Sequence[str]:
    said = {"subject": names[claim.subject], "object": names[claim.object]}
    if asks == "holds":
        return [f"{asks} {claim.predicate}", *said.values()]
    kept = [name for part, name in said.items() if part != asks]
    return [asks, *kept] if asks == "predicate" else [asks, claim.predicate, *kept]


def read_question(asked: Words, claim: Related, asks: str, answers: Sequence[Words]) -> Reading:
    own = load_predicates()[claim.predicate]
    if asks == "holds":
        return all_said(asked.said(own.name), own, True, True)
    if not claim.holds:
        return Reading.DIFFERS
    if asks == "predicate":
        sides = any({"left", "right"} & set(words.words) for words in answers)
        if sides and takes_a_view(asked):
            return Reading.DIFFERS
        roles = read_roles(asked)
        is_named = all("O" in words.marked and "S" not in words.marked for words in answers)
        return Reading.READ if roles is Reading.UNREAD and is_named else roles
    return all_said(asked.said(own.name), own, asks == "object", asks == "subject")


def read_option(words: Words, claim: Related, asks: str) -> Reading:
    if asks == "holds":
        return read_yes_or_no(words, claim.holds)
    if asks != "predicate":
        return read_name(words)
    if NEGATIONS & set(words.words):
        return Reading.DIFFERS
    own = load_predicates()[claim.predicate]
    found = words.said(own.name)
    if not found:
        sides = sides_in(words)
        if not sides:
            return Reading.UNREAD
        named = {SIDE_PREDICATES[side] for side in sides}
        if named == {own.means}:
            return Reading.UNREAD if words.others else Reading.READ
        return Reading.UNREAD if own.means in named else Reading.DIFFERS
    reading = all_said(found, own, True, True)
    has_more = words.others or (len(sides_in(words)) > 1 and reading is Reading.READ)
    return Reading.UNREAD if reading is Reading.READ and has_more else reading


def gives_away(
    question: str, options: Sequence[str], claims: Sequence[Related], asks: str, names: Names
) -> bool:
    said = FORM.words(question, claims[0], names).said()  # type: ignore[arg-type]
    found = {entry.predicate.means for entry in said}
    offered = {meaning_of(claim.predicate) for claim in claims}
    return not found.isdisjoint(offered) and not found >= offered


def flaw(claim: Related) -> str | None:
    is_contact = load_predicates()[claim.predicate].is_contact
    if is_contact is isinstance(claim, ReachClaim):
        return None
    other = Category.REACH if is_contact else Category.RELATION
    return f"{claim.predicate!r} is for questions on {other.value}"


def may_both_hold(one: Related, other: Related) -> bool:
    return one.predicate != other.predicate and phrases.may_both_hold(
        one.predicate, other.predicate
    )


def relationships(claim: Related) -> Iterator[tuple[int, str, int]]:
    if claim.holds:
        yield claim.subject, claim.predicate, claim.object


def _are_opposite(one: RelationClaim, other: RelationClaim) -> bool:
    predicates = load_predicates()
    return predicates[one.predicate].is_two_sided_with(predicates[other.predicate])


def _topic(claim: RelationClaim) -> str:
    is_side = claim.predicate in ("left of", "right of")
    return topic_on_objects(claim, "side" if is_side else None)


FORM = Form(
    category=Category.RELATION,
    claim=RelationClaim,
    terms=RelationTerms,
    asks=("predicate", "object", "subject", "holds"),
    asks_yes_or_no=frozenset({"holds"}),
    asks_for_object=frozenset({"object", "subject"}),
    hides=PLACE,
    parts=parts,
    ends=ends,
    grammar=grammar_on_place,
    text=text,
    distinct_text=distinct_text,
    means=means,
    wanted=wanted,
    context=context,
    sentences=sentences,
    read_question=read_question,
    read_option=read_option,
    gives_away=gives_away,
    topic=_topic,
    flaw=flaw,
    are_opposite=_are_opposite,
    may_both_hold=may_both_hold,
    relationships=relationships,
)
