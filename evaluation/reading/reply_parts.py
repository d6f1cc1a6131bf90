"""Parts of a reply: where its answer stands, and the same text without markup.

Any text is read in time proportional to its length.
"""

import re
import tomllib
import unicodedata
from pathlib import Path

TABLE = Path(__file__).parents[2] / "data" / "vocabulary" / "replies.toml"
WORDS = tomllib.loads(TABLE.read_text(encoding="utf-8"))


def any_of(name: str) -> str:
    """A pattern of the words of a list in data/vocabulary/replies.toml."""
    return "(?:" + "|".join(WORDS[name].split()).replace("_", " ") + ")"


MAX_PART = 64_000
"""Characters of a part that are read, of a whole reply its last ones; tags are found anywhere. Far
more than any answer has: it bounds time."""
OPENS, CLOSES = r"(?:<[|\uff5c]|\[\|)", r"(?:[|\uff5c]>|\|\])"
"""Around the tokens of most chat templates: `<|user|>`, `[|user|]`."""
ROLE = r"(?:<[|\uff5c]?(?:\w{0,9}start\w{0,12}|turn|extra_id_\d|\w{1,9}:bos)[|\uff5c]?>|\]~b\])"
"""What stands before the name of who speaks: `<|im_start|>`, `<start_of_turn>`, `]~b]`."""
TURNS = re.compile(
    r"(?:<[|\uff5c]?|\[\|)(?:/s|im_end|return|(?:assistant|message|turn)_end|eo[admst](?:_id)?"
    r"|\w{1,9}:eos|end[_\u2581]?of[_\u2581]?(?:text|turn|sentence|message|msg|response|utterance)"
    r"(?:_token)?)(?:[|\uff5c]?>|\|\])|<turn\|>|\[e~\[|<\|end\|>(?!\s*<\|start\|>assistant)"
    rf"|(?P<other>{OPENS}(?:\w{{1,5}}_)?(?:user|human|system|observation)(?:_\w{{1,9}})?{CLOSES}"
    rf"|{ROLE}(?:user|human|system)\b|\[INST\])"
    rf"|(?P<own>{OPENS}(?:\w{{1,5}}_)?(?:assistant|chatbot)(?:_\w{{1,9}})?{CLOSES}"
    rf"|{ROLE}(?:assistant|model|ai)\b|\[/INST\])"
    r"|(?-i:(?<=</answer>)[^\S\n]*+\n\s*+(?:[Qq]uestion|[Uu]ser|[Hh]uman|Q)\b[^a-z\n]*:)",
    re.IGNORECASE,
)
"""Where a turn ends, or another speaker's or the model's own begins: tokens of chat templates,
decoded as text."""
HEADER = re.compile(r"\s*+(?:<[^>\n]{1,30}>\s*+)*+(?:assistant\b)?[\s:]*+", re.IGNORECASE)
"""What may stand in front of what a model says."""
THOUGHT = re.compile(
    r"<\|(?P<ends>end)_(?:of_)?(?:thought|think|reason)\w{0,9}\|>"
    r"|[<◁]\|?\s*(?P<end>/?)\s*\w{0,12}:?(?P<name>think|thought|reason|"
    r"refle|analy|scratch|monolog|deliberat|observ|scene|rational|expla|plan|caption|summar|cot|"
    r"critiq|verif|draft|percep|steps?)\w{0,20}(?:\s{1,9}[\w-]{1,30}=[^<>▷]{0,500}+(?<!/))?\s*\|?[>▷]"
    r"|\[(?P<end_of>/?)THINK\]"
    r"|<\|channel\|>(?:analysis|commentary|(?P<final>final))(?:<\|message\|>)?",
    re.IGNORECASE,
)
"""`<think>` and `</think>`, as models name and write them."""
SECTION = re.compile(
    r"[<\[](?P<end>/?)(?P<name>[A-Za-z][\w:.-]{1,30})(?:\]|(?:\s[^<>]{0,500}+(?<!/))?>)"
)
"""A tag of whatever name: `<ponder>`, `[PONDER]`."""
SAYS = re.compile(
    "answer|final|conclu|output|respon|result|reply|solution|choice|option|letter|box|select|"
    "verdict|decision|predict|label|^(?:assistant|model|bot|start|begin|bos|pad|unk|sep|cls|text|"
    "system|user|image|img|video|ref|obj|object|quad|points?|poly|(?:unused|loc|seg|coord)_?\\d+)$"
)
"""Names of tags around an answer or words of one, and what stands for a picture or a token."""
MARKUP = {
    "br", "em", "strong", "div", "span", "sub", "sup", "code", "pre", "ul", "ol", "li", "center",
    "font", "big", "small", "mark", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "del", "ins",
    "strike", "html", "head", "body", "title", "section", "article", "main", "table", "thead",
    "tbody", "tr", "td", "th", "dl", "dt", "dd", "blockquote",
}  # fmt: skip
"""Names of HTML, which change how a text looks."""
TENTATIVE = re.compile("guess|first|initial|tr[iy]|hint|hypoth|candidate|wrong|elim|excl|reject")
"""Names of tags around a letter that may not be the answer."""
LETTER = re.compile(r"[\W_]*[A-Za-z][\W_]*")
"""What says no more than a letter."""
CALL = re.compile(r"<(?P<end>/?)(?:tool|function)_(?:call|response|result)s?>", re.IGNORECASE)
"""Around what a model asks of a tool, and what that returns."""
ANSWERED = re.compile(r"</\s*(?:final[_ ]?)?answer\s*>\s*\Z", re.IGNORECASE)
TAG = re.compile(r"<\s*(?:final[_ ]?)?(answer|conclusion)\s*>", re.IGNORECASE)
BOXED = re.compile(r"\\f?box(?:ed)?\s*\{|<\|begin_of_box\|>")
"""`\\boxed{`, `\\fboxed{`, and what GLM writes."""
FIELD = re.compile(
    r"[\"'](?:[a-z]+_)*(?:answer|choice|option|letter)[\"']\s*:\s*[{\s]*"
    r"(\[[^\]]{0,200}\]|\"[^\"\n]*+(?!\"\s*:)|'[^'\n]*+(?!'\s*:)|[\w.]+)",
    re.IGNORECASE,
)
"""The field of a JSON object that holds the answer."""
LATEX = re.compile(
    r"\\(?:f?box(?:ed)?|text|textbf|textit|mathrm|mathbf|mathit|rm|bf|it)\s*(?=\{)|\\[()\[\],;! ]"
    r"|~~[^~\n]{1,200}~~|(?i:<(?:del|strike)>[^<\n]{1,200}</(?:del|strike)>)|(?m:^[ >]*#+(?=\s))"
)
"""Commands that change how a text looks, LaTeX brackets and spaces; what Markdown and HTML strike
out, and marks of headings."""
FORMULA = re.compile(r"\$\$|\$(?=\S)([^$\n]{0,500}?(?<=\S))\$(?!\d)")
""""$B$" and marks of a whole line of it; a dollar that nothing closes is one: "$3"."""
TABLE_ROW = re.compile(r"(?m)^\s*\|.*|\s\||\|\s")
"""Where a bar parts columns; within a formula it is a sign: "P(A|B)"."""
SPECIAL = re.compile(
    r"<(?:\|?/?[a-z_][a-z_:.-]{0,30}\|?|(?:loc|seg|coord)_?\d{1,4})>", re.IGNORECASE
)
"""Tokens of chat templates, and of places, that were decoded as text, and tags."""
MARKS = str.maketrans(
    dict.fromkeys('*`~{}_"“”„«»《》「」『』〈〉@', " ")
    | {"#": "\u266f", "。": ". ", "、": ",", "\uff0e": ". ", "\u2019": "'", "\u2018": "'"}
)
"""Quotation marks and Markdown become spaces, full-width marks ours, and "C#" a sharp note."""
CYRILLIC, GREEK = "\u0410\u0412\u0421\u0415\u041d", "\u0391\u0392\u0395\u0397"
"""Letters that look like A, B, C, E, H and like A, B, E, H."""
LOOK_ALIKES = str.maketrans(CYRILLIC + GREEK, "ABCEH" + "ABEH")
PHRASE = re.compile(
    r"\b(?:answers?|option|choice)\b[^\S\n]*"
    r"(?:\([^)\n]{0,20}\)|(?:to|for) (?:the|this|your) \w+)?[^\S\n]*"
    r"(?:(?:is|are|was|be|(?:would|should|must|will)[^\S\n]be)\b[^\S\n]*:?|[:=]|[-\u2013\u2014](?=\s))"
    r"|答案[^\S\n]*(?:是|为|:)",
    re.IGNORECASE,
)
""""The answer is", "Option:" and the like; at most 20 characters in brackets may stand between."""
ASKED = re.compile(
    r"(?i)\b(?:which|what|whether|this|that|these|each|every|either|no|other|wrong|incorrect)"
    r"(?: of the| (?!is\b|the\b)\w+)? ?$"
)
"""Words in front of "answer is" that do not introduce an answer: "see which option is right"."""
SUPPOSED = re.compile(rf"(?i)\b{any_of('i')}\b")
"""A condition, under which nothing is answered."""


def spoken(reply: str, *, with_letters: bool = False) -> str:
    """What a model says to its reader: its own turn, without its thoughts, and without its calls of
    tools and sections of other names where it goes on behind them; `with_letters` with those of
    these sections that are only a letter. What follows a thought's start is a thought where it has
    no end, too, unless the reply ends in a closed `<answer>`."""
    reply = _own_turn(reply)
    said: list[str] = []
    at, inside = 0, None
    for match in THOUGHT.finditer(reply):
        name = (match["name"] or "thought")[:2].lower()
        if not (match["end"] or match["end_of"] or match["ends"] or match["final"]):
            if inside is None:
                said.append(reply[at : match.start()])
                at, inside = match.end(), name
        elif inside in (None, name):
            said, at, inside = said if inside else [], match.end(), None
    if inside is None or ANSWERED.search(reply[-200:]):
        said.append(reply[at:])
    told = "".join(said).rstrip()
    return _without_calls(_without_sections(told, with_letters=with_letters))


def _own_turn(reply: str) -> str:
    """The first turn of a reply that says something and is the model's own."""
    at, is_own = 0, True
    for turn in TURNS.finditer(reply):
        if turn["own"] and is_own:
            continue
        if is_own and not HEADER.fullmatch(reply, at, turn.start()):
            return _without_header(reply[at : turn.start()])
        at, is_own = turn.end(), not turn["other"]
    return _without_header(reply[at:]) if is_own else ""


def _without_header(turn: str) -> str:
    """Without the token that says that the model speaks."""
    header = TURNS.match(turn, len(turn) - len(turn.lstrip()))
    return turn[header.end() :] if header and header["own"] else turn


def _without_sections(text: str, *, with_letters: bool) -> str:
    """Without what stands in tags that begin a line and name neither an answer nor markup, but for
    what the words before it announce as all that is said; all of it where the first has no end and
    is not only a letter."""
    kept: list[str] = []
    at, since, opened = 0, 0, None
    for tag in SECTION.finditer(text):
        name = tag["name"].lower()
        if opened is None:
            is_named = tag["end"] or SAYS.search(name) or name in MARKUP
            opened = tag if not is_named and _begins_line(text, tag.start(), since) else None
        elif tag["end"] and name == opened["name"].lower():
            is_letter = with_letters and _is_letter(text, opened, tag)
            if not (is_letter or _is_announced(text[since : opened.start()], text, tag)):
                kept.append(text[at : opened.start()])
                at = tag.end()
            since, opened = tag.end(), None
    if opened and not LETTER.fullmatch(text, opened.end()):
        is_cut = opened[0][0] == "<" and not text[: opened.start()].strip()
        if is_cut and not ANSWERED.search(text[-200:]):
            return ""
    rest = "".join([*kept, text[at:]])
    return rest if rest.strip() else text


def _begins_line(text: str, place: int, since: int) -> bool:
    """Whether nothing stands before a place in its line, of what comes behind `since`."""
    while place > since and text[place - 1] in " \t":
        place -= 1
    return place == since or text[place - 1] == "\n"


def _is_letter(text: str, opened: re.Match[str], closed: re.Match[str]) -> bool:
    """Whether a section is only a letter, and not one that was tried."""
    is_tried = TENTATIVE.search(closed["name"].lower())
    return not is_tried and LETTER.fullmatch(text, opened.end(), closed.start()) is not None


def _is_announced(before: str, text: str, closed: re.Match[str]) -> bool:
    """Whether the words before a section announce it as all that is said."""
    return closed.end() == len(text) and before.rstrip().endswith(":")


def _without_calls(text: str) -> str:
    """A model that ends in a call may answer by it."""
    tags = [*CALL.finditer(text)]
    if not tags or not tags[-1]["end"] or not text[tags[-1].end() :].strip():
        return text
    said: list[str] = []
    at: int | None = 0
    for tag in tags:
        if tag["end"]:
            at = tag.end()
        elif at is not None:
            said.append(text[at : tag.start()])
            at = None
    return "".join([*said, text[at:]])


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
    part = text[start : start + MAX_PART]
    if text[start - 1] == ">":
        return part.partition("<|end_of_box|>")[0]
    depth = 1
    for place, char in enumerate(part):
        depth += (char == "{") - (char == "}")
        if not depth:
            return part[:place]
    return part


def answer_fields(text: str) -> str:
    """What stands as the answer in JSON objects, a line for each."""
    return "\n".join(found.strip("\"'") for found in FIELD.findall(text[-MAX_PART:]))


def last_phrase(text: str) -> str | None:
    """What follows the last "answer is" or the like: the rest of the line, or the next line that
    says anything where that is empty."""
    found = None
    for match in PHRASE.finditer(text):
        before = re.split(r"[.!?\n]", text[max(match.start() - 200, 0) : match.start()])[-1]
        if not (ASKED.search(before) or SUPPOSED.search(before)):
            found = match
    if found is None:
        return None
    line, _, below = text[found.end() :].partition("\n")
    return line if line.strip() else below.lstrip().partition("\n")[0]


def plain(text: str) -> str:
    """Without markup: NFKC, without LaTeX, Markdown, quotation marks, special tokens and invisible
    characters; Cyrillic and Greek letters that look like A, B, C, E, H become these."""
    text = SPECIAL.sub(" ", LATEX.sub(" ", FORMULA.sub(r" \1 ", text)))
    text = TABLE_ROW.sub(lambda row: row[0].replace("|", ";"), text).translate(MARKS)
    if text.isascii():
        return text
    text = unicodedata.normalize("NFKC", text).translate(MARKS).translate(LOOK_ALIKES)
    return "".join(char for char in text if unicodedata.category(char) not in ("Cf", "Cs", "Co"))


def _end_of_last(pattern: re.Pattern[str], text: str) -> int | None:
    end = None
    for match in pattern.finditer(text):
        end = match.end()
    return end
