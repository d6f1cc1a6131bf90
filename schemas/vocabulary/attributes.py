"""Attributes: the colours, materials and postures that tell things of one class apart."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from schemas.vocabulary.grammar import split_words
from schemas.vocabulary.kinds import Kind

ATTRIBUTES_PATH = Path(__file__).parents[2] / "data" / "vocabulary" / "attributes.toml"
SUFFIXES = (" colored", " coloured", " color", " colour")
"""Ends of annotated words that add nothing: "cream colored"."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """One value of a family; `near` are values of it that people mix up with this one."""

    name: str
    family: str
    kinds: frozenset[Kind]
    also: tuple[str, ...]
    near: frozenset[str]


def parse_attributes(text: str) -> dict[str, Attribute]:
    """By name, `near` made symmetric; ValueError where a value or a kind is unknown or doubled."""
    found: dict[str, Attribute] = {}
    for family, table in tomllib.loads(text).items():
        kinds = frozenset(map(Kind, table["of"].split()))
        values = table["values"]
        for name, entry in values.items():
            if name in found:
                raise ValueError(f"attribute {name!r} is in two families: keep it in one of them")
            near = {other for other, one in values.items() if name in one.get("near", ())}
            near |= set(entry.get("near", ()))
            if unknown := near - values.keys():
                raise ValueError(f"attribute {name!r} names {sorted(unknown)}: not of its family")
            also = tuple(entry.get("also", ()))
            found[name] = Attribute(name, family, kinds, also, frozenset(near))
    return found


@cache
def load_attributes() -> Mapping[str, Attribute]:
    return parse_attributes(ATTRIBUTES_PATH.read_text(encoding="utf-8"))


@cache
def attribute_spellings() -> Mapping[str, str]:
    """Every spelling, and the attribute that it stands for; ValueError on a second meaning."""
    found: dict[str, str] = {}
    for attribute in load_attributes().values():
        for spelling in (attribute.name, *attribute.also):
            if found.setdefault(spelling, attribute.name) != attribute.name:
                raise ValueError(f"{spelling!r} stands for two attributes: keep it in one of them")
    return found


def attribute_of(text: str) -> str | None:
    """The attribute that an annotated text means, or None."""
    words = " ".join(split_words(text))
    for suffix in SUFFIXES:
        words = words.removesuffix(suffix)
    return attribute_spellings().get(words)


def attributes_in(texts: Iterable[str]) -> dict[str, set[str]]:
    """The values of each family that annotated texts state."""
    found: dict[str, set[str]] = {}
    for text in texts:
        name = attribute_of(text)
        if name:
            found.setdefault(load_attributes()[name].family, set()).add(name)
    return found
