"""Prompt: the texts that the writer model reads, the stable part first.

A system text depends on strategy, category and whether the photograph is shown, so that providers
cache it; the scene comes last. `prompts/write.txt` is common to all; each category has a file of
three parts: rules, planned (examples), open (how its claims are written, and an example). Lines
that begin with {seen} or {unseen} are for models that are shown the photograph, or are not; those
that begin with {planned} or {open} are for one strategy.
"""

import re
from collections.abc import Sequence, Set
from functools import cache
from hashlib import sha256
from pathlib import Path

from schemas.chat import Message, Photograph, Role
from schemas.claim import Category
from schemas.config.models import Strategy, WriteConfig
from schemas.vocabulary.predicates import load_predicates
from tasks.language.forms.table import FORMS

FOLDER = Path(__file__).parent / "prompts"
"""The texts of the prompts, one file per part."""

MARK = re.compile(r"\{(seen|unseen|planned|open)\} ")
"""Says for whom a line is."""


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


def _planned_system(category: Category) -> str:
    parts = _parts(category)
    return "\n\n".join([_text("write"), _text("write_planned"), parts["rules"], parts["planned"]])


def _open_system(category: Category) -> str:
    parts = _parts(category)
    number = WriteConfig().num_options[category]
    example = (
        _text("write_open_example")
        .replace("{category}", category.value)
        .replace("{num_options}", str(number))
    )
    listed = (
        parts["open"]
        .replace("{predicates}", _predicates(FORMS[category].has_contact))
        .replace("{example}", example)
    )
    return "\n\n".join([_text("write"), _text("write_open"), parts["rules"], listed])


def _line_for(marks: Set[str], line: str) -> str | None:
    """A line without its marks; None where one of them is not among `marks`."""
    while mark := MARK.match(line):
        if mark[1] not in marks:
            return None
        line = line[mark.end() :]
    return line


@cache
def system_of(strategy: Strategy, category: Category, is_shown: bool = True) -> str:
    """For a model that is shown the photograph, or is not."""
    text = (_planned_system if strategy is Strategy.PLANNED else _open_system)(category)
    marks = {strategy.value, "seen" if is_shown else "unseen"}
    lines = [_line_for(marks, line) for line in text.split("\n")]
    kept = "\n".join(line for line in lines if line is not None)
    # Where all lines of a paragraph were for others, it is gone.
    return re.sub(r"\n{3,}", "\n\n", kept)


def prompt_digest(strategy: Strategy, is_shown: bool) -> str:
    """Covers every system text of a strategy."""
    texts = "\0".join(system_of(strategy, category, is_shown) for category in Category)
    return sha256(texts.encode()).hexdigest()[:16]


def messages_of(system: str, document: str, photograph: Photograph | None) -> Sequence[Message]:
    return (Message(Role.SYSTEM, system), Message(Role.USER, document, photograph))
