"""Learning in the miniature: a warm-up by traces, then GRPO.

The warm-up teaches to see (a picture, its boxes) and to read (boxes, the answer that follows), not
to answer from the picture. GRPO and tests then show pictures that the warm-up never saw.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor
from torch.nn import Module

from bench.miniature.policy import Policy
from bench.miniature.prompts import PROMPTS, Batch
from bench.miniature.scenes import (
    CLEAR,
    SIDE,
    Floats,
    Ints,
    Scenes,
    answers_of,
    paint,
    stream,
)
from bench.miniature.tokens import (
    ANS,
    PAD,
    completions,
    gold_of,
    questions,
    read,
    text_of,
    things_of,
)

STEPS, SEEING, BATCH = 1500, 200, 128
"""Steps of the warm-up, those at its start in which mostly seeing is taught, and rows of a step."""
READERS_AT_FIRST, READERS = 1 / 4, 3 / 4
"""Shares of rows that teach to read, before and after SEEING steps."""
WARM_RATE, RISING = 2e-3, 50
"""Highest learning rate of the warm-up, and steps until it is reached; a cosine follows."""
JITTER = 1.5
"""Bins: the standard deviation by which edges of jittered boxes are moved."""
ROLLOUTS, DRAWS = 120, 8
"""Rollouts, and completions of each of their PROMPTS: 30,720 completions."""
UPDATES = 2
"""Of each rollout."""
RATE, CLIP_LOW, CLIP_HIGH, EVEN = 2e-4, 0.2, 0.3, 1e-4
"""Learning rate of GRPO, the best of four for sparse rewards in the design that this follows; how
far a token's probability may move; what is added to a group's standard deviation."""

Reward = Callable[[str, str, float, float], float]


class Start(StrEnum):
    """What the warm-up teaches an answer to rest on, and which box of a class counts."""

    READS = "reads"
    """The written boxes, of a class the first."""
    LOOKS = "looks"
    """The picture: the boxes before the answer are another scene's."""
    READS_LAST = "reads-last"
    """As READS, and from there on: with things that are not asked about and several boxes of a
    class, the last of which counts."""


def warm_up(
    body: Callable[[int], Any],
    start: Start,
    seed: int,
    room: int,
    report: Callable[[int, float], None],
    share: float = 1.0,
    begun: Mapping[str, Tensor] | None = None,
) -> Module:
    """A policy of this kind, from random weights, or from those of one that sees and reads already;
    `report` gets the step and its loss; `share` of the steps are taken."""
    num_steps = max(2, round(share * STEPS))
    num_seeing = 0 if begun else round(share * SEEING)
    torch.manual_seed(seed)
    random = np.random.default_rng([seed, 1])
    policy = body(room)
    if begun:
        policy.go_on_from(begun)
    optimizer = torch.optim.AdamW(policy.parameters(), lr=WARM_RATE, weight_decay=0.01)
    rates = torch.optim.lr_scheduler.LambdaLR(optimizer, partial(_rate, num_steps=num_steps))
    for step, scenes in zip(range(num_steps), stream(random, BATCH), strict=False):
        num_readers = int(BATCH * (READERS_AT_FIRST if step < num_seeing else READERS))
        pictures, found, counts = _lesson(random, start, scenes, num_readers, step < num_seeing)
        asked = torch.from_numpy(questions(scenes))
        logits = policy(torch.from_numpy(pictures), asked, torch.from_numpy(found))
        losses = torch.nn.functional.cross_entropy(
            logits.flatten(0, 1), torch.from_numpy(found).flatten(), reduction="none"
        )
        weights = torch.from_numpy(counts).flatten()
        loss = (losses * weights).sum() / weights.sum()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(policy.parameters(), 1.0)
        optimizer.step()
        rates.step()
        if (step + 1) % 100 == 0:
            report(step + 1, float(loss.detach()))
    return policy


def _rate(step: int, *, num_steps: int) -> float:
    rising = min((step + 1) / RISING, 1.0)
    return rising * (0.05 + 0.95 * (1 + math.cos(math.pi * min(step / num_steps, 1.0))) / 2)


def _lesson(
    random: Generator, start: Start, scenes: Scenes, num_readers: int, is_first: bool
) -> tuple[Floats, Ints, Floats]:
    """Pictures, completions, and which of their tokens count, for a batch whose first
    `num_readers` rows teach how an answer is found, the others to see."""
    names, gold = scenes.asked_classes(), scenes.asked_boxes()
    boxes, answers = gold.copy(), scenes.answers.copy()
    pictures = paint(random, scenes, CLEAR)
    some = slice(num_readers)
    if start is Start.LOOKS:
        boxes[some] = _random_boxes(random, (num_readers, 3))
    else:
        boxes[some] = _misread(random, gold[some])
        answers[some], _ = answers_of(scenes.kinds[some], boxes[some])
        pictures[some] = pictures[some][::-1] if is_first else 0
    things = things_of(names, boxes)
    if start is Start.READS_LAST:
        things = _crowded(random, scenes, names, boxes)
    found = completions(things, answers)
    is_end = np.cumsum(found == ANS, axis=1) > 0
    is_reader = (np.arange(len(scenes)) < num_readers)[:, None]
    counts = np.where(is_reader | (not is_first), is_end, ~is_end) | (~is_reader & ~is_end)
    return pictures, found, (counts & (found != PAD)).astype(np.float32)


def _misread(random: Generator, gold: Ints) -> Ints:
    """Boxes of shape (N, 3, 4): a third of the rows as they are, a third jittered, a third any."""
    moved = np.rint(gold + random.normal(0, JITTER, gold.shape)).astype(np.int64)
    low = np.clip(moved[..., :2], 0, SIDE - 1)
    jittered = np.concatenate([low, np.clip(moved[..., 2:], low + 1, SIDE)], axis=-1)
    which = random.integers(0, 3, (len(gold), 1, 1))
    return np.where(
        which == 0, gold, np.where(which == 1, jittered, _random_boxes(random, gold.shape[:2]))
    )


def _random_boxes(random: Generator, shape: tuple[int, ...]) -> Ints:
    low = random.integers(0, SIDE, (*shape, 2))
    sides = 1 + np.floor(random.random((*shape, 2)) * np.minimum(SIDE - low, SIDE // 2))
    return np.concatenate([low, low + sides.astype(np.int64)], axis=-1)


def _crowded(random: Generator, scenes: Scenes, names: Ints, boxes: Ints) -> Ints:
    """The asked things last, and before them, as often as not, boxes of the same classes that do
    not count, and other things of the scene."""
    extra = _random_boxes(random, names.shape)
    others = np.concatenate([names, scenes.classes], axis=1)
    is_left_out = random.random(others.shape) < 0.5
    before = np.where(is_left_out, -1, others)
    order = np.argsort(random.random(before.shape), axis=1)
    before = np.take_along_axis(before, order, axis=1)
    places = np.concatenate([extra, scenes.boxes], axis=1)
    places = np.take_along_axis(places, order[..., None], axis=1)
    return things_of(
        np.concatenate([before, names], axis=1), np.concatenate([places, boxes], axis=1)
    )


@dataclass(frozen=True, slots=True)
class Rollout:
    """Means over the completions of one rollout; `spread` is the share of prompts whose completions
    do not all earn the same, from which something is learned."""

    reward: float
    accuracy: float
    things: float
    spread: float


def grpo(
    policy: Policy, reward: Reward, batches: Iterator[Batch], seed: int, num_rollouts: int
) -> Iterator[Rollout]:
    """Goes on with the policy in place, by rollouts, each of a batch of prompts."""
    torch.manual_seed(seed)
    optimizer = torch.optim.AdamW(
        policy.parameters(), lr=RATE, betas=(0.9, 0.99), weight_decay=0.01
    )
    for scenes, painted in islice(batches, num_rollouts):
        pictures = torch.from_numpy(painted).repeat_interleave(DRAWS, 0)
        asked = torch.from_numpy(questions(scenes)).repeat_interleave(DRAWS, 0)
        tokens, chances = policy.write(pictures, asked)
        said = tokens.tolist()
        gold = [text for text in gold_of(scenes) for _ in range(DRAWS)]
        earned = [
            reward(text_of(one), two, SIDE, SIDE) for one, two in zip(said, gold, strict=True)
        ]
        rewards = torch.tensor(earned).view(PROMPTS, DRAWS)
        spread = rewards.std(1, keepdim=True)
        gains = ((rewards - rewards.mean(1, keepdim=True)) / (spread + EVEN)).flatten()
        size = PROMPTS * DRAWS // UPDATES
        for begin in range(0, PROMPTS * DRAWS, size):
            part = slice(begin, begin + size)
            loss = _loss(
                policy(pictures[part], asked[part], tokens[part]),
                tokens[part], chances[part], gains[part],
            )  # fmt: skip
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(policy.parameters(), 1.0)
            optimizer.step()
        yield seen(scenes, said, rewards)


def _loss(logits: Tensor, tokens: Tensor, chances: Tensor, gains: Tensor) -> Tensor:
    """The clipped loss of GRPO, a mean over tokens."""
    now = logits.log_softmax(-1).gather(2, tokens[..., None])[..., 0]
    ratio = (now - chances).exp()
    clipped = ratio.clamp(1 - CLIP_LOW, 1 + CLIP_HIGH)
    gain = torch.minimum(ratio * gains[:, None], clipped * gains[:, None])
    counts = (tokens != PAD).float()
    return -(gain * counts).sum() / counts.sum()


def seen(scenes: Scenes, said: Sequence[list[int]], rewards: Tensor) -> Rollout:
    """Of DRAWS completions of each scene, one scene after another; rewards of shape (N, DRAWS)."""
    every = np.repeat(np.arange(len(scenes)), DRAWS)
    written = read(list(said), scenes.take(every))
    return Rollout(
        float(rewards.mean()),
        float((written.answers == scenes.answers[every]).mean()),
        float(written.things.mean()),
        float((rewards.std(1) > 0).float().mean()),
    )
