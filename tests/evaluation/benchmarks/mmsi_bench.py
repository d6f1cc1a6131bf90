"""Rows of MMSI-Bench, and the items that they become."""

from evaluation.benchmarks.benchmark import Item

MMSI = {
    "id": 12,
    "images": [b"one", b"two"],
    "question_type": "Positional Relationship (Cam.\u2013Obj.)",
    "question": "Where is the door?\nOptions: A: North, B: South, C: East, D: West",
    "answer": "C",
    "thought": "The door is in the second image.",
}
SIDES = ("North", "South", "East", "West")

ROWS = [
    (
        MMSI,
        Item(
            item_id="12",
            question="Where is the door?",
            answer="C",
            images=([b"one", b"two"],),
            options=SIDES,
            category="Positional Relationship (Cam.-Obj.)",
            facts={"item": "12", "turn": "0"},
        ),
    ),
    (
        {
            "index": "2000012",
            "question": "Where is the door?",
            "image": "['QQ', 'RR']",
            "answer": "A",
            "category": "Positional Relationship (Cam.-Obj.)",
            **dict(zip("ABCD", ("East", "West", "North", "South"), strict=True)),
        },
        Item(
            item_id="12-2",
            question="Where is the door?",
            answer="A",
            images=("['QQ', 'RR']",),
            options=("East", "West", "North", "South"),
            category="Positional Relationship (Cam.-Obj.)",
            facts={"item": "12", "turn": "2"},
        ),
    ),
]

WRONG = [({**MMSI, "id": "twelve"}, "id is 'twelve', and a whole number is expected")]
