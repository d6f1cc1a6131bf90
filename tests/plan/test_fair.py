"""Fair: of images that have no room for all, each category gets its share."""

from itertools import permutations
from random import Random

import numpy as np
import polars as pl
import pytest

from schemas.config.dataset import QuotaConfig
from tasks.plan.fair import fair_quotas, lacks_room
from tasks.plan.quota import choose, plan_quotas

LEVELS = ("easy", "medium", "hard")


def rows_of(**categories: str) -> pl.DataFrame:
    """A candidate for each letter, which names its image."""
    rows = [(image, name, "easy") for name, images in categories.items() for image in images]
    return pl.DataFrame(rows, ["image_id", "category", "level"], orient="row")


@pytest.mark.parametrize(
    ("rows", "wanted", "max_per_image", "found"),
    [
        # Room for all: what is wanted.
        (rows_of(depth="ab", size="cd"), {"depth": 2, "size": 2}, 1, {"depth": 2, "size": 2}),
        # Half of the room each, though depth has fewer candidates for each one wanted.
        (rows_of(depth="abcd", size="aabbccdd"), {"depth": 4, "size": 4}, 1,
         {"depth": 2, "size": 2}),
        # In the proportion in which they are wanted.
        (rows_of(depth="abcd", size="abcd"), {"depth": 6, "size": 2}, 1, {"depth": 3, "size": 1}),
        # What one cannot use is for the others.
        (rows_of(depth="a", size="abcd"), {"depth": 4, "size": 4}, 1, {"depth": 1, "size": 3}),
        # One makes room in an image of its own for another that has no other image.
        (rows_of(depth="a", size="ab", count="bc"), {"depth": 1, "size": 1, "count": 1}, 1,
         {"depth": 1, "size": 1, "count": 1}),
        (rows_of(depth="aaaa", size="aaaa"), {"depth": 4, "size": 4}, 4, {"depth": 2, "size": 2}),
        (rows_of(depth="a"), {"depth": 2, "size": 3}, 1, {"depth": 1, "size": 0}),
        (rows_of(depth=""), {"depth": 2}, 1, {"depth": 0}),
    ],
)  # fmt: skip
def test_each_category_gets_its_share(rows, wanted, max_per_image, found):
    cells = {(name, "easy"): number for name, number in wanted.items()}
    fair = fair_quotas(rows, cells, max_per_image)
    assert fair == {(name, "easy"): number for name, number in found.items()}


@pytest.mark.parametrize("seed", range(30))
def test_no_other_choice_takes_more_or_is_fairer(seed):
    random = Random(seed)
    names, images = ["count", "depth", "size", "reach"], "abcdefgh"
    rows = rows_of(
        **{name: "".join(random.choices(images, k=random.randint(0, 12))) for name in names}
    )
    wishes = {name: random.randint(0, 9) for name in names}
    most = random.randint(1, 3)

    def fits(numbers):
        quotas = {(name, "easy"): number for name, number in numbers.items()}
        return choose(rows, quotas, most).sum() == sum(numbers.values())

    cells = {(name, "easy"): number for name, number in wishes.items()}
    found = {name: number for (name, _), number in fair_quotas(rows, cells, most).items()}
    assert fits(found)
    assert sum(found.values()) == choose(rows, cells, most).sum()
    for one, other in permutations(names, 2):
        if found[one] < wishes[one] and found[other]:
            is_behind = found[one] / wishes[one] < (found[other] - 1) / wishes[other]
            assert not (is_behind and fits(found | {one: found[one] + 1, other: found[other] - 1}))


def test_levels_keep_their_shares():
    wanted = plan_quotas(QuotaConfig(num_samples=320), 320)
    rows = rows_of(**dict.fromkeys((name for name, _ in wanted), "abcdefgh" * 20))
    fair = fair_quotas(rows, wanted, 20)
    assert sum(fair.values()) == 160
    assert [fair["relation", level] for level in LEVELS] == [32, 32, 16]
    assert [fair["depth", level] for level in LEVELS] == [4, 4, 2]


@pytest.mark.parametrize(
    ("rows", "taken", "lacks"),
    [
        (rows_of(depth="a", size="a"), [True, False], True),
        (rows_of(depth="a", size="b"), [True, False], False),  # another reason: b has room
        (rows_of(depth="aa", size="b"), [True, False, True], False),  # depth has all it wants
    ],
)
def test_room_is_lacking_where_full_images_have_what_is_missed(rows, taken, lacks):
    wanted = {("depth", "easy"): 1, ("size", "easy"): 1}
    assert lacks_room(rows, np.array(taken), wanted, 1) == lacks
