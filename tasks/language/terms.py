"""Terms: claims as models read and write them, with published ids, and what they say in words."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from schemas.claim import (
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
from schemas.proof.evidence import Standing
from schemas.vocabulary.classes import load_vocabulary
from tasks.language.templates import CELLS, DIRECTIONS, phrase_of, with_article

HOLDS_IDS = {
    "subject",
    "object",
    "largest",
    "others",
    "viewpoint",
    "reference",
    "target",
    "nearer",
    "farther",
    "nearest",
}
EXTENTS: Mapping[Dimension, str] = {
    Dimension.LARGER: "takes up the most room in the picture",
    Dimension.TALLER: "spans the greatest height in the picture",
    Dimension.WIDER: "spans the greatest width in the picture",
}


def terms_of(claim: Claim, ids: Mapping[int, str]) -> dict[str, Any]:
    """The claim as JSON, with published ids in place of numbers."""

    def told(value: Any) -> Any:
        if isinstance(value, list | tuple):
            return [ids[key] for key in value]
        return None if value is None else ids[value]

    fields: dict[str, Any] = msgspec.to_builtins(claim)
    return {name: told(value) if name in HOLDS_IDS else value for name, value in fields.items()}


def claim_of(terms: Mapping[str, Any], keys: Mapping[str, int]) -> Claim:
    """The claim in published terms, `keys` giving the number of each id.

    ValueError, in words for the model that wrote it, where an id or a value is unknown.
    """

    def number(text: str) -> int:
        if text not in keys:
            raise ValueError(f"there is no thing with the id {text!r}")
        return keys[text]

    fields = dict(terms)
    for name in HOLDS_IDS & fields.keys():
        value = fields[name]
        if isinstance(value, list):
            fields[name] = [number(text) for text in value]
        elif value is not None:
            fields[name] = number(value)
    try:
        claim: Claim = msgspec.convert(fields, Claim)
        return claim
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from None


def means(claim: Claim, names: Mapping[int, str]) -> str:
    """What a claim says, in plain words."""
    match claim:
        case RelationClaim() | ReachClaim():
            subject, target = names[claim.subject], names[claim.object]
            return f"the {subject} is {phrase_of(claim.predicate)} the {target}"
        case SizeClaim():
            group = _listed((claim.largest, *claim.others), names)
            return f"of {group}, the {names[claim.largest]} {EXTENTS[claim.dimension]}"
        case OrientationClaim():
            reference, target = names[claim.reference], names[claim.target]
            side = DIRECTIONS[claim.direction]
            if claim.viewpoint is None:
                return f"for the viewer, the way from the {reference} to the {target} is {side}"
            return f"from the {reference}'s own point of view, the {target} is {side}"
        case LocationClaim():
            return f"the {names[claim.object]} is in the {CELLS[claim.cell]} part of the picture"
        case DepthClaim():
            return f"the {names[claim.nearer]} is nearer than the {names[claim.farther]}"
        case DistanceClaim():
            group = _listed((claim.nearest, *claim.others), names)
            near, reference = names[claim.nearest], names[claim.reference]
            return f"in the picture, of {group}, the {near} is nearest to the {reference}"
        case CountClaim():
            entry = load_vocabulary().classes[claim.class_name]
            counted = entry.name if claim.number == 1 else entry.plural
            return f"the picture shows exactly {claim.number} {counted}"
        case ExistenceClaim():
            verb = "shows" if claim.present else "does not show"
            return f"the picture {verb} {_one(claim)}"


def wanted(claim: Claim, asks: str, evidence: str, names: Mapping[int, str]) -> str:
    """What a question for this part of the claim asks, in plain words."""
    match claim, asks:
        case ((RelationClaim() | ReachClaim()), "predicate"):
            return f"where the {names[claim.subject]} is in relation to the {names[claim.object]}"
        case ((RelationClaim() | ReachClaim()), "object"):
            return f"which thing the {names[claim.subject]} is {phrase_of(claim.predicate)}"
        case ((RelationClaim() | ReachClaim()), _):
            return f"which thing is {phrase_of(claim.predicate)} the {names[claim.object]}"
        case SizeClaim(), _:
            return f"which thing {EXTENTS[claim.dimension]}"
        case OrientationClaim(), _:
            reference, target = names[claim.reference], names[claim.target]
            if claim.viewpoint is None:
                return f"in which direction from the {reference} the viewer sees the {target}"
            return f"where the {target} is from the {reference}'s own point of view"
        case LocationClaim(), _:
            return f"in which part of the picture the {names[claim.object]} is"
        case DepthClaim(), _:
            pair = _listed(sorted((claim.nearer, claim.farther)), names)
            if evidence == Standing.ASSERTED:
                side = "in front of" if asks == "nearer" else "behind"
                return f"which of {pair} is {side} the other"
            side = "nearer to" if asks == "nearer" else "farther from"
            return f"which of {pair} is {side} the viewer"
        case DistanceClaim(), _:
            return f"which thing is nearest to the {names[claim.reference]} in the picture"
        case CountClaim(), _:
            plural = load_vocabulary().classes[claim.class_name].plural
            return f"how many {plural} the picture shows"
        case ExistenceClaim(), _:
            return f"whether the picture shows {_one(claim)}"
        case _:
            raise ValueError(f"{asks!r} is no part of {claim}")


def _one(claim: ExistenceClaim) -> str:
    if not claim.predicate:
        return with_article(claim.class_name)
    other = with_article(str(claim.other_class))
    return f"{with_article(claim.class_name)} {phrase_of(claim.predicate)} {other}"


def _listed(keys: Iterable[int], names: Mapping[int, str]) -> str:
    things = [f"the {names[key]}" for key in sorted(keys)]
    return f"{', '.join(things[:-1])} and {things[-1]}"
