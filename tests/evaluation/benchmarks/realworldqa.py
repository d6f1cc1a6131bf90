"""Rows of RealWorldQA, and the items that they become."""

from evaluation.benchmarks.benchmark import Item
from schemas.benchmark import AnswerKind

P = {"bytes": b"...", "path": None}

ROWS = [
    (
        {
            "image": P,
            "answer": "C",
            "question": "Which way?\n\nA. Left\nB. Straight\nC. Right\n"
            "Please answer directly with only the letter of the correct option and nothing else.",
        },
        Item(
            item_id="0",
            question="Which way?",
            answer="C",
            images=(P,),
            options=("Left", "Straight", "Right"),
            category="choice",
        ),
    ),
    (
        {
            "image": P,
            "answer": "2",
            "question": "How many cars?\nPlease answer directly with a single word or number.",
        },
        Item(
            item_id="0",
            question="How many cars?",
            answer="2",
            images=(P,),
            kind=AnswerKind.TEXT,
            category="short answer",
        ),
    ),
    (
        {
            "index": "5",
            "image": "Q",
            "answer": "B",
            "question": "Which way?",
            "A": "Left",
            "B": "Right",
            "C": "",
        },
        Item(
            item_id="0",
            question="Which way?",
            answer="B",
            images=("Q",),
            options=("Left", "Right"),
            category="choice",
        ),
    ),
]
