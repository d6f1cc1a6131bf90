"""Option texts: which options' texts stand in a text, by words."""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import pairwise, takewhile

from evaluation.reading.reply_parts import plain

NUMBERS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen", "twenty",
)  # fmt: skip
DIGITS = {word: str(number) for number, word in enumerate(NUMBERS)}
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
TENS_AND_ONES = {
    f"{tens}{between}{ones}": f"{place}{one}"
    for place, tens in enumerate(TENS, 2)
    for one, ones in enumerate(NUMBERS[1:10], 1)
    for between in " -"
}
SPELT = DIGITS | {tens: f"{place}0" for place, tens in enumerate(TENS, 2)} | TENS_AND_ONES
"""Whole numbers to 99 by the words for them."""
PLAIN_WORDS = SPELT | {
    "yeah": "yes", "yep": "yes", "yup": "yes", "nope": "no", "nah": "no",
    "upper": "top", "lower": "bottom",
}  # fmt: skip
"""Words by the plain ones for the same, or the digits."""
MULTIPLES = {"dozen": 12, "hundred": 100, "thousand": 1000, "million": 1_000_000}
UNITS = {
    "%": "percent", "\xb0": "degrees?", "m": "met(?:er|re)s?", "cm": "centimet(?:er|re)s?",
    "mm": "millimet(?:er|re)s?", "km": "kilomet(?:er|re)s?", "ft": "feet|foot",
    "inch": "inch(?:es)?", "px": "pixels?", "s": "sec|seconds?", "min": "minutes?", "h": "hours?",
    "year": "years?", "kg": "kilograms?", "times": "times",
    "pair": "pairs?", **{word: f"{word}s?" for word in MULTIPLES},
}  # fmt: skip
"""Units by their symbol, with the patterns of their names."""
NAMED = rf"(?:{'|'.join((*UNITS, *UNITS.values()))})(?:/\w+)?(?![\w'-])"
UNIT = rf"(?i:[%\xd7$\u20ac\xa3\xa5]|\xb0[cf]?|{NAMED})"
WORD = re.compile(
    r"(?:(?P<number>(?:(?<![\w)])[-\u2212])?\d+(?:[.,:/\xb1\xd7\u2013-]\d+)*)"
    rf"|(?<!\w)(?P<spelt>(?i:(?:{'|'.join(TENS)})[ -](?:{'|'.join(NUMBERS[1:10])})(?!\w)"
    rf"|(?:{'|'.join((*NUMBERS, *TENS[1:]))})(?=(?: *|-){UNIT}))))(?:(?: *|-)(?P<unit>{UNIT}))?"
    r"|[^\W_]+(?:'[^\W_]+)*"
)
"""A number with all that makes it another one ("-3", "8/10", "2-3", "50 %", "2 m/s"), or a word
with its apostrophes."""
THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
"""`1,000` and `12,345.6`."""
STUCK = re.compile(r"\d+[A-Za-z]")
"""A number that is a part of a word: "2nd", "4K"."""
CLOSED = re.compile(r"(?i)(?:[ -](?:hand|side))*(?=[^\w\s-]|\s*$|\s*[\n(])")
"""Behind a text that ends its clause."""
OPENS = re.compile(r"(?i)(?:^|[.!?:]\s)\s*(?:(?:on|to|at|in|from) the )?$")
LOOKS_ON = re.compile(r"(?i),[^.,;:]*\b(?:is|are|was|were|has|have|can|see|stands?|sits?|lies)\b")
"""Around a core that only says where one looks: "on the right, a lamp is visible"."""
ARTICLES = {"a", "an", "the", "this", "that", "these", "those"}
"""Words before a name that are no part of it."""
JOINING = {"to", "the", "of", "a", "an"}
NEEDY = [
    (), *((word,) for word in (
        "on", "in", "at", "by", "near", "under", "over", "above", "below", "behind", "beside",
        "inside", "next", "front", "with", "from", "between", "around", "against", "along",
    )),
]  # fmt: skip
"""No core, and the ends of such as need another word behind them."""
PRONOUNS = ("it", "them", "him", "her")
NONE = {"none", "neither"}
OF_ANSWERS = re.compile(
    r"(?i) of the above\b|(?: of (?:the|these|those|them))?"
    r"(?: (?:above|given|listed|provided|available|two|answer))* (?:answer|option|choice)s?\b"
)
"""Behind these, that no option fits, and no number: "none of the options"."""
Words = tuple[str, ...]
Options = Mapping[str, Words]


def words_with_digits(text: str) -> Words:
    """Lower-case words, numbers as digits."""
    return tuple(_normal(match) for match in WORD.finditer(plain(text)))


def _normal(match: re.Match[str]) -> str:
    """In lower case; `2` of "2.0", "02" and "two", `1000` of "1,000", `2 m` of "2 metres", `24`
    of "two dozen", `32` of "thirty-two"."""
    word = (match["number"] or match["spelt"] or match[0]).lower()
    if not word[0].isdecimal():
        number = PLAIN_WORDS.get(word, word)
    else:
        if THOUSANDS.fullmatch(word):
            word = word.replace(",", "")
        whole, point, share = word.partition(".")
        share = share.rstrip("0") if point else ""
        number = (whole.lstrip("0") or "0") + (f".{share}" if share else "")
    if not match["unit"]:
        return number
    unit, slash, per = match["unit"].lower().partition("/")
    symbol = next((known for known, names in UNITS.items() if re.fullmatch(names, unit)), unit)
    if symbol in MULTIPLES and re.fullmatch(r"-?[\d.]+", number):
        return f"{(Decimal(number) * MULTIPLES[symbol]).normalize():f}"
    return f"{number} {symbol}{slash}{per}"


def singular(word: str) -> str:
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def without_article(words: Words) -> Words:
    is_article = len(words) > 1 and words[0] in ("a", "an", "the") and words[1] != "is"
    return words[1:] if is_article else words


def _with_side(words: Words) -> Iterator[Words]:
    """ "left side of" for "left of", and the other way round; "left hand side" for "left side"."""
    for place, pair in enumerate(pairwise(words), 1):
        if pair in (("left", "of"), ("right", "of")):
            yield (*words[:place], "side", *words[place:])
            yield (*words[:place], "hand", "side", *words[place:])
        if pair in (("left", "side"), ("right", "side")):
            yield (*words[:place], "hand", *words[place:])
            if words[place + 1 : place + 2] == ("of",):
                yield (*words[:place], *words[place + 1 :])


def _cores(options: Options) -> dict[str, Words]:
    """By letter, what is left of a text without what all options share and words that join it:
    "left" of "to the left of the bus"; not a word that needs another one behind it ("on")."""
    shared = set.intersection(*map(set, options.values())) if len(options) > 1 else set()
    cores = {letter: _core(text, shared) for letter, text in options.items()}
    several = [*cores.values(), *options.values()]
    return {
        letter: core
        for letter, core in cores.items()
        if core != without_article(options[letter])
        and several.count(core) == 1
        and core[-1:] not in NEEDY
    }


def _core(words: Words, shared: set[str]) -> Words:
    kept = [place for place, word in enumerate(words) if word not in shared | JOINING]
    return words[kept[0] : kept[-1] + 1] if kept else ()


def _start(words: Words, core: Words) -> int:
    places = range(len(words) - len(core) + 1)
    return next(place for place in places if words[place : place + len(core)] == core)


def _with_pronoun(option: Words, options: Options) -> Iterator[Words]:
    """ "behind it" for "behind the bicycle", where all options end in the bicycle."""
    ends = zip(*(text[::-1] for text in options.values()), strict=False)
    num_shared = len([*takewhile(lambda words: len({*words}) == 1, ends)])
    name = next(
        (k for k in range(len(option) - num_shared, len(option)) if option[k] in ARTICLES), 0
    )
    if len(options) > 1 and name:
        yield from ((*option[:name], pronoun) for pronoun in PRONOUNS)


def same_text(one: str, other: str) -> bool:
    """Whether two short answers say the same, apart from case, punctuation, articles and the way to
    write a number."""
    first, second = words_with_digits(one), words_with_digits(other)
    return bool(first) and without_article(first) == without_article(second)


def holds_text(text: str, part: str) -> bool:
    """Whether the words of `part` occur in a text, one directly after another."""
    words, wanted = words_with_digits(text), words_with_digits(part)
    places = range(len(words) - len(wanted) + 1)
    return bool(wanted) and any(words[k : k + len(wanted)] == wanted for k in places)


def _is_letter(text: str) -> bool:
    """Whether a text is a letter or a mark at most; what has no capitals is a word or a digit."""
    is_word = text.isalnum() and text.lower() == text.upper()
    return len(text) < 2 and not is_word


def marked_texts(line: str, options: Options) -> str:
    """A plain line with `#B` in place of each option's text, `#BC` where two have it: the longest
    first, none within another, and none that is only a letter."""
    found = [*WORD.finditer(line)]
    words = tuple(_normal(match) for match in found)
    cores = _cores(options)
    texts = {
        (letter, text)
        for letter, option in options.items()
        for form in (option, *_with_pronoun(option, options))
        for start in {0, _start(option, cores.get(letter, option))}
        for text in (without_article(form[start:]), *_with_side(form[start:]))
    }
    texts |= {*options.items(), *cores.items()}
    taken = [False] * len(words)
    letters: dict[tuple[int, int], str] = {}
    for letter, text in sorted(texts, key=lambda entry: (-len(entry[1]), entry)):
        if _is_letter("".join(text)):
            continue
        for start in range(len(words) - len(text) + 1):
            end = start + len(text)
            is_here = words[start] == text[0] and words[start:end] == text
            is_here &= not STUCK.match(line, found[min(end, len(found)) - 1].start())
            is_here &= not ({*text} <= NONE and OF_ANSWERS.match(line, found[end - 1].end()))
            if is_here and text == cores.get(letter):
                at, to = found[start].start(), found[end - 1].end()
                is_here = CLOSED.match(line, to) is not None
                is_here &= not (LOOKS_ON.match(line, to) and OPENS.search(line[:at]))
            if is_here and ((start, end) in letters or not any(taken[start:end])):
                letters[start, end] = letters.get((start, end), "") + letter
                taken[start:end] = [True] * len(text)
    parts, at = [], 0
    for start, end in sorted(letters):
        parts += [line[at : found[start].start()], f" #{letters[start, end]} "]
        at = found[end - 1].end()
    return "".join([*parts, line[at:]])
