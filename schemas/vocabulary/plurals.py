"""Plurals: what inflect says of the vocabulary's names, without the two seconds of importing it."""

import re

IRREGULAR = {
    "child": "children",
    "die": "dice",
    "foot": "feet",
    "goose": "geese",
    "human": "humans",
    "money": "monies",
    "mouse": "mice",
    "ottoman": "ottomans",
    "ox": "oxen",
    "person": "people",
    "stomach": "stomachs",
    "tooth": "teeth",
}
UNCHANGED = (
    "aircraft|baggage|butter|cash|cutlery|deer|equipment|fish|furniture|goldfish|graffiti|jewelry|"
    "livestock|luggage|moose|reindeer|salmon|sheep|trout|tuna|watercraft"
)
ENDS_IN_OES = (
    "banjo|bronco|buffalo|burrito|flamingo|gazebo|gecko|gelato|jalapeno|lego|mango|nacho|nintendo|"
    "potato|tomato"
)
ENDINGS = (
    (re.compile(rf"({UNCHANGED})"), r"\1"),
    (re.compile(rf"({ENDS_IN_OES})"), r"\1es"),
    (re.compile(r"(.*)man"), r"\1men"),
    (re.compile(r"(.*(?:cal|hal|lea|loa|scar|shel|whar|wol))f"), r"\1ves"),
    (re.compile(r"(kni|wi)fe"), r"\1ves"),
    (re.compile(r"(.*[^aeiou])y"), r"\1ies"),
    (re.compile(r"(.*(?:s|x|z|ch|sh))"), r"\1es"),
    (re.compile(r"(.*)"), r"\1s"),
)


def plural_of(name: str) -> str:
    """The plural; a name that already is one ("scissors") stays as it is."""
    if re.search(r"[^su]s$", name):
        return name
    words = name.split()
    # "slices of pizza", "corns on the cob", but "carry ons"
    places = (place for place, word in enumerate(words[:-1]) if word in ("of", "on"))
    head = next(places, len(words)) - 1
    words[head] = IRREGULAR.get(words[head]) or _regular(words[head])
    return " ".join(words)


def _regular(word: str) -> str:
    matches = ((ending.fullmatch(word), plural) for ending, plural in ENDINGS)
    return next(match.expand(plural) for match, plural in matches if match)
