"""Reading: what the words of a question and of an option say, whoever wrote them.

`verify` compares this with the claims. Nothing here knows the writer's templates.
"""

import re
from collections.abc import Hashable, Iterable, Mapping, Sequence, Set

from schemas.claim import (
    Cell,
    Claim,
    CountClaim,
    DepthClaim,
    Dimension,
    DistanceClaim,
    ExistenceClaim,
    LocationClaim,
    OrientationClaim,
    ReachClaim,
    RelationClaim,
    SizeClaim,
)
from schemas.predicate import canonical_predicate, load_predicates
from schemas.vocabulary import load_vocabulary

NEGATIONS = {"not", "no", "never", "neither", "nor", "without", "except", "least"}
SIDES = {
    "left": {"left"},
    "right": {"right"},
    "above": {"above", "over", "up"},
    "below": {"below", "under", "beneath", "down"},
    "ahead": {"front", "ahead"},
    "back": {"behind", "back"},
}
ROWS = {"top": {"top", "upper"}, "middle": {"middle"}, "bottom": {"bottom", "lower"}}
COLUMNS = {"left": {"left"}, "center": {"center", "centre", "central"}, "right": {"right"}}
DEPTHS = {
    "nearer": {"closer", "closest", "nearer", "nearest", "front"},
    "farther": {"farther", "farthest", "further", "furthest", "behind"},
}
SIZES: Mapping[str, Set[str]] = {
    Dimension.LARGER: {"larger", "largest", "bigger", "biggest", "area", "room", "space"},
    Dimension.TALLER: {"taller", "tallest", "higher", "highest", "height", "vertically"},
    Dimension.WIDER: {"wider", "widest", "broadest", "width", "horizontally"},
}
NEAREST = {"closest", "nearest", "shortest", "closer", "nearer"}


def words_of(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.casefold().replace("n't", " not"))


def mentions(text: str, name: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name.casefold())}(?!\w)", text.casefold()) is not None


def parts(claim: Claim, asks: str) -> tuple[Hashable, Hashable]:
    """What a question asks about, and the asked part that sets one option apart from another.

    ValueError where claims of this form have no such part.
    """
    match claim, asks:
        case ((RelationClaim() | ReachClaim()), "predicate"):
            return (claim.subject, claim.object), claim.predicate
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


def option_says(option: str, claim: Claim, asks: str) -> bool:
    """Whether an option that names no object says the asked part of its claim."""
    words = words_of(option)
    match claim:
        case RelationClaim() | ReachClaim():
            return asks != "predicate" or _predicate_in(words) == _means(claim.predicate)
        case OrientationClaim():
            return _named(words, SIDES) == set(claim.direction.split("_"))
        case LocationClaim():
            return _cell_in(words) == claim.cell
        case CountClaim():
            return words == [str(claim.number)]
        case ExistenceClaim():
            return words[:1] == (["yes"] if claim.present else ["no"])
        case _:
            return True


def question_says(question: str, claim: Claim, asks: str) -> bool:
    """Whether the question asks for this part of the claim, and not for its opposite."""
    words = set(words_of(question))
    if words & NEGATIONS:
        return False
    match claim:
        case RelationClaim() | ReachClaim():
            return asks == "predicate" or _says_predicate(question, claim.predicate)
        case DepthClaim():
            return _named(words, DEPTHS) == {asks}
        case SizeClaim():
            return _named(_joined_spans(question), SIZES) == {claim.dimension.value}
        case DistanceClaim():
            return bool(words & NEAREST)
        case CountClaim():
            return _names_class(question, claim.class_name, plural=True)
        case ExistenceClaim():
            return _names_class(question, claim.class_name) and (
                claim.predicate is None
                or (
                    _says_predicate(question, claim.predicate)
                    and _names_class(question, str(claim.other_class))
                )
            )
        case _:
            return True


def _named(words: Iterable[str], table: Mapping[str, Set[str]]) -> set[str]:
    """The entries of a table that the words name."""
    said = set(words)
    return {str(entry) for entry, synonyms in table.items() if said & synonyms}


def _joined_spans(question: str) -> list[str]:
    text = question.casefold()
    spans = {"from top to bottom": "height", "from left to right": "width"}
    return [*words_of(text), *(word for span, word in spans.items() if span in text)]


def _cell_in(words: Sequence[str]) -> Cell | None:
    """The one cell that the words name; "middle" or "center" alone is the one in the middle."""
    rows, columns = _named(words, ROWS), _named(words, COLUMNS)
    if not rows and columns == {"center"}:
        rows = {"middle"}
    if not columns and rows == {"middle"}:
        columns = {"center"}
    if len(rows) != 1 or len(columns) != 1:
        return None
    return Cell(f"{rows.pop()}_{columns.pop()}")


def _means(predicate: str) -> str:
    return load_predicates()[predicate].means


def _predicate_in(words: Sequence[str]) -> str | None:
    """The meaning of the first predicate that the words name, the longest at its place."""
    for start in range(len(words)):
        for stop in range(min(start + 6, len(words)), start, -1):
            found = canonical_predicate(" ".join(words[start:stop]))
            if found:
                return _means(found)
    return None


def _says_predicate(question: str, predicate: str) -> bool:
    means = _means(predicate)
    return any(
        mentions(question, text)
        for other in load_predicates().values()
        if other.means == means
        for text in (other.phrase, other.name, *other.also)
    )


def _names_class(question: str, class_name: str, plural: bool = False) -> bool:
    entry = load_vocabulary().classes[class_name]
    return mentions(question, entry.plural if plural else entry.name)
