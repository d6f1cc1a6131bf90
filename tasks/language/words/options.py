"""Options: reading them in the same way for several categories."""

from collections.abc import Sequence, Set

from tasks.language.words.names import bare_words
from tasks.language.words.phrases import NEGATIONS, Reading, Words
from tasks.language.words.references import all_named_in


def read_name(words: Words) -> Reading:
    """Whether an option that stands for an object names no second one."""
    if NEGATIONS & set(words.words):
        return Reading.DIFFERS
    named = {entry.name for entry in words.mentions if entry.name in words.names}
    return Reading.READ if len(named) < 2 and not words.strangers else Reading.UNREAD


def yes_or_no(is_so: bool) -> str:
    return "Yes" if is_so else "No"


def read_yes_or_no(words: Words, is_so: bool) -> Reading:
    """Whether an option says that something is so, or that it is not."""
    said = set(words.words)
    yes, no = said & {"yes", "yeah", "true"}, said & (NEGATIONS | {"absent", "missing"})
    if yes and no:
        return Reading.DIFFERS
    if not yes and not no and not said & {"there", "present", "visible", "shown"}:
        return Reading.UNREAD
    return Reading.READ if is_so is not bool(no) else Reading.DIFFERS


def names_some(question: str, offered: Set[str]) -> bool:
    """Whether a question names some of the objects that are offered, and not all."""
    named = set(all_named_in(question, offered))
    return not named.isdisjoint(offered) and not named >= offered


def repeats_some(question: str, options: Sequence[str]) -> bool:
    """Whether a question repeats the words of some options, and not of all."""
    asked = " ".join(bare_words(question))
    shown = [f" {' '.join(bare_words(option))} " in f" {asked} " for option in options]
    return any(shown) and not all(shown)
