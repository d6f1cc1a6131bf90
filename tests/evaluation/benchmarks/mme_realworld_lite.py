"""Rows of MME-RealWorld-Lite, and the items that they become."""

from evaluation.benchmarks.benchmark import Item

LETTERED = ["(A) 1", "(B) 2", "(C) 3", "(D) 4", "(E) The image does not feature the object."]
FIVE = ("1", "2", "3", "4", "The image does not feature the object.")

ROWS = [
    (
        {
            "index": 4,
            "bytes": "QUJD",
            "question": "How many?",
            "multi-choice options": LETTERED,
            "answer": "B",
            "category": "Perception/Remote Sensing",
            "l2-category": "counting",
        },
        Item(
            item_id="4",
            question="How many?",
            answer="B",
            images=("QUJD",),
            options=FIVE,
            category="Perception/Remote Sensing",
            facts={"l2_category": "counting"},
        ),
    ),
    (
        {
            "index": "4",
            "image": "QUJD",
            "question": "How many?",
            "answer": "E",
            "multi-choice options": repr(LETTERED),
            "category": "Reasoning/OCR with Complex",
        },
        Item(
            item_id="4",
            question="How many?",
            answer="E",
            images=("QUJD",),
            options=FIVE,
            category="Reasoning/OCR with Complex",
        ),
    ),
]
