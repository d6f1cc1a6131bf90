"""Rows of ViewSpatial-Bench, and the items that they become."""

from evaluation.benchmarks.benchmark import Item

FILE = "ViewSpatial-Bench/scannetv2_val/scene0011_00/original_images/280.jpg"
COCO = "ViewSpatial-Bench/val2017/000000123456.jpg"
VIEWSPATIAL = {
    "question_type": "Camera perspective - Relative Direction",
    "image_path": [FILE],
    "question": "Where is the counter, seen from the refrigerator?",
    "answer": "A. right",
    "choices": "A. right\nB. front-up\nC. back-left\nD. front",
}

ROWS = [
    (
        VIEWSPATIAL,
        Item(
            item_id="0",
            question="Where is the counter, seen from the refrigerator?",
            answer="A",
            images=([FILE],),
            options=("right", "front-up", "back-left", "front"),
            category="Camera perspective - Relative Direction",
        ),
    ),
    (
        {
            "question_type": "Person perspective - Relative Direction",
            "image_path": [COCO, FILE, COCO],
            "question": "Where?",
            "answer": "B",
            "candidates": "['A. left', 'B. right']",
        },
        Item(
            item_id="0",
            question="Where?",
            answer="B",
            images=([COCO, FILE, COCO],),
            options=("left", "right"),
            category="Person perspective - Relative Direction",
            image_sources=("coco:000000123456",),
        ),
    ),
]

WRONG = [
    ({**VIEWSPATIAL, "answer": "A. left"}, "the answer 'A. left' is not one of the options"),
    ({**VIEWSPATIAL, "answer": "right"}, "the answer 'right' is not one of the options"),
]
