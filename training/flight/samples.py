"""What is wrong with the samples of a training, before any model is loaded.

Each check takes the rows of a dataset (training.dataset.READ) and raises a ValueError that names
the first sample at fault.
"""

from collections.abc import Mapping
from math import ceil
from typing import Any

from datasets import Dataset

from schemas.completion.parsing import GOLD_TAGS, read_scene, read_tags
from schemas.config.training import RewardConfig, TrainConfig
from training.dataset import text_of_row, without_images
from training.families.family import Family
from training.full_scene import gold_of
from training.reward_functions import SPARSE, scorer
from training.rewards import SPARSE_TAGS

MAX_TESTED = 2_000
"""Samples whose gold is scored: of more, every n-th. It bounds the time to seconds."""
LEAST_SHARE = {"published": 0.9}
"""Of the whole reward that a gold must earn, by the kind of reward: the published code takes an
epsilon from identical boxes, and refuses some labels."""
ROUNDING = 1e-9


def check_gold(rows: Dataset, config: TrainConfig) -> str:
    """A demonstration earns its whole reward, in the family's frame and by the run's own reward."""
    scored, most = scorer(config.reward), most_of(config.reward)
    least = LEAST_SHARE.get(config.reward.kind, 1.0) * most - ROUNDING
    texts = _texts(rows, config)
    for name, known in texts:
        frame = known["width"], known["height"]
        completion = perfect_completion(known["demonstration"], config.reward)
        earned = scored(completion, known["gold"], *frame).total
        if earned < least:
            raise ValueError(
                f"gold: a completion with the gold of sample {name} earns {earned:.3f} of "
                f"{most:.3f}, in the frame {frame[0]} x {frame[1]}: build the dataset again, or "
                "choose another reward"
            )
    return f"{len(texts)} samples earn their whole reward"


def perfect_completion(demonstration: str, reward: RewardConfig) -> str:
    """The part of a demonstration that the reward wants: one kind wants nothing but thought and
    answer."""
    if reward.kind != "published-sparse":
        return demonstration
    parts = read_tags(demonstration, SPARSE_TAGS) or ["", ""]
    return f"<think>{parts[0]}</think><answer>{parts[1]}</answer>"


def most_of(reward: RewardConfig) -> float:
    return 1.0 if reward.kind in SPARSE else sum(reward.weights.model_dump().values())


def check_boxes(rows: Dataset, config: TrainConfig) -> str:
    """Gold boxes lie in the frame."""
    texts = _texts(rows, config)
    for name, known in texts:
        width, height = known["width"], known["height"]
        scene = read_scene((read_tags(known["gold"], GOLD_TAGS) or [""])[0])
        for thing, box in zip(scene.ids, scene.boxes, strict=True):
            if box and (min(box) < 0 or box[2] > width or box[3] > height):
                raise ValueError(
                    f"boxes: {thing} of sample {name} is {[round(side) for side in box]}, outside "
                    f"the frame {width} x {height}: build the dataset again"
                )
    return f"those of {len(texts)} samples lie in the frame"


def check_texts(rows: Dataset, config: TrainConfig, family: Family) -> str:
    """No question or gold holds a special token of the family: the tokenizer would read a picture,
    or the end of a turn, where a text names it."""
    for row in without_images(rows):
        for part, text in (("question", row["question_with_options"]), ("gold", gold_of(row))):
            token = next((one for one in family.special.tokens if one in text), None)
            if token:
                raise ValueError(
                    f"texts: the {part} of sample {row['question_id']} holds {token}, a special "
                    f"token of {family.title}: leave the sample out"
                )
    return f"{rows.num_rows} samples hold no special token"


def longest_row(rows: Dataset, config: TrainConfig) -> int:
    """The place of the sample with about the most tokens: four characters count as one."""
    lengths = [
        (
            len(row["question_with_options"] + gold_of(row)) // 4
            + config.data.sight.num_tokens(config.data.seen_size((row["width"], row["height"]))),
            -place,
        )
        for place, row in enumerate(without_images(rows))
    ]
    return -max(lengths)[1]


def _texts(rows: Dataset, config: TrainConfig) -> list[tuple[str, Mapping[str, Any]]]:
    """Name and training row, without image, of at most MAX_TESTED samples."""
    step = ceil(rows.num_rows / MAX_TESTED)
    texts: list[tuple[str, Mapping[str, Any]]] = []
    for row in without_images(rows).select(range(0, rows.num_rows, step)):
        try:
            texts.append((row["question_id"], text_of_row(row, config.data)))
        except ValueError as error:
            raise ValueError(f"gold: sample {row['question_id']}: {error}") from None
    return texts
