"""References of one scene: which of them texts use for the objects of claims."""

from collections.abc import Sequence

from schemas.claim import Claim, objects_of
from schemas.proof.facts import Facts
from schemas.reference import Reference
from tasks.language.words.references import references_in


def find_references(
    texts: Sequence[str], claims: Sequence[Claim], facts: Facts
) -> dict[int, Reference]:
    """How texts pick out the objects of claims: by the first of their references that picks out
    the object, and where there is none, by the class."""
    said = [entry.reference for text in texts for entry in references_in(text)]
    by_object: dict[int, Reference] = {}
    for reference in said:
        key = facts.references.picks(reference)
        if key is not None:
            by_object.setdefault(key, reference)
    return {
        key: by_object.get(key, Reference(str(facts.objects[key].class_name)))
        for claim in claims
        for key in objects_of(claim)
    }
