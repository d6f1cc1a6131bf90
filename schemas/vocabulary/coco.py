"""COCO's names of things, and the classes that its boxes show."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType

from schemas.vocabulary.classes import load_vocabulary

COCO_PATH = Path(__file__).parents[2] / "data" / "vocabulary" / "coco.toml"
FIELDS = {"is", "partial", "heaped", "mixed"}
"""What a row of coco.toml may have; the head of that file explains the fields."""
SENSE = re.compile(r"[_ ]*\([^)]*\)")
"""The sense in which LVIS means a name: "car_(automobile)"."""


@dataclass(frozen=True, slots=True)
class BoxedClass:
    """What a box of some name shows: one of `classes`. Who boxes all things of that name boxes all
    of the classes that are `whole`. `is_heaped` says that one box may hold several, `is_mixed` that
    no word fits all classes."""

    classes: tuple[str, ...]
    whole: frozenset[str]
    is_heaped: bool = False
    is_mixed: bool = False


def parse_coco(text: str) -> Mapping[str, BoxedClass]:
    """By COCO's name; ValueError where a class or a field does not exist."""
    known = load_vocabulary().classes
    found = {}
    for name, row in tomllib.loads(text).items():
        if unknown := row.keys() - FIELDS:
            raise ValueError(f"{name!r} has fields {sorted(unknown)}: use {sorted(FIELDS)}")
        if unknown := set(row["is"]) - known.keys():
            raise ValueError(f"{name!r} is {sorted(unknown)}: not classes")
        partial, heaped, mixed = (row.get(key, False) for key in ("partial", "heaped", "mixed"))
        some = set(row["is"]) if partial is True else set(partial or ())
        if unknown := some - set(row["is"]):
            raise ValueError(f"{name!r} is {sorted(unknown)} in part: not among its classes")
        found[name] = BoxedClass(tuple(row["is"]), frozenset(row["is"]) - some, heaped, mixed)
    return MappingProxyType(found)


@cache
def load_coco() -> Mapping[str, BoxedClass]:
    return parse_coco(COCO_PATH.read_text(encoding="utf-8"))


@cache
def coco_digest() -> str:
    """Of the bytes of the table."""
    return sha256(COCO_PATH.read_bytes()).hexdigest()[:16]


def boxed_class(name: str) -> BoxedClass | None:
    """What boxes of a category of any name show: COCO's, LVIS's or one of ours; None outside the
    vocabulary and where the name is of several things or doubtful."""
    plain = " ".join(SENSE.sub("", name).replace("_", " ").lower().split())
    if plain in load_coco():
        return load_coco()[plain]
    resolved = load_vocabulary().resolve(plain)
    if resolved.class_name is None or resolved.is_plural:
        return None
    others = sorted(resolved.mentions - {resolved.class_name})
    whole = frozenset() if others else frozenset({resolved.class_name})
    return BoxedClass((resolved.class_name, *others), whole)
