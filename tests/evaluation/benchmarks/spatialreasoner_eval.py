"""Rows of SpatialReasonerEval, and the items that they become."""

from evaluation.benchmarks.benchmark import Item

P = {"bytes": b"...", "path": None}

ROWS = [
    (
        {
            "image": P,
            "prompt": "Which is closer? Select from the following choices.\n(A) cup\n(B) hat",
            "answer": "(B)",
            "choices": "['cup', \"hat\"]",
            "task": "Depth",
        },
        Item(
            item_id="0",
            question="Which is closer?",
            answer="B",
            images=(P,),
            options=("cup", "hat"),
            category="Depth",
        ),
    ),
]
