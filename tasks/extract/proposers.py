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
    """Proposals of a scene, for questions with this number of options."""
    propose_undecided: Callable[[View], Iterator[Proposal]] | None = None
    """Proposals that only somebody who looks at the picture can decide; None where the boxes decide
    everything that is asked."""
    share: int = 1
    """Factor on `max_per_category`: the number of candidates of a scene."""
    may_offer_fewer: bool = False
    """Whether two or three options are offered where the scene has no more that might be right. To
    fill up with what nobody would hold or ride shows which might."""
    is_searched: bool = True
    """Whether questions on small things are harder. What somebody holds is no harder to find: its
    holder shows where it is."""


PROPOSERS: Sequence[Proposer] = (
    # Half of the dataset are relations.
    Proposer(Category.RELATION, relations.propose_relations, left_open.propose_places, share=2),
    Proposer(
        Category.REACH,
        relations.propose_reaches,
        left_open.propose_reaches,
        may_offer_fewer=True,
        is_searched=False,
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
