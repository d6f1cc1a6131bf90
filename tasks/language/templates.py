"""Wording: how the template writer asks for each part of each claim, and how options read.

Everything in the picture plane says so ("in the picture", "from the viewer's side").
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from schemas.claim import (
    Cell,
    Claim,
    CountClaim,
    DepthClaim,
    Dimension,
    Direction,
    DistanceClaim,
    ExistenceClaim,
    LocationClaim,
    OrientationClaim,
    ReachClaim,
    RelationClaim,
    SizeClaim,
)
from schemas.proof.evidence import Standing
from schemas.vocabulary.classes import load_vocabulary
from schemas.vocabulary.predicates import load_predicates

if TYPE_CHECKING:
    from inflect import engine

DIRECTIONS: Mapping[Direction, str] = {
    Direction.LEFT: "to the left",
    Direction.RIGHT: "to the right",
    Direction.ABOVE: "above",
    Direction.BELOW: "below",
    Direction.ABOVE_LEFT: "above and to the left",
    Direction.ABOVE_RIGHT: "above and to the right",
    Direction.BELOW_LEFT: "below and to the left",
    Direction.BELOW_RIGHT: "below and to the right",
    Direction.AHEAD: "in front",
    Direction.BACK: "behind",
}
CELLS: Mapping[Cell, str] = {
    cell: cell.replace("_", " ").replace("middle center", "center") for cell in Cell
}
PLACE = (
    "Where is the {subject} in relation to the {object}?",
    "Relative to the {object}, where is the {subject}?",
    "What is the position of the {subject} relative to the {object}?",
)
PLACE_SEEN = (
    "Seen from the viewer's side, where is the {subject} in relation to the {object}?",
    "As the viewer sees it, where is the {subject} relative to the {object}?",
    "From the viewer's side, what is the position of the {subject} relative to the {object}?",
)
OBJECT_OF = (
    "Which of these is the {subject} {phrase}?",
    "Among these, which one is the {subject} {phrase}?",
    "The {subject} is {phrase} one of these. Which one?",
)
SUBJECT_OF = (
    "Which of these is {phrase} the {object}?",
    "Among these, which one is {phrase} the {object}?",
    "One of these is {phrase} the {object}. Which one?",
)
SIZES: Mapping[Dimension, Sequence[str]] = {
    Dimension.LARGER: (
        "Which of these takes up the most room in the picture?",
        "Which of these covers the largest area of the picture?",
        "In the picture, which of these fills the most space?",
    ),
    Dimension.TALLER: (
        "Which of these spans the greatest height in the picture?",
        "In the picture, which of these measures the most from top to bottom?",
        "Which of these is the tallest as it appears in the picture?",
    ),
    Dimension.WIDER: (
        "Which of these spans the greatest width in the picture?",
        "In the picture, which of these measures the most from left to right?",
        "Which of these is the widest as it appears in the picture?",
    ),
}
SEEN_DIRECTION = (
    "From the viewer's side, in which direction from the {reference} is the {target}?",
    "In the picture, in which direction from the {reference} is the {target}?",
    "As the viewer sees it, where is the {target} with respect to the {reference}?",
)
OWN_DIRECTION = (
    "From the {reference}'s own point of view, where is the {target}?",
    "Imagine being the {reference} and facing the same way: where is the {target}?",
    "In the {reference}'s own frame of reference, where is the {target}?",
)
LOCATIONS = (
    "In which part of the picture is the {object}?",
    "Divide the picture into three rows and three columns: where is the {object}?",
    "Where in the picture can the {object} be found?",
)
NEARER = (
    "Which is closer to the viewer, the {first} or the {second}?",
    "Is it the {first} or the {second} that is nearer to the camera?",
    "Compare the {first} and the {second}: which one is nearer to the viewer?",
)
FARTHER = (
    "Which is farther from the viewer, the {first} or the {second}?",
    "Is it the {first} or the {second} that is farther from the camera?",
    "Compare the {first} and the {second}: which one is farther away from the viewer?",
)
# Annotators do not say from whose side: neither do these.
IN_FRONT = (
    "Which is in front of the other, the {first} or the {second}?",
    "Is it the {first} or the {second} that is in front of the other?",
    "Of the {first} and the {second}, which one is in front?",
)
BEHIND = (
    "Which is behind the other, the {first} or the {second}?",
    "Is it the {first} or the {second} that is behind the other?",
    "Of the {first} and the {second}, which one is behind?",
)
DISTANCES = (
    "In the picture, which of these is closest to the {reference}?",
    "Which of these is nearest to the {reference} in the picture?",
    "Measured in the picture, which of these is the shortest distance from the {reference}?",
)
COUNTS = (
    "How many {plural} are there in the picture?",
    "How many {plural} can be seen in the picture?",
    "What is the number of {plural} in the picture?",
)
EXISTENCES = (
    "Is there {one} in the picture?",
    "Does the picture show {one}?",
    "Can {one} be seen in the picture?",
)

SPELLED_OUT = {"suv", "rv"}


@cache
def _inflect() -> "engine":
    import inflect  # only here: it takes a second, and a finished build has nothing to word

    return inflect.engine()


def with_article(name: str) -> str:
    """`an elephant` for elephant."""
    return f"an {name}" if name in SPELLED_OUT else str(_inflect().a(name))


def phrase_of(predicate: str) -> str:
    return load_predicates()[predicate].phrase


def option_of(claim: Claim, asks: str, names: Mapping[int, str]) -> str:
    """How the asked part of a claim reads as an option. `names` are those of the objects."""
    match claim, asks:
        case ((RelationClaim() | ReachClaim()), "predicate"):
            return f"{phrase_of(claim.predicate)} the {names[claim.object]}"
        case ((RelationClaim() | ReachClaim()), "object"):
            return names[claim.object]
        case ((RelationClaim() | ReachClaim()), "subject"):
            return names[claim.subject]
        case SizeClaim(), _:
            return names[claim.largest]
        case OrientationClaim(), _:
            return DIRECTIONS[claim.direction]
        case LocationClaim(), _:
            return CELLS[claim.cell]
        case DepthClaim(), "nearer":
            return names[claim.nearer]
        case DepthClaim(), _:
            return names[claim.farther]
        case DistanceClaim(), _:
            return names[claim.nearest]
        case CountClaim(), _:
            return str(claim.number)
        case ExistenceClaim(), _:
            return "Yes" if claim.present else "No"
        case _:
            raise ValueError(f"no option for {asks!r} of {claim}")


def wordings_of(
    claim: Claim, asks: str, evidence: str, options: Sequence[str], names: Mapping[int, str]
) -> Sequence[str]:
    """Every wording of the question for the asked part of a claim."""
    match claim, asks:
        case RelationClaim(), "predicate":
            seen = any(
                " left " in f" {option} " or " right " in f" {option} " for option in options
            )
            slots = {"subject": names[claim.subject], "object": names[claim.object]}
            return _filled(PLACE_SEEN if seen else PLACE, slots)
        case ((RelationClaim() | ReachClaim()), "object"):
            slots = {"subject": names[claim.subject], "phrase": phrase_of(claim.predicate)}
            return _filled(OBJECT_OF, slots)
        case ((RelationClaim() | ReachClaim()), "subject"):
            slots = {"object": names[claim.object], "phrase": phrase_of(claim.predicate)}
            return _filled(SUBJECT_OF, slots)
        case SizeClaim(), _:
            return SIZES[claim.dimension]
        case OrientationClaim(), _:
            slots = {"reference": names[claim.reference], "target": names[claim.target]}
            return _filled(SEEN_DIRECTION if claim.viewpoint is None else OWN_DIRECTION, slots)
        case LocationClaim(), _:
            return _filled(LOCATIONS, {"object": names[claim.object]})
        case DepthClaim(), _:
            first, second = sorted((names[claim.nearer], names[claim.farther]))
            is_annotated = evidence == Standing.ASSERTED
            if asks == "nearer":
                wordings = IN_FRONT if is_annotated else NEARER
            else:
                wordings = BEHIND if is_annotated else FARTHER
            return _filled(wordings, {"first": first, "second": second})
        case DistanceClaim(), _:
            return _filled(DISTANCES, {"reference": names[claim.reference]})
        case CountClaim(), _:
            plural = load_vocabulary().classes[claim.class_name].plural
            return _filled(COUNTS, {"plural": plural})
        case ExistenceClaim(), _:
            one = with_article(claim.class_name)
            if claim.predicate and claim.other_class:
                one += f" {phrase_of(claim.predicate)} {with_article(claim.other_class)}"
            return _filled(EXISTENCES, {"one": one})
        case _:
            raise ValueError(f"no wording for {asks!r} of {claim}")


def _filled(wordings: Sequence[str], slots: Mapping[str, str]) -> Sequence[str]:
    return [wording.format(**slots) for wording in wordings]
