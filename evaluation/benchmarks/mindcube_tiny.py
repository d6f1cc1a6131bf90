"""MindCube-Tiny: where things are that other pictures of the same scene show.

The original is one archive: unpack data.zip and name the folder that holds `data`. Its authors
corrected rows on 2026-03-23, so a revision should be pinned.
"""

import re
from pathlib import Path, PurePosixPath
from typing import Any

import polars as pl

from evaluation.benchmarks.benchmark import Benchmark, Item, Part, Row, Source
from evaluation.benchmarks.published import SENSENOVA, TOTAL, Reported, figures
from evaluation.benchmarks.texts import cut_options, first_of, letter_of, name_in, text_of
from evaluation.easi import EASI, easi
from evaluation.metrics import Metric, accuracy, by
from evaluation.miniatures.files import write_json_lines
from evaluation.miniatures.questions import laid, which_of_two
from evaluation.miniatures.scenes import Scenes, mirrored
from evaluation.readings import OFFICIAL_PARSER, by_letter
from schemas.benchmark import LETTERS

SETTINGS = ("around", "rotation", "translation", "among")
"""Of these, the first whose name is in an id is the item's setting."""
NOT_COUNTED = "translation"
"""The setting that totals leave out."""
# Of the authors' parser, in its order.
IN_ANSWER = (r"[Mm]y answer is ([A-E])", r"[Tt]he answer is ([A-E])", r"\b([A-E])\b")
ANYWHERE = (
    r"(?:^|\n)(?:Answer: )?([A-E])(?:$|\s)",
    r"[\*\"]([A-E])[\*\"]",
    r"\bAnswer:?\s*([A-E])\b",
    r"[Mm]y answer is ([A-E])",
    r"answer is ([A-E])",
)


def read(row: Row, part: Part, number: int) -> Item:
    question, options = cut_options(text_of(row, "question"))
    name = name_in(row, "id")
    images = first_of(row, "images", "image_path")
    if part.tables and isinstance(images, list):
        folder = PurePosixPath(part.tables).parents[1]
        images = [str(folder / image) for image in images]
    return Item(
        item_id=name,
        question=question,
        options=options,
        answer=letter_of(first_of(row, "gt_answer", "answer")),
        images=(images,),
        category=next((setting for setting in SETTINGS if setting in name.lower()), "other"),
    )


def official(table: pl.DataFrame) -> list[Metric]:
    """The accuracy over all settings but translation, and that of each (mll-lab-nu/MindCube,
    base_metrics.py)."""
    counted = table.filter(pl.col("category").ne_missing(NOT_COUNTED))
    return [accuracy(counted, is_main=True), *by(table, "category")]


def official_letter(reply: str) -> str | None:
    """As extract_answer of mll-lab-nu/MindCube at 6d8fd9ac (src/evaluation/core/extractors.py): the
    last letter with a full stop wherever it stands, a thought included; else what `<Answer>`, with
    a capital, holds; else phrases; else the last line with a letter."""
    if dotted := re.findall(r"([A-E])\.", reply):
        return str(dotted[-1])
    if section := re.search(r"<Answer>(.*?)(?:<|$)", reply, re.DOTALL):
        for pattern in IN_ANSWER:
            if found := re.findall(pattern, section[1]):
                return str(found[-1])
    for pattern in ANYWHERE:
        if found := re.findall(pattern, reply):
            return str(found[-1])
    lines = (re.search(r"\b([A-E])\b", line) for line in reversed(reply.split("\n")))
    return next((found[1] for found in lines if found), None)


def draw(scenes: Scenes, folder: Path) -> None:
    """Two views of a scene, the second one mirrored; two, three or four options."""
    rows: list[dict[str, Any]] = []
    for setting, start in (("among", 301), ("around", 311), ("rotation", 321)):
        for k, (view, said) in enumerate(scenes.pick(which_of_two, 3, start=start)):
            names = [f"other_all_image/{setting}/{k}_{side}.jpg" for side in ("front", "back")]
            for name, shown in zip(names, (view, mirrored(view)), strict=True):
                path = folder / "data" / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(shown.data)
            options, letter = laid(said._replace(wrong=said.wrong[: 1 + k]), k)
            texts = [f"{one}. {text}" for one, text in zip(LETTERS, options, strict=False)]
            rows.append(
                {
                    "id": f"{setting}_group{k:03d}_q0_1",
                    "category": ["perpendicular"],
                    "type": "which",
                    "meta_info": [],
                    "question": f"{said.text} {' '.join(texts)}",
                    "images": names,
                    "gt_answer": letter,
                }
            )
    (folder / "data" / "raw").mkdir()
    write_json_lines(folder / "data" / "raw" / "MindCube_tinybench.jsonl", rows)


BENCHMARK = Benchmark(
    name="mindcube_tiny",
    title="MindCube-Tiny",
    aliases=("MindCubeBench_tiny_raw_qa",),
    licence="MIT, as others say",
    sources=(
        Source("oscarqjh/MindCube_lmmseval", (Part("combined", "tiny"),)),
        Source("MLL-Lab/MindCube", (Part("test", tables="data/raw/MindCube_tinybench.jsonl"),)),
    ),
    read=read,
    counts={"": (1050, 1040)},
    official=official,
    paper_compatible=official,
    parsers={OFFICIAL_PARSER: by_letter(official_letter), EASI: easi},
    draw=draw,
    published={
        TOTAL: figures("42.5 34.9 44.8 - 36.4 35.3 39.0 35.9 38.8 40.5 42.2 44.0 45.1 45.4"),
    },
    reported=(
        Reported(
            SENSENOVA,
            {
                "qwen3-vl-8b": 29.4,
                "gpt-5": 56.3,
                "gemini-2.5-pro": 57.6,
                "internvl3-8b": 41.5,
                "spacer-7b": 37.9,
            },
        ),
    ),
)
