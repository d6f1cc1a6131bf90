"""Existence: whether the picture shows a thing of a class, or one with a relationship to
another."""

from collections.abc import Hashable, Sequence

from schemas.chat import ReplyForm
from schemas.claim import Category, ExistenceClaim
from schemas.vocabulary.classes import load_vocabulary
from schemas.vocabulary.predicates import load_predicates
from tasks.language.form import Form, Names
from tasks.language.grammar import Grammar
from tasks.language.wording import PARTS, phrase_of
from tasks.language.words.options import read_yes_or_no, yes_or_no
from tasks.language.words.phrases import Reading, Words, all_said
from tasks.language.words.sentences import Sentences

GRAMMAR = Grammar(
    PARTS
    | {
        "ask": (
            "{yes_or_no}is there {one} in {the} {picture}?",
            "in {the} {picture}, is there {one}?",
            "{yes_or_no}does {the} {picture} {show} {one}?",
            "{yes_or_no}can {one} be {found} in {the} {picture}?",
            "{yes_or_no}is {one} {visible} in {the} {picture}?",
            "{yes_or_no}{can_you} see {one} in {the} {picture}?",
            "there is {one} in {the} {picture}: yes or no?",
            "{the} {picture} shows {one}: yes or no?",
        ),
        "yes_or_no": ("", "yes or no: "),
        "the": ("the", "this"),
        "show": ("show", "include"),
        "visible": ("visible", "shown"),
        "can_you": ("can you", "do you"),
    }
)


SENTENCES = Sentences(
    "({open})* (is | are) there {one} [[{visible}] {place}] [to be] {rest} {place}",
    "({open})* (is | are) {one} [{located}] [{visible}] {rest} [{visible}] {place}",
    "({open})* (can | could) {one} {rest} be [seen | found | spotted] {place}",
    "({open})* (can | could) {one} be [seen | found | spotted] {place} {rest} {place}",
    "({open})* (can | could | do) (you | we | i) [{see}] {one} {rest} {place}",
    "({open})* does (contain | show | include | feature | have | depict) {one} {rest} {place}",
    "({open})* does {one} (appear | exist) {place} {rest}",
    "({open})* (there {be} | shows | contains) {one} {rest}",
    one="[a | an | any] S [{visible}]",
    see="see | find | spot",
    place="[anywhere | somewhere] [here]",
    rest="",
)
RELATED = Sentences(
    *SENTENCES.patterns, "({open})* does P {one} {rest}", **SENTENCES.parts
).with_parts(
    rest="[that [{be}] | which [{be}]] [{visible}] [{located}] P [a | an | any | the] O [{visible}]"
)
"""With a relationship."""


class ExistenceTerms(ReplyForm):
    class_name: str
    present: bool
    predicate: str | None
    other_class: str | None


def _sentences(claim: ExistenceClaim, asks: str) -> Sentences:
    return RELATED if claim.predicate else SENTENCES


def _parts(claim: ExistenceClaim, asks: str) -> tuple[Hashable, Hashable]:
    return (claim.class_name, claim.predicate, claim.other_class), claim.present


def _ends(claim: ExistenceClaim, names: Names) -> tuple[str | None, str | None]:
    return claim.class_name, claim.other_class


def _one(claim: ExistenceClaim) -> str:
    with_article = load_vocabulary().grammar.with_article
    one = with_article(claim.class_name)
    if claim.predicate and claim.other_class:
        one += f" {phrase_of(claim.predicate)} {with_article(claim.other_class)}"
    return one


def _grammar(
    claim: ExistenceClaim, asks: str, evidence: str, options: Sequence[str], names: Names
) -> Grammar:
    return GRAMMAR.filled(one=_one(claim))


def _text(claim: ExistenceClaim, asks: str, names: Names) -> str:
    return yes_or_no(claim.present)


def _means(claim: ExistenceClaim, names: Names) -> str:
    verb = "shows" if claim.present else "does not show"
    return f"the picture {verb} {_one(claim)}"


def _wanted(claim: ExistenceClaim, asks: str, evidence: str, names: Names) -> str:
    return f"whether the picture shows {_one(claim)}"


def _context(claim: ExistenceClaim, asks: str, names: Names) -> Sequence[str]:
    return [claim.class_name, claim.predicate or "", claim.other_class or ""]


def _read_question(
    asked: Words, claim: ExistenceClaim, asks: str, answers: Sequence[Words]
) -> Reading:
    marked = asked.marked_plain.split()
    ends = {"S"} if claim.other_class in (None, claim.class_name) else {"S", "O"}
    if {"S", "O", "X"} & set(marked) != ends:
        return Reading.DIFFERS
    if claim.predicate is None:
        return Reading.READ
    found = [entry for entry in asked.said(claim.predicate) if entry.before]  # no "contain a dog"
    return all_said(found, load_predicates()[claim.predicate], True, True)


def _read_option(words: Words, claim: ExistenceClaim, asks: str) -> Reading:
    return read_yes_or_no(words, claim.present)


def _gives_away(
    question: str, options: Sequence[str], claims: Sequence[ExistenceClaim], asks: str, names: Names
) -> bool:
    return False


def _topic(claim: ExistenceClaim) -> str:
    return f"existence {_general(claim.class_name)} {claim.other_class or ''}"


def _general(class_name: str) -> str:
    """The most general class that is still specific: a school bus and a bus are one topic."""
    vocabulary = load_vocabulary()
    lineage = vocabulary.lineage(class_name)
    landmarks = [entry for entry in lineage if vocabulary.classes[entry].is_landmark]
    return (landmarks or [class_name])[-1]


def _flaw(claim: ExistenceClaim) -> str | None:
    if (claim.predicate is None) is (claim.other_class is None):
        return None
    return "predicate and other_class are both null or both given"


FORM = Form(
    category=Category.EXISTENCE,
    claim=ExistenceClaim,
    terms=ExistenceTerms,
    asks=("present",),
    asks_yes_or_no=frozenset({"present"}),
    parts=_parts,
    ends=_ends,
    grammar=_grammar,
    text=_text,
    means=_means,
    wanted=_wanted,
    context=_context,
    sentences=_sentences,
    read_question=_read_question,
    read_option=_read_option,
    gives_away=_gives_away,
    topic=_topic,
    flaw=_flaw,
)
