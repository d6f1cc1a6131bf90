"""Prompt: the texts that the writer model reads, the stable part first.

A system text depends on strategy and category alone, so that providers cache it; the scene comes
last. `prompts/write.txt` is common to all; each category has a file of three parts: rules, planned
(an example), open (how its claims are written).
"""

import re
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path

from schemas.chat import Message, Photograph, Role
from schemas.claim import Category
from schemas.config.build import Strategy
from schemas.vocabulary.predicates import load_predicates
from tasks.language.forms.table import FORMS

FOLDER = Path(__file__).parent / "prompts"
"""The texts of the prompts, one file per part."""


@cache
def _text(name: str) -> str:
    return (FOLDER / f"{name}.txt").read_text(encoding="utf-8").strip()


@cache
def _parts(category: Category) -> dict[str, str]:
    _, *pieces = re.split(r"(?m)^\[(rules|planned|open)\]\n", _text(f"write_{category}"))
    return {name: text.strip() for name, text in zip(pieces[::2], pieces[1::2], strict=True)}


def _predicates(has_contact: bool) -> str:
    """The predicates that are asked about, each with its phrase where that differs."""
    return ", ".join(
        name if name == predicate.phrase else f"{name} (read: {predicate.phrase})"
        for name, predicate in load_predicates().items()
        if predicate.asks and predicate.means == name and has_contact is predicate.is_contact
    )


@cache
def planned_system(category: Category) -> str:
    parts = _parts(category)
    return "\n\n".join([_text("write"), _text("write_planned"), parts["rules"], parts["planned"]])


@cache
def open_system(categories: tuple[Category, ...]) -> str:
    """For a document that offers these categories."""
    texts = [_text("write"), _text("write_open")]
    for category in categories:
        parts = _parts(category)
        listed = parts["open"].replace("{predicates}", _predicates(FORMS[category].has_contact))
        texts += [parts["rules"], listed]
    return "\n\n".join(texts)


def system_of(strategy: Strategy, category: Category) -> str:
    return planned_system(category) if strategy is Strategy.PLANNED else open_system((category,))


def prompt_digest(strategy: Strategy) -> str:
    """Covers every system text of a strategy."""
    texts = "\0".join(system_of(strategy, category) for category in Category)
    return sha256(texts.encode()).hexdigest()[:16]


def messages_of(system: str, document: str, photograph: Photograph | None) -> Sequence[Message]:
    return (Message(Role.SYSTEM, system), Message(Role.USER, document, photograph))
