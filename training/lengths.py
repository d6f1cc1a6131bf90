"""Lengths: how long completions with full scenes are, before a tokenizer is loaded."""

from math import ceil
from pathlib import Path
from typing import NamedTuple

import polars as pl

from schemas.dataset_folder import split_files
from training.full_scene import NUM_OBJECTS, SCENE_COLUMNS, demonstration_of, gold_of

READ = ("question_id", "answer_option_text", *SCENE_COLUMNS)
MAX_MEASURED = 2_000
"""Samples that are measured: of more, every n-th."""


class Lengths(NamedTuple):
    """Of the demonstrations of samples with their whole scenes, in characters; `lengthening` is by
    how many times their mean is longer than with scenes of the question."""

    mean: float
    longest: int
    lengthening: float


def lengths_of(folder: Path) -> Lengths:
    """ValueError where the dataset has no whole scenes or no sample to train on."""
    files = split_files(folder, "train")
    if not files:
        raise ValueError(f"{folder} has no train split: build the dataset again")
    frame = pl.scan_parquet(files)
    if missing := sorted({*READ} - set(frame.collect_schema())):
        raise ValueError(
            f"{folder} lacks {', '.join(missing)}: build the dataset again, or leave data.scene out"
        )
    rows = frame.select(READ)
    number = rows.select(pl.len()).collect().item()
    if not number:
        raise ValueError(f"the train split of {folder} has no sample: build the dataset again")
    step = ceil(number / MAX_MEASURED)
    asked, full = [], []
    for row in rows.gather_every(step).collect().iter_rows(named=True):
        whole = {**row, NUM_OBJECTS: len(row["scene_objects"])}
        asked.append(len(demonstration_of(row, gold_of(row))))
        full.append(len(demonstration_of(row, gold_of(whole))))
    mean = sum(full) / len(full)
    return Lengths(mean, max(full), mean / (sum(asked) / len(asked)))
