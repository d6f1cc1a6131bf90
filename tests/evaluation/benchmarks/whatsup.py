"""Rows of What'sUp, and the items that they become."""

from evaluation.benchmarks.benchmark import Item

CAPTIONS = [
    "A mug on an armchair",
    "A mug under an armchair",
    "A mug to the left of an armchair",
    "A mug to the right of an armchair",
]
WHATSUP = {
    "image_path": "data/controlled_images/mug_on_armchair.jpeg",
    "caption_options": CAPTIONS,
}

ROWS = [
    (
        WHATSUP,
        Item(
            item_id="A-mug_on_armchair",
            question="Which caption describes the image?",
            answer="A",
            images=("controlled_images/mug_on_armchair.jpeg",),
            options=(CAPTIONS[0], CAPTIONS[3], CAPTIONS[2], CAPTIONS[1]),
            subset="A",
            category="A, on",
            group="A-mug-armchair",
            facts={"set": "A-mug-armchair", "pair": "A-mug-armchair-height"},
        ),
    ),
    (
        {
            "image": b"...",
            "filename": "bowl_in-front_of_tea-cup.jpeg",
            "question": "Where is the bowl?",
            "choices": ["behind the cup", "in front of the cup"],
            "answer": "(B)",
        },
        Item(
            item_id="B-bowl_in-front_of_tea-cup",
            question="Where is the bowl?",
            answer="B",
            images=(b"...",),
            options=("behind the cup", "in front of the cup"),
            subset="B",
            category="B, in-front",
            group="B-bowl-tea-cup",
            facts={"set": "B-bowl-tea-cup", "pair": "B-bowl-tea-cup-depth"},
        ),
    ),
]

WRONG = [
    ({**WHATSUP, "image_path": "mug.jpeg"}, "'mug.jpeg' is not named thing_relation_thing"),
    ({**WHATSUP, "caption_options": []}, "caption_options is empty"),
]
