"""Skeletons: what is left of a text when the names in it are taken out."""

from tasks.language.words.names import names_of
from tasks.language.words.references import references_in


def skeleton(text: str) -> str:
    """The words of a text, `X` in place of each name or description of a thing, `Xs` of several,
    `a` for `an`: two questions with one skeleton differ only in what they are about."""
    words, mentions = names_of(text)
    spans = {entry.start: (entry.stop, "X") for entry in references_in(text)}
    for mention in mentions:
        if not mention.is_grammar:
            spans.setdefault(mention.start, (mention.stop, "Xs" if mention.is_plural else "X"))
    kept: list[str] = []
    place = 0
    while place < len(words):
        stop, word = spans.get(place, (place + 1, words[place]))
        kept.append("'s" if word == "s" else "a" if word == "an" else word)
        place = stop
    return " ".join(kept).replace(" 's", "'s")
