"""Rows of SpatialViz-Bench, and the items that they become."""

from evaluation.benchmarks.benchmark import Item

SPATIALVIZ = {
    "Category": "MentalRotation",
    "Task": "2DRotation",
    "Level": "Level0",
    "Image_id": "4",
    "Question": "Which is the turned picture?",
    "Choices": ["one", "two", "three", "four"],
    "Answer": "D",
    "Explanation": "",
}

ROWS = [
    (
        SPATIALVIZ,
        Item(
            item_id="MentalRotation-2DRotation-Level0-4",
            question="Which is the turned picture?",
            answer="D",
            images=("MentalRotation/2DRotation/Level0/4.png",),
            options=("one", "two", "three", "four"),
            subset="MentalRotation",
            category="2DRotation",
            facts={"level": "Level0"},
        ),
    )
]

WRONG = [({**SPATIALVIZ, "Question": ""}, "Question is '', and text is expected")]
