"""Rows of V*Bench, and the items that they become."""

from evaluation.benchmarks.benchmark import Item
from evaluation.miniatures.questions import DIRECTLY

ROWS = [
    (
        {
            "image": "direct_attributes/sa_4690.jpg",
            "category": "direct_attributes",
            "label": "A",
            "question_id": "0",
            "text": f"What material?\n(A) rubber\n(B) cotton\n(C) kevlar\n(D) leather\n{DIRECTLY}",
        },
        Item(
            item_id="direct_attributes-0",
            question="What material?",
            answer="A",
            images=("direct_attributes/sa_4690.jpg",),
            options=("rubber", "cotton", "kevlar", "leather"),
            category="direct_attributes",
            image_sources=("sa-1b:sa_4690.jpg",),
        ),
    ),
    (
        {
            "index": "3",
            "image": "QUJD" * 100,
            "category": "relative_position",
            "answer": "B",
            "question": "Which side?",
            "A": "left",
            "B": "right",
        },
        Item(
            item_id="relative_position-0",
            question="Which side?",
            answer="B",
            images=("QUJD" * 100,),
            options=("left", "right"),
            category="relative_position",
        ),
    ),
]
