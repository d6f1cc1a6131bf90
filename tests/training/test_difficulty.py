"""Samples chosen by how often a model answers them: bounds, weak categories, the run that is named
by it."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.config.training import DataConfig, TrainConfig
from schemas.difficulty import (
    DIFFICULTY,
    Bounds,
    content_of,
    difficulty_file,
    find_difficulty,
    read_bounds,
    read_difficulty,
)
from training.difficulty import chosen_places, shared_out, weighed


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("0 < pass < 1", [0.25, 0.5]),
        ("0<pass<=1", [0.25, 0.5, 1.0]),
        ("0.25 <= pass < 0.5", [0.25]),
        (" .25 < pass ", [0.5, 1.0]),
        ("pass <= 0.25", [0.0, 0.25]),
        ("pass < 1", [0.0, 0.25, 0.5]),
        ("pass > 0", [0.25, 0.5, 1.0]),
        ("pass >= 0.5", [0.5, 1.0]),
        ("0.5 <= pass <= 0.5", [0.5]),
        ("0 <= pass", [0.0, 0.25, 0.5, 1.0]),
    ],
)
def test_bounds_keep(text, kept):
    bounds = read_bounds(text)
    assert [rate for rate in (0.0, 0.25, 0.5, 1.0) if bounds.keeps(rate)] == kept


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "states no bounds"),
        ("pass", "states no bounds"),
        ("pass = 1", "states no bounds"),
        ("0 < rate < 1", "states no bounds"),
        ("0 < pass < 1 < 2", "states no bounds"),
        ("1 > pass > 0", "states no bounds"),
        ("-1 < pass", "states no bounds"),
        ("0 < pass; import os", "states no bounds"),
        ("0.7 < pass < 0.3", "no pass rate, from 0 to 1, is within"),
        ("0.5 < pass < 0.5", "no pass rate, from 0 to 1, is within"),
        ("pass > 1", "no pass rate, from 0 to 1, is within"),
        ("pass < 0", "no pass rate, from 0 to 1, is within"),
        ("2 < pass", "no pass rate, from 0 to 1, is within"),
    ],
)
def test_other_texts_are_refused(text, told):
    with pytest.raises(ValueError, match=told):
        DataConfig(dataset="drawn", keep=text)


def test_the_model_is_named_where_it_is_read():
    with pytest.raises(ValueError, match="difficulty is read by keep and weight: give one"):
        DataConfig(dataset="drawn", difficulty="eyes")
    assert read_bounds("0 < pass < 1") == Bounds(0.0, 1.0, False, False)


def rates_of(*rows: tuple[str, str, float]) -> pl.DataFrame:
    """Of (question_id, category, pass rate), after four draws."""
    return pl.DataFrame(
        [
            {
                "question_id": name,
                "category": category,
                "dataset": "drawn/0",
                "model": "eyes",
                "asked": "0",
                "draws": 4,
                "num_right": round(4 * rate),
                "pass_rate": rate,
            }
            for name, category, rate in rows
        ],
        schema=DIFFICULTY,
    )


FIVE = rates_of(
    ("a", "depth", 0.0), ("b", "depth", 0.25), ("c", "size", 1.0), ("d", "size", 0.75),
    ("e", "size", 0.5),
)  # fmt: skip


@pytest.mark.parametrize(
    ("keep", "names", "places"),
    [
        ("0 < pass < 1", "edcba", [0, 1, 3]),
        ("0 < pass < 1", "abcde", [1, 3, 4]),
        ("pass >= 0.75", "abcde", [2, 3]),
        ("0 <= pass", "xbxc", [1, 3]),
    ],
)
def test_samples_are_kept_in_their_order(keep, names, places, caplog):
    caplog.set_level("INFO")
    config = DataConfig(dataset="drawn", keep=keep)
    assert chosen_places(list(names), FIVE, config, seed=3) == places
    unknown = names.count("x")
    told = (
        f"{len(names) - len(places)} of {len(names)} samples are left out: "
        f"{len(names) - len(places) - unknown} whose pass rate is not within {keep!r}, "
        f"{unknown} without one"
    )
    assert told in caplog.text


@pytest.mark.parametrize(
    ("names", "keep", "told"),
    [
        ("ab", "pass >= 0.75", "data.keep = 'pass >= 0.75' leaves none of 2 samples: choose other"),
        ("xy", "0 < pass < 1", "no sample has a pass rate: run spatialthinker difficulty"),
    ],
)
def test_nothing_left_is_an_error(names, keep, told):
    with pytest.raises(ValueError, match=told):
        chosen_places(list(names), FIVE, DataConfig(dataset="drawn", keep=keep), seed=3)


def test_weak_categories_are_drawn_more_often():
    # Right 12.5 % and 75 %: 87.5 and 25 % of two and three samples, and 1.75 : 0.75 is 7 : 3.
    rows = [(f"{name}{k}", *about) for k in range(10) for name, *about in FIVE.select(
        "question_id", "category", "pass_rate"
    ).iter_rows()]  # fmt: skip
    config = DataConfig(dataset="drawn", weight="category")
    names = [row[0] for row in rows]
    places = chosen_places(names, rates_of(*rows), config, seed=3)
    assert len(places) == 50
    drawn = [names[place][0] for place in places]
    assert sum(drawn.count(name) for name in "ab") == 35
    assert sum(drawn.count(name) for name in "cde") == 15
    assert len(set(drawn[:15])) == 5  # in no order of categories
    # All of the weak ones before any comes again, and none of the others twice.
    assert {places.count(place) for place in range(50) if names[place][0] in "ab"} == {1, 2}
    assert max(places.count(place) for place in range(50) if names[place][0] in "cde") == 1
    assert places == chosen_places(names, rates_of(*rows), config, seed=3)
    assert places != chosen_places(names, rates_of(*rows), config, seed=4)


def test_what_is_weak_is_known_from_all_measured_questions():
    """What is left out still says how weak its category is."""
    config = DataConfig(dataset="drawn", keep="0 < pass < 1", weight="category")
    places = chosen_places(list("abcde"), FIVE, config, seed=3)
    # b is left of depth (.125 right), d and e of size (.75): .875 : .5 of three is 1.9 : 1.1.
    assert [places.count(place) for place in range(5)][:3] == [0, 2, 0]
    assert len(places) == 3


def test_a_model_that_is_always_right_weighs_nothing():
    with pytest.raises(ValueError, match=r"always answers .* leave data\.weight out"):
        weighed({0: "size", 1: "size"}, {"size": 0.0}, seed=3)


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 50), min_size=1), st.integers(0, 200)
)
def test_shares_add_up_and_none_is_off_by_one(parts, total):
    whole = sum(parts.values())
    numbers = shared_out({name: part / whole for name, part in parts.items()}, total)
    assert sum(numbers.values()) == total
    assert all(abs(numbers[name] - parts[name] / whole * total) < 1 + 1e-9 for name in parts)


@pytest.fixture
def root(drawn_dataset, tmp_path):
    (tmp_path / "datasets").symlink_to(drawn_dataset.parents[1])
    return tmp_path


def write(dataset, model, root, rates=FIVE):
    path = difficulty_file(dataset, model, root)
    path.parent.mkdir(parents=True, exist_ok=True)
    rates.write_parquet(path)
    return path


def test_the_only_file_is_found_and_others_are_named(drawn_dataset, root):
    named = f"drawn/{drawn_dataset.name}"
    command = f"run spatialthinker difficulty {named} --model MODEL --draws 8$"
    with pytest.raises(ValueError, match=f"no pass rates on {named} in .*: {command}"):
        find_difficulty(drawn_dataset, None, root)
    path = write(drawn_dataset, "eyes", root)
    assert path == root / "difficulty" / "drawn" / drawn_dataset.name / "eyes.parquet"
    assert find_difficulty(drawn_dataset, None, root) == path
    assert find_difficulty(drawn_dataset, "eyes", root) == path
    with pytest.raises(ValueError, match=r"no pass rates of ears on .* --model ears --draws 8$"):
        find_difficulty(drawn_dataset, "ears", root)
    write(drawn_dataset, "ears", root)
    told = r"pass rates of 2 models on .* are known: set data\.difficulty to one of ears, eyes$"
    with pytest.raises(ValueError, match=told):
        find_difficulty(drawn_dataset, None, root)


def test_a_damaged_file_is_one_line(drawn_dataset, root):
    path = write(drawn_dataset, "eyes", root, FIVE.drop("category"))
    with pytest.raises(ValueError, match="has other columns than pass rates have: remove it"):
        read_difficulty(path)
    for rate, told in ((None, "has a row without pass_rate"), (1.5, "is not from 0 to 1")):
        rates = FIVE.with_columns(pass_rate=pl.lit(rate, pl.Float64))
        with pytest.raises(ValueError, match=f"{told}: remove it"):
            read_difficulty(write(drawn_dataset, "eyes", root, rates))
    path.write_bytes(b"PAR1")
    with pytest.raises(ValueError, match=r"cannot be read as pass rates .*: remove it"):
        read_difficulty(path)


def test_a_run_is_named_by_the_pass_rates_that_choose_its_samples(drawn_dataset, root):
    from training.run_folder import run_digest

    tree = {"name": "tried", "method": "sft", "seed": 3, "model": {"name": "hub/id"}, "sft": {}}

    def digest(**data: str) -> str:
        config = TrainConfig.model_validate(tree | {"data": {"dataset": "drawn", **data}})
        return run_digest(config, drawn_dataset, "hub/id", root)

    write(drawn_dataset, "eyes", root)
    plain, kept = digest(), digest(keep="0 < pass < 1")
    assert digest(keep="0 < pass < 1", difficulty="eyes") == kept != plain
    other = FIVE.with_columns(pass_rate=pl.col("pass_rate") / 2)
    assert content_of(other) != content_of(FIVE) == content_of(FIVE.reverse())
    write(drawn_dataset, "eyes", root, other)
    assert digest() == plain
    assert digest(keep="0 < pass < 1") != kept


def test_training_rows_are_those_that_are_kept(drawn_dataset, tmp_path):
    pytest.importorskip("datasets")
    from training.dataset import load_rows

    plain = DataConfig(dataset="drawn")
    names = load_rows(drawn_dataset, "train", plain, 3, tmp_path)["question_id"][:]
    rows = [(name, "depth", (k % 3) / 2) for k, name in enumerate(sorted(names))]
    path = tmp_path / "rates.parquet"
    rates_of(*rows).write_parquet(path)
    config = plain.model_copy(update={"keep": "0 < pass < 1", "max_samples": 7})
    kept = load_rows(drawn_dataset, "train", config, 3, tmp_path, difficulty=path)
    sometimes = {name for name, _, rate in rows if rate == 0.5}
    assert kept["question_id"][:] == [name for name in names if name in sometimes][:7]
