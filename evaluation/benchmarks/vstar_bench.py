"""V*Bench: small things in large photographs of SA-1B."""

import json
import re
from pathlib import Path, PurePosixPath
from typing import Any

from evaluation.benchmarks.benchmark import Benchmark, Item, Part, Row, Source
from evaluation.benchmarks.published import TOTAL, figures
from evaluation.benchmarks.texts import (
    cut_options,
    first_of,
    in_columns,
    letter_of,
    name_in,
    text_of,
)
from evaluation.lmms_eval import LMMS_EVAL
from evaluation.miniatures.files import write_json_lines
from evaluation.miniatures.questions import DIRECTLY, Asked, bracketed, color, laid, leftmost
from evaluation.miniatures.scenes import Scenes
from evaluation.readings import by_letter
from evaluation.rules import plain
from evaluation.vlmevalkit import VLMEVALKIT, vlmevalkit

CATEGORIES = ("direct_attributes", "relative_position")  # all of them; folders have these names
LMMS_EVAL_FORMS = (
    r"^([A-D])\s*[\.)\]]*",
    r"(?:THE\s+)?(?:ANSWER|CHOICE|OPTION)(?:\s+IS)?[\s:]+([A-D])",
    *(r"\(([A-D])\)", r"([A-D])\s*(?:\.|\)|])", r"(?:^|\s)([A-D])(?:\s|$)"),
    r"\A[^A-D]*([A-D])[^A-D]*\Z",
)
"""What lmms-eval looks for in the reply in upper case; the first that occurs decides."""
LONGEST_NAME = 255
"""Characters: a longer text is base64, not the name of a file."""


def read(row: Row, part: Part, number: int) -> Item:
    question, options = cut_options(str(first_of(row, "text", "question")))
    category, photograph = text_of(row, "category"), row["image"]
    place = name_in(row, "question_id") if "question_id" in row else str(number)
    name = photograph.get("path") if isinstance(photograph, dict) else photograph
    name = name if isinstance(name, str) and len(name) <= LONGEST_NAME else ""
    stem = PurePosixPath(name).name
    return Item(
        item_id=f"{category}-{place}",
        question=question,
        options=options or in_columns(row),
        answer=letter_of(first_of(row, "label", "answer")),
        images=(photograph,),
        category=category,
        image_sources=(f"sa-1b:{stem}",) if stem.startswith("sa_") else (),
    )


def lmms_eval_letter(reply: str) -> str | None:
    """As EvolvingLMMs-Lab/lmms-eval at 75571cfe (tasks/vstar_bench/utils.py), in any case: even the
    letter that a word begins with ("Blue"), or the only one of A to D inside words."""
    text = reply.strip().upper()
    found = (re.search(form, text, re.IGNORECASE) for form in LMMS_EVAL_FORMS)
    return next((one[1].upper() for one in found if one), None)


def draw(scenes: Scenes, folder: Path) -> None:
    rows: list[dict[str, Any]] = []
    for category, ask in (("direct_attributes", color), ("relative_position", leftmost)):
        (folder / category).mkdir(parents=True)
        for k, (view, said) in enumerate(scenes.pick(ask, 4, start=81)):
            options, letter = laid(said, k)
            name = f"{category}/sa_{view.number}.jpg"
            (folder / name).write_bytes(view.data)
            _write_targets(folder / name, said)
            rows.append(
                {
                    "image": name,
                    "text": f"{said.text}\n{bracketed(options)}\n{DIRECTLY}",
                    "category": category,
                    "label": letter,
                    "question_id": str(len(rows)),
                }
            )
    write_json_lines(folder / "test_questions.jsonl", rows)


def _write_targets(path: Path, asked: Asked) -> None:
    """The file that the original has beside each photograph: the things asked about, their boxes
    (xywh), and the options, the right one first."""
    boxes = [[x1, y1, x2 - x1, y2 - y1] for x1, y1, x2, y2 in (one.box for one in asked.about)]
    about = {
        "target_object": [thing.name for thing in asked.about],
        "bbox": boxes,
        "question": asked.text,
        "options": [asked.right, *asked.wrong],
    }
    path.with_suffix(".json").write_text(json.dumps(about), encoding="utf-8")


BENCHMARK = Benchmark(
    name="vstar_bench",
    title="V*Bench",
    aliases=("VStarBench",),
    licence="not stated (code: MIT)",
    sources=(
        Source(
            "craigwu/vstar_bench",
            (
                Part(
                    "test",
                    tables="test_questions.jsonl",
                    files=tuple(f"{name}/*" for name in CATEGORIES),
                ),
            ),
        ),
        Source("lmms-lab/vstar-bench", (Part("test"),)),
        Source(
            "xjtupanda/VStar_Bench",
            (Part("test", tables="VStarBench.tsv"),),
            "b1312e6fbf89ace5a50cc5b0214010aeb0f69bdc",
        ),
    ),
    read=read,
    counts={"direct_attributes": (115,), "relative_position": (76,)},
    official=plain,
    parsers={LMMS_EVAL: by_letter(lmms_eval_letter), VLMEVALKIT: vlmevalkit},
    draw=draw,
    published={
        TOTAL: figures("73.3 66.0 60.7 51.8 74.9 75.9 81.2 73.3 74.3 78.0 78.0 73.9 81.7 85.9"),
    },
)
