"""CV-Bench: 2D (count, relation) and 3D (depth, distance), up to six options."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from evaluation.benchmarks.benchmark import Benchmark, Item, Part, Row, Source, with_ids
from evaluation.benchmarks.published import TOTAL, figures
from evaluation.benchmarks.texts import (
    coco_of,
    first_of,
    is_given,
    letter_of,
    name_in,
    options_in,
    text_of,
    without_instruction,
)
from evaluation.lmms_eval import LMMS_EVAL, lmms_eval_letter
from evaluation.metrics import Combine, Means, Metric, by, parts, units
from evaluation.miniatures.files import embedded, write_parquet
from evaluation.miniatures.questions import bracketed, closer_pair, how_many, laid, leftmost, nearer
from evaluation.miniatures.scenes import Scenes, recoded
from evaluation.readings import OFFICIAL_PARSER, by_letter
from evaluation.rules import subset_mean
from evaluation.vlmevalkit import VLMEVALKIT, vlmevalkit

SOURCES = {"2D": ("ADE20K", "COCO"), "3D": ("Omni3D",)}
"""Sources of the photographs, by subset; the authors' mean is over them."""


def read(row: Row, part: Part, number: int) -> Item:
    subset, source = str(row.get("type") or part.subset), text_of(row, "source")
    if source not in SOURCES.get(subset, ()):
        raise ValueError(f"the subset {subset} has no source {source}")
    name = row.get("source_filename")
    sources = coco_of(name) if source == "COCO" else ()
    if source == "ADE20K" and is_given(name):
        sources = (f"ade20k:{name}",)
    return Item(
        item_id=f"{subset}-{name_in(row, 'idx')}" if "idx" in row else "",
        question=without_instruction(text_of(row, "question")),
        options=options_in(row, "choices"),
        answer=letter_of(row["answer"]),
        images=(row["image"],),
        subset=subset,
        category=str(first_of(row, "task", "category")),
        group=f"{source}:{name}" if is_given(name) else None,
        facts={"source": source},
        image_sources=sources,
    )


def official(table: pl.DataFrame) -> list[Metric]:
    """1/2 ((ADE20K + COCO) / 2 + Omni3D) (card of nyu-visionx/CV-Bench)."""
    sources = units(table, pl.concat_str("subset", "source", separator=" "))
    metrics = [Metric("source mean", sources, table, source_mean(sources), is_main=True)]
    for subset, part in parts(table, "subset"):
        by_source = units(part, pl.col("source"))
        metrics.append(Metric("source mean", by_source, part, subset=subset))
    return [*metrics, *by(table, "source"), *by(table, "category")]


def source_mean(sources: pl.DataFrame) -> Combine:
    names = sources["stratum"].unique().sort().to_list()
    halves = [[k for k, name in enumerate(names) if name.startswith(part)] for part in ("2D", "3D")]

    def combine(means: Means) -> Means:
        found = [means[..., half].mean(axis=-1) for half in halves if half]
        return np.asarray(np.mean(found, axis=0))

    return combine


def official_letter(reply: str) -> str | None:
    """As cambrian-mllm/cambrian at 539ffc32 (eval/eval/ade, coco and omni, *_test.py): the first
    character behind the last "answer is" or "answer:", even that of a word, and a colon behind
    "answer is"."""
    text = reply.lower().strip()
    for phrase in ("answer is", "answer:"):
        text = text.split(phrase)[-1]
    return text.strip().rstrip(".").lstrip("(").rstrip(")")[:1].upper() or None


def draw(scenes: Scenes, folder: Path) -> None:
    asked = {
        "2D": (("Count", how_many), ("Relation", leftmost)),
        "3D": (("Depth", nearer), ("Distance", closer_pair)),
    }
    number = 0
    for subset, tasks in asked.items():
        rows: list[dict[str, Any]] = []
        for task, ask in tasks:
            for k, (view, said) in enumerate(scenes.pick(ask, 4, start=1)):
                source = "Omni3D" if subset == "3D" else ("ADE20K", "COCO")[k % 2]
                name = {"ADE20K": f"ADE_val_{view.number:08d}.jpg"}.get(
                    source, f"{view.number:012d}.jpg"
                )
                options, letter = laid(said, k)
                rows.append(
                    {
                        "idx": number,
                        "type": subset,
                        "task": task,
                        "image": embedded(recoded(view.data, "PNG"), f"{number}.png"),
                        "question": said.text,
                        "choices": list(options),
                        "answer": f"({letter})",
                        "prompt": f"{said.text} Select from the following choices.\n"
                        + bracketed(options),
                        "filename": f"img/{subset}/{task}/{number:06d}.png",
                        "source": source,
                        "source_dataset": source,
                        "source_filename": name,
                        "target_class": None,
                        "target_size": None,
                        "bbox": None,
                    }
                )
                number += 1
        write_parquet(folder / f"test_{subset.lower()}.parquet", rows, ["image"])


BENCHMARK = Benchmark(
    name="cv_bench",
    title="CV-Bench",
    licence="Apache-2.0",
    sources=(Source("nyu-visionx/CV-Bench", (Part("test", "2D", "2D"), Part("test", "3D", "3D"))),),
    read=read,
    arrange=with_ids,
    counts={
        "2D": (1438,),
        "3D": (1200,),
        "Count": (788,),
        "Relation": (650,),
        "Depth": (600,),
        "Distance": (600,),
    },
    official=official,
    paper_compatible=subset_mean,
    facts=("source",),
    parsers={
        OFFICIAL_PARSER: by_letter(official_letter),
        LMMS_EVAL: by_letter(lmms_eval_letter),
        VLMEVALKIT: vlmevalkit,
    },
    draw=draw,
    published={
        "2D": figures("81.4 75.8 73.3 60.2 59.9 69.1 79.0 53.9 70.6 71.0 56.1 68.9 77.7 80.3"),
        "3D": figures("90.3 83.0 84.2 71.5 60.2 68.0 89.6 68.4 66.6 76.3 71.3 76.5 78.7 93.6"),
        TOTAL: figures("85.8 79.4 78.7 65.9 60.0 68.6 84.3 61.1 68.6 73.6 63.7 72.7 78.2 87.0"),
    },
)
