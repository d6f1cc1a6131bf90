"""Rows of SPAR-Bench-Tiny, and the items that they become."""

from evaluation.benchmarks.benchmark import Item
from schemas.benchmark import AnswerKind

P = {"bytes": b"...", "path": None}
SPAR = {
    "id": 41,
    "img_type": "multi_view",
    "format_type": "fill",
    "task": "depth_prediction_oc_mv",
    "source": "scannet",
    "image": [P, P, P],
    "question": "How deep is the lamp, in meters?",
    "answer": "2.5",
}

ROWS = [
    (
        SPAR,
        Item(
            item_id="41",
            question="How deep is the lamp, in meters?",
            answer="2.5",
            images=([P, P, P],),
            kind=AnswerKind.NUMBER,
            category="depth_prediction_oc_mv",
        ),
    ),
    (
        {
            **SPAR,
            "task": "position_matching",
            "question": "Where is it?\nA. 1,2\nB. 3,4",
            "answer": "B",
        },
        Item(
            item_id="41",
            question="Where is it?",
            answer="B",
            images=([P, P, P],),
            options=("1,2", "3,4"),
            category="position_matching",
        ),
    ),
    (
        {**SPAR, "task": "view_change_infer", "answer": "move_right:0.3,rotate_up:12.0"},
        Item(
            item_id="41",
            question="How deep is the lamp, in meters?",
            answer="move_right:0.3,rotate_up:12.0",
            images=([P, P, P],),
            kind=AnswerKind.TEXT,
            category="view_change_infer",
        ),
    ),
]

WRONG = [
    ({**SPAR, "task": "depth"}, "the task 'depth' is not one of depth_prediction_oc"),
    ({**SPAR, "task": "view_change_infer"}, "the answer '2.5' names no movement"),
]
