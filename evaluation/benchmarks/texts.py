"""Texts: questions, options and answers as benchmarks write them."""

import json
import re
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

from evaluation.literals import MAX_LENGTH, python_literal
from schemas.benchmark import LETTERS

LETTER = re.compile(r"\s*[(\[]?\s*([A-Ha-h])\s*[)\].:]*\s*")
"""An answer that is a letter from A to H, with brackets and marks."""
LEADING = re.compile(r"\s*\(?([A-H])[).:]\s+")
"""A letter in front of an option, in capitals."""
BRACKETED = re.compile(r"\(([A-Ha-h])\)\s*")
"""`(A)` or `(a)` in front of an option."""
LINES = re.compile(r"(?m)^[ \t]*([A-H])[).:][ \t]*(?=\S)")
"""`A. ` or `(A) ` at the beginning of a line."""
INLINE = re.compile(r"(?:^|(?<=[\s,;]))([A-H])[).:]\s+(?=\S)")
"""`A. ` or `A: ` inside a line."""
HEAD = re.compile(r"(?:^|\s)(?:Options|Choices)\s*:[ \t]*(?=[\n(A])")
"""`Options:` or `Choices:` in front of options."""
INSTRUCTION = re.compile(
    r"\s*(?:(?:Please (?:answer|respond|reply)|Answer|Respond|Reply)"
    r"(?: the question)?(?: directly)? (?:(?:with|using|in|by)\b[^.?!\n]*"
    r"\b(?:letter|single word|number|short phrase|yes or no)\b[^.?!\n]*|yes or no)"
    r"|(?:Please s|S)elect from the following choices)[.:]?\s*\Z"
)
"""A last sentence that says how to answer: with a letter, a word, a number, yes or no."""
HINT = re.compile(r"\AHint: Please [^\n]*\n+(?:Question:\s*)?")
"""How MathVista and its followers begin a question."""
PICTURE = "<image>"
"""What stands in a text for one of its pictures."""
LEADING_PICTURES = re.compile(rf"\s*(?:{PICTURE}[\s,]*)+")
"""Pictures in front of a text, where they are shown anyway."""
YES_NO = ("Yes", "No")  # options of questions that have none of their own


def text_of(row: Mapping[str, Any], name: str) -> str:
    """The text in a column; ValueError where it is something else, or nothing."""
    value = row[name]
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{name} is {_shown(value)}, and text is expected")
    return value.strip()


def number_of(row: Mapping[str, Any], name: str) -> int:
    """The whole number in a column, which may be written as text."""
    value = row[name]
    if isinstance(value, bool) or not re.fullmatch(r"-?\d{1,18}", str(value).strip()):
        raise ValueError(f"{name} is {_shown(value)}, and a whole number is expected")
    return int(value)


def name_in(row: Mapping[str, Any], name: str) -> str:
    """A number or text that names something."""
    value = row[name]
    if isinstance(value, bool) or not isinstance(value, int | str) or not str(value).strip():
        raise ValueError(f"{name} is {_shown(value)}, and a name or a number is expected")
    return str(value).strip()


def first_of(row: Mapping[str, Any], *names: str) -> Any:
    """What the first of these columns holds that the row has; KeyError names the first."""
    for name in names:
        if is_given(row.get(name)):
            return row[name]
    raise KeyError(names[0])


def is_given(value: Any) -> bool:
    """Whether a cell has a value. An empty one is NaN in pandas, None in datasets, an empty text in
    text files, and in some Parquet files a photograph without bytes or path."""
    if isinstance(value, dict) and value.keys() == {"bytes", "path"}:
        return any(value.values())
    return value is not None and value == value and value != ""


def letter_of(answer: Any) -> str:
    """`B` of "(B)", "b" or "B."; ValueError for anything else."""
    match = LETTER.fullmatch(answer) if isinstance(answer, str) else None
    if not match:
        raise ValueError(f"the answer {_shown(answer)} is not a letter from A to H")
    return match[1].upper()


def gold_of(answer: Any, options: Sequence[str]) -> str:
    """The letter that an answer is, or that of the one option whose text it is."""
    texts = [option.casefold() for option in options]
    said = str(answer).strip().casefold()
    if texts.count(said) == 1 and not LETTER.fullmatch(said):
        return LETTERS[texts.index(said)]
    return letter_of(answer)


def yes_or_no(answer: Any) -> str:
    """A for yes, B for no."""
    said = str(answer).strip().lower().rstrip(".")
    if said not in ("yes", "no", "1", "0"):
        raise ValueError(f"the answer {_shown(answer)} is neither yes nor no")
    return "A" if said in ("yes", "1") else "B"


def literal(text: str) -> Any:
    """What JSON or a Python literal says; ValueError where it is neither."""
    if len(text) > MAX_LENGTH:
        raise ValueError(f"{_shown(text)} is longer than {MAX_LENGTH:,} characters")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        try:
            return python_literal(text)
        except ValueError:
            raise ValueError(f"{_shown(text)} is neither JSON nor a Python literal") from None


def listed(choices: Any) -> tuple[str, ...]:
    """Options of a list, or of its text; letters before them are removed."""
    if isinstance(choices, str):
        choices = literal(choices)
    if not isinstance(choices, Sequence) or isinstance(choices, str):
        raise ValueError(f"the options are {_shown(choices)}, and a list is expected")
    if missing := [choice for choice in choices if not is_given(choice)]:
        raise ValueError(f"one of the options is {_shown(missing[0])}, and a text is expected")
    texts = [str(choice).strip() for choice in choices]
    marks = [LEADING.match(text) for text in texts]
    if all(mark and mark[1] == letter for mark, letter in zip(marks, LETTERS, strict=False)):
        texts = [LEADING.sub("", text, count=1) for text in texts]
    return tuple(texts)


def in_columns(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Options of the columns A, B, C ..., without a gap."""
    given = [letter for letter in LETTERS if is_given(row.get(letter)) and row[letter] != "nan"]
    found = [str(row[letter]).strip() for letter in given]
    if given != list(LETTERS[: len(given)]):
        raise ValueError("the options have a gap between their letters")
    return tuple(found)


def options_in(row: Mapping[str, Any], *names: str) -> tuple[str, ...]:
    """Options of the first of these columns that has a list, else of the columns A, B, C ..."""
    given = [row[name] for name in names if is_given(row.get(name))]
    return listed(given[0]) if given else in_columns(row)


def cut_options(text: str, *, by_place: bool = False) -> tuple[str, tuple[str, ...]]:
    """The question and the options in one text: `(A) x (B) y`, `A. x` on separate lines, or
    `Options: A: x, B: y`; no options where no letters run from A on. `by_place`: any letters in
    brackets mark options, in their order."""
    text = without_instruction(HINT.sub("", text))
    heads = list(HEAD.finditer(text))
    start = heads[-1].end() if heads else 0
    marks = _marks(text, start, by_place) or (_marks(text, 0, by_place) if start else [])
    if not marks:
        return text.strip(), ()
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    options = [
        text[mark.end() : end].strip().rstrip(",;").strip()
        for mark, end in zip(marks, ends, strict=True)
    ]
    question = text[: marks[0].start()].rstrip()
    if heads and marks[0].start() >= start:
        question = text[: heads[-1].start()].rstrip()
    return without_instruction(question), tuple(map(without_instruction, options))


def _marks(text: str, start: int, by_place: bool) -> list[re.Match[str]]:
    """The letters before options: the last run A, B, C ... of the first style that has one."""
    for pattern in (BRACKETED, LINES, INLINE):
        found = list(pattern.finditer(text, start))
        if by_place and pattern is BRACKETED and 2 <= len(found) <= len(LETTERS):
            return found
        run: list[re.Match[str]] = []
        best: list[re.Match[str]] = []
        for mark in found:
            letter = mark[1].upper()
            if letter == "A":
                run = [mark]
            elif len(run) < len(LETTERS) and run and letter == LETTERS[len(run)]:
                run.append(mark)
            if len(run) >= 2:
                best = list(run)
        if best:
            return best
    return []


def without_instruction(text: str) -> str:
    """Without a last sentence that says how to answer: our prompts say it themselves."""
    rest = INSTRUCTION.sub("", text)
    return (rest if rest.strip() else text).strip()


def letter_at(place: Any, options: Sequence[str]) -> str:
    """The letter of the option at a place, counted from 0; ValueError where there is none."""
    is_place = isinstance(place, int) and not isinstance(place, bool)
    if not is_place or not 0 <= place < min(len(options), len(LETTERS)):
        raise ValueError(f"the answer {_shown(place)} is not one of {len(options)} places, 0 first")
    return LETTERS[place]


def letter_or_place(answer: Any, options: Sequence[str]) -> str:
    """The letter that an answer is, or that of the option at the place that it is."""
    return letter_at(answer, options) if isinstance(answer, int) else letter_of(answer)


def name_pictures(texts: Sequence[str], number: int) -> list[str]:
    """Texts in which `<image>` became "picture 1", "picture 2" and so on, in order; all `number`
    of them in front of the first text are left out. ValueError where there are more or fewer than
    `number`, but some."""
    found = sum(text.count(PICTURE) for text in texts)
    if not found:
        return list(texts)
    if found != number:
        raise ValueError(f"its texts have {found} times {PICTURE}, and it has {number} pictures")
    front = LEADING_PICTURES.match(texts[0])
    if front and front[0].count(PICTURE) == number:
        return [texts[0][front.end() :], *texts[1:]]
    places = count(1)
    return [re.sub(PICTURE, lambda _: f"picture {next(places)}", text) for text in texts]


def coco_source(coco_id: int) -> str:
    """How all that is known of photographs calls one of COCO's."""
    return f"coco:{coco_id:012d}"


def coco_of(name: Any) -> tuple[str, ...]:
    """`coco:000000123456` for a file or an address with a COCO number."""
    match = re.search(r"(?<!\d)(\d{12})(?!\d)", str(name or ""))
    return (coco_source(int(match[1])),) if match else ()


def _shown(value: Any) -> str:
    return repr(value if isinstance(value, str | int | float | None) else type(value).__name__)[:60]
