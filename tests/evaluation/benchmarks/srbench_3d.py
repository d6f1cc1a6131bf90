"""Rows of 3DSRBench, and the items that they become."""

from evaluation.benchmarks.benchmark import Item

P = {"bytes": b"...", "path": None}
BASE_3D = {
    "index": "VIN6MS3J", "question": "Which object has a higher location?", "A": "baseball glove",
    "B": "red hat", "C": None, "D": None, "answer": "B", "category": "height_higher",
    "image_source": "COCO",
    "image_url": "http://images.cocodataset.org/val2017/000000123456.jpg",
}  # fmt: skip

ROWS = [
    (
        BASE_3D,
        Item(
            item_id="VIN6MS3J-0-0",
            question="Which object has a higher location?",
            answer="B",
            images=(BASE_3D["image_url"],),
            options=("baseball glove", "red hat"),
            category="height_higher",
            group="VIN6MS3J",
            facts={"qid": "VIN6MS3J", "flip": "0", "variant": "0", "type": "height"},
            image_sources=("coco:000000123456",),
        ),
    ),
    (
        {
            **BASE_3D,
            "index": "17",
            "qid": "VIN6MS3J-flip-1",
            "A": "red hat",
            "B": "baseball glove",
            "answer": "A",
            "image": "QUJD",
            "category": "multi_object_facing",
        },
        Item(
            item_id="VIN6MS3J-1-1",
            question="Which object has a higher location?",
            answer="A",
            images=("QUJD",),
            options=("red hat", "baseball glove"),
            category="multi_object_facing",
            group="VIN6MS3J",
            facts={"qid": "VIN6MS3J", "flip": "1", "variant": "1", "type": "multi_object"},
            image_sources=("coco:000000123456",),
        ),
    ),
    (
        {
            "image": P,
            "prompt": "Where? (A) left (B) right",
            "answer": "(A)",
            "choices": ["left", "right"],
            "task": "location_next_to",
        },
        Item(
            item_id="00000000-0-0",
            question="Where?",
            answer="A",
            images=(P,),
            options=("left", "right"),
            category="location_next_to",
            facts={"qid": "00000000", "flip": "0", "variant": "0", "type": "location"},
        ),
    ),
]

WRONG = [
    ({**BASE_3D, "category": "colour"}, "'colour' is of no type .height"),
    ({**BASE_3D, "index": "short"}, "'short' names no item, mirror image and"),
    ({**BASE_3D, "A": None}, "the options have a gap between their letters"),
]
