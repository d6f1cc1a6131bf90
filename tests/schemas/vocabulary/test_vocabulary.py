from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schemas.vocabulary.classes import load_vocabulary, parse_vocabulary
from schemas.vocabulary.kinds import NEVER_ASKED, Trait

VOCABULARY = load_vocabulary()
CLASSES = VOCABULARY.classes
NAME_LIST = Path(__file__).parents[4] / "shared/visual_genome/vocabulary/object_list.txt"
EMPTY_LISTS = """
settings = ""
modifiers = ""
living_modifiers = ""
materials = ""
articles = ""
said_with_a = ""
said_with_an = ""
several = ""
groups = ""
verbs = ""
unchanged = []
"""

class_names = st.sampled_from(sorted(CLASSES))
junk = st.text(max_size=60) | st.lists(
    st.sampled_from(["of", "and", "two", "the", "pair", "is", "'s", "toy", "red"]) | class_names,
    max_size=6,
).map(" ".join)


@pytest.mark.parametrize(
    ("name", "class_name", "is_plural"),
    [
        ("dog", "dog", False),
        ("Dogs", "dog", True),
        ("  The  DOG. ", "dog", False),
        ("puppies", "dog", True),
        ("men", "man", True),
        ("people", "person", True),
        ("persons", "person", True),
        ("guy", "man", False),
        ("children", "child", True),
        ("sheep", "sheep", False),
        ("two sheep", "sheep", True),
        ("giraffes", "giraffe", True),
        ("bike", "bicycle", False),
        ("aeroplane", "airplane", False),
        ("plane", "airplane", False),
        ("TV", "television", False),
        ("sofa", "couch", False),
        ("surf board", "surfboard", False),
        ("street-light", "street light", False),
        ("fire_hydrant", "fire hydrant", False),
        ("firehydrant", "fire hydrant", False),
        ("stoplight", "traffic light", False),
        ("cell phone", "cell phone", False),
        ("office phone", "phone", False),
        ("laptops", "laptop", True),
        ("scissors", "scissors", False),
        ("pair of scissors", "scissors", False),
        ("pair of shoes", "shoe", True),
        ("pants", "pants", False),
        ("pant", "pants", False),
        ("skis", "ski", True),
        ("knives", "knife", True),
        ("mice", "mouse", True),
        ("buses", "bus", True),
        ("blinds", "blind", True),
        ("stairs", "staircase", False),
        ("slice of pizza", "pizza slice", False),
        ("white horse", "horse", False),
        ("large black and white cow", None, False),
        ("black and white cow", "cow", False),
        ("baby elephant", "elephant", False),
        ("baby elephants", "elephant", True),
        ("baby", "baby", False),
        ("young man", "man", False),
        ("wooden table", "table", False),
        ("wooden horse", None, False),
        ("glass bottle", "bottle", False),
        ("orange cat", "cat", False),
        ("orange", "orange", False),
        ("parked cars", "car", True),
        ("dining table", "dining table", False),
        ("coffee tables", "coffee table", True),
        ("two dogs", "dog", True),
        ("3 men", "man", True),
        ("several young boys", "boy", True),
        ("group of people", "person", True),
        ("herd of elephants", "elephant", True),
        ("row of bikes", "bicycle", True),
        ("crowd", "crowd", True),
        ("luggage", "luggage", True),
        ("man's hat", "hat", False),
        ("mans hand", "hand", False),
        ("woman\N{RIGHT SINGLE QUOTATION MARK}s bag", "bag", False),
        ("car window", "window", False),
        ("elephants ear", "ear", False),
        ("leg of table", "leg", False),
        ("front of the train", "front", False),
        ("bowl of soup", "bowl", False),
        ("toy elephant", None, False),
        ("stuffed bear", "teddy bear", False),
        ("reflection of dog", None, False),
        ("picture of a cat", None, False),
        ("man on horse", None, False),
        ("dog food", None, False),
        ("monitor is off.", None, False),
        ("see man's glasses.", None, False),
        ("zzyzx", None, False),
        ("", None, False),
        ("…!?", None, False),
    ],
)
def test_resolve_gives_class_and_number(name: str, class_name: str | None, is_plural: bool) -> None:
    resolved = VOCABULARY.resolve(name)
    assert (resolved.class_name, resolved.is_plural) == (class_name, is_plural)


@pytest.mark.parametrize(
    ("name", "mentions"),
    [
        ("dog", {"dog"}),
        ("white dogs", {"dog"}),
        ("toy elephant", {"toy", "elephant"}),
        ("wooden horse", {"horse"}),
        ("dog food", {"dog", "food"}),
        ("man on horse", {"man", "horse"}),
        ("group of people", {"person"}),
        ("bowl of soup", {"bowl", "soup"}),
        ("leg of table", {"leg"}),
        ("man's hat", {"hat"}),
        ("car window", {"window"}),
        ("reflection of dog", {"reflection", "dog"}),
        ("monitor is off.", {"monitor"}),
        ("parking meter by fire hydrant is grey", {"parking meter", "fire hydrant"}),
        ("dogs' toys on the street are new", {"dog", "toy", "street"}),
        ("zzyzx", set()),
    ],
)
def test_resolve_gives_mentions(name: str, mentions: set[str]) -> None:
    assert VOCABULARY.resolve(name).mentions == mentions


@pytest.mark.parametrize(
    ("word", "senses"),
    [
        ("glass", {"drinking glass", "wine glass", "eyeglasses", "window"}),
        ("glasses", {"drinking glass", "wine glass", "eyeglasses"}),
        ("light", {"lamp", "traffic light", "street light"}),
        ("board", {"surfboard", "skateboard", "whiteboard"}),
        ("trunk", {"tree trunk", "elephant trunk", "suitcase"}),
        ("chicken", {"hen", "chicken meat"}),
        ("crane", {"construction crane", "heron"}),
    ],
)
def test_ambiguous_word_is_never_asked_and_mentions_its_senses(word: str, senses: set[str]) -> None:
    resolved = VOCABULARY.resolve(word)
    assert resolved.class_name is not None
    assert not CLASSES[resolved.class_name].is_askable
    assert senses <= resolved.mentions


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("man", "person", True),
        ("boy", "person", True),
        ("man", "boy", True),
        ("man", "woman", False),
        ("man", "skier", True),
        ("woman", "firefighter", True),
        ("truck", "van", True),
        ("pickup truck", "taxi", True),
        ("car", "bus", False),
        ("cup", "mug", True),
        ("sheep", "goat", True),
        ("dog", "cat", False),
        ("elephant", "herd", True),
        ("glass", "wine glass", True),
    ],
)
def test_may_be_same(a: str, b: str, expected: bool) -> None:
    assert VOCABULARY.may_be_same(a, b) is expected


@pytest.mark.parametrize(
    ("class_name", "lineage"),
    [
        ("boy", ("boy", "child", "person")),
        ("taxi", ("taxi", "car", "vehicle")),
        ("fork", ("fork", "utensil")),
        ("umbrella", ("umbrella",)),
    ],
)
def test_lineage(class_name: str, lineage: tuple[str, ...]) -> None:
    assert VOCABULARY.lineage(class_name) == lineage


@given(junk)
def test_resolve_takes_any_text(name: str) -> None:
    resolved = VOCABULARY.resolve(name)
    assert resolved.mentions <= CLASSES.keys()
    assert resolved.class_name is None or resolved.class_name in resolved.mentions


@pytest.mark.parametrize("name", ["dog " * 100_000, "two " * 5_000, "x" * 100_000, "'" * 5_000])
def test_resolve_takes_long_text(name: str) -> None:
    assert VOCABULARY.resolve(name).class_name is None


@given(class_names)
def test_class_names_resolve_to_themselves(name: str) -> None:
    resolved = VOCABULARY.resolve(name)
    assert resolved.class_name == name
    assert resolved.is_plural == CLASSES[name].is_crowd


@given(class_names)
def test_plurals_resolve_to_their_class(name: str) -> None:
    one = CLASSES[name]
    resolved = VOCABULARY.resolve(one.plural)
    assert resolved.class_name == name
    assert resolved.is_plural == (one.plural != name or one.is_crowd)


@example("sign")  # whose "one way sign" begins as a number does
@given(class_names)
def test_synonyms_resolve_to_their_class(name: str) -> None:
    assert {VOCABULARY.resolve(also).class_name for also in CLASSES[name].also} <= {name}


@given(class_names, class_names)
def test_may_be_same_is_symmetric_and_reflexive(a: str, b: str) -> None:
    assert VOCABULARY.may_be_same(a, a)
    assert VOCABULARY.may_be_same(a, b) == VOCABULARY.may_be_same(b, a)


@given(class_names, class_names)
def test_lookalikes_are_mutual_and_relatives_may_be_same(a: str, b: str) -> None:
    assert (a in CLASSES[b].lookalikes) == (b in CLASSES[a].lookalikes)
    if VOCABULARY.is_kind_of(a, b):
        assert VOCABULARY.may_be_same(a, b)


@given(class_names)
def test_settings_come_from_the_closed_list(name: str) -> None:
    assert CLASSES[name].settings <= VOCABULARY.settings


def test_every_ambiguous_class_has_senses() -> None:
    assert all(one.lookalikes for one in CLASSES.values() if one.is_ambiguous)


def test_every_landmark_can_be_asked_about_and_is_at_home_somewhere() -> None:
    landmarks = [one for one in CLASSES.values() if one.is_landmark]
    assert all(one.is_askable and one.settings for one in landmarks)
    assert not any(one.kind in NEVER_ASKED for one in landmarks)


def vocabulary_text(*lines: str) -> str:
    kinds = sorted({one.kind for one in CLASSES.values()} - {"animal"})
    tables = [f"[{table}]" for table in (*kinds, "plurals") if f"[{table}]" not in lines]
    traits = [f"{trait} = []" for trait in Trait if not any(trait in line for line in lines)]
    head = [] if "[traits]" in lines else ["[traits]"]
    return "\n".join([EMPTY_LISTS, *tables, "[animal]", *lines, *head, *traits])


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (('dog = { also = ["pup"] }', 'seal = { also = ["pup"] }'), "'pup' stands for both"),
        (("dog = {}", 'pack = { also = ["dogs"] }'), "'dogs' stands for both"),
        (('dog = { parent = "animal" }',), "not classes"),
        (('dog = { lookalikes = ["wolf"] }',), "not classes"),
        (('dog = { settings = "moon" }',), "not in the list"),
        (('dog = { colour = "red" }',), "has fields"),
        (("dog = {}", "[traits]", 'stands = ["wolf"]'), "'stands' names .'wolf'.: not classes"),
        (("dog = {}", "[plurals]", 'ox = "oxen"'), "plurals are listed of .'ox'."),
        (("dog = {}", "[traits]", "swims = []"), "the traits are not stands, .*: .'swims'."),
        (('dog = { parent = "cat" }', 'cat = { parent = "dog" }'), "its own ancestor"),
    ],
)
def test_parse_vocabulary_names_the_mistake(lines: tuple[str, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_vocabulary(vocabulary_text(*lines))


@pytest.mark.skipif(not NAME_LIST.exists(), reason=f"no {NAME_LIST}")
def test_every_vg150_name_resolves() -> None:
    names = NAME_LIST.read_text().split()
    assert [name for name in names if VOCABULARY.resolve(name).class_name is None] == []


@pytest.mark.parametrize(
    ("class_name", "trait", "expected"),
    [
        ("chair", Trait.STANDS, True),
        ("dog", Trait.STANDS, False),
        # A pony is no horse and no donkey; a pickup truck is a truck.
        ("pony", Trait.RIDDEN, False),
        ("pickup truck", Trait.ENCLOSED, True),
        ("seagull", Trait.FLIES, True),
        ("skateboard", Trait.CARRIED, True),
    ],
)
def test_traits_hold_for_more_special_classes_too(
    class_name: str, trait: Trait, expected: bool
) -> None:
    assert VOCABULARY.has(class_name, trait) is expected


def test_what_vg150_annotates_are_landmarks() -> None:
    assert all(CLASSES[name].is_landmark for name in VOCABULARY.traits[Trait.VG150])
