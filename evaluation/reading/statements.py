"""Statements: which options the skeletons of a reply's lines state, and how explicitly.

Every clause states options, denies them, or says nothing, as it does with one word too much. What
is denied or taken back later is stated no longer. A letter is stated by itself, or by words that
speak for it; a text as evaluation.reading.stated_texts tells.
"""

import re
from dataclasses import dataclass, replace
from itertools import groupby

from evaluation.reading.clauses import CLAUSES, RETRACTS, SAY, asserted, meant_clauses
from evaluation.reading.option_lists import is_refused, without_lists
from evaluation.reading.option_texts import Options
from evaluation.reading.stated_texts import ANSWER, read_texts

# Of a skeleton; a sign stands for a word: see data/vocabulary/replies.toml.
BARE = re.compile(rf"[{SAY}]*")
"""A clause of nothing else."""
CORRECT = re.compile(rf"@[A-Z]+;?m?b[{SAY}]{{0,3}}r")
ANSWER_IS = re.compile(rf"a[^@]{{0,30}}b[{SAY}]{{0,4}}@")
FITS = re.compile(r"@[A-Z]+(?:r|[^@]{0,2}f)|[fg][^@]{0,2}@|b[la]*@[A-Z]+[#A-Z]*$|b[jl]*#([A-Z])@\1")
"""What speaks for a letter without saying that it is the answer."""
VERDICT = re.compile(
    r"(@[A-Z]+)(?:[:;]+|(?=#))(?:(#[A-Z]+)[:,]*)?(?=-|(?:[abjlmse&]*[nw]+[ar]?|bn#[A-Z]+)(?![^,.@]))"
    r"|(?:(?<=w)|(?<=n[rf]))(a?):(?=a?@[A-Z]+(?![^,.]))|(?<=@[A-Z]),(?=n?[nwrf](?![^,.]))"
)
"""What parts a letter, and its text, from what is said of it: "A, C: wrong", "A) left - no",
"Wrong: A, C", "Not correct: A" and "A (no), B (yes)"."""
ANSWERED = re.compile(r"(?<=@[A-Z])\?,?(?=[nr](?![^,.]))")
"""What parts a letter that is asked about from its yes or no: "Can it be A? No. B? Yes."."""
BETWEEN = re.compile("(@[A-Z]+),[^@.:;dnoz]*,(?=[jls]*b)")
"""What is said of a letter between it and its verb: "B, although tempting, is wrong"."""
REFUTES = re.compile(r"[,.;:]d+s*b[ljs]*(?:[tw]|n[ljs]*(?:r|#[A-Z]+))")
"""What takes back the answer of its own sentence: "but it is wrong", "but that's not right"."""
COMPARED = re.compile("y(?:l)?@[A-Z]+[^@,.:;]*")
"""The other letter: "than B", "whereas B is farther"."""
ADDS = re.compile("d#[A-Z]+,")
""""But yes, there is a plate": of something else than what was said, or not decided."""
OWN_DENIED = re.compile(r"(@([A-Z]));?[.:,]*(?=b?n[ljs]*#\2(?![A-Z]))")
"""A letter before a denial of its own text: "A: not left"."""
DENIED = re.compile(r"(@[A-Z]);?[.:]+(?=s?b?n)")
"""A letter before any denial, in a line that goes through several: "A: not here. B: not there"."""
GONE_THROUGH = re.compile(r"(?:^|(?<=[.,]))@([A-Z]);?[.:]+(?=.)")
RIGHT = ("right",)
"""Alone before other sentences of a line, it is as often "yes" as a place."""
EXCEPTED = re.compile(r"ua?@([A-Z])(?![A-Z])")
"""The only letter that is not meant, in a sentence that denies."""


@dataclass(frozen=True, slots=True)
class Statement:
    """Letters that a clause says to be the answer, and how explicitly: 8 by nothing but letters, 7
    perhaps, 6 by a text behind "answer is", 5 by letters that something speaks for, 4 by nothing
    but a text, 3 by a text; 10 more behind a doubt."""

    letters: str
    weight: int
    method: str
    conflict: bool = False


def statements_in(lines: list[str], known: Options) -> list[Statement]:
    """What the skeletons of a reply's lines state, in their order, without what is denied or taken
    back later; the texts of options by letter."""
    said: list[Statement] = []
    for task, parts in groupby(lines, lambda line: line != "!"):
        if said:
            break
        if task:
            rest, letters = without_lists([*parts], "".join(sorted(known)))
            said = _statements(rest, [Statement(one, 7, "letter") for one in letters], known)
    return said


def _statements(lines: list[str], said: list[Statement], known: Options) -> list[Statement]:
    """What the lines state, behind what was said, without what is denied or taken back later."""
    raised = 0
    for line in lines:
        for sentence in asserted(_with_denials(ANSWERED.sub("b", line))):
            if any(RETRACTS.match(clause) for clause in CLAUSES.split(sentence) if clause):
                said = []
            elif sentence[0] == "d" and not ADDS.match(sentence):
                raised += 10
            found, denied = _read_sentence(sentence, line, known)
            if REFUTES.search(sentence):
                denied |= {*"".join(one.letters for one in found)}
                found = []
            is_first = sentence != line and line.startswith(sentence) and "@" not in sentence
            if is_first and RIGHT in map(known.get, sentence):
                found = [replace(one, weight=min(one.weight, 3)) for one in found]
            said = [one for one in said if not denied or not {*one.letters} <= denied]
            said += [replace(one, weight=one.weight + raised) for one in found]
    return said


def _with_denials(line: str) -> str:
    """The line with no mark between a letter and what denies it."""
    is_list = len({*GONE_THROUGH.findall(line)}) > 1
    return (DENIED if is_list else OWN_DENIED).sub(r"\1", line)


def _read_sentence(sentence: str, line: str, known: Options) -> tuple[list[Statement], set[str]]:
    """What a sentence states, and the letters that it denies."""
    if excepted := EXCEPTED.search(sentence):
        is_answer = re.search("[nw]", sentence.replace(excepted[0], ""))
        return [Statement(excepted[1], 8, "letter")] if is_answer else [], set()
    alone = COMPARED.sub("", sentence)
    if "@" not in alone:
        letters, weight = read_texts(alone, known)
        method = "phrase" if weight == 6 else "text"
        return [Statement(letters, weight, method)] if letters else [], set()
    listed = [*re.finditer(r"@(\w);?#\1", sentence)]
    if len({one[1] for one in listed}) > 1 and "n" not in sentence:
        sentence = sentence[listed[-1].end() :]  # behind the options
    found: list[Statement] = []
    denied: set[str] = set()
    for _, clause in meant_clauses(VERDICT.sub(r"\1\2\3", BETWEEN.sub(r"\1", sentence))):
        named = re.findall(r"@([A-Z]+)", clause)
        if named and re.search("[nw-]", clause):
            denied |= {*"".join(named)} if is_refused(clause) else set()
        elif len(named) == 1 and clause[0] != "y":
            found += _read_clause(clause, line, named[0], known)
    found = [
        one
        for place, one in enumerate(found)
        if not {*one.letters} <= denied
        and not any({*other.letters} < {*one.letters} for other in found[place + 1 :])
    ]
    letters = "".join(sorted({letter for one in found for letter in one.letters}))
    return [replace(one, letters=letters) for one in found[-1:]], denied


def _read_clause(clause: str, line: str, letters: str, known: Options) -> list[Statement]:
    """What a clause with one letter, or letters that are named together, says of it."""
    is_called = CORRECT.search(clause) is not None
    weight = 0
    if is_called or ANSWER_IS.search(clause) or BARE.fullmatch(clause):
        weight = 7 if "m" in clause else 8
    elif len(letters) == 1 and FITS.search(clause):
        weight = 5
    if not weight:
        return []
    method = "correct" if is_called else "phrase" if ANSWER.search(line) else "letter"
    beside = re.search(rf"@{letters};?#(\w+)", line)
    is_text = any(text == (letters.lower(),) for text in known.values())
    conflict = letters not in beside[1] if beside else is_text
    return [Statement(letters, weight, method, conflict)]
