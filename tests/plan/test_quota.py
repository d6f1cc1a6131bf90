from collections import Counter
from itertools import product
from random import Random

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.claim import Category
from schemas.config.dataset import QuotaConfig
from schemas.question import PLAN, Level
from tasks.plan.groups import stable_hash
from tasks.plan.quota import apportion, choose, plan_quotas, shortfalls
from tasks.plan.reasons import first_of_topic
from tasks.plan.stage import by_preference, plan_questions, quotas_to_write

CATEGORIES, LEVELS = ("relation", "size", "count"), ("easy", "hard")
CELLS = list(product(CATEGORIES[:2], LEVELS))


def images(rows, reasons=None):
    """Every image as a photograph of its own."""
    found = rows.select("image_id", group_id="image_id").unique("image_id")
    told = pl.col("image_id").replace_strict(reasons or {}, default=None, return_dtype=pl.String)
    return found.with_columns(reason=told)


candidates = st.lists(
    st.fixed_dictionaries(
        {
            "image_id": st.sampled_from("abcdef"),
            "category": st.sampled_from(CATEGORIES),
            "level": st.sampled_from(LEVELS),
            "facet": st.sampled_from("xy"),
            "topic": st.sampled_from("pqrs"),
            "offered": st.permutations(["cat", "dog", "cow"]),
            "context": st.lists(st.sampled_from(["red", "old"]), max_size=2),
        }
    ),
    max_size=14,
).map(lambda rows: frame([{"question_id": f"q{place}", **row} for place, row in enumerate(rows)]))
limits = st.fixed_dictionaries({cell: st.integers(0, 3) for cell in CELLS})
rooms = st.integers(1, 3)


def frame(rows):
    columns = ("question_id", "image_id", "category", "level", "facet", "topic", "evidence")
    schema = dict.fromkeys(columns, pl.String)
    schema |= {
        "num_offered": pl.Int64,
        "offered": pl.List(pl.String),
        "context": pl.List(pl.String),
    }
    return pl.DataFrame(rows, schema=schema)


def cells_of(rows, mask):
    return Counter(rows.filter(mask).select("category", "level").rows())


def most_in_cells(rows, wanted, room):
    """The best total over every way of dealing out the images, by exhaustive search."""
    taken = rows.select("image_id", "category", "level").rows()

    def best(place, left, images):
        if place == len(taken):
            return 0
        image, *cell = taken[place]
        found = best(place + 1, left, images)
        if left.get(tuple(cell), 0) and images.get(image, 0) < room:
            fewer = left | {tuple(cell): left[tuple(cell)] - 1}
            more = images | {image: images.get(image, 0) + 1}
            found = max(found, 1 + best(place + 1, fewer, more))
        return found

    return best(0, dict(wanted), {})


@pytest.mark.parametrize(
    ("total", "shares", "parts"),
    [
        (10, [0.5, 0.5], [5, 5]),
        (7, [0.4, 0.4, 0.2], [3, 3, 1]),
        (1, [1, 1, 1], [1, 0, 0]),
        (0, [0.3, 0.7], [0, 0]),
        (3, [1.0, 0.0], [3, 0]),
        (5, [1, 1], [3, 2]),
    ],
)
def test_apportion(total, shares, parts):
    assert apportion(total, shares) == parts


@given(st.integers(0, 10_000), st.lists(st.floats(0.01, 1.0), min_size=1, max_size=9))
def test_parts_add_up_and_are_never_off_by_one(total, shares):
    parts = apportion(total, shares)
    assert sum(parts) == total
    assert all(abs(part - total * share / sum(shares)) < 1.0
               for part, share in zip(parts, shares, strict=True))  # fmt: skip


def test_half_of_the_quota_goes_to_relations():
    wanted = plan_quotas(QuotaConfig(num_samples=320), 320)
    by_category = Counter()
    for (category, _), number in wanted.items():
        by_category[category] += number
    assert by_category.pop("relation") == 160
    assert set(by_category.values()) == {20} and len(by_category) == 8
    assert [wanted["size", level] for level in ("easy", "medium", "hard")] == [8, 8, 4]


@given(st.integers(1, 5000), st.floats(0, 1), st.floats(0, 0.5), st.floats(0, 0.5))
def test_quotas_add_up(total, relation_share, easy_share, medium_share):
    config = QuotaConfig(
        num_samples=total, relation_share=relation_share, easy_share=easy_share,
        medium_share=medium_share,
    )  # fmt: skip
    wanted = plan_quotas(config, total)
    assert sum(wanted.values()) == total
    assert len(wanted) == len(Category) * len(Level) and min(wanted.values()) >= 0


def test_more_is_written_than_is_wanted():
    config = QuotaConfig(num_samples=27, oversample=1.15)
    wanted, written = plan_quotas(config, 27), quotas_to_write(config)
    assert all(
        number <= written[cell] <= number + 1 + number // 6 for cell, number in wanted.items()
    )


@given(candidates, limits, rooms)
def test_limits_are_kept_and_as_much_is_taken_as_can_be(rows, wanted, room):
    mask = choose(rows, wanted, room)
    taken = cells_of(rows, mask)
    images = Counter(rows.filter(mask)["image_id"])
    assert max(images.values(), default=0) <= room
    for category in CATEGORIES:
        most = sum(number for (name, _), number in wanted.items() if name == category)
        assert sum(number for (name, _), number in taken.items() if name == category) <= most
    in_cells = sum(min(number, wanted.get(cell, 0)) for cell, number in taken.items())
    assert in_cells == most_in_cells(rows, wanted, room)


@pytest.mark.long
@given(candidates, limits, rooms, st.integers(0, 9), st.randoms())
def test_the_choice_does_not_depend_on_the_order_of_rows(rows, wanted, room, seed, random):
    order = list(range(rows.height))
    random.shuffle(order)
    chosen = []
    for entry in (rows, rows[order]):
        preferred = by_preference(entry, wanted, seed)
        chosen.append(preferred.filter(choose(preferred, wanted, room))["question_id"].to_list())
    assert chosen[0] == chosen[1]


def test_another_level_fills_up_what_one_lacks():
    rows = frame([{"question_id": str(number), "image_id": str(number), "category": "size",
                   "level": "easy"} for number in range(4)])  # fmt: skip
    mask = choose(rows, {("size", "easy"): 1, ("size", "hard"): 2, ("count", "easy"): 3}, 1)
    assert mask.to_list() == [True, True, True, False]


def test_an_image_that_only_it_can_serve_is_left_to_the_scarce_cell():
    rows = [("1", "a", "size"), ("2", "a", "count"), ("3", "b", "size"), ("4", "b", "relation"),
            ("5", "c", "relation")]  # fmt: skip
    rows = frame([{"question_id": key, "image_id": image, "category": category, "level": "easy"}
                  for key, image, category in rows])  # fmt: skip
    wanted = {("size", "easy"): 1, ("count", "easy"): 1, ("relation", "easy"): 1}
    assert cells_of(rows, choose(rows, wanted, 1)) == wanted


def test_of_one_cell_the_preferred_are_taken():
    rows = frame([{"question_id": str(number), "image_id": str(number), "category": "size",
                   "level": "easy"} for number in range(9)])  # fmt: skip
    assert choose(rows, {("size", "easy"): 3}, 1).to_list() == [True] * 3 + [False] * 6


def test_nothing_is_chosen_of_nothing():
    assert choose(frame([]), {("size", "easy"): 3}, 1).to_list() == []


def test_the_shortfall_is_named():
    rows = frame([{"question_id": "1", "image_id": "a", "category": "size", "level": "easy"}])
    wanted = {("size", "easy"): 2, ("size", "hard"): 0, ("count", "easy"): 1}
    assert shortfalls(rows, wanted).rows() == [
        ("size", "easy", 2, 1), ("size", "hard", 0, 0), ("count", "easy", 1, 0),
    ]  # fmt: skip


def big(number):
    random = Random(number)
    return frame([
        {"question_id": f"{place}-{random.random()}", "image_id": str(place % 40),
         "category": random.choice(CATEGORIES), "level": random.choice(("easy", "medium", "hard")),
         "facet": random.choice("xy"), "topic": random.choice("pqrstuv"),
         "num_offered": 2, "offered": random.sample(["cat", "dog", "cow"], 3), "context": []}
        for place in range(number)
    ])  # fmt: skip


def test_preference_takes_images_and_facets_in_turn():
    rows = by_preference(big(600), quotas_to_write(QuotaConfig(num_samples=90)), 3).head(40)
    assert rows["image_id"].n_unique() > 25
    assert min(Counter(rows["facet"]).values()) > 15


def test_families_take_turns_and_facets_within_a_family():
    facets = ["side/left of"] * 90 + ["side/right of"] * 90 + ["support/on"] * 20
    facets += ["support/under"] * 5 + ["far"] * 3
    rows = frame([
        {"question_id": f"q{place:03}", "image_id": str(place), "category": "relation",
         "level": "easy", "facet": facet, "topic": str(place), "offered": [], "context": []}
        for place, facet in enumerate(facets)
    ])  # fmt: skip
    taken = by_preference(rows, {("relation", "easy"): 30}, 3).head(30)
    assert Counter(taken["facet"]) == {
        "side/left of": 7, "side/right of": 7, "support/on": 8, "support/under": 5, "far": 3,
    }  # fmt: skip


@pytest.mark.parametrize("seed", [0, 1])
def test_a_plan_gives_every_candidate_its_reason(seed):
    rows = big(600)
    config = QuotaConfig(num_samples=30, max_per_image=2)
    plan = plan_questions(rows, images(rows, {"3": "photograph-missing"}), config, seed)
    assert plan.schema == PLAN
    assert plan["question_id"].to_list() == sorted(rows["question_id"])
    by_reason = dict(plan.filter(pl.col("image_id") == "3").group_by("reason").len().rows())
    assert by_reason == {"photograph-missing": 15}
    assert set(plan["reason"].unique()) == {
        None, "photograph-missing", "near-duplicate", "beyond-quota",
    }  # fmt: skip
    chosen = rows.join(
        plan.filter(pl.col("reason").is_null()).select("question_id"), on="question_id"
    )
    assert first_of_topic(chosen).all()
    assert max(Counter(chosen["image_id"]).values()) <= 2
    wanted = quotas_to_write(config)
    supplied = {cell: number for cell, number in wanted.items() if number and cell[0] in CATEGORIES}
    assert cells_of(chosen, pl.repeat(True, chosen.height, eager=True)) == supplied


def test_a_plan_does_not_depend_on_the_order_of_candidates():
    rows = big(300)
    config = QuotaConfig(num_samples=24)
    plans = [
        plan_questions(entry, images(entry), config, 7)
        for entry in (rows, rows.sample(fraction=1.0, shuffle=True, seed=1))
    ]
    assert plans[0].equals(plans[1])
    assert not plans[0].equals(plan_questions(rows, images(rows), config, 8))


def test_where_images_are_full_no_category_is_left_empty():
    """One question of each of 18 images, and relations alone would fill them."""
    rows = [
        {"image_id": image, "category": category.value, "level": "easy", "facet": str(number % 3),
         "topic": f"{category}-{number}", "question_id": f"{image}-{category}-{number}",
         "offered": ["cat", "dog"], "context": [], "evidence": "proved", "num_offered": 2}
        for image in "abcdefghijklmnopqr"
        for category in Category
        for number in range(2 if category is Category.RELATION else 3)
    ]  # fmt: skip
    config = QuotaConfig(num_samples=160, max_per_image=1)
    plan = plan_questions(frame(rows), images(frame(rows)), config, 7)
    taken = Counter(plan.filter(pl.col("reason").is_null())["category"])
    assert taken.total() == 18
    assert taken.pop("relation") == 8
    assert len(taken) == 8 and max(taken.values()) <= 2


def test_an_empty_plan():
    assert plan_questions(frame([]), images(frame([])), QuotaConfig(num_samples=9), 7).rows() == []


def test_the_hash_is_the_same_everywhere():
    assert stable_hash(7, "1-size-ab12") == 18333680904402344646
