"""Rows of MMVP, and the items that they become."""

from evaluation.benchmarks.benchmark import Item

P = {"bytes": b"...", "path": None}
MMVP = {
    "Index": 2, "Question": "Are the wings open or closed?", "Options": "(a) Open (b) Closed",
    "Correct Answer": "(b)",
}  # fmt: skip

ROWS = [
    (
        MMVP,
        Item(
            item_id="2",
            question="Are the wings open or closed?",
            answer="B",
            images=("MMVP Images/2.jpg",),
            options=("Open", "Closed"),
            group="1",
            facts={"pair": "1"},
        ),
    ),
    (
        {"image": P, "text": "Open or closed? (a) Open (b) Closed", "label": "(a)"},
        Item(
            item_id="1",
            question="Open or closed?",
            answer="A",
            images=(P,),
            options=("Open", "Closed"),
            group="1",
            facts={"pair": "1"},
        ),
    ),
    (
        {"question": "?", "A": "Open", "B": "Closed", "answer": "A", "image": "Q"},
        Item(
            item_id="1",
            question="?",
            answer="A",
            images=("Q",),
            options=("Open", "Closed"),
            group="1",
            facts={"pair": "1"},
        ),
    ),
]

WRONG = [
    ({**MMVP, "Index": "two"}, "Index is 'two', and a whole number is expected"),
    ({**MMVP, "Correct Answer": "(z)"}, "the answer '.z.' is not a letter from A to H"),
]
