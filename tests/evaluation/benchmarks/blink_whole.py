"""Rows of BLINK with all its tasks, and the items that they become."""

from evaluation.benchmarks.benchmark import Item

P, Q = {"bytes": b"...", "path": None}, {"bytes": b"...", "path": "2.jpg"}
JIGSAW = {
    "idx": "val_Jigsaw_3",
    "question": "Which image is the missing part?",
    "sub_task": "Jigsaw",
    "image_1": P,
    "image_2": Q,
    "image_3": None,
    "image_4": {"bytes": None, "path": None},
    "choices": ["the second image", "the third image"],
    "answer": "(B)",
}

ROWS = [
    (
        JIGSAW,
        Item(
            item_id="val_Jigsaw_3",
            question="Which image is the missing part?",
            answer="B",
            images=(P, Q),
            options=("the second image", "the third image"),
            subset="Jigsaw",
            category="Jigsaw",
        ),
    ),
    (
        {
            "index": 7,
            "question": "How many?",
            "category": "IQ_Test",
            "image": "QUJD",
            "answer": "A",
            **dict(zip("ABCD", "1234", strict=True)),
        },
        Item(
            item_id="val_IQ_Test_1",
            question="How many?",
            answer="A",
            images=("QUJD",),
            options=("1", "2", "3", "4"),
            subset="IQ_Test",
            category="IQ_Test",
        ),
    ),
]

WRONG = [({**JIGSAW, "sub_task": "Puzzle"}, "the task 'Puzzle' is not one of Art_Style, Counting")]
