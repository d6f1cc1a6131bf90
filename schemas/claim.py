"""Claims: what a question's answer, or one of its options, says about a scene.

A claim names objects by id. The union is closed: one form per category, tagged by it in JSON.
"""

from collections.abc import Collection
from enum import StrEnum, auto
from typing import Annotated, Any, TypeAlias, get_args, get_type_hints

import msgspec

ObjectId: TypeAlias = Annotated[int, "id of an object"]
ClassName: TypeAlias = Annotated[str, "class of the vocabulary"]
PredicateName: TypeAlias = Annotated[str, "predicate of the vocabulary"]


class Category(StrEnum):
    RELATION = auto()
    REACH = auto()
    SIZE = auto()
    ORIENTATION = auto()
    INSTANCE_LOCATION = auto()
    DEPTH = auto()
    DISTANCE = auto()
    COUNT = auto()
    EXISTENCE = auto()


class Dimension(StrEnum):
    """What a size claim compares; each is an extent in the picture plane."""

    LARGER = auto()
    TALLER = auto()
    WIDER = auto()


class Direction(StrEnum):
    """In the picture plane: the eight from LEFT to BELOW_RIGHT. Seen from something that
    faces a known way: LEFT, RIGHT, AHEAD, BACK."""

    LEFT = auto()
    RIGHT = auto()
    ABOVE = auto()
    BELOW = auto()
    ABOVE_LEFT = auto()
    ABOVE_RIGHT = auto()
    BELOW_LEFT = auto()
    BELOW_RIGHT = auto()
    AHEAD = auto()
    BACK = auto()


class Cell(StrEnum):
    """The nine equal cells of the picture, three by three."""

    TOP_LEFT = auto()
    TOP_CENTER = auto()
    TOP_RIGHT = auto()
    MIDDLE_LEFT = auto()
    MIDDLE_CENTER = auto()
    MIDDLE_RIGHT = auto()
    BOTTOM_LEFT = auto()
    BOTTOM_CENTER = auto()
    BOTTOM_RIGHT = auto()


class RelationClaim(
    msgspec.Struct,
    frozen=True,
    omit_defaults=True,
    tag_field="category",
    tag=Category.RELATION.value,
):
    """`subject` stands in `predicate` to `object`, or does not (`holds`)."""

    subject: ObjectId
    predicate: PredicateName
    object: ObjectId
    holds: bool = True


class ReachClaim(
    msgspec.Struct,
    frozen=True,
    omit_defaults=True,
    tag_field="category",
    tag=Category.REACH.value,
):
    """`subject` is in bodily contact with `object` in the way that `predicate` says, or is not
    (`holds`)."""

    subject: ObjectId
    predicate: PredicateName
    object: ObjectId
    holds: bool = True


class SizeClaim(msgspec.Struct, frozen=True, tag_field="category", tag=Category.SIZE.value):
    """`largest` is the largest (tallest, widest) of itself and `others` in the picture."""

    dimension: Dimension
    largest: ObjectId
    others: tuple[ObjectId, ...]


class OrientationClaim(
    msgspec.Struct, frozen=True, tag_field="category", tag=Category.ORIENTATION.value
):
    """`target` lies in `direction` of `reference`, as seen by the viewer (`viewpoint` None) or by
    the object `viewpoint`, which is then the reference."""

    viewpoint: ObjectId | None
    reference: ObjectId
    target: ObjectId
    direction: Direction


class LocationClaim(
    msgspec.Struct, frozen=True, tag_field="category", tag=Category.INSTANCE_LOCATION.value
):
    """`object` lies in `cell` of the picture."""

    object: ObjectId
    cell: Cell


class DepthClaim(msgspec.Struct, frozen=True, tag_field="category", tag=Category.DEPTH.value):
    """`nearer` is nearer to the viewer than `farther`."""

    nearer: ObjectId
    farther: ObjectId


class DistanceClaim(msgspec.Struct, frozen=True, tag_field="category", tag=Category.DISTANCE.value):
    """In the picture, `nearest` is nearer to `reference` than each of `others` is."""

    reference: ObjectId
    nearest: ObjectId
    others: tuple[ObjectId, ...]


class CountClaim(msgspec.Struct, frozen=True, tag_field="category", tag=Category.COUNT.value):
    """The image shows exactly `number` of `class_name` (a class of the vocabulary)."""

    class_name: ClassName
    number: int


class ExistenceClaim(
    msgspec.Struct, frozen=True, tag_field="category", tag=Category.EXISTENCE.value
):
    """The image shows (`present`) or does not show a `class_name`; with `predicate`, one that
    stands in that relationship to an `other_class`."""

    class_name: ClassName
    present: bool
    predicate: PredicateName | None = None
    other_class: ClassName | None = None


Claim: TypeAlias = (
    RelationClaim
    | ReachClaim
    | SizeClaim
    | OrientationClaim
    | LocationClaim
    | DepthClaim
    | DistanceClaim
    | CountClaim
    | ExistenceClaim
)


def _fields_of(kind: Any) -> frozenset[str]:
    """Names of the fields of claims whose type is that kind, several of it, or it or None."""
    return frozenset(
        name
        for claim in get_args(Claim)
        for name, hint in get_type_hints(claim, include_extras=True).items()
        if kind in (hint, *get_args(hint))
    )


OBJECT_FIELDS = _fields_of(ObjectId)
CLASS_FIELDS = _fields_of(ClassName)
PREDICATE_FIELDS = _fields_of(PredicateName)

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[Claim] = msgspec.json.Decoder(Claim)


def encode_claim(claim: Claim) -> str:
    """Compact JSON, tagged by `category`; equal claims give equal text."""
    return _encoder.encode(claim).decode()


def decode_claim(text: str) -> Claim:
    """The claim in `text`; msgspec.ValidationError says what is wrong with it."""
    return _decoder.decode(text)


def category_of(claim: Claim) -> Category:
    return Category(str(claim.__struct_config__.tag))


def objects_of(claim: Claim) -> tuple[int, ...]:
    """Ids of the objects that a claim names, in the order it names them."""
    match claim:
        case RelationClaim() | ReachClaim():
            return claim.subject, claim.object
        case SizeClaim():
            return claim.largest, *claim.others
        case OrientationClaim():
            return claim.reference, claim.target
        case LocationClaim():
            return (claim.object,)
        case DepthClaim():
            return claim.nearer, claim.farther
        case DistanceClaim():
            return claim.reference, claim.nearest, *claim.others
        case CountClaim() | ExistenceClaim():
            return ()


def compared_with(claim: Claim, objects: Collection[int]) -> Claim:
    """The claim, as far as it compares with these objects; what compares with none says the
    same."""
    if not isinstance(claim, SizeClaim | DistanceClaim):
        return claim
    others = tuple(key for key in claim.others if key in objects)
    return msgspec.structs.replace(claim, others=others)


def classes_of(claim: Claim) -> tuple[str, ...]:
    """Names of the classes that a claim names, in its order."""
    match claim:
        case CountClaim():
            return (claim.class_name,)
        case ExistenceClaim(other_class=None):
            return (claim.class_name,)
        case ExistenceClaim(other_class=str(other)):
            return claim.class_name, other
        case _:
            return ()
