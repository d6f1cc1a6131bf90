"""Geometry: what boxes alone, and true depth and facing, say of sizes, directions, places and
distances in the picture."""

from functools import cached_property
from math import hypot
from typing import TypeAlias, assert_never

from schemas.box import Box, center_distance, horizontal_gap, intersection_area
from schemas.claim import (
    Cell,
    Dimension,
    DistanceClaim,
    LocationClaim,
    OrientationClaim,
    SizeClaim,
)
from schemas.config.margins import ProofConfig
from schemas.proof.evidence import Evidence, Standing, by_ratio, unknown
from schemas.proof.measures import (
    MEASURES,
    OWN,
    OWN_DIRECTIONS,
    STEPS,
    Distances,
    cell_boxes,
    degrees_off,
    needed_ratio,
    one_dominates,
    spans_agree,
)
from schemas.scene_graph import Scene
from schemas.vocabulary.classes import Vocabulary
from schemas.vocabulary.kinds import Trait

Measured: TypeAlias = SizeClaim | OrientationClaim | LocationClaim | DistanceClaim
"""Claims that boxes decide; no annotation of a relationship does."""
REFUTED_DEGREES = 60.0
"""The eight directions are 45 degrees apart: a target this far off one of them is clearly nearer to
another."""
REFUTED_CELL_SHARE = 0.1
"""Share of a box: nobody says that a thing lies in a cell that holds at most a tenth of it."""


class Geometry:
    """The boxes of one scene, and the margins by which they show something."""

    def __init__(self, scene: Scene, config: ProofConfig, vocabulary: Vocabulary) -> None:
        self.scene = scene
        self.objects = scene.objects
        self.config = config
        self.vocabulary = vocabulary
        self.distances = Distances(config.distance_share * scene.diagonal)

    def holds(self, claim: Measured) -> Evidence:
        match claim:
            case SizeClaim():
                return self._size(claim)
            case OrientationClaim(viewpoint=None):
                return self._direction(claim)
            case OrientationClaim():
                return self._own_direction(claim)
            case LocationClaim():
                return self._location(claim)
            case DistanceClaim():
                return self._distance(claim)
            case _:
                assert_never(claim)

    def _size(self, claim: SizeClaim) -> Evidence:
        things = [self.objects[key] for key in (claim.largest, *claim.others)]
        boxes = [thing.box for thing in things]
        if claim.dimension is Dimension.LARGER:
            if not one_dominates(boxes):
                return unknown("its box is larger only along one side")
            top = max(things, key=lambda thing: thing.box.area)
            if top.class_name and self.vocabulary.has(top.class_name, Trait.SPARSE):
                return unknown("the largest box is mostly empty")
        measured, *others = map(MEASURES[claim.dimension], boxes)
        rival = max(others)
        return by_ratio(
            measured / rival,
            needed_ratio(claim.dimension, self.config),
            f"{claim.dimension}: {measured:,} against {rival:,} pixels",
        )

    def _direction(self, claim: OrientationClaim) -> Evidence:
        one, other = self.objects[claim.reference].box, self.objects[claim.target].box
        if claim.direction not in STEPS:
            return unknown("the viewer has no such direction in the picture plane")
        far_enough = self.config.direction_share * self.scene.diagonal
        if intersection_area(one, other) or center_distance(one, other) < far_enough:
            return unknown("the boxes overlap or are too close together")
        off = degrees_off(claim.direction, one, other)
        detail = f"{off:.0f} degrees off {claim.direction.replace('_', ' ')}"
        agree = spans_agree(claim.direction, one, other)
        if off >= REFUTED_DEGREES and not agree:
            return Evidence(Standing.REFUTED, -off / REFUTED_DEGREES, detail)
        if off <= self.config.direction_degrees and agree:
            margin = 1.0 + (self.config.direction_degrees - off) / self.config.direction_degrees
            return Evidence(Standing.PROVED, margin, detail)
        return unknown(f"{detail}: too close to call")

    def _own_direction(self, claim: OrientationClaim) -> Evidence:
        one, other = self.objects[claim.reference], self.objects[claim.target]
        if not one.facing:
            return unknown("nobody knows which way it faces")
        if not one.depth or not other.depth:
            return unknown("nobody knows how far away they are")
        if claim.direction not in OWN:
            return unknown("no direction of its own")
        (ax, ay), (bx, by) = one.box.center, other.box.center
        far_enough = self.config.direction_share * self.scene.diagonal
        is_apart = horizontal_gap(one.box, other.box) >= 0 and hypot(bx - ax, by - ay) >= far_enough
        # For a focal length equal to the width of the image, it lies at least this far to the side.
        sideways = abs(bx - ax) / self.scene.width * min(one.depth, other.depth)
        is_level = abs(by - ay) <= abs(bx - ax) and abs(other.depth - one.depth) <= sideways / 2
        if not is_apart or not is_level:
            return unknown("they are not clearly side by side")
        true = OWN_DIRECTIONS[one.facing, bx > ax]
        detail = f"it faces {one.facing}: for it the other lies {true}"
        if claim.direction is true:
            return Evidence(Standing.PROVED, 1.0, detail)
        return Evidence(Standing.REFUTED, -1.0, detail)

    @cached_property
    def cells(self) -> dict[Cell, Box]:
        return cell_boxes(self.scene.width, self.scene.height)

    def _location(self, claim: LocationClaim) -> Evidence:
        if not self.scene.has_frame:
            return unknown("the size of the picture is not annotated")
        box = self.objects[claim.object].box
        cell = self.cells[claim.cell]
        share = intersection_area(box, cell) / box.area
        detail = f"{share:.0%} of it lies there"
        if share >= self.config.cell_share:
            return Evidence(Standing.PROVED, share / self.config.cell_share, detail)
        if share <= REFUTED_CELL_SHARE:
            return Evidence(Standing.REFUTED, -1.0, detail)
        return unknown(detail)

    def _distance(self, claim: DistanceClaim) -> Evidence:
        reference = self.objects[claim.reference].box
        near = self.objects[claim.nearest].box
        worst = min(
            self.distances.nearness(reference, near, self.objects[other].box)
            for other in claim.others
        )
        detail = f"{worst:.1f} times as near in the picture"
        return by_ratio(worst, self.config.distance_ratio, detail)
