"""Letters: where a line names options by their letters, and not articles, pronouns or things."""

import re

from evaluation.option_texts import Options
from evaluation.reply_parts import WORDS

LETTER = re.compile(
    r"(?<![A-Za-z0-9.#\-])(?<![A-Za-z]')(?:[(\[<【〔]\s*([A-Za-z])\s*[)\]>】〕]|([A-Za-z])([)\]]?))"
    r"(?!['.]?[A-Za-z0-9]|-\w)"
)
"""A letter on its own, in brackets or not."""
LINE_START = re.compile(r"[^\w#]*(?:(?:option|choice|answer)\s+)?", re.IGNORECASE)
DELIMITER, CLOSING = re.compile(r"\s*(?:[)\].:;]|[-–—](?=\s)|$)"), re.compile(r"\s*(?:[)\].:]|$)")
"""Behind a letter, and behind a small one, that leads a line."""
BEFORE = re.compile(r"(?<![#A-Za-z'])([A-Za-z][A-Za-z']*)\s*$")
BEHIND = re.compile(r"\s*(?:#([A-Z]+)\s*(?=\W*$)|([A-Za-z][A-Za-z']*|[\d#]))")
"""The word before a letter, and what follows it: an option's text and nothing else, or a word."""
NEXT_WORD = re.compile(r"(?:\W*#[A-Z]+ )?\s*([A-Za-z']*)")
TOGETHER = re.compile(
    r"@\w(?:(?:[\s,/&+]|\b(?:and|or|nor|options?)\b)*@\w(?!\s+(?:is|was|isn't|seems|has)\b))+"
)
"""Letters that are named together."""
COMPARED = re.compile(r"\b(?:unlike|versus|than|compared (?:to|with))\s*$", re.IGNORECASE)
SAYING = {*WORDS["saying"].split()}
NAMING, GOING_ON = SAYING | {*WORDS["naming"].split()}, {*WORDS["going_on"].split()}


def marked_letters(line: str, options: Options) -> str:
    """A line of marked texts with `@B` in place of an option's letter, `@BC` for letters that are
    named together, and a semicolon behind one that leads the line."""
    parts, at, own = [], 0, ""
    start = LINE_START.match(line)
    for match in LETTER.finditer(line):
        letter = (match[1] or match[2]).upper()
        if letter == own and not re.search(r"\w", line[at : match.start()]):  # "(A) C" of A: C
            at, own = match.end(), ""
            continue
        if letter not in options:
            continue
        behind = BEHIND.match(line, match.end())
        closing = CLOSING if (match[2] or "A").islower() else DELIMITER
        is_led = bool(start and match.start() <= start.end() <= match.end())
        is_led &= bool(match[1] or match[3] or closing.match(line, match.end()))
        following = NEXT_WORD.match(line, match.end())
        is_led &= not re.match(r"\s*[,/&]", line[match.end() :][:9])
        is_led &= not (following and following[1].lower() in GOING_ON)
        if match[1] or is_led or _is_option(line, match, behind):
            parts += [line[at : match.start()], f" @{letter} ", "; " if is_led else ""]
            at, own = match.end(), "".join(options[letter]).upper()
    together = TOGETHER.sub(_joined, "".join([*parts, line[at:]]))
    return re.sub(r"(@\w\w+)\s*,\s+(?=(?:are|were|can|do|cannot)\b)", r"\1 ", together)


def _joined(match: re.Match[str]) -> str:
    is_pair = match[0].count("@") == 2 and "," in match[0]  # "compared to A, B is better"
    if is_pair and COMPARED.search(match.string, max(match.start() - 20, 0), match.start()):
        return match[0]
    return "@" + "".join(sorted(set(re.findall(r"@(\w)", match[0])))) + " "


def _is_option(line: str, match: re.Match[str], behind: re.Match[str] | None) -> bool:
    """Whether a letter without an opening bracket, inside a line, is an option's."""
    letter, start = match[2], match.start()
    before = BEFORE.search(line, max(start - 24, 0), start)
    word = before[1].lower() if before else ""
    if letter.islower():
        opens = line[max(start - 4, 0) : start].rstrip().endswith((":", "=", ".", "!", "?"))
        is_named = opens or word in ("option", "choice", "answer", "letter", "is")
        return is_named and (not behind or bool(match[3]))
    if letter == "I" or (word and word not in NAMING):
        return False
    is_named = (
        letter != "A" or not behind or bool(match[3]) or word in ("option", "choice", "letter")
    )
    own, word = (behind[1] or "", behind[2] or "") if behind else ("", "")
    return is_named or letter in own or word.lower() in GOING_ON
