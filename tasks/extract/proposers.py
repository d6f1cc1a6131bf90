"""The table of proposers: per category, which claims are worth asking about."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from schemas.claim import Category
from tasks.extract import comparisons, counts, directions, existences, locations, relations
from tasks.extract import undecided as left_open
from tasks.extract.proposal import Proposal
from tasks.extract.view import View


@dataclass(frozen=True)
class Proposer:
    category: Category
    propose: Callable[[View, int], Iterator[Proposal]]
    """Proposals of a scene for questions of so many options."""
    propose_undecided: Callable[[View], Iterator[Proposal]] | None = None
    """Proposals that only somebody who looks at the picture can decide; None where the boxes
    decide all that is asked."""
    share: int = 1
    """How many times `max_per_category` candidates a scene gives."""
    is_searched: bool = True
    """Whether something small is harder to find. What somebody holds is not: its holder leads to
    it."""


PROPOSERS: Sequence[Proposer] = (
    # Half of the dataset are relations.
    Proposer(Category.RELATION, relations.propose_relations, left_open.propose_places, share=2),
    Proposer(
        Category.REACH, relations.propose_reaches, left_open.propose_reaches, is_searched=False
    ),
    Proposer(Category.SIZE, comparisons.propose_sizes),
    Proposer(
        Category.ORIENTATION, directions.propose_orientations, left_open.propose_own_directions
    ),
    Proposer(Category.INSTANCE_LOCATION, locations.propose_locations),
    Proposer(Category.DEPTH, comparisons.propose_depths, left_open.propose_depths),
    Proposer(Category.DISTANCE, comparisons.propose_distances),
    Proposer(Category.COUNT, counts.propose_counts, left_open.propose_counts),
    Proposer(Category.EXISTENCE, existences.propose_existences, left_open.propose_existences),
)
