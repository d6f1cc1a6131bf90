"""Option texts: which option's text a reply says, by words."""

import re
from collections.abc import Mapping

from evaluation.reply_parts import plain

NUMBERS = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen
fifteen sixteen seventeen eighteen nineteen twenty""".split()  # noqa: SIM905  (easier to read)
DIGITS = {word: str(number) for number, word in enumerate(NUMBERS)}
NEGATIONS = {
    *("not", "never", "neither", "nor", "cannot", "instead"),
    *("isn't", "isnt", "aren't", "wasn't", "can't", "doesn't"),
}
"""Words that deny an option that follows directly or after one more word."""
WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W_]+(?:'[^\W_]+)*")
"""A number, with its points and commas, or a word with its apostrophes."""
THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
"""`1,000` and `12,345.6`."""
NUMBER = re.compile(r"[0-9]{1,300}(?:\.[0-9]+)?")
"""With at most 300 digits, which a float can hold."""
CLAUSE_ENDS = re.compile(r"[,;:!(\n]|\.(?!\d)")
"""Where the first clause of a text ends; a point inside a number is no end."""
UNCERTAIN = re.compile(
    r"\b(?:no idea|not (?:sure|certain|clear|possible)|unsure|uncertain|unclear|undetermined|"
    r"(?:do not|don't|can not|cannot|can't|could not|couldn't|unable to|impossible to)(?: be)? "
    r"(?:know|determine|determined|tell|say|answer|see|identify|help|be sure)|"
    r"(?:not enough|insufficient) information)\b",
    re.IGNORECASE,
)
"""Words of somebody who does not decide."""

Words = tuple[str, ...]
Options = Mapping[str, Words]


def words_with_digits(text: str) -> Words:
    """Lower-case words, numbers as digits."""
    found = WORD.findall(plain(text).lower())
    return tuple(DIGITS.get(word) or _number(word) for word in found)


def _number(word: str) -> str:
    """`2` of "2.0" and "02", `1000` of "1,000"; other words as they are."""
    if not word[0].isdecimal():
        return word
    if THOUSANDS.fullmatch(word):
        word = word.replace(",", "")
    whole, point, share = word.partition(".")
    share = share.rstrip("0") if point else ""
    return (whole.lstrip("0") or "0") + (f".{share}" if share else "")


def without_article(words: Words) -> Words:
    return words[1:] if len(words) > 1 and words[0] in ("a", "an", "the") else words


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


def number_in(text: str) -> float | None:
    """The one number that a text names, in digits or in a word; None for none or several."""
    found = {word for word in words_with_digits(text) if NUMBER.fullmatch(word)}
    return float(found.pop()) if len(found) == 1 else None


def named_option(text: str, options: Options) -> str | None:
    """The letter of the one option that a text equals, opens with, or contains, tried in this
    order. Options within longer ones that were found, and negated ones, do not count."""
    exact = equal_option(words_with_digits(text), options)
    if exact is not None:
        return exact or None
    head = CLAUSE_ENDS.split(text.strip(), maxsplit=1)[0]
    opened = equal_option(words_with_digits(head), options)
    if opened:
        return opened
    if not any(UNCERTAIN.search(" ".join(option)) for option in options.values()):
        text = UNCERTAIN.sub(" ", text)
    found = _held(words_with_digits(text), options)
    return found.pop() if len(found) == 1 else None


def equal_option(words: Words, options: Options) -> str | None:
    """The letter of the option with exactly these words, or else with these words without articles;
    an empty text where several have them, None where no option has."""
    if not words:
        return None
    found = [letter for letter, option in options.items() if option == words]
    if not found:
        bare = without_article(words)
        found = [letter for letter, option in options.items() if without_article(option) == bare]
    return None if not found else found[0] if len(found) == 1 else ""


def _held(words: Words, options: Options) -> set[str]:
    """The options whose words stand in the text, on their own and not negated."""
    taken = [False] * len(words)
    found: dict[Words, set[str]] = {}
    for letter, option in sorted(options.items(), key=lambda entry: -len(entry[1])):
        if not option:
            continue
        size = len(option)
        for start in range(len(words) - size + 1):
            if words[start] != option[0] or words[start : start + size] != option:
                continue
            if option not in found and all(taken[start : start + size]):
                continue
            taken[start : start + size] = [True] * size
            if not NEGATIONS & set(words[max(start - 2, 0) : start]):
                found.setdefault(option, set()).add(letter)
    return set().union(*found.values()) if found else set()
