"""EASI: what its leaderboard and VLMEvalKit read of a reply, so that their scores can be audited.

It follows open-compass/VLMEvalKit at e8e78f05, vlmeval/dataset/utils/spatial_bench/matching_func.py
and cal_scores.py, faults included: a letter that begins the text in `<answer>` counts even where it
begins a word ("behind"). Do not use it for anything else. Where a judge is configured there, that
is asked instead; no judge is asked here.
"""

# ruff: noqa: RUF001  (marks of full width are what it looks for)

import re

from evaluation.literals import python_literal
from evaluation.numbers import mean_relative_accuracy
from evaluation.reading.option_texts import DIGITS
from evaluation.readings import Reading, Row
from schemas.benchmark import AnswerKind

EASI = "easi"
"""The name of this parser."""
INVISIBLE = re.compile("[\u200b\u200c\u200d\ufeff]")
TAIL = 800
"""Characters at the end of a reply, and lines at its end, that are searched."""
LAST_LINES = 6
OPENS = r"[\(\[\{（【]?\s*"
CLOSES = r"[\)\]\}）】]?"
TAGGED = re.compile(r"(?is)<\s*answer\b[^>]*>\s*([A-J]).*?<\s*/\s*answer\s*>")
ENDS = tuple(
    re.compile(rf"(?i)(?<![A-Z]){OPENS}([A-F])\s*{CLOSES}\s*</\s*{tag}\s*>")
    for tag in ("answer", "think")
)
"""A letter directly in front of the end of an answer, then of a thought."""
OPTION_LINE = re.compile(r"(?i)(?:[*_>\-\s]*)(?:option|选项)\s+[A-J]\s*[:：]")
SINGLE = re.compile(r"\s*[*_`>（）\[\]【】\(\)]*\s*([A-Fa-f])\s*[*_`（）\[\]【】\(\)]*\s*")
LABELLED = re.compile(r"(?i)\s*([A-F])\s*[\.．:：\)\]】、-]\s+")
TOKEN = re.compile(
    r"(?<![A-Za-z])[*_`（\[\{\(]*\s*([A-F])\s*[*_`）\]\})]*(?=$|[\s\.,:;!?\)\]】》」』，。；、：）】》」』])"
)
PHRASE = re.compile(
    r"(?i)(?:final\s*answer|the\s*answer\s*is|answer(?:\s*is)?|correct\s*answer|"
    r"答案|最终答案|结论|所以|因此|我选(?:择)?|选择|选)\s*[:：>＝=]?\s*"
    rf"{OPENS}([A-F])\s*{CLOSES}(?:\b|[.)、。])"
)
ANYWHERE = re.compile(rf"(?<![A-Za-z]){OPENS}([A-F])\s*{CLOSES}(?![A-Za-z])")
NUMBER = r"[-+]?(?:\d*\.\d+|\d+)(?:[eE][-+]?\d+)?"
TAGGED_NUMBER = re.compile(
    rf"(?is)<\s*answer\b[^>]*>\s*({NUMBER})(?:[^\d<][^<]*)?<\s*/\s*answer\s*>"
)
NUMBER_WORD = re.compile(rf"(?i)\b({'|'.join(DIGITS)})\b")


def easi_letter(reply: str) -> str | None:
    """The letter that is read, from A to J in `<answer>` and from A to F elsewhere."""
    text = INVISIBLE.sub("", reply.strip())
    tail = text[-TAIL:]
    for pattern, part in ((TAGGED, text), *((end, tail) for end in ENDS)):
        if found := pattern.search(part):
            return found[1].upper()
    for part in (_behind_thought(text), tail):
        if letter := _letter_in_lines(part.splitlines()[-LAST_LINES:]):
            return letter
    if found := PHRASE.search(text):
        return found[1].upper()
    lines = [line for line in text.splitlines() if not OPTION_LINE.match(line)]
    letters = set(ANYWHERE.findall("\n".join(lines)))
    return letters.pop() if len(letters) == 1 else None


def _behind_thought(text: str) -> str:
    """What follows the last `</think>`, else the last `<think>`; all of it where there is none."""
    for tag in (r"</\s*think\s*>", r"<\s*think\s*>"):
        if found := list(re.finditer(tag, text, re.IGNORECASE)):
            return text[found[-1].end() :].strip()
    return text


def _letter_in_lines(lines: list[str]) -> str | None:
    for line in reversed([line.strip() for line in lines if line.strip()]):
        if OPTION_LINE.match(line):
            continue
        if found := SINGLE.fullmatch(line) or LABELLED.match(line):
            return found[1].upper()
        letters = set(TOKEN.findall(line))
        if len(letters) == 1:
            return str(letters.pop())
    return None


def easi_number(reply: str) -> float | None:
    """The number that is read: in the first `<answer>` that holds one, else the last one behind the
    thought, else the last one. Words up to twenty count. Of a list, its first element counts; what
    only looks like a list has no number."""
    if (listed := reply.strip()).startswith("[") and listed.endswith("]"):
        try:
            elements = python_literal(listed)
        except ValueError:
            return None
        reply = str(elements[0]) if elements else reply
    text = NUMBER_WORD.sub(lambda word: DIGITS[word[1].lower()], INVISIBLE.sub("", reply.strip()))
    if found := TAGGED_NUMBER.search(text):
        return float(found[1])
    for part in (_behind_thought(text), text):
        if numbers := re.findall(NUMBER, part):
            return float(numbers[-1])
    return None


def easi(reply: str, item: Row) -> Reading:
    """The reading of a reply to an item that asks for a letter or a number."""
    if AnswerKind(item["kind"]) is AnswerKind.NUMBER:
        number = easi_number(reply)
        if number is None:
            return Reading(None, 0.0)
        credit = mean_relative_accuracy(number, float(item["answer"]))
        return Reading(f"{number:.15g}", credit)
    letter = easi_letter(reply)
    return Reading(letter, float(letter == item["answer"]))
