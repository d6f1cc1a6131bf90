"""Candidate questions of one scene, category by category.

The table of proposers says which claims are worth asking about; `find_candidates` keeps those that
the scene supports and for which enough other answers are refuted. Where models look at the picture,
it fills up with questions that the scene leaves open.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

from schemas.claim import Category, Claim, encode_claim, objects_of
from schemas.config.margins import ExtractConfig
from schemas.mirror import mirrored_places, mirrored_text, names_side
from schemas.proof.evidence import Evidence, Standing, unknown
from schemas.proof.facts import Facts
from schemas.scene_graph import SceneObject
from tasks.extract.choosing_names import Names
from tasks.extract.proposal import Proposal
from tasks.extract.proposers import PROPOSERS, Proposer
from tasks.extract.view import View
from tasks.language.forms.table import FORMS, form_of

MAX_WAITING = 4
"""Candidates of one facet that wait at most for better ones. Each is proved before it waits: more
would cost time in scenes where all candidates offer the opposite."""
CLOSE = 1.25
"""Margin (1 is just enough to prove a claim) below which a claim is only just clear, and its
question one point harder."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question to be: `asks` names the part of the claim that it asks for; `alternatives` are
    refuted claims that differ in that part, the most plausible first, and `num_offered` how many of
    them a question offers by itself; `facet` is what else the plan keeps balanced within a
    category.

    `names` are how question and options name the objects. Where the evidence is unknown, the facet
    starts with "undecided-", `claim` is any of the possible claims, and at least one of the
    alternatives is possible, too.
    """

    category: Category
    asks: str
    claim: Claim
    alternatives: tuple[Claim, ...]
    num_offered: int
    names: Mapping[int, str]
    evidence: Evidence
    facet: str
    salience: float
    hardness: int

    @property
    def objects(self) -> tuple[int, ...]:
        """The objects that the question or any of its options names, the claim's own first."""
        named = [*objects_of(self.claim)]
        for alternative in self.alternatives:
            named += [key for key in objects_of(alternative) if key not in named]
        return tuple(named)


def find_candidates(
    facts: Facts,
    config: ExtractConfig,
    num_options: Mapping[Category, int],
    *,
    undecided: bool = False,
) -> list[Candidate]:
    """The best candidates of a scene, at most `max_per_category` in each category and twice as many
    relations; undecided ones only where `undecided`, and after all decided ones.

    Proposals are tried with the most salient first, one of each facet in turn, until there are
    enough: most of a scene's possible questions are never proved at all.
    """
    view = View(facts, config)
    found: list[Candidate] = []
    # Where all that can be seen is annotated, nothing is left open but what is too close to call.
    is_open = undecided and not facts.scene.is_exhaustive
    for proposer in PROPOSERS:
        limit, number = config.max_per_category, num_options[proposer.category]
        proposals = proposer.propose(view, number)
        chosen = _chosen(view, proposer, proposals, number, proposer.share * limit, _candidate)
        if is_open and proposer.propose_undecided and len(chosen) < limit:
            rest = proposer.propose_undecided(view)
            chosen += _chosen(view, proposer, rest, number, limit - len(chosen), _undecided)
        found += chosen
    return found


def _chosen(
    view: View,
    proposer: Proposer,
    proposals: Iterable[Proposal],
    num_options: int,
    limit: int,
    as_candidate: Callable[[View, Proposer, Proposal, int], Candidate | None],
) -> list[Candidate]:
    """The first candidates, one of each facet in turn."""
    lines = {
        facet: _in_line(as_candidate(view, proposer, one, num_options) for one in line)
        for facet, line in _lines(view, proposals).items()
    }
    found: list[Candidate] = []
    while lines and len(found) < limit:
        for facet in list(lines):
            candidate = next(lines[facet], None)
            if candidate is None:
                del lines[facet]
            elif len(found) < limit:
                found.append(candidate)
    return found


def _in_line(candidates: Iterable[Candidate | None]) -> Iterator[Candidate]:
    """Up to MAX_WAITING candidates that offer the answer's opposite come last; further ones keep
    their place."""
    waiting: list[Candidate] = []
    for candidate in candidates:
        if candidate and len(waiting) < MAX_WAITING and _offers_opposite(candidate):
            waiting.append(candidate)
        elif candidate:
            yield candidate
    yield from waiting


def _offers_opposite(candidate: Candidate) -> bool:
    own = candidate.claim
    return any(form_of(own).are_opposite(own, other) for other in candidate.alternatives)


def _lines(view: View, proposals: Iterable[Proposal]) -> dict[str, list[Proposal]]:
    """The proposals of each facet in the order in which they are to be tried."""
    ranked = sorted(
        proposals,
        key=lambda proposal: (
            -round(view.salience_of(proposal.claim), 2),
            draw(view.scene.image_id, proposal.asks, proposal.claim),
        ),
    )
    lines: dict[str, list[Proposal]] = {}
    for proposal in ranked:
        lines.setdefault(proposal.facet, []).append(proposal)
    return lines


def draw(image_id: str, asks: str, claim: Claim) -> bytes:
    """An order that depends on nothing but image and claim."""
    text = f"{image_id}:{asks}:{encode_claim(claim)}"
    return blake2b(text.encode(), digest_size=8).digest()


def _candidate(
    view: View, proposer: Proposer, proposal: Proposal, num_options: int
) -> Candidate | None:
    """The proposal as a candidate, or None where its claim or its alternatives are not clear."""
    evidence = view.facts.holds(proposal.claim)
    names = Names(view.facts.references, FORMS[proposer.category])
    if not evidence.supports or not names.add(proposal.claim):
        return None
    alternatives: list[Claim] = []
    for claim in proposal.alternatives:
        if len(alternatives) == num_options - 1:
            break
        if view.facts.holds(claim).refutes and names.add(claim):
            alternatives.append(claim)
    form = FORMS[proposer.category]
    may_offer_fewer = proposer.may_offer_fewer or proposal.asks in form.asks_yes_or_no
    if len(alternatives) < (1 if may_offer_fewer else num_options - 1):
        return None
    # Beside an opposite, what else is offered is hardly ever right: only a show of options.
    opposites = [claim for claim in alternatives if form.are_opposite(proposal.claim, claim)][:1]
    alternatives = opposites + [claim for claim in alternatives if claim not in opposites]
    named = [view.by_id[key] for key in view.subjects_of(proposal.claim) if key in view.by_id]
    return Candidate(
        category=proposer.category,
        asks=proposal.asks,
        claim=proposal.claim,
        alternatives=tuple(alternatives),
        num_offered=len(opposites) or len(alternatives),
        names=names.texts,
        evidence=evidence,
        facet=proposal.facet,
        salience=view.salience_of(proposal.claim),
        hardness=proposal.hardness + _visual_hardness(view, proposer, named, evidence),
    )


def _undecided(
    view: View, proposer: Proposer, proposal: Proposal, num_options: int
) -> Candidate | None:
    """The proposal as a candidate, or None where the scene supports one of its claims or leaves
    fewer than two undecided. Any of the undecided ones stands in for the answer."""
    left_open: dict[Claim, Evidence] = {}
    refuted: list[Claim] = []
    for claim in (proposal.claim, *proposal.alternatives):
        evidence = view.facts.holds(claim)
        if evidence.supports:
            return None
        if evidence.refutes:
            refuted.append(claim)
        else:
            left_open[claim] = evidence
    names = Names(view.facts.references, FORMS[proposer.category])
    nameable = [claim for claim in (*left_open, *refuted) if names.add(claim)]
    offered = nameable[:num_options]
    if sum(claim in left_open for claim in offered) < 2 or len(offered) < num_options:
        return None
    possible = [claim for claim in offered if claim in left_open]
    claim = min(possible, key=lambda claim: draw(view.scene.image_id, proposal.asks, claim))
    named = [view.by_id[key] for key in view.subjects_of(claim) if key in view.by_id]
    unclear = unknown(left_open[claim].detail)
    return Candidate(
        category=proposer.category,
        asks=proposal.asks,
        claim=claim,
        alternatives=tuple(other for other in offered if other != claim),
        num_offered=len(offered) - 1,
        names=names.texts,
        evidence=unclear,
        facet=proposal.facet,
        salience=view.salience_of(claim),
        hardness=proposal.hardness + _visual_hardness(view, proposer, named, unclear),
    )


def mirror_image_of(candidate: Candidate) -> Candidate | None:
    """The same words about the mirror image, where what is offered is offered there, too, and
    something else of it is right; None where not, or where a name says what is left or right."""
    claims = candidate.claim, *candidate.alternatives[: candidate.num_offered]
    places = mirrored_places(claims)
    if candidate.evidence.standing is Standing.UNKNOWN or places is None or places[0] == 0:
        return None
    if any(map(names_side, candidate.names.values())):
        return None
    right = claims[places[0]]
    return replace(
        candidate,
        claim=right,
        alternatives=tuple(claim for claim in claims if claim != right),
        facet=mirrored_text(candidate.facet),
    )


def _visual_hardness(
    view: View, proposer: Proposer, named: Sequence[SceneObject], evidence: Evidence
) -> int:
    """One point each: something small, something covered, a margin that is only just large
    enough."""
    searched = named if proposer.is_searched else []
    small = any(thing.box.area < view.config.small_share * view.scene.area for thing in searched)
    covered = any(thing.object_id in view.blocked for thing in named)
    close = evidence.margin is not None and evidence.margin < CLOSE
    return small + covered + close
