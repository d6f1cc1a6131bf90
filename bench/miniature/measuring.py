"""What a policy of the miniature can do, on scenes that no training showed."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor

from bench.miniature.scenes import SIDE, USUAL, Look, Scenes, Sizes, draw, paint
from bench.miniature.tokens import Written, follows, gold_of, questions, read, text_of
from schemas.box import Corners, iou
from training.rewards import Options, score_completion


class Writes(Protocol):
    """A policy: `bench.miniature.policy` says what it is given and returns."""

    def write(
        self, pictures: Tensor, questions: Tensor, *, is_greedy: bool = False
    ) -> tuple[Tensor, Tensor]: ...


class HeldOut(NamedTuple):
    """Scenes that are tested on: how many, of which sizes, whether their classes were never asked
    about together, and whether completions are drawn instead of the likeliest."""

    number: int
    sizes: Sizes = USUAL
    unseen: bool = False
    is_drawn: bool = False


HELD_OUT: Mapping[str, HeldOut] = {
    "as trained": HeldOut(768),
    "as trained, temperature 1": HeldOut(768, is_drawn=True),
    "pairs of classes never asked": HeldOut(512, unseen=True),
    "6 or 7 things": HeldOut(512, Sizes(things=(6, 7))),
    "larger, 7 or 8 bins": HeldOut(256, Sizes(things=(3, 3), bins=(7, 8))),
    "smaller, 2 bins": HeldOut(256, Sizes(bins=(2, 2))),
}
FIRST_SEED = 50_001
"""Of held-out scenes, one for each set; no other seed begins with it."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Shares and means over one held-out set. `closeness` is the ungated spatial reward, `iou` that
    of the things asked about, 0 where one has no box; `contradiction` is how often the answer is
    not the one that follows from the written boxes, `own` how often that one is right, both where
    one follows; `things` counts the things written."""

    accuracy: float
    format: float
    closeness: float
    iou: float
    contradiction: float
    own: float
    things: float


def measure(
    policy: Writes, look: Look, share: float = 1.0, *, is_last: bool = False
) -> dict[str, dict[str, float]]:
    """By held-out set; `share` of the scenes of each. `is_last`: the last box of a class counts."""
    return {
        name: asdict(_measured(policy, look, FIRST_SEED + place, held_out, share, is_last))
        for place, (name, held_out) in enumerate(HELD_OUT.items())
    }


def _measured(
    policy: Writes, look: Look, seed: int, held_out: HeldOut, share: float, is_last: bool
) -> Measured:
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    number = max(8, round(share * held_out.number))
    scenes = draw(random, number, held_out.sizes, unseen=held_out.unseen)
    pictures = torch.from_numpy(paint(random, scenes, look))
    tokens, _ = policy.write(
        pictures, torch.from_numpy(questions(scenes)), is_greedy=not held_out.is_drawn
    )
    said = tokens.tolist()
    written = read(said, scenes, is_last=is_last)
    found, is_given = follows(written, scenes)
    ungated = Options(ungated=True)
    scores = [
        score_completion(text_of(one), gold, SIDE, SIDE, options=ungated).spatial
        for one, gold in zip(said, gold_of(scenes), strict=True)
    ]
    return Measured(
        float((written.answers == scenes.answers).mean()),
        float(written.is_formed.mean()),
        fmean(scores),
        float(_overlaps(written, scenes).mean()),
        float((found != written.answers)[is_given].mean()) if is_given.any() else 0.0,
        float((found == scenes.answers)[is_given].mean()) if is_given.any() else 0.0,
        float(written.things.mean()),
    )


def _overlaps(written: Written, scenes: Scenes) -> np.ndarray:
    """Of each scene the mean IoU of what is asked about."""
    found = np.zeros(len(scenes))
    for row, (boxes, has_box) in enumerate(zip(written.boxes, written.has_box, strict=True)):
        places = np.flatnonzero(scenes.asked[row] >= 0)
        gold = scenes.asked_boxes()[row]
        found[row] = sum(
            iou(_corners(boxes[place]), _corners(gold[place]))
            for place in places
            if has_box[place] and (boxes[place, :2] < boxes[place, 2:]).all()
        ) / len(places)
    return found


def _corners(box: np.ndarray) -> Corners:
    x1, y1, x2, y2 = map(float, box)
    return x1, y1, x2, y2
