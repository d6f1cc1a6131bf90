"""All tables of the vocabulary together, on which stages that read names depend."""

from functools import cache
from hashlib import sha256

from schemas.vocabulary.attributes import ATTRIBUTES_PATH
from schemas.vocabulary.classes import CLASSES_PATH
from schemas.vocabulary.predicates import TABLE


@cache
def vocabulary_digest() -> str:
    """Of the bytes of all tables."""
    tables = CLASSES_PATH, TABLE, ATTRIBUTES_PATH
    return sha256(b"\0".join(path.read_bytes() for path in tables)).hexdigest()[:16]
