"""Rows of SpatialBench, and the items that they become."""

from evaluation.benchmarks.benchmark import Item
from evaluation.miniatures.questions import DIRECTLY
from schemas.benchmark import AnswerKind

P = {"bytes": b"...", "path": None}

ROWS = [
    (
        {
            "image": P,
            "answer": "A",
            "category": "positional",
            "question_id": 4,
            "text": f"Which is left? (A) cup (B) hat {DIRECTLY}",
        },
        Item(
            item_id="positional-4",
            question="Which is left?",
            answer="A",
            images=(P,),
            options=("cup", "hat"),
            category="positional",
            facts={"question_id": "4", "written_answer": "A"},
        ),
    ),
    (
        {
            "image": P,
            "answer": "Yes",
            "category": "existence",
            "question_id": 4,
            "text": "Is there a cup? Answer with yes or no.",
        },
        Item(
            item_id="existence-4",
            question="Is there a cup?",
            answer="A",
            images=(P,),
            options=("Yes", "No"),
            category="existence",
            group="existence-0",
            facts={"question_id": "4", "written_answer": "Yes", "pair": "existence-0"},
        ),
    ),
    (
        {
            "image": P,
            "answer": 3,
            "category": "counting",
            "question_id": 1,
            "text": "How many cups are there?",
        },
        Item(
            item_id="counting-1",
            question="How many cups are there?",
            answer="3",
            images=(P,),
            kind=AnswerKind.TEXT,
            category="counting",
            facts={"question_id": "1", "written_answer": "3"},
        ),
    ),
    (
        {
            "image": P,
            "answer": "B",
            "category": "positional",
            "question_id": 5,
            "text": "Which is left? (B) cup (B) hat",
        },
        Item(
            item_id="positional-5",
            question="Which is left?",
            answer="B",
            images=(P,),
            options=("cup", "hat"),
            category="positional",
            facts={"question_id": "5", "repaired": "letters", "written_answer": "B"},
        ),
    ),
]
