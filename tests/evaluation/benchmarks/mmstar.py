"""Rows of MMStar, and the items that they become."""

from evaluation.benchmarks.benchmark import Item

P = {"bytes": b"...", "path": None}

ROWS = [
    (
        {
            "index": 0,
            "image": P,
            "answer": "A",
            "category": "coarse perception",
            "l2_category": "image scene and topic",
            "question": "Which is right?\nOptions: A: The suitcase is on the book., B: The "
            "suitcase is beneath the cat., C: It is, so to say, nowhere., D: Under it.",
            "meta_info": {"source": "MMBench", "split": "val", "image_path": "images/0.jpg"},
        },
        Item(
            item_id="0",
            question="Which is right?",
            answer="A",
            images=(P,),
            options=(
                "The suitcase is on the book.",
                "The suitcase is beneath the cat.",
                "It is, so to say, nowhere.",
                "Under it.",
            ),
            category="coarse perception",
            facts={"l2_category": "image scene and topic", "origin": "MMBench"},
        ),
    ),
]
