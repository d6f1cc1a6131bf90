"""Rows of STVQA validation, and the items that they become."""

from evaluation.benchmarks.benchmark import Item

P = {"bytes": b"...", "path": None}

ROWS = [
    (
        {
            "image_id": 7,
            "images": P,
            "question_only": "Where?",
            "options": ["on", "under"],
            "answer_only": "B",
            "category": "relation",
            "level": "easy",
            "answer_option_text": "<scene>{}</scene>\n<answer>(B) under</answer>",
        },
        Item(
            item_id="0",
            question="Where?",
            answer="B",
            images=(P,),
            options=("on", "under"),
            category="relation",
            group="7",
            facts={
                "level": "easy",
                "question_id": "0",
                "gold": "<scene>{}</scene>\n<answer>(B) under</answer>",
            },
        ),
    ),
]
