"""The table of wordings that the validation page shows."""

import polars as pl

from tasks.validate.numbers import skeleton_table


def test_questions_that_differ_in_names_alone_are_counted_together():
    asked = [("depth", "Which is nearer, the dog or the cat?")] * 2
    asked += [("depth", "Which is nearer, the bus or the man who appears largest?")]
    asked += [("count", "How many cups are there?")]
    table = skeleton_table(pl.DataFrame(asked, ("category", "question_only"), orient="row"))
    assert table["num"] == 2
    assert table["commonest_share"] == 1.0
    assert table["commonest"][0] == {
        "skeleton": "which is nearer the X or the X", "count": 3, "share": 0.75,
    }  # fmt: skip
    shares = {row["name"]: (row["num"], row["commonest_share"]) for row in table["categories"]}
    assert shares["depth"] == shares["count"] == (1, 1.0)
    assert shares["size"] == (0, 0.0)
