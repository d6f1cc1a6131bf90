"""References of one scene: which of them texts use for the objects of claims."""

from collections.abc import Sequence

from schemas.claim import Claim, ReachClaim, RelationClaim, objects_of
from schemas.proof.facts import Facts
from schemas.reference import Reference
from tasks.language.words.phrases import meaning_of
from tasks.language.words.references import references_in


def find_references(
    texts: Sequence[str], claims: Sequence[Claim], facts: Facts
) -> dict[int, Reference]:
    """How texts pick out the objects of claims: by the first of their references that picks out
    the object, and where there is none, by the class. What a claim states is no reference: "Is the
    man riding the horse?" does not ask about a man who rides it."""
    said = [entry.reference for text in texts for entry in references_in(text)]
    by_object: dict[int, Reference] = {}
    for reference in said:
        key = facts.references.picks(reference)
        is_claimed = any(_states(claim, reference, facts) for claim in claims)
        if key is not None and not is_claimed:
            by_object.setdefault(key, reference)
    return {
        key: by_object.get(key, Reference(str(facts.objects[key].class_name)))
        for claim in claims
        for key in objects_of(claim)
    }


def _states(claim: Claim, reference: Reference, facts: Facts) -> bool:
    if not isinstance(claim, RelationClaim | ReachClaim) or reference.predicate is None:
        return False
    ends = facts.objects[claim.subject].class_name, facts.objects[claim.object].class_name
    same = meaning_of(claim.predicate) == meaning_of(reference.predicate)
    return same and ends == (reference.class_name, reference.anchor)
