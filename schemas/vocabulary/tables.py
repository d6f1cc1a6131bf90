"""Both tables of the vocabulary together, on which stages that read names depend."""

from functools import cache
from hashlib import sha256

from schemas.vocabulary.classes import CLASSES_PATH
from schemas.vocabulary.predicates import TABLE


@cache
def vocabulary_digest() -> str:
    """Of the bytes of both tables."""
    return sha256(CLASSES_PATH.read_bytes() + b"\0" + TABLE.read_bytes()).hexdigest()[:16]
