"""Rows of EmbSpatial-Bench, and the items that they become."""

from evaluation.benchmarks.benchmark import Item

P = {"bytes": b"...", "path": None}
EMBSPATIAL = {
    "data_source": "mp3d",
    "question_id": "mp3d_12",
    "question": "Which object is the closest?",
    "relation": "close",
    "image": P,
    "answer_options": ["chair", "lamp", "sofa", "door"],
    "answer": 2,
}
LAMP = Item(
    item_id="mp3d_12",
    question="Which object is the closest?",
    answer="C",
    images=(P,),
    options=("chair", "lamp", "sofa", "door"),
    subset="mp3d",
    category="close",
)

ROWS = [
    (EMBSPATIAL, LAMP),
    (
        {
            **{key: EMBSPATIAL[key] for key in ("data_source", "question_id", "question", "image")},
            "index": 3,
            "category": "close",
            "answer": "C",
            **dict(zip("ABCD", EMBSPATIAL["answer_options"], strict=True)),
        },
        LAMP,
    ),
]

WRONG = [
    ({**EMBSPATIAL, "answer": 4}, "the answer 4 is not one of 4 places, 0 first"),
    ({**EMBSPATIAL, "answer": True}, "the answer True is not one of 4 places"),
]
