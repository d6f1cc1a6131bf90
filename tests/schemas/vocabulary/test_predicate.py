import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.proof.conditions import CONDITIONS
from schemas.vocabulary.predicates import (
    OPPOSITE,
    TABLE,
    asked_as,
    canonical_predicate,
    clean_predicate,
    load_predicates,
    parse_predicates,
)

PREDICATES = load_predicates()
names = st.sampled_from(sorted(PREDICATES))


def test_the_table_holds_the_84_predicates():
    assert Counter(entry.source for entry in PREDICATES.values()) == {"vg150": 50, "paper": 34}


def test_the_50_of_vg150_are_its_own(visual_genome):
    listed = (visual_genome / "vocabulary/predicate_list.txt").read_text().split("\n")
    own = {name for name, entry in PREDICATES.items() if entry.source == "vg150"}
    assert own == {name for name in listed if name}


SOUND = """["kneeling on"]
source = "ours"
axes = { support = "over" }
needs = "rest"
category = "relation"
family = "support"
phrase = "kneeling on"
asks = ["subject"]
"""


@pytest.mark.parametrize(
    ("wrong", "right", "told"),
    [
        ('family = "suport"', 'family = "support"', "has family 'suport': known are containment, "),
        ('support = "ovr"', 'support = "over"', "has support 'ovr': known are beside, none, over"),
        ('suport = "over"', 'support = "over"', "has an axis 'suport': known are angle"),
        ('needs = "rset"', 'needs = "rest"', "has needs 'rset': known are back, bigger"),
        ('asks = ["subjct"]', 'asks = ["subject"]', "has asks 'subjct': known are object, predic"),
        ('phrse = "x"', 'phrase = "kneeling on"', "lacks phrase"),
        ('hanged = true\nneeds = "rest"', 'needs = "rest"', "has a key 'hanged': known are also"),
        ('asks = "subject"', 'asks = ["subject"]', "has asks 's': known are object, predicate"),
        ('needs = ["rest"]', 'needs = "rest"', "has needs ['rest']: known are back"),
        ("axes = 3", 'axes = { support = "over" }', "is no table, or its axes are none"),
        ("phrase = 7", 'phrase = "kneeling on"', "has phrase 7: input should be a valid string"),
        ('also = "kneels"\nneeds = "rest"', 'needs = "rest"', "has also 'kneels': input should be"),
        ('category = "relatoin"', 'category = "relation"', "has category 'relatoin': known are"),
        ('inverse = "knelt on by"\nneeds = "rest"', 'needs = "rest"', "has inverse 'knelt on by',"),
        ('means = "kneeling"\nneeds = "rest"', 'needs = "rest"', "has means 'kneeling', and there"),
        ('also = ["Kneels On"]\nneeds = "rest"', 'needs = "rest"', "has the spelling 'Kneels On',"),
        ('also = ["kneels_on"]\nneeds = "rest"', 'needs = "rest"', "has the spelling 'kneels_on',"),
        ('also = ["."]\nneeds = "rest"', 'needs = "rest"', "has the spelling '.', which is empty"),
        ('phrase = " "', 'phrase = "kneeling on"', "has an empty phrase: correct it there"),
        ('symmetric = true\ninverse = "kneeling on"', 'needs = "rest"', "is symmetric and has an"),
        ("proved = true", 'needs = "rest"', "is proved by what it needs, and lacks needs"),
    ],
)
def test_a_mistake_in_the_table_is_told_with_its_predicate(wrong, right, told):
    assert parse_predicates(SOUND)["kneeling on"].needs == "rest"
    with pytest.raises(ValueError, match=r"^predicates.toml: Expected .*: correct it there$"):
        parse_predicates('["kneeling on"')
    with pytest.raises(ValueError, match=f"^predicates.toml: 'kneeling on' {re.escape(told)}"):
        parse_predicates(SOUND.replace(right, wrong))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Kneeling On", "'Kneeling On' has the spelling 'Kneeling On', which no text ever has"),
        ("kneeling  on", "'kneeling  on' has the spelling 'kneeling  on', which no text ever has"),
    ],
)
def test_a_predicate_is_named_as_texts_are_cleaned(name, told):
    with pytest.raises(ValueError, match=f"^predicates.toml: {told}: write 'kneeling on'"):
        parse_predicates(SOUND.replace('["kneeling on"]', f'["{name}"]'))


def test_no_spelling_stands_for_two_predicates():
    other = SOUND.replace('["kneeling on"]', '["kneeling at"]')
    with pytest.raises(ValueError, match=r"'kneeling on' stands for both 'kneeling on' and 'kneel"):
        parse_predicates(SOUND + other + 'also = ["kneeling on"]\n')


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (SOUND.encode("utf-16"), "predicates.toml is not in UTF-8 .*: save it so$"),
        ((SOUND + "# José\n").encode("latin-1"), "predicates.toml is not in UTF-8 .*: save it so$"),
        (SOUND.encode("utf-8-sig"), None),
        (SOUND.replace("\n", "\r\n").encode(), None),
    ],
)
def test_the_table_is_read_as_editors_save_it(written, told, tmp_path, monkeypatch):
    path = tmp_path / TABLE.name
    path.write_bytes(written)
    monkeypatch.setattr("schemas.vocabulary.predicates.TABLE", path)
    if told is None:
        assert load_predicates.__wrapped__().keys() == {"kneeling on"}
        return
    with pytest.raises(ValueError, match=told):
        load_predicates.__wrapped__()


def test_the_guide_shows_a_table_as_it_is():
    guide = Path("docs/extending.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r'```toml\n(\["[^"]+"\]\n.*?)```', guide, re.DOTALL)
    assert shown in TABLE.read_text(encoding="utf-8")


@given(names)
def test_synonyms_say_the_same(name):
    entry = PREDICATES[name]
    same = PREDICATES[entry.means]
    assert same.means == same.name
    for field in ("axes", "needs", "inverse", "symmetric", "by_living", "carried", "hung", "used"):
        assert getattr(entry, field) == getattr(same, field), field


@given(names)
def test_inverses_are_mutual_and_say_the_same_from_the_other_side(name):
    entry = PREDICATES[name]
    if entry.inverse:
        inverse = PREDICATES[entry.inverse]
        assert inverse.inverse == entry.means
        assert set(inverse.axes) == set(entry.reversed_axes)
    if entry.symmetric:
        assert entry.inverse is None
        assert set(entry.reversed_axes) == set(entry.axes)


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("on", ("on", False)),
        ("laying on", ("laying on", False)),
        ("wears", ("wearing", False)),
        ("left", ("left of", False)),
        ("contain", ("inside", True)),
        ("with", None),
        ("looking at", None),
    ],
)
def test_a_predicate_without_a_question_is_asked_by_its_meaning_or_its_inverse(name, asked):
    assert asked_as(name) == asked


def test_opposites_are_mutual():
    assert all(OPPOSITE[axis, to] == value for (axis, value), to in OPPOSITE.items())


def test_every_predicate_that_the_table_names_exists():
    rows = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    named = {row[field] for row in rows.values() for field in ("means", "inverse") if field in row}
    assert named <= rows.keys() == PREDICATES.keys()


def test_every_condition_exists_and_is_needed():
    needed = {entry.needs for entry in PREDICATES.values() if entry.needs}
    assert needed == set(CONDITIONS)


def test_only_left_and_right_are_proved_by_boxes():
    assert {name for name, entry in PREDICATES.items() if entry.proved} == {"left of", "right of"}


@pytest.mark.parametrize(
    ("text", "predicate"),
    [
        ("on", "on"),
        ("ON", "on"),
        ("  Is  On. ", "on"),
        ("sits on", "sitting on"),
        ("sitting in", "in"),
        ("lying in", "in"),
        ("standing in front of", "in front of"),
        ("to_the_left_of", "left of"),
        ("to the left of the", "left of"),
        ("inside of", "inside"),
        ("underneath", "beneath"),
        ("in the back of", "at the back of"),
        ("by", "next to"),
        ("on side of", None),
        ("at the front of", None),
        ("frolicking with", None),
        ("", None),
    ],
)
def test_free_text_is_one_of_the_84_or_none(text, predicate):
    assert canonical_predicate(text) == predicate


@given(names)
def test_names_phrases_and_spellings_stand_for_their_predicate(name):
    for text in (name, *PREDICATES[name].also):
        assert canonical_predicate(text) == name
        assert clean_predicate(text) == text


@given(st.text(max_size=30))
def test_any_text_can_be_read(text):
    assert canonical_predicate(text) is None or canonical_predicate(text) in PREDICATES
