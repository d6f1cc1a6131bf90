"""Laws of proof over random scenes of up to six things and six annotations."""

from dataclasses import replace
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from schemas.box import Box
from schemas.claim import (
    Cell,
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
from schemas.proof.facts import Facts
from schemas.scene_graph import Facing, Relationship, Scene
from schemas.vocabulary.predicates import load_predicates
from tests.scenes import PROOF, scenes

PREDICATES = load_predicates()
CLASSES = ["dog", "animal", "man", "person", "couch", "gizmo"]
OPPOSITES = {
    Direction.LEFT: Direction.RIGHT,
    Direction.ABOVE: Direction.BELOW,
    Direction.ABOVE_LEFT: Direction.BELOW_RIGHT,
    Direction.ABOVE_RIGHT: Direction.BELOW_LEFT,
    Direction.AHEAD: Direction.BACK,
}
SIDES = {"left": "right", "right": "left", "left of": "right of", "right of": "left of"}
FACINGS = {Facing.LEFT: Facing.RIGHT, Facing.RIGHT: Facing.LEFT}


def ids_of(one: Scene, *, repeated=False):
    ids = st.sampled_from(sorted(one.objects))
    return st.lists(ids, min_size=2, max_size=4, unique=not repeated)


def any_claim(one: Scene, *, repeated=False):
    classes = st.sampled_from(CLASSES)
    predicates = st.sampled_from(sorted(PREDICATES))

    def over(ids):
        first, second, rest = ids[0], ids[1], tuple(ids[1:])
        return st.one_of(
            st.builds(RelationClaim, st.just(first), predicates, st.just(second), st.booleans()),
            st.builds(ReachClaim, st.just(first), predicates, st.just(second), st.booleans()),
            st.builds(SizeClaim, st.sampled_from(Dimension), st.just(first), st.just(rest)),
            st.builds(OrientationClaim, st.sampled_from([None, first]), st.just(first),
                      st.just(second), st.sampled_from(Direction)),
            st.builds(LocationClaim, st.just(first), st.sampled_from(Cell)),
            st.just(DepthClaim(first, second)),
            st.just(DistanceClaim(first, second, tuple(ids[2:]))),
            st.builds(CountClaim, classes, st.integers(-1, 8)),
            st.builds(ExistenceClaim, classes, st.booleans()),
            st.builds(ExistenceClaim, classes, st.booleans(), predicates, classes),
        )  # fmt: skip

    return ids_of(one, repeated=repeated).flatmap(over)


def facts(one: Scene) -> Facts:
    return Facts(one, PROOF)


def verdict(one: Scene, claim) -> str:
    """What a question makes of it: it holds, it does not, or nobody knows."""
    evidence = facts(one).holds(claim)
    return "yes" if evidence.supports else "no" if evidence.refutes else "unknown"


def converses(claim):
    """Claims that cannot be true together with this one."""
    match claim:
        case RelationClaim(a, predicate, b, holds) | ReachClaim(a, predicate, b, holds):
            yield type(claim)(a, predicate, b, not holds)
            if holds and predicate in SIDES:
                yield type(claim)(a, SIDES[predicate], b)
            if holds and PREDICATES[predicate].inverse:
                yield type(claim)(b, predicate, a)
        case SizeClaim(dimension, largest, others):
            for other in others:
                rest = (largest, *(entry for entry in others if entry != other))
                yield SizeClaim(dimension, other, rest)
        case OrientationClaim():
            for one, other in OPPOSITES.items():
                if claim.direction in (one, other):
                    opposite = other if claim.direction is one else one
                    yield OrientationClaim(claim.viewpoint, claim.reference, claim.target, opposite)
            if claim.viewpoint is None:
                yield OrientationClaim(None, claim.target, claim.reference, claim.direction)
        case LocationClaim():
            yield from (
                LocationClaim(claim.object, cell) for cell in Cell if cell is not claim.cell
            )
        case DepthClaim():
            yield DepthClaim(claim.farther, claim.nearer)
        case DistanceClaim(reference, nearest, others):
            for other in others:
                rest = (nearest, *(entry for entry in others if entry != other))
                yield DistanceClaim(reference, other, rest)
        case CountClaim():
            yield CountClaim(claim.class_name, claim.number + 1)
        case ExistenceClaim(class_name, present, predicate, other):
            yield ExistenceClaim(class_name, not present, predicate, other)


def mirrored(one: Scene) -> Scene:
    things = {
        key: replace(
            thing,
            box=Box(one.width - thing.box.x2, thing.box.y1, one.width - thing.box.x1, thing.box.y2),
            facing=FACINGS.get(thing.facing, thing.facing),
        )
        for key, thing in one.objects.items()
    }
    links = tuple(
        replace(link, predicate=SIDES.get(link.predicate, link.predicate))
        for link in one.relationships
    )
    return replace(one, objects=things, relationships=links)


def swapped(text: str) -> str:
    return {"left": "right", "right": "left"}.get(text, text)


def reflected(claim):
    """The same fact, told of the mirrored picture."""
    match claim:
        case RelationClaim(a, predicate, b, holds) | ReachClaim(a, predicate, b, holds):
            return type(claim)(a, SIDES.get(predicate, predicate), b, holds)
        case OrientationClaim(viewpoint, reference, target, direction):
            text = "_".join(swapped(word) for word in direction.split("_"))
            return OrientationClaim(viewpoint, reference, target, Direction(text))
        case LocationClaim(key, cell):
            row, column = cell.split("_")
            return LocationClaim(key, Cell(f"{row}_{swapped(column)}"))
        case ExistenceClaim(name, present, str(predicate), other):
            return ExistenceClaim(name, present, SIDES.get(predicate, predicate), other)
        case _:
            return claim


def scaled(one: Scene, times: int) -> Scene:
    things = {
        key: replace(thing, box=Box(*(edge * times for edge in thing.box)))
        for key, thing in one.objects.items()
    }
    return replace(one, width=one.width * times, height=one.height * times, objects=things)


def renumbered(one: Scene, ids: dict[int, int]) -> Scene:
    things = {ids[key]: replace(thing, object_id=ids[key]) for key, thing in one.objects.items()}
    links = tuple(
        replace(link, subject=ids[link.subject], object=ids[link.object])
        for link in one.relationships
    )
    return replace(one, objects=dict(sorted(things.items())), relationships=links)


def with_more(one: Scene, subject: int, predicate: str, target: int) -> Scene:
    link = Relationship(99, subject, predicate, target, predicate in PREDICATES)
    return replace(one, relationships=(*one.relationships, link))


@given(st.data(), scenes())
def test_every_claim_over_existing_objects_can_be_judged(data, one):
    claim = data.draw(any_claim(one, repeated=True))
    evidence = facts(one).holds(claim)
    assert evidence.detail
    if evidence.margin is not None and (evidence.supports or evidence.refutes):
        assert abs(evidence.margin) >= 1.0 - 1e-9
        assert evidence.supports == (evidence.margin > 0)


@given(st.data(), scenes())
def test_a_claim_and_its_converse_are_never_both_supported(data, one):
    claim = data.draw(any_claim(one))
    if verdict(one, claim) == "yes":
        assert all(verdict(one, other) != "yes" for other in converses(claim))


@given(st.data(), scenes())
def test_what_excludes_a_supported_claim_of_a_question_is_refuted(data, one):
    """Where boxes or counts decide, the answer's truth is the other options' falsehood."""
    claim = data.draw(any_claim(one))
    decided = (SizeClaim, DistanceClaim, DepthClaim, CountClaim, ExistenceClaim, OrientationClaim)
    if isinstance(claim, decided) and verdict(one, claim) == "yes":
        assert all(verdict(one, other) == "no" for other in converses(claim))


@given(st.data(), scenes())
def test_mirroring_the_picture_swaps_left_and_right_alone(data, one):
    claim = data.draw(any_claim(one))
    there, here = facts(mirrored(one)).holds(reflected(claim)), facts(one).holds(claim)
    assert there.standing is here.standing


@given(st.data(), scenes(), st.integers(2, 9))
def test_clear_facts_stay_clear_in_a_larger_picture(data, one, times):
    claim = data.draw(any_claim(one))
    before = verdict(one, claim)
    if before != "unknown":
        assert verdict(scaled(one, times), claim) == before


@given(st.data(), scenes())
def test_ids_are_only_names(data, one):
    claim = data.draw(any_claim(one))
    keys = sorted(one.objects)
    ids = dict(zip(keys, data.draw(st.permutations([key * 7 for key in keys])), strict=True))
    moved = renumbered(one, ids)
    names = {"object", "subject", "largest", "reference", "target", "nearer", "farther", "nearest"}
    values = {
        field: ids[value] if field in names and isinstance(value, int) else value
        for field, value in ((field, getattr(claim, field)) for field in claim.__struct_fields__)
    }
    if "others" in values:
        values["others"] = tuple(ids[other] for other in claim.others)
    if values.get("viewpoint") is not None:
        values["viewpoint"] = ids[claim.viewpoint]
    assert verdict(moved, type(claim)(**values)) == verdict(one, claim)


@given(st.data(), scenes())
def test_no_single_annotation_turns_a_claim_round(data, one):
    claim = data.draw(any_claim(one))
    subject, target = data.draw(ids_of(one))[:2]
    more = with_more(one, subject, data.draw(st.sampled_from(sorted(PREDICATES))), target)
    assert {verdict(one, claim), verdict(more, claim)} != {"yes", "no"}


@given(st.data(), scenes(at_least=3))
def test_an_annotation_says_nothing_of_other_pairs(data, one):
    a, b, c = data.draw(st.permutations(sorted(one.objects)))[:3]
    more = with_more(one, a, data.draw(st.sampled_from(sorted(PREDICATES))), c)
    for claim in (RelationClaim(a, "on", b), RelationClaim(b, "left of", c), DepthClaim(b, a)):
        assert verdict(more, claim) == verdict(one, claim)


@given(scenes())
def test_inverses_and_symmetric_predicates_stand_alike(one):
    known = facts(one)
    for a, b in permutations(sorted(one.objects)[:3], 2):
        for name, predicate in PREDICATES.items():
            back = name if predicate.symmetric else predicate.inverse
            if back and predicate.proved is PREDICATES[back].proved:
                here = known.holds(RelationClaim(a, name, b))
                assert known.holds(RelationClaim(b, back, a)).standing is here.standing


@given(st.data())
def test_a_relationship_does_not_hold_where_it_is_refuted(data):
    one = data.draw(scenes())
    claim = data.draw(any_claim(one).filter(lambda c: isinstance(c, RelationClaim | ReachClaim)))
    own, other = (facts(one).holds(replace_holds(claim, so)) for so in (True, False))
    assert (own.supports, own.refutes) == (other.refutes, other.supports)
    if own.margin is not None:
        assert own.margin == -other.margin
        assert (other.standing == "proved") is own.refutes


def replace_holds(claim, holds):
    return type(claim)(claim.subject, claim.predicate, claim.object, holds)
