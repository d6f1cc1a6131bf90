"""Topic: what near-duplicate questions of one image share, whoever writes them."""

from schemas.claim import (
    Claim,
    CountClaim,
    ExistenceClaim,
    OrientationClaim,
    RelationClaim,
    category_of,
    objects_of,
)
from schemas.vocabulary.classes import load_vocabulary


def topic_of(claim: Claim) -> str:
    """The things or classes that a claim is about, whatever it says or a question asks of them."""
    match claim:
        case CountClaim(class_name=name):
            return f"count {name}"
        case ExistenceClaim(class_name=name, other_class=other):
            return f"existence {_general(name)} {other or ''}"
        case OrientationClaim(viewpoint=None) | RelationClaim(predicate="left of" | "right of"):
            about = "side"
        case _:
            about = category_of(claim).value
    return " ".join((about, *map(str, sorted(objects_of(claim)))))


def _general(class_name: str) -> str:
    """A school bus and a bus are one topic: the most general class that is still telling."""
    vocabulary = load_vocabulary()
    lineage = vocabulary.lineage(class_name)
    landmarks = [entry for entry in lineage if vocabulary.classes[entry].is_landmark]
    return (landmarks or [class_name])[-1]
