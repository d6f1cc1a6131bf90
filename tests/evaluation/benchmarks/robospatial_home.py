"""Rows of RoboSpatial-Home, and the items that they become."""

from evaluation.benchmarks.benchmark import Item
from schemas.benchmark import AnswerKind
from tests.evaluation.test_benchmark_rows import PNG

P = {"bytes": b"...", "path": None}
ROBO = {
    "category": "context", "question": "Pinpoint several points left of the bowl. Your answer "
    "should be formatted as a list of tuples, i.e. [(x1, y1), ...].\nBetween 0 and 1.",
    "answer": "[(0.1, 0.2), (0.3, 0.2), (0.3, 0.4)]", "img": P, "depth_image": P, "mask": PNG,
}  # fmt: skip

ROWS = [
    (
        ROBO,
        Item(
            item_id="context-0",
            question="Pinpoint several points left of the bowl.",
            answer="[[0.1, 0.2], [0.3, 0.2], [0.3, 0.4]]",
            images=(P,),
            kind=AnswerKind.POINT,
            subset="context",
            category="context",
            photographs={"mask": PNG},
        ),
    ),
    (
        {
            "category": "configuration",
            "prompt": "Is it left? Answer yes or no.",
            "answer": "no",
            "image": P,
            "depth_image": P,
            "options": ["yes", "no"],
        },
        Item(
            item_id="configuration-0",
            question="Is it left?",
            answer="B",
            images=(P,),
            options=("Yes", "No"),
            subset="configuration",
            category="configuration",
        ),
    ),
]

WRONG = [
    ({**ROBO, "answer": "here"}, "the answer 'here' is not a list of points"),
    ({**ROBO, "answer": "[(1, 2), (3, 4), (5, 6)]"}, "is not a polygon in sh"),
    ({**ROBO, "answer": "[(0, 0), (1, 1)]"}, "is not a polygon in shares"),
    ({**ROBO, "category": "x"}, "'x' is not one of configuration, compat"),
]
