"""Readiness: whether a model can be rewarded on these samples, checked before training.

Scores completions built from each sample's gold with training.rewards: the gold itself, junk that
may earn more than it should, and damaged texts that must not raise. Also scales the gold's boxes to
the size in which Qwen2.5-VL sees the image. Of more than `MAX_TESTED` samples, every n-th by
question_id is tested.
"""

import json
from collections.abc import Callable, Iterator
from math import ceil
from random import Random
from statistics import fmean
from typing import Any, NamedTuple

import polars as pl

from schemas.box import iou
from schemas.columns import columns
from schemas.completion.frames import rescale_box, smart_resize
from schemas.completion.matching import Target
from schemas.completion.parsing import GOLD_TAGS, POLICY_TAGS, read_tags
from training.rewards import PAPER, STRICT, Gold, Options, Rewards, read_gold, score_completion

MAX_TESTED = 10_000  # samples: bounds the time
NUM_FUZZED = 3  # damaged texts of each sample
MIN_IOU = 0.5  # of a resized box with its original; below it, the reward is for another place
WRONG = "none of these"
"""An answer that is no option's text."""
READ = ("question_id", "answer_option_text", "width", "height")
"""Columns of the checks view that are looked at."""
FINDINGS = columns(gold_unpaid=pl.String, rewards_raise=pl.String, boxes_astray=pl.String)
"""Null where nothing is wrong or the sample was not tested."""
DAMAGE = (
    *(f"<{mark}{name}>" for name in POLICY_TAGS for mark in ("", "/")),
    *("NaN", "1e999", "-1e308", "9" * 400, "true", "null", '"7"', "[" * 5_000, "{", "]", '"', "\\"),
    *("\r\n", "\x00", "\ud800", ""),
)
"""Texts with which completions are damaged: tags, values that JSON parsers treat differently, deep
nesting, and characters that files cannot hold."""

Score = Callable[..., Rewards]


class Readiness(NamedTuple):
    """`findings` has one row per sample, in order; `totals` are for the report."""

    findings: pl.DataFrame
    totals: dict[str, Any]


def step_of(num_samples: int) -> int:
    """Every so many samples, by question_id, one is tested."""
    return max(1, ceil(num_samples / MAX_TESTED))


def check_rewards(
    tested: pl.DataFrame, num_samples: int, score: Score = score_completion
) -> Readiness:
    """The readiness of samples, of which those that `step_of` tells are `tested`: rows of the
    checks view with the columns READ."""
    found = [_test(*row, score=score) for row in tested.select(READ).iter_rows()]
    findings = pl.DataFrame(
        [tuple(map(_written, t.findings)) for t in found], FINDINGS, orient="row"
    )
    places = pl.DataFrame({"row": range(0, num_samples, step_of(num_samples))}, {"row": pl.UInt32})
    every_row = pl.DataFrame({"row": range(num_samples)}, {"row": pl.UInt32})
    findings = every_row.join(
        places.hstack(findings), on="row", how="left", maintain_order="left"
    ).drop("row")
    return Readiness(findings, _totals(num_samples, found))


def _written(text: str | None) -> str | None:
    """`text` with unpaired surrogates as escapes, because files cannot hold them."""
    return text and text.encode("utf-8", "backslashreplace").decode()


class Tested(NamedTuple):
    """One sample: `earned` has, by the name of each kind of junk, the paper's reward and the strict
    one; it is empty without a readable gold."""

    findings: tuple[str | None, str | None, str | None]
    gold: float
    earned: dict[str, tuple[float, float]]
    least_iou: float
    is_empty: bool


def _test(
    question_id: str | None, text: str, width: int | None, height: int | None, *, score: Score
) -> Tested:
    frame = (width or 0, height or 0)
    try:
        gold = read_gold(text, *frame)
    except ValueError as error:
        return Tested((str(error), None, None), 0.0, {}, 1.0, False)

    def earned(completion: str, options: Options = PAPER) -> Rewards:
        return score(completion, text, *frame, options=options)

    scene, answer = read_tags(text, GOLD_TAGS) or ("", "")
    perfect = completion_of(scene, answer)
    paid = earned(perfect)
    unpaid = None if paid.total == 1 else f"the gold completion earns {paid}"
    junk = {
        name: (earned(completion).total, earned(completion, STRICT).total)
        for name, completion in junk_completions(scene, answer, gold, frame)
    }
    astray, least_iou = _frame_findings(gold.target, frame)
    raised = _raised(perfect, Random(question_id or ""), earned)
    is_empty = not gold.target.scene.ids
    return Tested((unpaid, raised, astray), paid.total, junk, least_iou, is_empty)


def completion_of(scene: str, answer: str) -> str:
    """A well-formed completion."""
    return (
        f"<observe>The picture.</observe>\n<scene>{scene}</scene>\n"
        f"<think>So it is.</think>\n<answer>{answer}</answer>"
    )


def junk_completions(
    scene: str, answer: str, gold: Gold, frame: tuple[int, int]
) -> Iterator[tuple[str, str]]:
    """Name and text of completions that a policy may write without looking. The junk scene has as
    many objects and relationships as the gold one, all objects in the upper left corner."""
    target = gold.target.scene
    corner = [0, 0, frame[0] / 10, frame[1] / 10]
    link = {"subject": "thing.1", "predicate": "on", "object": "thing.1"}
    junk = {
        "objects": [{"id": f"thing.{i}", "bbox": corner} for i in range(1, len(target.ids) + 1)],
        "relationships": [link] * len(target.relationships),
    }
    yield "right answer, junk scene", completion_of(json.dumps(junk), answer)
    yield "right answer, empty scene", completion_of('{"objects":[],"relationships":[]}', answer)
    yield "wrong answer, perfect scene", completion_of(scene, WRONG)


def fuzzed(completion: str, random: Random) -> str:
    """`completion` with one damage: cut off, a part lost or doubled, or a text inserted where JSON
    has a value, or anywhere."""
    start, end = sorted(random.randrange(len(completion) + 1) for _ in range(2))
    kind = random.randrange(5)
    if kind == 0:
        return completion[:start]
    if kind == 1:
        return completion[:start] + completion[end:]
    if kind == 2:
        return completion[:end] + completion[start:]
    damage = random.choice(DAMAGE)
    if kind == 3:
        values = completion.split(",")
        values[random.randrange(len(values))] = damage
        return ",".join(values)
    return completion[:start] + damage + completion[start:]


def _raised(perfect: str, random: Random, earned: Callable[[str], Rewards]) -> str | None:
    """The error that scoring damaged texts raised, or a reward outside [0, 1]; else None."""
    for _ in range(NUM_FUZZED):
        text = fuzzed(perfect, random)
        try:
            rewards = earned(text)
        except Exception as error:
            return f"{type(error).__name__}: {error} at {text[:200]!r}"
        if not 0 <= rewards.total <= 1:
            return f"{rewards} for {text[:200]!r}"
    return None


def _frame_findings(target: Target, frame: tuple[int, int]) -> tuple[str | None, float]:
    """The boxes that leave the image or their thing when the model resizes the image, and the
    lowest IoU of a resized box with its original."""
    try:
        new = smart_resize(*frame)
    except ValueError as error:
        return str(error), 1.0
    astray, least = [], 1.0
    for name, box in zip(target.scene.ids, target.scene.boxes, strict=True):
        if box:
            moved = rescale_box(box, frame, new)
            x1, y1, x2, y2 = moved
            back = (*_scaled(x1, y1, new, frame), *_scaled(x2, y2, new, frame))
            kept = iou(box, back)
            least = min(least, kept)
            if kept < MIN_IOU or min(x1, y1) < 0 or x2 > new[0] or y2 > new[1]:
                astray.append(f"{name} is {list(moved)} in {new[0]} x {new[1]}, IoU {kept:.2f}")
    return "; ".join(astray) or None, least


def _scaled(x: float, y: float, old: tuple[int, int], new: tuple[int, int]) -> tuple[float, float]:
    return x * new[0] / old[0], y * new[1] / old[1]


def _totals(num_samples: int, tested: list[Tested]) -> dict[str, Any]:
    junk = [
        {
            "name": name,
            "mean": fmean(entry.earned[name][0] for entry in paid),
            "highest": max(entry.earned[name][0] for entry in paid),
            "strict_mean": fmean(entry.earned[name][1] for entry in paid),
        }
        for paid in [[entry for entry in tested if entry.earned]]
        for name in (paid[0].earned if paid else ())
    ]
    return {
        "num_samples": num_samples,
        "num_tested": len(tested),
        "num_paid": sum(entry.gold == 1 for entry in tested),
        "num_without_objects": sum(entry.is_empty for entry in tested),
        "num_fuzzed": NUM_FUZZED * sum(bool(entry.earned) for entry in tested),
        "least_iou": min((entry.least_iou for entry in tested), default=1.0),
        "junk": junk,
    }
