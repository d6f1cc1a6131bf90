"""Rows of OmniSpatial, and the items that they become."""

from evaluation.benchmarks.benchmark import Item

OMNI = {
    "id": "5_1",
    "question": "How long will it take?",
    "options": ["2.7s", "14.7s", "25.7s"],
    "answer": 1,
    "task_type": "Dynamic_Reasoning",
    "sub_task_type": "Motion_Analysis",
}

ROWS = [
    (
        OMNI,
        Item(
            item_id="Dynamic_Reasoning-5_1",
            question="How long will it take?",
            answer="B",
            images=("Dynamic_Reasoning/5.png",),
            options=("2.7s", "14.7s", "25.7s"),
            subset="Dynamic_Reasoning",
            category="Motion_Analysis",
        ),
    ),
    (
        {
            "image": b"...",
            "question": "Which?",
            "options": ["A", "B"],
            "answer": 0,
            "task_type": "Complex Logic",
            "sub_task_type": "Pattern Recognition",
        },
        Item(
            item_id="Complex_Logic-0",
            question="Which?",
            answer="A",
            images=(b"...",),
            options=("A", "B"),
            subset="Complex_Logic",
            category="Pattern_Recognition",
        ),
    ),
    (
        {**OMNI, "gt": "C", "image_path": "x/5.png"},
        Item(
            item_id="Dynamic_Reasoning-5_1",
            question="How long will it take?",
            answer="C",
            images=("x/5.png",),
            options=("2.7s", "14.7s", "25.7s"),
            subset="Dynamic_Reasoning",
            category="Motion_Analysis",
        ),
    ),
]

WRONG = [({**OMNI, "answer": -1}, "the answer -1 is not one of 3 places, 0 first")]
