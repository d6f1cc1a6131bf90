"""Counts: how many things of a class there are."""

from collections.abc import Iterator

from schemas.claim import CountClaim
from tasks.extract.proposal import Proposal
from tasks.extract.view import View
from tasks.language.forms.count import NUMBERS_ASKED

SMALLEST = 0.4
"""Factor on the area that a thing must have to be asked about: several of a class are easier to
make out than one alone."""
MANY = (4, 5)
"""From each of these numbers on, a count is one point harder: up to three are seen without
counting."""


def propose_counts(view: View, num_options: int) -> Iterator[Proposal]:
    for class_name, members in sorted(view.facts.members.items()):
        number = len(members)
        if number not in NUMBERS_ASKED:
            continue
        too_small = any(
            member.box.area < SMALLEST * view.config.min_area_share * view.scene.area
            for member in members
        )
        if too_small or not view.is_nameable(class_name):
            continue
        claim = CountClaim(class_name, number)
        # Consecutive numbers, among which the right one may be at any place.
        most = min(view.facts.config.max_count, NUMBERS_ASKED[-1])
        last = max(most, number) - num_options + 1
        starts = range(max(number - num_options + 1, 1), min(number, max(last, 1)) + 1)
        first = view.shuffled(starts, class_name)[0]
        others = [
            CountClaim(class_name, other)
            for other in range(first, first + num_options)
            if other != number
        ]
        hardness = sum(number >= many for many in MANY)
        yield Proposal("number", claim, others, facet=str(number), hardness=hardness)
