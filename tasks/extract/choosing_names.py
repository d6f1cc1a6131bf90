"""Choosing names: by which references a question and its options name their objects."""

from collections.abc import Iterable, Mapping

from schemas.claim import Claim, OrientationClaim, ReachClaim, RelationClaim, objects_of
from schemas.proof.references import GRIPS, References
from schemas.reference import Reference, Telling
from tasks.language.form import AnyForm
from tasks.language.words.references import text_of


class Names:
    """The references of one question. No two name the same class; none says what questions of its
    form ask for; and what only some of them say (Form.evens) would set these apart."""

    def __init__(self, references: References, form: AnyForm) -> None:
        self.references = references
        self.form = form
        self.chosen: Mapping[int, Reference] = {}

    def add(self, claim: Claim) -> bool:
        """Names the objects of a claim, too; False, and nothing new, where one has no fit name."""
        for said in self._levels(claim):
            chosen = self._named(claim, said)
            if chosen is not None:
                self.chosen = chosen
                return True
        return False

    def _levels(self, claim: Claim) -> Iterable[frozenset[Telling]]:
        """What all references of the question may say, in the order in which it is tried."""
        known = self.chosen.values()
        first = known or (
            entry for key in objects_of(claim)[:1] for entry in self.references.of(key)
        )
        found = dict.fromkeys(entry.tells & self.form.evens for entry in first)
        return found or [frozenset()]

    def _named(self, claim: Claim, said: frozenset[Telling]) -> Mapping[int, Reference] | None:
        chosen = dict(self.chosen)
        for key in objects_of(claim):
            if key not in chosen:
                # "From the man who appears largest's own point of view" is no English.
                is_plain = isinstance(claim, OrientationClaim) and claim.viewpoint == key
                fit = (
                    entry
                    for entry in self.references.of(key)
                    if entry.tells & self.form.evens == said
                    and not entry.tells & self.form.hides
                    and (entry.is_plain or not is_plain)
                    and not _grips_twice(entry, key, claim)
                    and _stands_apart(entry, chosen.values())
                )
                found = next(fit, None)
                if found is None:
                    return None
                chosen[key] = found
            elif _grips_twice(chosen[key], key, claim):
                return None
        return chosen

    @property
    def texts(self) -> dict[int, str]:
        return {key: text_of(reference) for key, reference in self.chosen.items()}


def _grips_twice(reference: Reference, object_id: int, claim: Claim) -> bool:
    """Whether words would say of a thing twice what it holds: "the man holding the ball holding the
    kite" is read as a ball that holds a kite."""
    if not isinstance(claim, RelationClaim | ReachClaim) or reference.predicate is None:
        return False
    return claim.subject == object_id and claim.predicate in GRIPS


def _stands_apart(reference: Reference, others: Iterable[Reference]) -> bool:
    """Whether it names no class that another one names."""
    return all(
        reference.class_name not in (other.class_name, other.anchor)
        and reference.anchor != other.class_name
        for other in others
    )
