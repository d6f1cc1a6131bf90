"""Reading: what the words of a question and of its options say, whoever wrote them.

`verify` compares this with the claims. Nothing here knows the writer's templates. Words are read
for certain (READ), say something else than the claims (DIFFERS), or are beyond these rules and
contradict nothing (UNREAD).
"""

import re
from collections.abc import Callable, Hashable, Mapping, Sequence

from schemas.claim import (
    Claim,
    CountClaim,
    DepthClaim,
    DistanceClaim,
    ExistenceClaim,
    LocationClaim,
    OrientationClaim,
    ReachClaim,
    RelationClaim,
    SizeClaim,
)
from tasks.language.words.comparisons import (
    option_on_object,
    question_on_depth,
    question_on_distance,
    question_on_size,
)
from tasks.language.words.counts import (
    option_on_count,
    option_on_existence,
    question_on_count,
    question_on_existence,
)
from tasks.language.words.directions import option_on_direction, question_on_direction
from tasks.language.words.names import NUMBERS, bare_words, classes_in, words_of
from tasks.language.words.phrases import NEGATIONS, Reading, Words, meaning_of
from tasks.language.words.places import option_on_place, question_on_place
from tasks.language.words.relations import option_on_relation, question_on_relation

READ_QUESTION: Mapping[type, Callable[[Words, Claim, str, Sequence[Words]], Reading]] = {
    RelationClaim: question_on_relation,
    ReachClaim: question_on_relation,
    SizeClaim: question_on_size,
    OrientationClaim: question_on_direction,
    LocationClaim: question_on_place,
    DepthClaim: question_on_depth,
    DistanceClaim: question_on_distance,
    CountClaim: question_on_count,
    ExistenceClaim: question_on_existence,
}
READ_OPTION: Mapping[type, Callable[[Words, Claim, str], Reading]] = {
    RelationClaim: option_on_relation,
    ReachClaim: option_on_relation,
    SizeClaim: option_on_object,
    OrientationClaim: option_on_direction,
    LocationClaim: option_on_place,
    DepthClaim: option_on_object,
    DistanceClaim: option_on_object,
    CountClaim: option_on_count,
    ExistenceClaim: option_on_existence,
}


def parts(claim: Claim, asks: str) -> tuple[Hashable, Hashable]:
    """What a question asks about, and the asked part that sets one option apart from another.

    ValueError where claims of this form have no such part.
    """
    match claim, asks:
        case ((RelationClaim() | ReachClaim()), "predicate"):
            return (claim.subject, claim.object), meaning_of(claim.predicate)
        case ((RelationClaim() | ReachClaim()), "object"):
            return (claim.subject, claim.predicate), claim.object
        case ((RelationClaim() | ReachClaim()), "subject"):
            return (claim.predicate, claim.object), claim.subject
        case SizeClaim(), "largest":
            return (claim.dimension, frozenset((claim.largest, *claim.others))), claim.largest
        case OrientationClaim(), "direction":
            return (claim.viewpoint, claim.reference, claim.target), claim.direction
        case LocationClaim(), "cell":
            return claim.object, claim.cell
        case DepthClaim(), "nearer":
            return frozenset((claim.nearer, claim.farther)), claim.nearer
        case DepthClaim(), "farther":
            return frozenset((claim.nearer, claim.farther)), claim.farther
        case DistanceClaim(), "nearest":
            group = frozenset((claim.nearest, *claim.others))
            return (claim.reference, group), claim.nearest
        case CountClaim(), "number":
            return claim.class_name, claim.number
        case ExistenceClaim(), "present":
            return (claim.class_name, claim.predicate, claim.other_class), claim.present
        case _:
            raise ValueError(f"{asks!r} is no part of a claim on {type(claim).__name__}")


def read_words(
    question: str,
    options: Sequence[str],
    claims: Sequence[Claim],
    asks: str,
    names: Mapping[int, str],
) -> tuple[Reading, str]:
    """What question and options say, held against the claims of the options, and the words that
    made it so. `names` are those of the objects."""
    asked = Words(question, claims[0], names)
    answers = [Words(option, claim, names) for option, claim in zip(options, claims, strict=True)]
    readings = [(_read_question(asked, claims[0], asks, answers), f"the question {question!r}")]
    for words, claim, option in zip(answers, claims, options, strict=True):
        readings.append((READ_OPTION[type(claim)](words, claim, asks), f"option {option!r}"))
    several = any(
        mention.is_plural and mention.class_name in words.names
        for words in (asked, *answers)
        for mention in words.mentions
    )
    if several:
        readings.append((Reading.UNREAD, "a name in the plural"))
    for worst in (Reading.DIFFERS, Reading.UNREAD):
        for reading, text in readings:
            if reading is worst:
                return reading, text
    return Reading.READ, ""


def _read_question(asked: Words, claim: Claim, asks: str, answers: Sequence[Words]) -> Reading:
    if NEGATIONS & set(asked.plain) or re.search(r"\bother than\b", asked.text):
        return Reading.DIFFERS
    return READ_QUESTION[type(claim)](asked, claim, asks, answers)


def gives_away(
    question: str,
    options: Sequence[str],
    claims: Sequence[Claim],
    asks: str,
    names: Mapping[int, str],
) -> bool:
    """Whether the question names what some of its options say and others do not."""
    match claims[0]:
        case ExistenceClaim():
            return False
        case CountClaim():
            said = {NUMBERS.get(word, word) for word in words_of(question)}
            numbers = {claim.number for claim in claims if isinstance(claim, CountClaim)}
            return not said.isdisjoint(numbers | set(map(str, numbers))) and not re.search(
                r"\bat least one\b", question.casefold()
            )
        case RelationClaim() | ReachClaim() as claim if asks == "predicate":
            found = {said.predicate.means for said in Words(question, claim, names).said()}
            offered = {str(parts(claim, asks)[1]) for claim in claims}
            return not found.isdisjoint(offered) and not found >= offered
        case OrientationClaim() | LocationClaim():
            asked_words = " ".join(bare_words(question))
            shown = [
                f" {' '.join(bare_words(option))} " in f" {asked_words} " for option in options
            ]
            return any(shown) and not all(shown)
        case _:
            asked_names = set(classes_in(question))
            offered_names = {
                str(names[key]) for claim in claims if isinstance(key := parts(claim, asks)[1], int)
            }
            return not asked_names.isdisjoint(offered_names) and not asked_names >= offered_names
