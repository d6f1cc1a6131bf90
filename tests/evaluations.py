"""Small evaluations: items, what models reply to them, and the artifacts of both below a root."""

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from evaluation.baselines import constant_baselines
from evaluation.benchmarks.registry import BENCHMARKS
from evaluation.photographs import PhotographStore
from evaluation.scoring import score
from evaluation.verdicts import read_replies
from schemas.benchmark import ITEM, REPLY
from schemas.columns import frame_of
from tasks.artifact import plan_artifact
from tasks.evaluate.outcomes import Outcome
from tasks.writing import write_artifact

Row = dict[str, Any]
SIZE = (200, 100)
DOG, CAT = [0, 0, 100, 50], [100, 50, 200, 100]
SOFA = [0, 50, 100, 100]


def scene(objects: Row, *links: Sequence[str]) -> str:
    return json.dumps(
        {
            "objects": [{"id": name, "bbox": box} for name, box in objects.items()],
            "relationships": [
                dict(zip(("subject", "predicate", "object"), link, strict=True)) for link in links
            ],
        }
    )


GOLD_SCENE = scene({"dog.1": DOG, "cat.1": CAT}, ("dog.1", "left of", "cat.1"))
WHOLE = scene({"dog.1": DOG, "cat.1": CAT, "sofa.1": SOFA})


def completion(scene_text: str, answer: str) -> str:
    return (
        f"<observe>A dog.</observe>\n<scene>{scene_text}</scene>\n"
        f"<think>So it is.</think>\n<answer>{answer}</answer>"
    )


PERFECT = completion(GOLD_SCENE, "(A) left")


def photograph(root: Path, color: str = "teal") -> str:
    """The digest of a stored photograph of `SIZE`."""
    buffer = io.BytesIO()
    Image.new("RGB", SIZE, color).save(buffer, "PNG")
    return PhotographStore(root).put(buffer.getvalue())


def item(number: int, images: Sequence[str], benchmark: str = "stvqa_val", **changes: Any) -> Row:
    facts = changes.pop("facts", {})
    if BENCHMARKS[benchmark].is_own:
        gold = f"<scene>{GOLD_SCENE}</scene>\n<answer>(A) left</answer>"
        facts = {"level": "easy", "question_id": f"q{number}", "gold": gold, "full_scene": WHOLE}
    return {
        "benchmark": benchmark,
        "item_id": f"{benchmark}-{number}",
        "subset": None,
        "category": "relation" if number % 2 else "size",
        "question": f"Where is the dog, number {number}?",
        "options": [{"letter": "A", "text": "left"}, {"letter": "B", "text": "right"}],
        "kind": "choice",
        "answer": "A",
        "images": list(images),
        "width": SIZE[0],
        "height": SIZE[1],
        "group": str(number),
        "facts": [{"name": name, "value": value} for name, value in facts.items()],
        "image_sources": [],
    } | changes


def reply(item: Row, text: str | None, **changes: Any) -> Row:
    return {
        "benchmark": item["benchmark"],
        "item_id": item["item_id"],
        "text": text,
        "finish_reason": "stop",
        "input_tokens": 10,
        "output_tokens": 5,
        "cost": None,
        "prompt": f"Look closely. {item['question']}",
        "frame_width": SIZE[0],
        "frame_height": SIZE[1],
        "error": None if text is not None else "no_reply",
    } | changes


def outcome(
    root: Path, model: str, items: Sequence[Row], replies: Sequence[Row], label: str | None = None
) -> Outcome:
    """The artifacts of a model's replies, read and scored."""
    items_frame, replies_frame = frame_of(items, ITEM), frame_of(replies, REPLY)
    parsed = read_replies(items_frame, replies_frame)
    scores = score(items_frame, parsed, constant_baselines(items_frame), seed=1, num_bootstrap=50)
    paths = []
    tables = (items_frame, replies_frame, parsed, scores)
    for stage, frame in zip(("benchmark", "infer", "parse", "score"), tables, strict=True):
        identity = json.dumps(
            [model if stage != "benchmark" else "", frame.to_dicts()], default=str
        )
        artifact = plan_artifact(root, stage, version=1, config={"rows": identity}, inputs={})
        paths.append(write_artifact(frame, artifact))
    return Outcome(model, label or items[0]["benchmark"], *paths)
