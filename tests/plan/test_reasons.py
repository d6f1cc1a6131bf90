import polars as pl
import pytest

from schemas.config.dataset import QuotaConfig
from schemas.question import ONLY_PAIRED
from tasks.plan.reasons import why_not_taken
from tasks.plan.stage import plan_questions
from tests.plan.test_quota import big, images

WANTED = {("size", "easy"): 1, ("size", "hard"): 1, ("depth", "easy"): 2}
TAKEN = [("1", "size", "x", "a", True), ("1", "size", "x", "b", True)]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (("1", "size", "x", "a", False), "near-duplicate"),
        (("1", "depth", "x", "a", False), "near-duplicate"),
        (("1", "size", "x", "c", False), "beyond-quota"),
        (("2", "size", "x", "c", False), "beyond-quota"),
        (("2", "size", f"x{ONLY_PAIRED}", "c", False), "beyond-quota"),
        (("1", "depth", "x", "c", False), "image-full"),
        (("1", "depth", f"x{ONLY_PAIRED}", "c", False), "image-full"),
        (("2", "depth", f"x{ONLY_PAIRED}", "c", False), "no-counterpart"),
        (("1", "reach", "x", "c", False), "beyond-quota"),
    ],
)
def test_what_is_not_taken_is_said_why(row, reason):
    columns = ["image_id", "category", "facet", "topic", "is_taken"]
    rows = pl.DataFrame([*TAKEN, row], columns, orient="row")
    assert why_not_taken(rows, WANTED, 2)[2] == reason


def test_a_plan_whose_images_are_full_says_so():
    rows = big(600)
    plan = plan_questions(rows, images(rows), QuotaConfig(num_samples=600, max_per_image=2), 7)
    assert set(plan["reason"].unique()) == {None, "near-duplicate", "image-full"}
