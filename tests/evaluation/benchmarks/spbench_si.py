"""Rows of SPBench-SI, and the items that they become."""

from evaluation.benchmarks.benchmark import Item
from schemas.benchmark import AnswerKind

SPBENCH = {
    "index": 3,
    "question_type": "object_rel_distance",
    "question": "Which is closest to the door?",
    "candidates": "['A. chair', 'B. lamp', 'C. sofa']",
    "answer": "C",
    "image_path": "['SPBench/scene0011_00/1.jpg']",
}

ROWS = [
    (
        SPBENCH,
        Item(
            item_id="3",
            question="Which is closest to the door?",
            answer="C",
            images=("['SPBench/scene0011_00/1.jpg']",),
            options=("chair", "lamp", "sofa"),
            category="object_rel_distance",
        ),
    ),
    (
        {**SPBENCH, "question_type": "object_counting", "candidates": "", "answer": 4},
        Item(
            item_id="3",
            question="Which is closest to the door?",
            answer="4",
            images=("['SPBench/scene0011_00/1.jpg']",),
            kind=AnswerKind.NUMBER,
            category="object_counting",
        ),
    ),
]

WRONG = [({**SPBENCH, "question_type": "room_size"}, "the type 'room_size' is none of object_rel")]
