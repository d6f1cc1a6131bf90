"""Comparisons: the largest of several things, the nearest to another, the nearer to the viewer."""

from collections.abc import Iterator, Sequence
from itertools import islice, permutations

from schemas.box import gap
from schemas.claim import DepthClaim, DistanceClaim, SizeClaim
from schemas.proof.measures import MEASURES, needed_ratio
from schemas.reference import Telling
from schemas.scene_graph import SceneObject
from tasks.extract.proposal import Proposal
from tasks.extract.view import View


def propose_sizes(view: View, num_options: int) -> Iterator[Proposal]:
    # Words that say of a thing that it appears large are for all of a group or for none.
    for things in (view.named_without(Telling.SIZE), view.named_with(Telling.SIZE)):
        yield from _sizes(view, things, num_options)


def _sizes(view: View, things: Sequence[SceneObject], num_options: int) -> Iterator[Proposal]:
    for dimension, measure in MEASURES.items():
        ratio = needed_ratio(dimension, view.facts.config)
        ordered = sorted(things, key=lambda thing: (-measure(thing.box), thing.object_id))
        for place, largest in enumerate(ordered):
            rivals = [
                other
                for other in ordered[place + 1 :]
                if measure(largest.box) >= ratio * measure(other.box)
            ]
            rivals = rivals[: num_options - 1]
            if len(rivals) < num_options - 1:
                continue
            group = [largest.object_id, *(rival.object_id for rival in rivals)]
            claims = [
                SizeClaim(dimension, key, tuple(other for other in group if other != key))
                for key in group
            ]
            yield Proposal("largest", claims[0], claims[1:], facet=dimension)


def propose_depths(view: View, num_options: int) -> Iterator[Proposal]:
    front = view.facts.predicates["in front of"]
    for one, other in permutations(view.things, 2):
        claim = DepthClaim(one.object_id, other.object_id)
        is_clear = all(
            view.is_sensible(*pair) for pair in ((one, front, other), (other, front, one))
        )
        if is_clear and view.facts.holds(claim).supports:
            reverse = [DepthClaim(other.object_id, one.object_id)]
            yield Proposal("nearer", claim, reverse, facet="nearer")
            yield Proposal("farther", claim, reverse, facet="farther", hardness=1)


def propose_distances(view: View, num_options: int) -> Iterator[Proposal]:
    needed = view.facts.config.distance_ratio
    distances = view.facts.geometry.distances
    for reference in view.things:
        others = sorted(
            (thing for thing in view.things if thing is not reference),
            key=lambda thing: (gap(reference.box, thing.box), thing.object_id),
        )
        for place, near in enumerate(others):
            # The nearest of those that are clearly farther become the other options.
            rivals = islice(
                (
                    far.object_id
                    for far in others[place + 1 :]
                    if distances.nearness(reference.box, near.box, far.box) >= needed
                ),
                num_options - 1,
            )
            group = [near.object_id, *rivals]
            if len(group) < num_options:
                continue
            claims = [
                DistanceClaim(
                    reference.object_id, key, tuple(other for other in group if other != key)
                )
                for key in group
            ]
            yield Proposal("nearest", claims[0], claims[1:], facet="nearest")
