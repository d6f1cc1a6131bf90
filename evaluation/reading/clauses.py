"""Clauses: what of a skeleton (evaluation.reading.skeletons) is asserted, sentence by sentence."""

import re
from collections.abc import Iterator

UNTOLD = re.compile("[?&]$|(?<![sq])b$")
"""The end of a question, and of what was cut off: "it is", but not "B it is"."""
HELPS = "(?:pb[bjkl]*|px)x(?:lx)?[ajklps]*"
""""I can help you with that", "I'd be glad to help"."""
SENTENCES = re.compile(rf"(?<=[.?])(?!(?<=^#[A-Z]\.){HELPS}\.)|,(?=[dy]?i)")
""""Yes! I can help with that" is one."""
SUPPOSED = re.compile("^.*i[^,]*,(?=d)")
"""What is supposed, before what is so: "from behind it would be A, but here it is B"."""
CLAUSES = re.compile(
    r"([:;])|[,.]|(?=[dop])(?<![bdop])|(?=n[la]*@)|(?<!b)(?=[yq])|(?<=@[A-Z][+-])(?=@)"
)
"""Where a clause starts, with a colon or dash as its group."""
SAY = "a-bdf-gl-mopr-sz&0#@A-Z,;.+"
"""Signs of what says no more than that a letter is the answer."""
RETRACTS = re.compile(r"(?:#[A-Z]+)?[dosrpxn&,]{0,3}z")
"""The start of a clause that takes back what was said."""
ASSENTS = re.compile(
    rf"(?:[^@#]*o|(?:[lsx][,:])*)#[A-Z]+[,.:][lx]*(?:p(?:[bjklmx]*|c[jkls]*)|{HELPS}(?:[,.:]?d[^@#]*)?)\.?$"
)
""""Yes, I can help with that", "No, I can't help with that": of who answers, not of things."""


def asserted(line: str) -> Iterator[str]:
    """The sentences of a line that ask nothing, suppose nothing and are not cut off."""
    for sentence in SENTENCES.split(line):
        said = SUPPOSED.sub("", sentence)
        is_heading = re.fullmatch("(?=.*[a-z])[^br]*@[^br]*:", said)
        if said and not (UNTOLD.search(said) or "i" in said or is_heading or ASSENTS.match(said)):
            yield said


def assents(line: str) -> bool:
    """Whether a sentence of a line only says that who answers can help, or cannot."""
    return any(map(ASSENTS.match, SENTENCES.split(line)))


def meant_clauses(sentence: str) -> list[tuple[int, str]]:
    """The clauses behind the last that takes back, without tentative ones: 1 where one opens the
    sentence, 2 where it follows a colon, else 0; the clause."""
    head, parts = 1, ["", *CLAUSES.split(sentence)]
    meant: list[tuple[int, str]] = []
    is_tentative = False
    for mark, clause in zip(parts[::2], parts[1::2], strict=True):
        head = 2 if mark else head
        if not clause:
            continue
        if RETRACTS.match(clause):
            meant, is_tentative = [], False
        is_tentative &= clause[0] not in "do"
        is_tentative |= clause[0] != "y" and "t" in clause
        if not is_tentative:
            meant.append((head, clause))
        head = head if clause[0] == "y" else 0
    return meant
