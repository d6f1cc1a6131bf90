"""ViewSpatial-Bench: directions as the camera sees them, and as a person in the picture does."""

import re
from pathlib import Path
from typing import Any

from evaluation.benchmarks.benchmark import Benchmark, Item, Part, Row, Source
from evaluation.benchmarks.published import SENSENOVA, Reported
from evaluation.benchmarks.texts import LETTER, coco_of, cut_options, first_of, listed, text_of
from evaluation.easi import EASI, easi
from evaluation.miniatures.files import write_json
from evaluation.miniatures.questions import faces, laid, leftmost, which_of_two
from evaluation.miniatures.scenes import Scenes, mirrored
from evaluation.readings import OFFICIAL_PARSER, by_letter
from evaluation.rules import plain
from schemas.benchmark import LETTERS

TYPES = {
    "Camera perspective - Relative Direction": 1773,
    "Camera perspective - Object View Orientation": 996,
    "Person perspective - Object View Orientation": 996,
    "Person perspective - Relative Direction": 842,
    "Person perspective - Scene Simulation Relative Direction": 1105,
}
"""How many items each type has; the last one shows up to 32 pictures of a room."""
LABELLED = re.compile(r"\s*([A-H])[.):]\s*(.*)", re.DOTALL)
"""An answer with its text: "A. right"."""


def read(row: Row, part: Part, number: int) -> Item:
    choices = first_of(row, "choices", "candidates")
    as_list = isinstance(choices, list) or str(choices).lstrip().startswith("[")
    options = listed(choices) if as_list else cut_options(str(choices))[1]
    images = first_of(row, "image_path", "images")
    names = images if isinstance(images, list) else [images]
    return Item(
        item_id=str(number),
        question=text_of(row, "question"),
        options=options,
        answer=labelled_letter(text_of(row, "answer"), options),
        images=(images,),
        category=text_of(row, "question_type"),
        image_sources=tuple(
            dict.fromkeys(one for name in names if isinstance(name, str) for one in coco_of(name))
        ),
    )


def labelled_letter(answer: str, options: tuple[str, ...]) -> str:
    """`A` of "A. right" or of "A"; ValueError where the option A has another text."""
    if bare := LETTER.fullmatch(answer):
        return bare[1].upper()
    found = LABELLED.fullmatch(answer)
    if not found or (LETTERS.index(found[1]), found[2].strip()) not in enumerate(options):
        raise ValueError(f"the answer {answer[:40]!r} is not one of the options {list(options)}")
    return found[1]


def official_letter(reply: str) -> str | None:
    """As ZJU-REAL/ViewSpatial-Bench at 2e85a5e4 (evaluate.py): the first word of the last line that
    is a letter from A to D, in either case: "a" in "It is a bit to the B"."""
    found = re.search(r"(?i)\b([A-D])\b", reply.split("\n")[-1])
    return found[1].upper() if found else None


def draw(scenes: Scenes, folder: Path) -> None:
    rows: list[dict[str, Any]] = []
    asked = ((leftmost, 331), (faces, 336), (faces, 341), (leftmost, 346), (which_of_two, 351))
    for (kind, _), (ask, start) in zip(TYPES.items(), asked, strict=True):
        for k, (view, said) in enumerate(scenes.pick(ask, 2, start=start)):
            options, letter = laid(said, k)
            views = (view, mirrored(view)) if ask is which_of_two else (view,)
            names = [
                f"ViewSpatial-Bench/val2017/{len(rows):011d}{n}.jpg" for n in range(len(views))
            ]
            for name, shown in zip(names, views, strict=True):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(shown.data)
            texts = [f"{one}. {text}" for one, text in zip(LETTERS, options, strict=False)]
            rows.append(
                {
                    "question_type": kind,
                    "image_path": names,
                    "question": said.text,
                    "answer": texts[LETTERS.index(letter)],
                    "choices": "\n".join(texts),
                }
            )
    write_json(folder / "ViewSpatial-Bench.json", rows)


BENCHMARK = Benchmark(
    name="viewspatial",
    title="ViewSpatial-Bench",
    aliases=("ViewSpatialBench",),
    licence="Apache-2.0",
    sources=(
        Source(
            "lidingm/ViewSpatial-Bench",
            (Part("test", tables="ViewSpatial-Bench.json", files=("*.zip",)),),
        ),
        Source("oscarqjh/ViewSpatial_lmmseval", (Part("test"),)),
    ),
    read=read,
    counts={name: (number,) for name, number in TYPES.items()},
    official=plain,
    parsers={OFFICIAL_PARSER: by_letter(official_letter), EASI: easi},
    draw=draw,
    reported=(
        Reported(
            "its own paper",
            {
                "gpt-4o": 34.98,
                "gemini-2.0-flash": 32.56,
                "qwen2.5-vl-7b": 36.85,
                "qwen2.5-vl-3b": 35.85,
            },
        ),
        Reported(
            SENSENOVA,
            {
                "qwen3-vl-8b": 42.2,
                "gpt-5": 45.5,
                "gemini-2.5-pro": 46.0,
                "internvl3-8b": 38.6,
                "spacer-7b": 35.8,
            },
        ),
    ),
)
