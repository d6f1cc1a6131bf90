"""Near-duplicates share a topic, and both writers call them by the same one."""

import pytest

from schemas.claim import (
    Category,
    Cell,
    CountClaim,
    DepthClaim,
    Dimension,
    Direction,
    DistanceClaim,
    ExistenceClaim,
    LocationClaim,
    OrientationClaim,
    ReachClaim,
    RelationClaim,
    SizeClaim,
    decode_claim,
)
from schemas.completion.publish import published_ids
from schemas.proof.facts import Facts
from tasks.language.forms.table import form_of
from tasks.language.terms import terms_of
from tasks.write.open import open_columns, open_form
from tests.extract.test_candidates import LIVING_ROOM, rows_of
from tests.scenes import PROOF, filled, scene

TOPICS = [
    (RelationClaim(5, "on", 3), "relation 3 5"),
    (RelationClaim(3, "under", 5), "relation 3 5"),
    (RelationClaim(5, "left of", 3), "side 3 5"),
    (RelationClaim(3, "right of", 5), "side 3 5"),
    (OrientationClaim(None, 3, 5, Direction.LEFT), "side 3 5"),
    (OrientationClaim(None, 5, 3, Direction.ABOVE_RIGHT), "side 3 5"),
    (OrientationClaim(3, 3, 5, Direction.LEFT), "orientation 3 5"),
    (ReachClaim(5, "holding", 3), "reach 3 5"),
    (SizeClaim(Dimension.TALLER, 5, (10, 3)), "size 3 5 10"),
    (LocationClaim(3, Cell.TOP_LEFT), "instance_location 3"),
    (DepthClaim(5, 3), "depth 3 5"),
    (DistanceClaim(5, 3, (1,)), "distance 1 3 5"),
    (CountClaim("dog", 1), "count dog"),
    (CountClaim("dog", 2), "count dog"),
    (ExistenceClaim("school bus", True), "existence bus "),
    (ExistenceClaim("bus", False), "existence bus "),
    (ExistenceClaim("man", True, "riding", "horse"), "existence man horse"),
]


@pytest.mark.parametrize(("claim", "topic"), TOPICS)
def test_topic(claim, topic):
    assert form_of(claim).topic(claim) == topic


def test_both_writers_call_a_question_by_the_same_topic():
    room = scene(filled(*LIVING_ROOM), [(2, "on", 4)])
    ids = published_ids(room)
    planned = rows_of(room)
    assert {row["category"] for row in planned} >= {"relation", "orientation", "existence"}
    for row in (row for row in planned if row["asks"] != "holds"):  # no model asks so
        claims = [decode_claim(text) for text in (row["claim"], row["alternatives"][0])]
        options = [{"text": "either", "claim": terms_of(one, ids)} for one in claims]
        category = Category(row["category"])
        reply = {
            "can_tell": True,
            "objects": [],
            "question": "Which?",
            "options": options,
            "answer": "A",
            "level": row["level"],
            "rating": 5,
        }
        columns = open_columns(
            open_form(category).model_validate(reply), category, Facts(room, PROOF)
        )
        assert columns["topic"] == row["topic"]
