"""Training data: a dataset folder as the rows that TRL trains on, photographs decoded when needed.

Prompt, gold and demonstration are moved into the frame of the model's family here, and nowhere else
(schemas.config.frame). MODEL: photographs are resized here, too, so that the processor's own
resizing changes nothing. PAPER_COMPATIBLE: the image has the photograph's own pixels, as in the
published code, and the processor resizes it.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import datasets
from datasets import Dataset
from PIL import Image

from schemas.completion.frames import Size, moved_gold
from schemas.completion.publish import render_prompt
from schemas.config.training import DataConfig
from schemas.dataset_folder import split_files
from schemas.difficulty import read_difficulty
from schemas.photographs import opened
from schemas.proof.own_scene import COLUMNS
from training.consistency import is_entailed, program_text
from training.difficulty import chosen_places
from training.full_scene import (
    NUM_OBJECTS,
    SCENE_COLUMNS,
    Fits,
    count_objects,
    demonstration_of,
    gold_of,
)

READ = (
    "question_id",
    "images",
    "question_with_options",
    "answer_option_text",
    "width",
    "height",
)
"""Columns of the dataset that training reads."""

logger = logging.getLogger(__name__)


def num_image_tokens(size: Size, config: DataConfig) -> int:
    """Tokens that the model reads for a photograph of that size."""
    return config.sight.num_tokens(config.seen_size(size))


def prompt_of(question: str, frame: Size) -> str:
    return render_prompt(question, *frame)


def text_of_row(row: Mapping[str, Any], config: DataConfig) -> dict[str, Any]:
    """All of a training row but its image: the prompt's text, and the gold in the frame."""
    size = row["width"], row["height"]
    frame = config.frame_of(size)
    gold = moved_gold(gold_of(row), size, frame)
    return {
        "question_id": row["question_id"],
        "text": prompt_of(row["question_with_options"], frame),
        "gold": gold,
        "demonstration": demonstration_of(row, gold),
        "width": frame[0],
        "height": frame[1],
    }


def image_of(row: Mapping[str, Any], config: DataConfig) -> Image.Image:
    """The photograph of a row in the size in which the processor gets it."""
    with opened(row["images"][0]["bytes"]) as image:
        picture = image.convert("RGB")
    size = config.shown_size((row["width"], row["height"]))
    return picture if picture.size == size else picture.resize(size, Image.Resampling.BICUBIC)


def grpo_row(row: Mapping[str, Any], config: DataConfig) -> dict[str, Any]:
    """What GRPOTrainer takes: its reward functions get every further column."""
    known = text_of_row(row, config)
    text = known.pop("text")
    del known["demonstration"]
    return {
        "prompt": [{"role": "user", "content": text}],
        "image": image_of(row, config),
        "program": program_text(row),
        **known,
    }


def sft_row(row: Mapping[str, Any], config: DataConfig) -> dict[str, Any]:
    """What SFTTrainer takes: it learns the completion only."""
    known = text_of_row(row, config)
    return {
        "prompt": [{"role": "user", "content": known["text"]}],
        "completion": [{"role": "assistant", "content": known["demonstration"]}],
        "image": image_of(row, config),
    }


def load_rows(
    folder: Path,
    split: str,
    config: DataConfig,
    seed: int,
    cache: Path,
    fits: Fits | None = None,
    difficulty: Path | None = None,
) -> Dataset:
    """The rows of a split in a seeded order, as they are in the files; kept as Arrow in `cache`.
    Where full scenes are trained on, rows say how much of theirs fits. `difficulty` is the file of
    the pass rates by which they are chosen."""
    files = split_files(folder, split)
    if not files:
        raise ValueError(
            f"{folder} has no {split} split: build it with select.val_share between 0 and 1"
        )
    datasets.disable_progress_bars()
    rows = Dataset.from_parquet([str(path) for path in files], split=split, cache_dir=str(cache))
    read = [*READ, *(SCENE_COLUMNS if config.scene == "full" else ())]
    missing = set(read) - set(rows.column_names)
    if missing:
        hint = ' with images = "embed"' if "images" in missing else ""
        hint += ", or leave data.scene out" if missing & set(SCENE_COLUMNS) else ""
        raise ValueError(
            f"{folder} lacks {', '.join(sorted(missing))}: build the dataset again{hint}"
        )
    images = datasets.List(datasets.Image(decode=False))
    known = [*read, *(name for name in COLUMNS if name in rows.column_names and name not in read)]
    rows = rows.select_columns(known).cast_column("images", images)
    if config.scene == "full":
        # Before the order is drawn: a new column of rows in another order copies photographs.
        numbers = count_objects(without_images(rows), fits)
        rows = rows.add_column(NUM_OBJECTS, numbers)
    rows = rows.shuffle(seed=seed)
    if difficulty:
        rates = read_difficulty(difficulty)
        rows = rows.select(chosen_places(rows["question_id"][:], rates, config, seed))
    return rows.select(range(min(rows.num_rows, config.max_samples or rows.num_rows)))


Measure = Callable[[str], int]
MakeRow = Callable[[Mapping[str, Any], DataConfig], dict[str, Any]]


def without_images(rows: Dataset) -> Dataset:
    """The same rows, quick to read."""
    return rows.select_columns([name for name in rows.column_names if name != "images"])


def length_of(
    row: Mapping[str, Any], config: DataConfig, num_tokens: Measure, *, whole: bool
) -> int:
    """Tokens of a row's prompt, image included, with `whole` those of its demonstration, too."""
    known = text_of_row(row, config)
    text = known["text"] + (known["demonstration"] if whole else "")
    return num_tokens(text) + num_image_tokens((row["width"], row["height"]), config)


def keep_short(
    rows: Dataset, config: DataConfig, limit: int, num_tokens: Measure, *, whole: bool
) -> Dataset:
    """Rows whose prompt, or with `whole` prompt and demonstration, has at most `limit` tokens,
    image included; `num_tokens` counts those of a text. ValueError where none is left."""
    kept, longest = [], 0
    for number, row in enumerate(without_images(rows)):
        length = length_of(row, config, num_tokens, whole=whole)
        longest = max(longest, length)
        if length <= limit:
            kept.append(number)
    if not kept:
        raise ValueError(
            f"every sample is longer than {limit} tokens (the longest has {longest}): raise the "
            "limit, or lower data.max_pixels"
        )
    if len(kept) < rows.num_rows:
        logger.warning(
            "%d of %d samples have more than %d tokens and are left out",
            rows.num_rows - len(kept),
            rows.num_rows,
            limit,
        )
    return rows.select(kept)


def entailed(rows: Dataset) -> Dataset:
    """Samples whose gold scene supports their answer. ValueError where there is none."""
    texts = enumerate(without_images(rows))
    kept = [place for place, row in texts if is_entailed(row, gold_of(row))]
    if not kept:
        raise ValueError(
            "the gold scene of no sample supports its answer: leave sft.only_entailed out"
        )
    if len(kept) < rows.num_rows:
        logger.info(
            "%d of %d samples have a scene that leaves the answer open, and are left out",
            rows.num_rows - len(kept),
            rows.num_rows,
        )
    return rows.select(kept)


def with_rows(rows: Dataset, config: DataConfig, make: MakeRow) -> Dataset:
    """The rows as `make` makes them, whenever they are read."""
    return rows.with_transform(partial(_transformed, config=config, make=make))


def _transformed(
    batch: Mapping[str, Sequence[Any]], config: DataConfig, make: MakeRow
) -> dict[str, list[Any]]:
    rows = [dict(zip(batch, values, strict=True)) for values in zip(*batch.values(), strict=True)]
    made = [make(row, config) for row in rows]
    return {name: [row[name] for row in made] for name in made[0]}
