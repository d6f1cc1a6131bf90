"""Texts: options and answers as benchmarks write them."""

import ast
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from schemas.benchmark import LETTERS

LETTER = re.compile(r"\s*[(\[]?\s*([A-Za-z])\s*[)\].:]?\s*")
MARKED = re.compile(r"(?:^|(?<=[\s,;]))[(\[]?([A-H])[)\].:]\s+(?=\S)")
BRACKETED = re.compile(r"\(([A-Ha-h])\)\s*")
OPTION_HEAD = re.compile(r"\n?\s*(?:Options|Choices)\s*:\s*$")
INSTRUCTIONS = re.compile(
    r"\s*(?:please\s+)?(?:answer|select|choose|respond|reply)\b[^.?!\n]*"
    r"(?:option|letter|choices|word|number|phrase|yes or no|directly)[^\n]*$",
    re.IGNORECASE,
)


def letter_of(answer: Any) -> str:
    """`B` of "(B)", "b" or "B."; ValueError for anything else."""
    match = LETTER.fullmatch(str(answer))
    if not match:
        raise ValueError(f"the answer {str(answer)[:40]!r} is no letter")
    return match[1].upper()


def listed(choices: Any) -> tuple[str, ...]:
    """Options of a list, or of the text of one; letters before them are taken off."""
    if isinstance(choices, str):
        try:
            choices = json.loads(choices)
        except ValueError:
            try:
                choices = ast.literal_eval(choices)
            except (ValueError, SyntaxError):
                raise ValueError(f"the options {choices[:40]!r} are no list") from None
    if not isinstance(choices, Sequence) or isinstance(choices, str):
        raise ValueError("the options are no list")
    return tuple(re.sub(r"^\s*\([A-H]\)\s*", "", str(choice)).strip() for choice in choices)


def in_columns(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Options of the columns A, B, C ...; pandas says NaN where there is none, datasets None."""
    found = []
    for letter in LETTERS:
        value = row.get(letter)
        if value is None or value != value or str(value).strip() in ("", "nan"):
            break
        found.append(str(value).strip())
    return tuple(found)


def cut_options(text: str) -> tuple[str, tuple[str, ...]]:
    """The question and the options that stand in one text, as `(A) x (B) y`, `A. x` on lines of
    their own, or `Options: A: x, B: y`; no options where there are none in alphabetical order."""
    text = without_instruction(text)
    for pattern in (BRACKETED, MARKED):
        marks = list(pattern.finditer(text))
        marks = _in_order(marks)
        if len(marks) >= 2:
            ends = [mark.start() for mark in marks[1:]] + [len(text)]
            options = [
                text[mark.end() : end].strip().rstrip(",;").strip()
                for mark, end in zip(marks, ends, strict=True)
            ]
            question = OPTION_HEAD.sub("", text[: marks[0].start()].rstrip())
            return without_instruction(question).strip(), tuple(options)
    return text.strip(), ()


def _in_order(marks: list[re.Match[str]]) -> list[re.Match[str]]:
    """The last run A, B, C ... of marks: a question may name a letter before."""
    best: list[re.Match[str]] = []
    run: list[re.Match[str]] = []
    for mark in marks:
        letter = mark[1].upper()
        if letter == "A":
            run = [mark]
        elif run and letter == LETTERS[len(run) % len(LETTERS)]:
            run.append(mark)
        if len(run) >= max(len(best), 2):
            best = list(run)
    return best


def without_instruction(text: str) -> str:
    """Without the lines at the end that say how to answer: our prompts say so themselves."""
    lines = text.strip().split("\n")
    while len(lines) > 1 and (not lines[-1].strip() or INSTRUCTIONS.fullmatch(lines[-1])):
        lines.pop()
    lines[-1] = re.sub(
        r"(?<=[.?!:)])\s+(?:please\s+)?(?:answer|select|choose|respond)\b[^.?!\n]*"
        r"(?:option|letter|choices|word|number|phrase)[^\n]*$",
        "",
        lines[-1],
        flags=re.IGNORECASE,
    )
    return "\n".join(lines).strip()


YES_NO = ("Yes", "No")


def yes_or_no(answer: Any) -> str:
    """A for yes, B for no."""
    said = str(answer).strip().lower().rstrip(".")
    if said not in ("yes", "no", "1", "0"):
        raise ValueError(f"the answer {said[:40]!r} is neither yes nor no")
    return "A" if said in ("yes", "1") else "B"


def coco_of(name: Any) -> tuple[str, ...]:
    """`coco:000000123456` of a file or an address that carries a COCO number."""
    match = re.search(r"(?<!\d)(\d{12})(?!\d)", str(name or ""))
    return (f"coco:{match[1]}",) if match else ()
