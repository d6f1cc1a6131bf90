"""Rows of BLINK, and the items that they become."""

from evaluation.benchmarks.benchmark import Item

P = {"bytes": b"...", "path": None}
BLINK = {
    "idx": "val_Spatial_Relation_1", "sub_task": "Spatial_Relation", "image_1": P,
    "image_2": None, "image_3": {"bytes": None, "path": None}, "image_4": None,
    "question": "Is the car beneath the cat?", "choices": ["yes", "no"], "answer": "(B)",
}  # fmt: skip

ROWS = [
    (
        BLINK,
        Item(
            item_id="val_Spatial_Relation_1",
            question="Is the car beneath the cat?",
            answer="B",
            images=(P,),
            options=("yes", "no"),
            subset="Spatial_Relation",
            category="Spatial_Relation",
        ),
    ),
    (
        {
            "index": "9",
            "category": "Relative_Depth",
            "image": "['QUJD']",
            "question": "?",
            "A": "A is closer",
            "B": "B is closer",
            "answer": "A",
        },
        Item(
            item_id="val_Relative_Depth_1",
            question="?",
            answer="A",
            images=("['QUJD']",),
            options=("A is closer", "B is closer"),
            subset="Relative_Depth",
            category="Relative_Depth",
        ),
    ),
]

OTHERS = [
    {**BLINK, "sub_task": "Jigsaw"},
]
