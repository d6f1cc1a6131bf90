"""Proof: whether a claim holds in a scene, from boxes and annotations alone.

Annotation is open-world: what nobody annotated need not be false. So a claim may be proved,
asserted, refuted or unknown: schemas.proof.evidence says when.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

import msgspec

from schemas.claim import (
    Claim,
    CountClaim,
    DepthClaim,
    DistanceClaim,
    ExistenceClaim,
    OrientationClaim,
    ReachClaim,
    RelationClaim,
    SizeClaim,
    classes_of,
    objects_of,
)
from schemas.config.margins import ProofConfig
from schemas.proof.annotations import DISPUTED, Annotations, fails
from schemas.proof.evidence import Evidence, Standing, by_degree, by_ratio, negated, unknown
from schemas.proof.geometry import Geometry
from schemas.proof.measures import may_be_one
from schemas.proof.naming import Naming
from schemas.proof.references import References
from schemas.scene_graph import Relationship, Scene
from schemas.testimony import SILENT
from schemas.vocabulary.predicates import load_predicates

OUTSIDE = frozenset({"side", "vertical", "proximity", "size"})
"""Families of predicates in which two things stand apart, or are measured."""
ALL = "*"
"""Stands for every class in ProofConfig.complete_classes."""


class Facts(Naming):
    """One scene with all that is known of it; `holds` is the only judge of claims."""

    def __init__(self, scene: Scene, config: ProofConfig) -> None:
        super().__init__(scene)
        self.config = config
        self.predicates = load_predicates()
        self.annotations = Annotations(scene, config)
        self.geometry = Geometry(scene, config, self.vocabulary)
        self._known: dict[Claim, Evidence] = {}
        """Of claims that were judged: a third is asked for again."""

    @cached_property
    def references(self) -> References:
        """How words may pick out each of the objects."""
        return References(self)

    def vouches(self, class_name: str) -> bool:
        """Whether every visible thing of the class is known to be annotated."""
        return self._is_complete(class_name) or self.witnesses.vouches(class_name)

    def _is_complete(self, class_name: str) -> bool:
        """As `vouches`, by the source alone: all of a drawn scene, or what the configuration
        says."""
        known = self.config.complete_classes
        line = self.vocabulary.lineage(class_name)
        return self.scene.is_exhaustive or ALL in known or not set(line).isdisjoint(known)

    def flaw(self, claim: Claim) -> str | None:
        """Why a claim cannot be about this scene, true or false; None where it can."""
        named = objects_of(claim)
        for key in named:
            if key not in self.objects:
                return f"the scene has no object {key}"
        if len(named) > 1 and len(set(named)) < len(named):
            return f"it names an object twice: {named}"
        match claim:
            case RelationClaim() | ReachClaim() if claim.predicate not in self.predicates:
                return f"no such predicate: {claim.predicate!r}"
            case SizeClaim(others=()) | DistanceClaim(others=()):
                return "it compares with nothing"
            case OrientationClaim() if claim.viewpoint not in (None, claim.reference):
                return "its viewpoint is not its reference"
            case CountClaim() if claim.class_name not in self.vocabulary.classes:
                return f"no such class: {claim.class_name!r}"
            case ExistenceClaim():
                return self._existence_flaw(claim)
        return None

    def _existence_flaw(self, claim: ExistenceClaim) -> str | None:
        if (claim.predicate is None) != (claim.other_class is None):
            return "a predicate and another class go together"
        if claim.predicate is not None and claim.predicate not in self.predicates:
            return f"no such predicate: {claim.predicate!r}"
        for name in classes_of(claim):
            if name not in self.vocabulary.classes:
                return f"no such class: {name!r}"
        return None

    def holds(self, claim: Claim) -> Evidence:
        """What speaks for or against a claim; a claim with a flaw is unknown."""
        found = self._known.get(claim)
        if found is None:
            found = self._known[claim] = self._judged(claim)
        return found

    def _judged(self, claim: Claim) -> Evidence:
        flaw = self.flaw(claim)
        if flaw:
            return unknown(flaw)
        if isinstance(claim, RelationClaim | ReachClaim) and not claim.holds:
            return negated(self.holds(msgspec.structs.replace(claim, holds=True)))
        annotated = self._as_sure(claim, self._annotated(claim))
        return self.witnesses.weigh(claim, annotated, self._others)

    def _others(self, claim: Claim) -> Iterator[tuple[str, Evidence]]:
        """What each other annotation of the photograph says, where it decides anything: the claim
        executed on its relationships and our boxes."""
        for witness, facts in self._by_witness.items():
            evidence = facts._annotated(claim)
            is_decided = evidence.standing is not Standing.UNKNOWN
            if evidence.margin is None and (is_decided or facts._is_excluded(claim)):
                yield witness, evidence

    def _is_excluded(self, claim: Claim) -> bool:
        """Whether an annotation of the same two things says otherwise, be it against the boxes."""
        if not isinstance(claim, RelationClaim | ReachClaim):
            return False
        said = self.annotations.axes(claim.subject, claim.object)
        axes = self.predicates[claim.predicate].axes
        return any(said.get(axis, {value}) != {value} for axis, value in axes)

    @cached_property
    def _by_witness(self) -> dict[str, "Facts"]:
        links: dict[str, list[Relationship]] = {}
        for number, one in enumerate(self.scene.testimony.links):
            own = links.setdefault(one.witness, [])
            own.append(Relationship(number, one.subject, one.predicate, one.object, True))
        return {
            witness: Facts(
                replace(self.scene, relationships=tuple(own), testimony=SILENT), self.config
            )
            for witness, own in links.items()
        }

    def _as_sure(self, claim: Claim, evidence: Evidence) -> Evidence:
        """The evidence, its margin as much smaller as detections are unsure: a box found at 0.5
        needs half as much margin again."""
        scores = [self.objects[key].score for key in objects_of(claim)]
        least = min((score for score in scores if score is not None), default=1.0)
        if evidence.margin is None or least == 1.0:
            return evidence
        margin = evidence.margin / (2.0 - least)
        if abs(margin) < 1.0:
            return unknown(f"{evidence.detail}: too close for a box found at {least:.2f}")
        return evidence._replace(margin=margin)

    def _annotated(self, claim: Claim) -> Evidence:
        """What the annotation alone says."""
        match claim:
            case RelationClaim() | ReachClaim():
                return self._relation(claim.subject, claim.predicate, claim.object)
            case DepthClaim():
                return self._depth(claim)
            case CountClaim():
                return self._count(claim)
            case ExistenceClaim():
                return self._related(claim) if claim.predicate else self._existence(claim)
        if not self.scene.is_exhaustive and any(map(self.is_boundless, objects_of(claim))):
            return unknown("one of them may reach beyond its box")
        return self.geometry.holds(claim)

    def _relation(self, subject: int, name: str, target: int) -> Evidence:
        predicate = self.predicates[name]
        degree = self.annotations.degree(predicate, subject, target)
        said = self.annotations.axes(subject, target)
        against = [axis for axis, value in predicate.axes if said.get(axis, {value}) != {value}]
        if predicate.family in OUTSIDE and (self.is_piece(subject) or self.is_piece(target)):
            return unknown("the box of one of them is only a piece of it")
        if self.annotations.say(subject, predicate, target):
            if against or fails(degree):
                other = against[0] if against else f"the boxes ({predicate.needs})"
                return unknown(f"annotated as {name!r}, against {other}")
            if not predicate.proved:
                return Evidence(Standing.ASSERTED, None, f"annotated as {name!r}")
        for axis in against:
            if said[axis].isdisjoint({dict(predicate.axes)[axis], DISPUTED}):
                return Evidence(Standing.REFUTED, None, f"annotation excludes it ({axis})")
        if against:
            return unknown(f"annotations contradict each other or the boxes ({against[0]})")
        if degree is None or (degree >= 1.0 and not predicate.proved):
            return unknown(f"nobody annotated {name!r}, and boxes cannot tell")
        if self.is_boundless(subject) or self.is_boundless(target):
            return unknown("one of them may reach beyond its box")
        return by_degree(degree, f"boxes: {predicate.needs}")

    def _depth(self, claim: DepthClaim) -> Evidence:
        near, far = self.objects[claim.nearer], self.objects[claim.farther]
        if near.depth and far.depth:
            detail = f"{near.depth:.1f} m against {far.depth:.1f} m from the viewer"
            return by_ratio(far.depth / near.depth, self.config.depth_ratio, detail)
        known = self.annotations.axes(claim.nearer, claim.farther).get("depth")
        if known not in ({"front"}, {"back"}):
            return unknown("depth is not annotated, or against the boxes")
        standing = Standing.ASSERTED if known == {"front"} else Standing.REFUTED
        return Evidence(standing, None, "annotated as in front of or behind")

    def _count(self, claim: CountClaim) -> Evidence:
        found = self.members.get(claim.class_name, [])
        doubt = self.doubtful(claim.class_name)
        if doubt:
            return unknown(f"object {doubt.object_id} ({doubt.name}) may be one or more of them")
        if len(found) > self.config.max_count:
            return unknown(f"more than {self.config.max_count}: a crowd")
        if not self.scene.is_exhaustive:
            rival = self.lookalike(claim.class_name)
            if rival:
                return unknown(f"object {rival.object_id} ({rival.name}) looks like one of them")
            if not self._is_complete(claim.class_name):
                return unknown("annotators often leave some of such things out")
            if may_be_one([thing.box for thing in found]):
                return unknown("two of them overlap and may be one")
        detail = f"{len(found)} annotated"
        if claim.number != len(found):
            return Evidence(Standing.REFUTED, None, detail)
        standing = Standing.PROVED if self.scene.is_exhaustive else Standing.ASSERTED
        return Evidence(standing, None, detail)

    def _existence(self, claim: ExistenceClaim) -> Evidence:
        exhaustive = self.scene.is_exhaustive
        found = [
            thing
            for thing in self.members.get(claim.class_name, ())
            if not thing.is_plural or thing.class_name == claim.class_name
        ]
        if found:
            detail = f"object {found[0].object_id} is one"
            supported = Standing.PROVED if exhaustive else Standing.ASSERTED
            return Evidence(supported if claim.present else Standing.REFUTED, None, detail)
        rival = self.doubtful(claim.class_name) or self.lookalike(claim.class_name)
        if rival:
            return unknown(f"object {rival.object_id} ({rival.name}) may be one")
        doubt = self._left_out(claim.class_name)
        if doubt:
            return unknown(doubt)
        if claim.present:
            return Evidence(Standing.REFUTED, None, "nothing annotated is or may be one")
        standing = Standing.PROVED if exhaustive else Standing.ASSERTED
        return Evidence(standing, None, f"none among {len(self.objects)} annotated objects")

    def _related(self, claim: ExistenceClaim) -> Evidence:
        pairs = [
            (self._relation(one.object_id, str(claim.predicate), other.object_id), one, other)
            for one in self.possible(claim.class_name)
            for other in self.possible(str(claim.other_class))
            if one is not other
        ]
        sure = self.members.get(claim.class_name, ()), self.members.get(str(claim.other_class), ())
        for verdict, one, other in pairs:
            if verdict.supports and one in sure[0] and other in sure[1]:
                if claim.present:
                    return verdict
                margin = None if verdict.margin is None else -verdict.margin
                return Evidence(Standing.REFUTED, margin, verdict.detail)
        if not pairs or not all(verdict.refutes for verdict, *_ in pairs):
            return unknown("some pair of them may be so related")
        doubt = self._unseen(claim.class_name) or self._unseen(str(claim.other_class))
        if doubt:
            return unknown(doubt)
        detail = "every pair of them is refuted"
        if claim.present:
            return Evidence(Standing.REFUTED, None, detail)
        standing = Standing.PROVED if self.scene.is_exhaustive else Standing.ASSERTED
        return Evidence(standing, None, detail)

    def _unseen(self, class_name: str) -> str | None:
        """Why there may be one that neither annotation nor a witness knows; None where there is
        not."""
        doubt = self.witnesses.doubt(class_name)
        if doubt or self.witnesses.complete_by(class_name):
            return doubt
        return self._left_out(class_name)

    def _left_out(self, class_name: str) -> str | None:
        """Why there may be one that nobody annotated; None where there is not."""
        if self.scene.is_exhaustive:
            return None
        if not self.vocabulary.classes[class_name].is_landmark:
            return "annotators often leave such things out"
        looked_for = self.config.absent_classes
        if looked_for is not None and class_name not in looked_for:
            return "the source annotates no such things"
        if len(self.objects) < self.config.min_annotated:
            return "too little of the picture is annotated"
        return None
