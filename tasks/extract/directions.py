"""Directions: where one thing lies from another, for the viewer or for somebody in the picture."""

from collections.abc import Iterable, Iterator
from itertools import permutations
from math import atan2, degrees

from msgspec import structs

from schemas.claim import Direction, OrientationClaim
from schemas.proof.measures import OWN, OWN_DIRECTIONS, STEPS
from schemas.vocabulary.kinds import LIVING
from tasks.extract.proposal import Proposal
from tasks.extract.view import View

CLOCKWISE = (
    Direction.RIGHT,
    Direction.BELOW_RIGHT,
    Direction.BELOW,
    Direction.BELOW_LEFT,
    Direction.LEFT,
    Direction.ABOVE_LEFT,
    Direction.ABOVE,
    Direction.ABOVE_RIGHT,
)
"""Directions in steps of 45 degrees: straight and diagonal ones in turn."""


def propose_orientations(view: View, num_options: int) -> Iterator[Proposal]:
    for reference, target in permutations(view.things, 2):
        one, other = reference.object_id, target.object_id
        (ax, ay), (bx, by) = reference.box.center, target.box.center
        if reference.facing and view.kind(reference) in LIVING:
            claim = OrientationClaim(one, one, other, OWN_DIRECTIONS[reference.facing, bx > ax])
            yield Proposal("direction", claim, _turned(view, claim, OWN), facet="own", hardness=2)
        octant = round(degrees(atan2(by - ay, bx - ax)) / 45.0) % 8
        claim = OrientationClaim(None, one, other, CLOCKWISE[octant])
        others = _turned(view, claim, STEPS)
        yield Proposal("direction", claim, others, facet="viewer", hardness=octant % 2)


def _turned(
    view: View, claim: OrientationClaim, directions: Iterable[Direction]
) -> Iterator[OrientationClaim]:
    """The claim with other directions: straight ones first for a straight one, else diagonal."""
    is_diagonal = "_" in claim.direction
    drawn = view.shuffled(directions, claim.reference, claim.target)
    for direction in sorted(drawn, key=lambda entry: ("_" in entry) != is_diagonal):
        if direction is not claim.direction:
            yield structs.replace(claim, direction=direction)
