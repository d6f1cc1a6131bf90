"""lmms-eval: what its tasks without a parser of their own read of a reply.

It follows EvolvingLMMs-Lab/lmms-eval at 75571cfe, faults included. Do not use it for anything else.
"""

import re

LMMS_EVAL = "lmms_eval"
"""The name of this parser."""
FIRST_LETTER = re.compile(r"(?i)\s*[\(\s]*([A-Z])")
LETTERS = "ABCD"
ENDS = (",", ".", "!", "?", ";", ":", "'", '"')
"""Marks that are removed at both ends, one after the other."""
PHRASES = (
    *("the answer is", "answer is", "the correct answer is", "correct answer is"),
    *("the best answer is", "best answer is", "the correct option is", "correct option is"),
    *("the best option is", "best option is", "the choice is", "choice is"),
    *("the correct choice is", "correct choice is", "i choose", "i select", "i pick"),
    *("my answer is", "my choice is"),
    *("옵션", "정답은", "답은", "답:", "答案是", "答案为", "选", "答えは"),
)
AROUND = (("({})", 6), ("{}.", 5), ("{}:", 4), ("{})", 3), ("{} ", 2))
"""How a letter may be marked, and how much that counts."""
AT_START, AT_END, BEHIND_PHRASE, ANYWHERE = 10, 9, 7, 0


def lmms_eval_letter(reply: str) -> str | None:
    """As tasks/embspatial, tasks/blink and tasks/cv_bench (utils.py): the letter that the reply
    begins with, even that of a word."""
    found = FIRST_LETTER.match(reply)
    return found[1].upper() if found else None


def lmms_eval_marked_letter(reply: str) -> str | None:
    """As tasks/_task_utils/mcq_extract.py: of A to D the letter whose marks count most, of these
    the last, even one inside a word behind "answer is"."""
    text = reply.strip()
    for mark in ENDS:
        text = text.strip(mark)
    bare, text = text.strip(), f" {text} "
    lower = text.lower()
    found = [
        (weight, text.rfind(form.format(letter)), letter)
        for form, weight in AROUND
        for letter in LETTERS
    ]
    for phrase in PHRASES:
        start = lower.find(phrase)
        if start >= 0:
            places = ((text.find(letter, start + len(phrase)), letter) for letter in LETTERS)
            found += [(BEHIND_PHRASE, place, letter) for place, letter in places]
    for letter in LETTERS:
        if bare.startswith(letter) and not bare[1:2].isalpha():
            found.append((AT_START, 0, letter))
        if bare.endswith(letter) and not bare[-2:-1].isalpha():
            found.append((AT_END, len(text) - 1, letter))
    found = [one for one in found if one[1] >= 0]
    found = found or [
        (ANYWHERE, text.rfind(letter), letter) for letter in LETTERS if letter in text
    ]
    return max(found, key=lambda one: one[:2])[2] if found else None
