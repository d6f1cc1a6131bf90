"""Parts of a reply: where its answer stands, and the same text without markup.

Any text is read in time proportional to its length.
"""

import re
import unicodedata
from collections.abc import Iterator

MAX_PART = 64_000
"""Characters of a part that are read, of a whole reply its last ones; tags are found anywhere. Far
more than any answer has: it bounds time."""
THOUGHT_ENDS = re.compile(r"</\s*think\s*>", re.IGNORECASE)
"""`</think>`, as models vary it."""
TAG = re.compile(r"<\s*answer\s*>", re.IGNORECASE)
BOXED = re.compile(r"\\f?boxed\s*\{")
"""`\\boxed{`, and `\\fboxed{`, which models write too."""
LATEX = re.compile(
    r"\\(?:text|textbf|textit|mathrm|mathbf|mathit|rm|bf|it)\s*(?=\{)|\\[()\[\],;! ]"
)
"""Commands that change how a text looks, and LaTeX brackets and spaces."""
SPECIAL = re.compile(r"<\|?/?[a-z_]{1,20}\|?>", re.IGNORECASE)
"""Tokens of chat templates that were decoded as text, and tags."""
MARKS = str.maketrans(
    dict.fromkeys('*`#~|${}_"“”„«»《》「」『』〈〉', " ")
    | {"。": ".", "、": ",", "\u2019": "'", "\u2018": "'"}
)
"""Quotation marks and Markdown become spaces; full-width marks become ours."""
CYRILLIC, GREEK = "\u0410\u0412\u0421\u0415\u041d", "\u0391\u0392\u0395\u0397"
"""Letters that look like A, B, C, E, H and like A, B, E, H."""
LOOK_ALIKES = str.maketrans(CYRILLIC + GREEK, "ABCEH" + "ABEH")
PHRASE = re.compile(
    r"\b(?:answers?|option|choice)\b[^\S\n]*(?:\([^)\n]{0,20}\)[^\S\n]*)?"
    r"(?:(?:is|are|was|be|(?:would|should|must|will)[^\S\n]be)\b[^\S\n]*:?|[:=]|[-\u2013\u2014](?=\s))"
    r"|答案[^\S\n]*(?:是|为|:)",
    re.IGNORECASE,
)
""""The answer is", "Option:" and the like; at most 20 characters in brackets may stand between."""


def after_thought(reply: str) -> str:
    """What follows the last `</think>`."""
    return reply[_end_of_last(THOUGHT_ENDS, reply) or 0 :]


def last_answer(text: str) -> str | None:
    """What stands in the last `<answer>`, closed or cut off; None where there is none."""
    start = _end_of_last(TAG, text)
    if start is None:
        return None
    end = text.find("</", start)
    return text[start : end if end >= 0 else len(text)]


def last_boxed(text: str) -> str | None:
    """What stands in the last `\\boxed{...}`, braces matched, closed or cut off."""
    start = _end_of_last(BOXED, text)
    if start is None:
        return None
    depth = 1
    part = text[start : start + MAX_PART]
    for place, char in enumerate(part):
        depth += (char == "{") - (char == "}")
        if not depth:
            return part[:place]
    return part


def last_phrases(text: str) -> Iterator[str]:
    """What follows "answer is" and the like, the last one first: the rest of the line, or the next
    line that says anything where that is empty."""
    ends = [match.end() for match in PHRASE.finditer(text)]
    for end in reversed(ends[-20:]):
        line, _, below = text[end:].partition("\n")
        yield line if line.strip() else below.lstrip().partition("\n")[0]


def plain(text: str) -> str:
    """Without markup: NFKC, without LaTeX, Markdown, quotation marks, special tokens and invisible
    characters; Cyrillic and Greek letters that look like A, B, C, E, H become these."""
    text = SPECIAL.sub(" ", LATEX.sub(" ", text)).translate(MARKS)
    if text.isascii():
        return text
    text = unicodedata.normalize("NFKC", text).translate(MARKS).translate(LOOK_ALIKES)
    return "".join(char for char in text if unicodedata.category(char) not in ("Cf", "Cs", "Co"))


def _end_of_last(pattern: re.Pattern[str], text: str) -> int | None:
    end = None
    for match in pattern.finditer(text):
        end = match.end()
    return end
