"""Rows of MindCube-Tiny, and the items that they become."""

from evaluation.benchmarks.benchmark import Item

VIEWS = ["other_all_image/among/shoe/front.jpg", "other_all_image/among/shoe/left.jpg"]
MINDCUBE = {
    "id": "among_group1_q1_5_2",
    "category": ["perpendicular"],
    "type": "which",
    "meta_info": [],
    "question": "From the view of image 2, what is behind you? A. Chair B. White wall C. Window",
    "images": VIEWS,
    "gt_answer": "B",
}

ROWS = [
    (
        MINDCUBE,
        Item(
            item_id="among_group1_q1_5_2",
            question="From the view of image 2, what is behind you?",
            answer="B",
            images=(VIEWS,),
            options=("Chair", "White wall", "Window"),
            category="among",
        ),
    ),
    (
        {
            "index": 7,
            "id": "aroundnew_group3_q0",
            "question": "Left or right?\nA. Left\nB. Right",
            "image_path": str(VIEWS),
            "answer": "a",
        },
        Item(
            item_id="aroundnew_group3_q0",
            question="Left or right?",
            answer="A",
            images=(str(VIEWS),),
            options=("Left", "Right"),
            category="around",
        ),
    ),
]

WRONG = [({**MINDCUBE, "gt_answer": "<answer>"}, "the answer '<answer>' is not a letter from A")]
