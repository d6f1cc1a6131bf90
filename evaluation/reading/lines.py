"""Lines: the skeletons of a part of a reply (evaluation.reading.skeletons), line by line.

Where its question is known, of each line only what speaks of that (evaluation.reading.asked_about).
"""

import re
from collections.abc import Sequence
from itertools import chain

from evaluation.reading.asked import NOTHING, Asked
from evaluation.reading.asked_about import about_asked
from evaluation.reading.asked_signs import stated_of_asked, words_asked
from evaluation.reading.option_texts import WORD, Options
from evaluation.reading.reply_parts import plain
from evaluation.reading.skeletons import skeleton

ITEM = re.compile(r"(?m)^(?:[^\w\n]*\d+[.)]|[^\S\n]*[-*\u2022])[^\S\n]+(?=\S)")
"""The start of an item of a list, before its words."""
CHECKED = re.compile(
    r"(?m)^([^\S\n]*(?:(?:[-*\u2022]|\d+[.)])[^\S\n]+)?)[\[(]([ xX\u2713\u2714]?)[\])]"
    r"(?=[^\S\n]*[*_(\[]*[A-Z]\b)"
)
"""A box before a letter, that is checked or not."""
REMOVED = re.compile(r"(?m)^[^\S\n]*-(?!\d)[^\n]*\n[^\S\n]*\+(?!\d)")
"""A line of a diff, and the plus of the line below that takes its place."""
BRACKETED = re.compile(
    r"(?<=\w) *\([^()\n]{2,80}\)(?= +(?:is|are|was|were|has|have|does|do|appears?|seems?|looks?)\b)"
    r"|(?<=\w) *\([^()\n]{2,80}\)(?= +\w+n't\b)"
)
"""In brackets between what a sentence speaks of and its verb."""
CALLED = re.compile(r"\A\s*Q\s*:[^\n]*\n+\s*A\s*:")
"""A question and its answer, by letters that are no option's."""
NEXT_TASK = re.compile(
    r"(?i)\W*(?:next\b|question\b|q\d*\s*[:.]|(?:user|human)\b[^a-z]*:|"
    r"(?:instruction|example|exercise|task|problem)\b[^a-z]*:|"
    r"(?:would you like|do you (?:want|need))\b|"
    r"(?:what|where|which|how|who|is|are|does|do)\b.*\?\s*$)"
)
"""A line behind which something else is answered."""
TASK_WITHIN = re.compile(
    r"(?i)(?<=[.!?)*])[^\S\n]+(?=(?:#+ *)?(?:next(?: question)?|question|q|user|human|instruction)"
    r"(?: ?\d+)? ?:)"
)
"""Before one that begins in the line of an answer."""
FURTHER_TASK = re.compile(
    r"(?i)\W*(?:next (?:question|task|problem)\b|(?:question|exercise|task|problem|example|q)\s*"
    r"(?:[2-9]|1\d)\b|(?:user|human)\s*:)"
)
"""One that is certainly another."""
NUMBERED = re.compile(r"(?i)\bthe (first|second|third|fourth) option\b")
"""An option by its place: a first choice or answer may be one that is taken back."""
ORDINALS = ("first", "second", "third", "fourth")
BROKEN = re.compile(r"\ufffd|([^\w\s=.#|+\-\u2010-\u2015\u2022\u00b7\u2500-\u257f])\1{9}")
"""What only a model that has come apart writes: half characters, or one mark ten times of which no
line is drawn."""
PAUSE = re.compile(r"(?:\.{2,}|\u2026)\s+(?=[a-z])")
"""Within a sentence that goes on."""


def skeletons_of(part: str, known: Options, asked: Asked = NOTHING) -> list[str]:
    """The skeletons of a part's lines, with `!` where another task begins; texts of options count
    neither in items of a list, which are what is counted or compared, nor in broken text."""
    text = CHECKED.sub(lambda box: box[1] + ("\u2713 " if box[2].strip() else "\u2717 "), part)
    text = TASK_WITHIN.sub("\n", PAUSE.sub(", ", text))
    text = ITEM.sub("\u2022 ", REMOVED.sub("", text))
    text = about_asked(BRACKETED.sub("", CALLED.sub("", plain(text))), asked)
    if re.fullmatch(r"[\W_]*\w[\W_]*", text):
        text = text.replace("?", " ")  # "B?"
    if {*ORDINALS}.isdisjoint(chain.from_iterable(known.values())):
        text = NUMBERED.sub(lambda said: _lettered(said, sorted(known)), text)
    nothing: Options = dict.fromkeys(known, ())
    is_list, is_broken = text.count("\u2022") > 1, BROKEN.search(text) is not None
    lines: list[str] = []
    for line in text.splitlines():
        if lines and FURTHER_TASK.match(line):
            break
        if NEXT_TASK.match(line):
            lines.append("!")
        if WORD.search(line):
            is_item = is_list and line.startswith("\u2022")
            texts = nothing if is_item or is_broken else known
            lines.append(stated_of_asked(skeleton(line, texts, words_asked(line, asked)), asked))
    return lines


def _lettered(said: re.Match[str], letters: Sequence[str]) -> str:
    place = ORDINALS.index(said[1].lower())
    return f"the option {letters[place]}" if place < len(letters) else said[0]
