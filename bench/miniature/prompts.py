"""Prompts of GRPO in the miniature: scenes with their pictures, in batches of one rollout each."""

from collections.abc import Iterator

import numpy as np

from bench.miniature.scenes import Floats, Look, Scenes, draw, paint, stream

PROMPTS = 32
"""Of a rollout."""
AT_ONCE = 256
"""Scenes that are painted at once, which bounds the memory."""

Batch = tuple[Scenes, Floats]
"""PROMPTS scenes, and their pictures."""


def endless(look: Look, seed: int) -> Iterator[Batch]:
    """New scenes, without end."""
    random = np.random.default_rng([seed, 2])
    for scenes in stream(random, PROMPTS):
        yield scenes, paint(random, scenes, look)


def repeated(look: Look, seed: int, number: int, largest: int) -> Iterator[Batch]:
    """The same `number` samples, each with one picture, again and again, in another order each
    time. They are the first of `largest`: smaller sets of a seed are parts of larger ones."""
    scenes = draw(np.random.default_rng([seed, 3]), largest).take(slice(number))
    noise = np.random.default_rng([seed, 4])
    parts = (scenes.take(slice(start, start + AT_ONCE)) for start in range(0, number, AT_ONCE))
    pictures = np.concatenate([paint(noise, part, look) for part in parts])
    random = np.random.default_rng([seed, 5])
    order = random.permutation(number)
    while True:
        while len(order) < PROMPTS:
            order = np.concatenate([order, random.permutation(number)])
        rows, order = order[:PROMPTS], order[PROMPTS:]
        yield scenes.take(rows), pictures[rows]
