"""Rows of CV-Bench, and the items that they become."""

from evaluation.benchmarks.benchmark import Item

P = {"bytes": b"...", "path": None}
CV = {
    "idx": 0, "type": "2D", "task": "Count", "image": P, "question": "How many organs?",
    "choices": ["3", "2", "1", "0"], "answer": "(C)", "source": "ADE20K",
    "source_filename": "ADE_val_00000248.jpg", "prompt": "", "bbox": None,
}  # fmt: skip

ROWS = [
    (
        CV,
        Item(
            item_id="2D-0",
            question="How many organs?",
            answer="C",
            images=(P,),
            options=("3", "2", "1", "0"),
            subset="2D",
            category="Count",
            group="ADE20K:ADE_val_00000248.jpg",
            facts={"source": "ADE20K"},
            image_sources=("ade20k:ADE_val_00000248.jpg",),
        ),
    ),
    (
        {
            "index": "7",
            "type": "2D",
            "category": "Relation",
            "image": "QUJD",
            "question": "?",
            "A": "left",
            "B": "right",
            "C": "nan",
            "answer": "B",
            "source": "COCO",
            "source_filename": "000000123456.jpg",
        },
        Item(
            item_id="2D-0",
            question="?",
            answer="B",
            images=("QUJD",),
            options=("left", "right"),
            subset="2D",
            category="Relation",
            group="COCO:000000123456.jpg",
            facts={"source": "COCO"},
            image_sources=("coco:000000123456",),
        ),
    ),
]

WRONG = [
    ({**CV, "source": "Elsewhere"}, "the subset 2D has no source Elsewhere"),
    ({**CV, "choices": 4}, "the options are 4, and a list is expected"),
    ({**CV, "answer": 2}, "the answer 2 is not a letter from A to H"),
    ({**CV, "question": None}, "question is None, and text is expected"),
]
