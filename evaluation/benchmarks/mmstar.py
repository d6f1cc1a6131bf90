"""MMStar: six abilities of 250 questions each, the options inside the question."""

from pathlib import Path
from typing import Any

from evaluation.benchmarks.benchmark import Benchmark, Item, Part, Row, Source
from evaluation.benchmarks.published import TOTAL, figures
from evaluation.benchmarks.texts import (
    coco_of,
    cut_options,
    in_columns,
    is_given,
    letter_of,
    name_in,
    text_of,
)
from evaluation.lmms_eval import LMMS_EVAL, lmms_eval_marked_letter
from evaluation.miniatures.files import embedded, write_parquet
from evaluation.miniatures.questions import color, how_many, laid, leftmost
from evaluation.miniatures.scenes import Scenes
from evaluation.readings import OFFICIAL_PARSER, by_letter
from evaluation.rules import plain
from evaluation.vlmevalkit import VLMEVALKIT, vlmevalkit
from schemas.benchmark import LETTERS

CATEGORIES = (  # all of the benchmark, 250 items each
    "coarse perception",
    "fine-grained perception",
    "instance reasoning",
    "logical reasoning",
    "math",
    "science & technology",
)


STARTS = ("the answer is ", "option ", "(", "")
"""What the authors' parser skips at the start of a reply; the first that it finds."""


def read(row: Row, part: Part, number: int) -> Item:
    question, options = cut_options(text_of(row, "question"))
    about = row.get("meta_info")
    about = about if isinstance(about, dict) else {}
    facts = {"l2_category": row.get("l2_category"), "origin": about.get("source")}
    return Item(
        item_id=name_in(row, "index"),
        question=question,
        options=in_columns(row) if "A" in row else options,
        answer=letter_of(row["answer"]),
        images=(row["image"],),
        category=text_of(row, "category"),
        facts={name: str(value) for name, value in facts.items() if is_given(value)},
        image_sources=coco_of(about.get("image_path")),
    )


def official_letter(reply: str) -> str | None:
    """As MMStar-Benchmark/MMStar at 88f243ab (eval/vlmeval/evaluate/mmstar.py): the first
    character, even that of a word ("Behind"), behind one of STARTS."""
    text = reply.lower().strip().replace("\n", " ")
    start = next(start for start in STARTS if text.startswith(start))
    return text[len(start) :][:1].upper() or None


def draw(scenes: Scenes, folder: Path) -> None:
    abilities = (
        ("coarse perception", color),
        ("instance reasoning", leftmost),
        ("math", how_many),
    )
    rows: list[dict[str, Any]] = []
    for category, ask in abilities:
        for k, (view, said) in enumerate(scenes.pick(ask, 3, start=101)):
            options, letter = laid(said._replace(wrong=said.wrong[:3]), k)
            told = ", ".join(f"{x}: {text}" for x, text in zip(LETTERS, options, strict=False))
            number = len(rows)
            rows.append(
                {
                    "index": number,
                    "question": f"{said.text}\nOptions: {told}",
                    "image": embedded(view.data, f"images/{number}.jpg"),
                    "answer": letter,
                    "category": category,
                    "l2_category": ask.__name__,
                    "meta_info": {
                        "source": "rendered",
                        "split": "val",
                        "image_path": f"images/{number}.jpg",
                    },
                }
            )
    write_parquet(folder / "mmstar.parquet", rows, ["image"])


BENCHMARK = Benchmark(
    name="mmstar",
    title="MMStar",
    licence="not stated",
    sources=(Source("Lin-Chen/MMStar", (Part("val", "val"),)),),
    read=read,
    counts=dict.fromkeys(CATEGORIES, (250,)),
    official=plain,
    parsers={
        OFFICIAL_PARSER: by_letter(official_letter),
        LMMS_EVAL: by_letter(lmms_eval_marked_letter),
        VLMEVALKIT: vlmevalkit,
    },
    draw=draw,
    published={
        TOTAL: figures("58.9 64.7 64.4 65.1 55.9 63.9 64.3 53.9 56.7 57.6 63.2 63.4 65.9 66.9"),
    },
)
