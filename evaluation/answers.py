"""Answers: which option a reply names.

One parser for every model and benchmark. What cannot be read is None, never a guess: it counts as
wrong and is reported.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

THOUGHT_ENDS = "</think>"
TAG, TAG_ENDS = "<answer>", "</answer>"
BOXED = "\\boxed{"
MAX_SEGMENT = 4_000
"""Characters from the end of a reply that are searched for words; tags are found anywhere."""
NUMBERS = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen
fifteen sixteen seventeen eighteen nineteen twenty""".split()  # noqa: SIM905  (easier to read)
DIGITS = {word: str(number) for number, word in enumerate(NUMBERS)}
NEGATIONS = {"not", "never", "neither", "nor", "isn't", "aren't", "wasn't", "cannot", "isnt"}
ARTICLE_GOES_ON = set(
    """because since as is and which for due given by with in based where so therefore thus but
    or""".split()  # noqa: SIM905  (easier to read)
)
"""After "the answer is A": words before which A is the letter, and no article."""
LATEX = re.compile(r"\\(?:text|mathrm|mathbf|textbf|mathit|rm|bf)\s*(?=\{)|\\[()\[\]]|[${}]")
MARKS = str.maketrans(dict.fromkeys('*`#~|"“”„«»', " ") | {"_": " ", "’": "'", "‘": "'"})
OPENING, CLOSING = "([<【〔「『", ")]>】〕」』"
LONE = re.compile(r"[\W_]*([A-Za-z])[\W_]*")
LED = re.compile(
    rf"[\s{re.escape(OPENING)}]*([A-Za-z])\s*"
    rf"(?:[{re.escape(CLOSING)}]+[.:,]?|[:：]|[.,;](?=\s|$)|\s[-–—](?=\s))\s*(.*)",
    re.DOTALL,
)
NAMED = re.compile(
    r"(?:the\s+)?(?:correct\s+|right\s+|best\s+)?(?:option|choice|answer|letter)\s*[:\-]?\s*"
    r"[(\[]?([A-Za-z])(?![A-Za-z'])(?!\s+(?:is|isn't|was|are|would|can|cannot|could|does)\b)"
    r"[)\]]?[.:,]?\s*(.*)",
    re.DOTALL | re.IGNORECASE,
)
PHRASE = re.compile(
    r"\b(?:answers?|options?|choices?)\b[^\S\n]*(?:\([^)\n]{0,20}\)[^\S\n]*)?"
    r"(?:(?:is|are|was|be|would[^\S\n]be|should[^\S\n]be|must[^\S\n]be|will[^\S\n]be)\b"
    r"[^\S\n]*:?|[:：=])\s*",
    re.IGNORECASE,
)
CORRECT = re.compile(
    r"(?<![A-Za-z'])[(\[]?([A-Z])[)\].]?\s+is\s+(?:the\s+|most\s+)*"
    r"(?:correct|right|best|true|answer|accurate)"
)
BRACKETED = re.compile(r"[(\[【]\s*([A-Za-z])\s*[)\]】]|\b[Oo]ption\s+([A-Z])(?![A-Za-z'])")
STANDING = re.compile(r"(?<![A-Za-z'’.])([B-HJ-Z])(?![A-Za-z'’]|\.[A-Za-z])")
EITHER = re.compile(r"(?<![A-Za-z])([A-Z])\s*(?:[/,&]|or\b|and\b)\s*\(?([A-Z])(?![A-Za-z'])")
WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


@dataclass(frozen=True, slots=True)
class ParsedAnswer:
    """`letter` is one of the options', None where none or several are named; `method` says what
    was read; `conflict` that the text beside the letter names another option."""

    letter: str | None
    method: str
    conflict: bool = False


def parse_answer(reply: str, options: Mapping[str, str]) -> ParsedAnswer:
    """The option that a reply names; `options` are texts by upper-case letter."""
    text = _after_thought(reply)
    known = {letter: _words(option) for letter, option in options.items()}
    tagged = last_answer(text)
    if tagged is not None:
        return _read(tagged, known) or _read_phrases(_plain(tagged), known) or _none("tag")
    boxed = _last_boxed(text)
    if boxed is not None:
        found = _read(boxed, known)
        return ParsedAnswer(found.letter, "boxed", found.conflict) if found else _none("boxed")
    tail = _plain(text[-MAX_SEGMENT:])
    return _read_phrases(tail, known) or _read_whole(tail, known) or _none("nothing")


def last_answer(text: str) -> str | None:
    """What stands in the last `<answer>`, closed or not; None where there is none."""
    start = text.rfind(TAG)
    if start < 0:
        return None
    start += len(TAG)
    end = text.find(TAG_ENDS, start)
    return text[start : end if end >= 0 else len(text)]


def answer_text(reply: str) -> str:
    """What a reply without options says in the end: its last `<answer>` or `\\boxed`, else what
    follows its last "answer is", else its last line; plain, in one line."""
    text = _after_thought(reply)
    found = last_answer(text)
    if found is None:
        found = _last_boxed(text)
    if found is None:
        tail = _plain(text[-MAX_SEGMENT:])
        lines = [line for line in tail.splitlines() if line.strip()]
        found = next(_last_phrases(tail), lines[-1] if lines else "")
    return " ".join(_plain(found).split()).strip(" .")


def same_text(one: str, other: str) -> bool:
    """Whether two short answers say the same: case, punctuation, articles and the way to write a
    number aside."""
    return bool(_words(one)) and _without_article(_words(one)) == _without_article(_words(other))


def _after_thought(reply: str) -> str:
    start = reply.rfind(THOUGHT_ENDS)
    return reply[start + len(THOUGHT_ENDS) :] if start >= 0 else reply


def _none(method: str) -> ParsedAnswer:
    return ParsedAnswer(None, method)


def _plain(text: str) -> str:
    """Without markup: NFKC, no format characters, no LaTeX, Markdown or quotes."""
    text = unicodedata.normalize("NFKC", LATEX.sub(" ", text)).translate(MARKS)
    if text.isascii():
        return text
    return "".join(char for char in text if unicodedata.category(char) not in ("Cf", "Cs", "Co"))


def _words(text: str) -> tuple[str, ...]:
    """Lower-case words, numbers as digits."""
    found = WORD.findall(_plain(text).lower())
    return tuple(DIGITS.get(word, word) for word in found)


def _without_article(words: tuple[str, ...]) -> tuple[str, ...]:
    return words[1:] if len(words) > 1 and words[0] in ("a", "an", "the") else words


def _last_boxed(text: str) -> str | None:
    """What stands in the last `\\boxed{...}`, braces matched."""
    start = text.rfind(BOXED)
    if start < 0:
        return None
    start += len(BOXED)
    depth = 1
    for place in range(start, min(len(text), start + MAX_SEGMENT)):
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if not depth:
            return text[start:place]
    return text[start : start + MAX_SEGMENT]


def _last_phrases(text: str) -> Iterator[str]:
    """What follows "answer is" and the like, up to the end of the line, the last one first."""
    ends = [match.end() for match in PHRASE.finditer(text)]
    for end in reversed(ends[-20:]):
        stop = text.find("\n", end)
        yield text[end : stop if stop >= 0 else len(text)]


Options = Mapping[str, tuple[str, ...]]


def _read(segment: str, known: Options, *, after_phrase: bool = False) -> ParsedAnswer | None:
    """What a short text names, None where nothing."""
    text = " ".join(_plain(segment[:MAX_SEGMENT]).split())
    lone = LONE.fullmatch(text)
    if lone:
        letter = _known(lone[1], known)
        return _with_letter(letter, "", known) if letter else None
    led = LED.fullmatch(text) or NAMED.fullmatch(text)
    if led and (letter := _known(led[1], known)):
        return _with_letter(letter, led[2], known)
    if after_phrase and (letter := _before_words(text, known)):
        return _with_letter(letter, text[1:], known)
    named = _named_text(text, known)
    return ParsedAnswer(named, "text") if named else None


def _read_phrases(text: str, known: Options) -> ParsedAnswer | None:
    """What follows the last "answer is" that names anything."""
    for phrase in _last_phrases(text):
        found = _read(phrase, known, after_phrase=True)
        if found:
            return ParsedAnswer(found.letter, "phrase", found.conflict)
    return None


def _read_whole(text: str, known: Options) -> ParsedAnswer | None:
    """What a reply without tags and phrases names: by a letter on its first or last line, by the
    only letter that it calls correct or puts in brackets, by an option's text."""
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    for line in (*lines[-1:], *lines[:1]):
        if (lone := LONE.fullmatch(line)) and (letter := _known(lone[1], known)):
            return _with_letter(letter, "", known)
    found = [led for line in lines if (led := _read_letter(line, known))]
    if len({led.letter for led in found}) == 1:
        return found[-1]
    correct = {letter for match in CORRECT.finditer(text) if (letter := _known(match[1], known))}
    if len(correct) == 1:
        return ParsedAnswer(correct.pop(), "correct")
    bracketed = {
        letter
        for match in BRACKETED.finditer(text)
        if (letter := _known(match[1] or match[2], known))
    }
    if len(bracketed) == 1:
        letter = bracketed.pop()
        named = _named_text(text, known)
        return ParsedAnswer(letter, "letter", named is not None and named != letter)
    named = _named_text(text, known)
    if named:
        return ParsedAnswer(named, "text")
    if bracketed or any({one, other} <= known.keys() for one, other in EITHER.findall(text)):
        return None
    standing = {match[1] for match in STANDING.finditer(text)} & known.keys()
    return ParsedAnswer(standing.pop(), "letter") if len(standing) == 1 else None


def _read_letter(line: str, known: Options) -> ParsedAnswer | None:
    """A letter with a delimiter in front of text, or one that is called an option."""
    found = LED.fullmatch(line) or NAMED.fullmatch(line)
    letter = _known(found[1], known) if found else None
    return _with_letter(letter, found[2], known) if found and letter else None


def _known(letter: str, known: Options) -> str | None:
    return letter.upper() if letter.upper() in known else None


def _with_letter(letter: str, rest: str, known: Options) -> ParsedAnswer | None:
    """The letter, unless what follows are other letters alone."""
    if _other_letters(rest, letter, known):
        return ParsedAnswer(None, "several")
    own, named = known[letter], _named_text(rest, known) if rest.strip() else None
    is_letters = any(own == (other.lower(),) for other in known if other != letter)
    conflict = named is not None and named != letter
    return ParsedAnswer(letter, "letter", conflict or (not rest.strip() and is_letters))


def _other_letters(rest: str, letter: str, known: Options) -> bool:
    """Whether the words that follow are letters of options, another one among them, and joining
    words."""
    words = WORD.findall(rest)
    letters = {word.upper() for word in words if len(word) == 1 and word.upper() in known}
    joining = {"and", "or", "both", "&"}
    only_letters = all(len(word) == 1 or word.lower() in joining for word in words)
    return only_letters and bool(letters - {letter})


def _before_words(text: str, known: Options) -> str | None:
    """The letter in front of "because ..." and the like. "A" in front of another word is an
    article."""
    match = re.match(r"([A-Z])(?=[\s,;.]|$)[\s,;.]*([^\W\d_]*)", text)
    if not match or match[1] not in known:
        return None
    if match[1] in "AI" and match[2].lower() not in ARTICLE_GOES_ON and match[2]:
        return None
    return match[1]


def _named_text(text: str, known: Options) -> str | None:
    """The letter of the one option whose text this is, starts with, or holds, whichever is found
    first; texts within longer ones that were found do not count, nor what is negated."""
    words = _words(text)
    if not words:
        return None
    exact = [letter for letter, option in known.items() if option and option == words]
    if not exact:
        bare = _without_article(words)
        exact = [key for key, option in known.items() if _without_article(option) == bare]
    if exact:
        return exact[0] if len(exact) == 1 else None
    opened = _opens_with(text, known)
    if opened:
        return opened
    found = _occurrences(words, known)
    return found.pop() if len(found) == 1 else None


def _opens_with(text: str, known: Options) -> str | None:
    """The option whose text stands before the first comma, stop or line break."""
    head = re.split(r"[,.;:!\n]", text.strip(), maxsplit=1)[0]
    words = _words(head)
    if len(head) == len(text.strip()) or not words:
        return None
    found = [key for key, option in known.items() if option == words]
    return found[0] if len(found) == 1 else None


def _occurrences(words: tuple[str, ...], known: Options) -> set[str]:
    """The options whose words stand in the text, on their own and not negated."""
    taken = [False] * len(words)
    found: dict[tuple[str, ...], set[str]] = {}
    for letter, option in sorted(known.items(), key=lambda entry: -len(entry[1])):
        if not option:
            continue
        size = len(option)
        for start in range(len(words) - size + 1):
            if words[start] != option[0] or words[start : start + size] != option:
                continue
            if found.get(option) is None and all(taken[start : start + size]):
                continue
            taken[start : start + size] = [True] * size
            if not NEGATIONS & set(words[max(start - 2, 0) : start]):
                found.setdefault(option, set()).add(letter)
    return set().union(*found.values()) if found else set()


def parse_answer_paper_compatible(reply: str, options: Mapping[str, str]) -> str:
    """The letter that the published evaluation reads (hunarbatra/SpatialThinker at 4ac41cf,
    evals.py): an answer tag that equals an option as `(b) behind`; whatever else, A wherever there
    are options, since its fallback condition is always true. Never None."""
    said = (last_answer(reply) or reply).strip().lower()
    for letter, text in options.items():
        if said == f"({letter.lower()}) {text.strip().lower()}":
            return letter
    return next(iter(options), "A")
