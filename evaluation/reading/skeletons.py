"""Skeletons: a line of a reply, with a sign in place of each word.

`The correct answer is (B) behind.` becomes `lrab@B#B.`: `@B` is an option's letter, `#B` an
option's text, and every other word the sign that data/vocabulary/replies.toml gives for what it
does in a sentence: `x` where it stands there under none, and for symbols of grades and formulas,
`*` where the question has such a word; `0` where it is a number. Letters that are named together
are `@BC`, options with one text `#BC`. `;` stands behind a letter that leads its line, `:` for a
colon or a dash, `+` and `-` for marks of right and wrong, `~` for a broken character. So few short
patterns find what a sentence states, and no word is passed over.
"""

import re
import unicodedata
from collections.abc import Set

from evaluation.reading.option_texts import Options, marked_texts, singular
from evaluation.reading.reply_parts import WORDS, any_of

SIGNS = [*WORDS]
MARKS = {
    **dict.fromkeys("✅✓✔☑👍🟢", "+"),
    **dict.fromkeys("❌✗✘❎☒🚫👎", "-"),
    **dict.fromkeys(":\u2014\u2013>→⇒∴", ":"),
    "=": "=",
    **dict.fromkeys(".!…;", "."),
    **dict.fromkeys(",([/", ","),
    "&": "&",
    **dict.fromkeys("-%°^", "x"),
    "?": "?",
    "\ufffd": "~",
}
LETTER = (
    r"(?<![\w.#\-])(?<!\w')(?:[(\[<【\u3014]\s*(?P<set>[A-Z])\s*[)\]>】\u3015]|(?P<bare>[A-Z])"
    r"(?P<closed>[)\]]?))(?!['.]?\w|-\w|\([A-Za-z0-9]{1,3}\))"
)
"""A letter on its own, in brackets or not, that is neither a part of a word nor a function."""
TOKEN = re.compile(
    "|".join(rf"(\b{any_of(sign)}(?![\w'-]))" for sign in SIGNS)
    + rf"|{LETTER}|(?P<text>#[A-Z]+)|(?P<number>\d+(?:[.,]\d+)*\s?%?)"
    r"|(?P<word>[^\W_]+(?:['-]?\w+)*)|(?P<mark>\.(?=\s|$|[)\]])|\s-+(?=\s)|(?<=\w)-(?=\s*$)|[^\w\s.#-])",
    re.IGNORECASE,
)
NOTHING = re.compile(rf"(?i)\b{any_of(',')}\b")
JUDGED = re.compile(
    r"(?i)(\b(?:that|this)"
    r"(?:'s| is| isn't| can(?:'t| ?not) be| does(?:n't| not) (?:seem|look|sound))(?: not)?"
    r"|\b(?:i am|i'm|am i|(?:you|we) are|(?:you|we)'re|to be|(?:which|what|whether)(?: one| it)? is"
    r"|(?:get|got|do|did|have|make)(?: (?:it|this|that|these|them|everything|things))|just))"
    r" right(?![\w-]| (?:of|side|hand))"
    r"|(\b(?:is|be|only)) right(?= to (?!the\b)\w)"
)
"""Of what was said, or of the reply itself, not of a place."""
DECIDED = re.compile(
    r"(\b[A-Z][)\]]? (?:no|yes)(?= )"
    r"|(?:^|(?<=[^\w\s] ))[(\[]?[A-Z][)\]]? ?(?:\([^()\n]{2,20}\)|\[[^\[\]\n]{2,20}\]))"
    r"(?= ?[(\[]?[A-Z]\b)"
)
"""A letter and what is said of it, before the next one: "A no B yes", "A (wrong) B (correct)"."""
HELPING = re.compile(
    r"(?i)(?<!\bbe )(?<!\bam )(?<!'m )\b(?=(?:happy|glad|pleased|delighted) to (?:help|assist)\b)"
)
"""Where "I'd be" is left out."""
CONTRACTED = re.compile(r"(?i)\b(\w+)n't(?!\w)")
""""Isn't" is a verb and a denial."""
FULL = {"ca": "can", "wo": "will", "sha": "shall", "ai": "is"}
"""Verbs that "n't" shortens."""
CJK = re.compile(r"(?<=[\u3000-\uffef])(?=[A-Za-z0-9])|(?<=[A-Za-z0-9)\]])(?=[\u3000-\uffef])")
LEADS, DELIMITER = (
    re.compile(r"[^a-z0@#*]*a?"),
    re.compile(r"\s*(?:[)\].:;]|[-\u2013\u2014](?=\s)|$)"),
)
"""Before and behind a letter that leads a line."""
NAMES = re.compile(r"(?:^|[^x*0kA-Z])$")
"""The end of what stands before a letter; behind other words it names a thing: "point B"."""
GOES_ON = re.compile(r"[abdefgimnoqtuwyz&,.:;=+?-]|$")
"""The sign behind A where it is a letter and no article."""
APPOSED = re.compile(r"(#[A-Z]*([A-Z])[A-Z]*),a@\2")
"""A text with its letter in brackets: "the bench (option A)"."""
TOGETHER = re.compile(
    r"@[A-Z](?:[,&a]*@[A-Z]){2,}(?:,(?=b))?|@[A-Z],?&a?@[A-Z]|(?<!y)(?<!yl)@[A-Z][,a]*@[A-Z]"
)
"""Letters that are named together; two of a comparison are not: "unlike A, B fits"."""


def skeleton(line: str, options: Options, asked: Set[str] = frozenset()) -> str:
    """The skeleton of a plain line; `asked` are words of its question, in the singular."""
    line = DECIDED.sub(r"\1,", JUDGED.sub(r"\1\2 correct", NOTHING.sub(",", line.strip())))
    line = CJK.sub(" ", marked_texts(line, options))
    line = with_not(HELPING.sub("I'd be ", line))
    signs, own, own_text = "", "", ""
    found = [*TOKEN.finditer(line)]
    for match, following in zip(found, [*found[1:], None], strict=True):
        letter = (match["set"] or match["bare"] or "").upper()
        if letter and letter == own:
            signs, own = signs + own_text, ""  # "(A) C" where C is the text of A
            continue
        own = own if not letter and match["mark"] else ""
        if letter in options:
            is_led = LEADS.fullmatch(signs) and _is_led(match, following, line)
            if match["set"] or is_led or _is_option(match, following, signs):
                signs += f"@{letter};" if is_led else f"@{letter}"
                own, own_text = "".join(options[letter]).upper(), f"#{letter}"
                continue
        is_stuck = match.start() and not line[match.start() - 1].isspace()
        if match[0] in "(/" and is_stuck and signs.endswith(("x", "*")):
            continue  # "P(B)" and "N/A"
        sign = _sign(match)
        if asked and sign == "x":
            word = match[0].lower()
            sign = "*" if singular(word) in asked else "j" if word.endswith("ly") else "x"
        signs += sign
    signs = APPOSED.sub(r"\1@\2", signs)
    signs = re.sub(r"(@[A-Z];?)[.:,=]+(?=#[A-Z]+(?![A-Z?]))", r"\1", signs)
    signs = re.sub(r"([@#][A-Z]+);?(?:=(?![-+rwnf])|:(?=0))", r"\1x", signs)  # "C = 3" and "C: 0.3"
    signs = signs.replace("=", ":")
    return TOGETHER.sub(_together, signs)


def with_not(text: str) -> str:
    """The text with "not" in place of each "n't"."""
    return CONTRACTED.sub(lambda verb: f"{FULL.get(verb[1].lower(), verb[1])} not", text)


def _sign(match: re.Match[str]) -> str:
    if match["bare"] or match["set"]:
        return {"a": "j", "i": "p"}.get(match[0].lower(), "x")
    if match["text"] or match["word"]:
        return match["text"] or "x"
    if match["number"]:
        return "0"
    if match["mark"]:
        is_symbol = unicodedata.category(match[0][0]) in ("Sm", "Sc")
        return ":" if match[0][0].isspace() else MARKS.get(match[0], "x" if is_symbol else "")
    return SIGNS[(match.lastindex or 1) - 1]


def _is_led(match: re.Match[str], following: re.Match[str] | None, line: str) -> bool:
    """Whether a letter at the start of a line leads it."""
    closes = DELIMITER.match(line, match.end()) or match["set"] or match["closed"]
    goes_on = following and _sign(following) in "befhmnvw,&" and not match["closed"]
    return bool(closes) and not goes_on


def _is_option(match: re.Match[str], following: re.Match[str] | None, signs: str) -> bool:
    """Whether a letter without an opening bracket, inside a line, is an option's."""
    letter, after = match["bare"], _sign(following) if following else ""
    text = rf"\s+#[A-Z]*{letter}"
    own_text = re.compile(rf"(?:\w[.:]|\)){text}|\w{text}\s+[:;(\u2013\u2014-]")
    if own_text.match(match.string, match.end() - 1):
        return True
    if letter.islower():
        return bool(re.search(r"[ab:.?]$", signs)) and (after in ",.:?" or bool(match["closed"]))
    if letter == "I" or not NAMES.search(signs):
        return False
    is_closed = bool(match["closed"])
    return letter != "A" or signs.endswith("a") or is_closed or bool(GOES_ON.match(after))


def _together(match: re.Match[str]) -> str:
    letters = re.findall(r"@(\w)", match[0])
    is_again = letters[-1] in letters[:-1] and len({*letters}) == len(letters) - 1 > 1
    again = f",@{letters[-1]}" if is_again and not re.search("(?<!,)&a?@.$", match[0]) else ""
    return "@" + "".join(sorted({*letters})) + again
