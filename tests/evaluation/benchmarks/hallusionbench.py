"""Rows of HallusionBench, and the items that they become."""

from evaluation.benchmarks.benchmark import Item

HALLUSION = {
    "category": "VS", "subcategory": "chart", "visual_input": "1", "set_id": "0",
    "figure_id": "1", "question_id": "0", "question": "Is it gold?", "gt_answer": "0",
    "filename": "./VS/chart/0_1.png",
}  # fmt: skip

ROWS = [
    (
        HALLUSION,
        Item(
            item_id="VS-chart-0-1-0",
            question="Is it gold?",
            answer="B",
            images=("./VS/chart/0_1.png",),
            options=("Yes", "No"),
            category="VS",
            group="VS-chart-0",
            facts={
                "subcategory": "chart",
                "set_id": "0",
                "figure_id": "1",
                "question_id": "0",
                "visual_input": "1",
            },
        ),
    ),
]

OTHERS = [
    {**HALLUSION, "visual_input": "0", "filename": None},
]

WRONG = [
    ({**HALLUSION, "gt_answer": "2"}, "'2' is neither yes nor no"),
]
