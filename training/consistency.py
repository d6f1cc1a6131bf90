"""Consistency: whether a completion's own scene supports its answer (schemas.proof.own_scene).

As a reward it is gated by a right answer: a wrong one that follows from a wrong scene is no aim.
Where even the gold scene leaves the answer open, a scene that does not contradict it is enough, so
that the gold completion always earns 1.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from schemas.completion.parsing import GOLD_TAGS, POLICY_TAGS, read_scene, read_tags
from schemas.proof.own_scene import (
    COLUMNS,
    Faithfulness,
    Program,
    decode_program,
    encode_program,
    faithfulness,
    given_place,
    own_scene,
    program_of,
)
from training.rewards import CACHED, read_gold


def program_text(row: Mapping[str, Any]) -> str:
    """The program of a sample, as a column; empty where the dataset does not state its claims."""
    return encode_program(program_of(row)) if set(COLUMNS) <= row.keys() else ""


def check_programs(columns: list[str], wanted_by: str) -> None:
    """ValueError where a dataset with these columns states no claims."""
    missing = sorted(set(COLUMNS) - set(columns))
    if missing:
        raise ValueError(
            f"{wanted_by} needs what options stand for, and the dataset lacks "
            f"{', '.join(missing)}: build it again, or leave {wanted_by} out"
        )


def consistency_reward(
    completion: str, gold: str, width: float, height: float, program: str
) -> float:
    """1 or 0, for a completion whose answer is right; boxes are in the frame of the gold."""
    parts = read_tags(completion, POLICY_TAGS)
    if parts is None:
        return 0.0
    found = own_faithfulness(parts[1], parts[3], gold, (width, height), _decoded(program))
    if found is Faithfulness.OPEN:
        return float(gold_faithfulness(gold, width, height, program) is Faithfulness.OPEN)
    return float(found is Faithfulness.ENTAILS)


def is_entailed(row: Mapping[str, Any], gold: str) -> bool:
    """Whether the gold scene that is taught for a sample with COLUMNS, in pixels of its photograph,
    supports its answer: what a demonstration thinks then follows from what it shows."""
    found = gold_faithfulness(gold, row["width"], row["height"], program_text(row))
    return found is Faithfulness.ENTAILS


@lru_cache(maxsize=CACHED)
def gold_faithfulness(gold: str, width: float, height: float, program: str) -> Faithfulness | None:
    """Of the gold scene and the right answer."""
    scene, answer = read_tags(gold, GOLD_TAGS) or ("", "")
    return own_faithfulness(scene, answer, gold, (width, height), _decoded(program))


def own_faithfulness(
    scene: str, answer: str, gold: str, frame: tuple[float, float], program: Program
) -> Faithfulness | None:
    """Of a scene and an answer as they are written; None where the scene cannot be read or the
    answer is none of the options."""
    place = given_place(answer, program.options)
    try:
        predicted = read_scene(scene)
    except ValueError:
        return None
    if place is None:
        return None
    made = own_scene(predicted, read_gold(gold, *frame).target, program)
    return faithfulness(program, place, made)


_decoded = lru_cache(CACHED)(decode_program)
