"""Reward functions in TRL's form: lists in, one float per completion out, each part on its own.

TRL weighs and adds them up, logs each by its name, and normalises the sum within a group: the same
numbers as one gated total. Gold and frame come as the columns `gold`, `width` and `height`.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from statistics import fmean
from typing import Any, NamedTuple

import msgspec

from schemas.completion.similarity import load_similarity
from schemas.config.training import OPTIONS, RewardConfig
from training.consistency import consistency_reward
from training.published_rewards import published_dense, published_sparse
from training.rewards import CACHED, Options, Rewards, Weights, score_completion, sparse_reward

RewardFunction = Callable[..., list[float]]
Scored = Callable[[str, str, float, float], Rewards]
SPARSE: Mapping[str, Callable[[str, str], Rewards]] = {
    "sparse": sparse_reward,
    "published-sparse": published_sparse,
}
SPARSE_WEIGHTS = {"format": 0.5, "accuracy": 0.5}  # those of rewards.sparse_reward
UNGATED = "ungated_spatial"  # the metric's name in the log


class Weighed(NamedTuple):
    function: RewardFunction
    weight: float


def reward_functions(config: RewardConfig) -> list[Weighed]:
    """One function for format and for each part that has a weight; a completion is scored once."""
    scored, logged = scorer(config), None
    weights = config.weights.model_dump()
    if config.kind in SPARSE:
        weights = SPARSE_WEIGHTS
    elif config.kind == "dense":
        logged = scorer(config, ungated=True)
    functions = [
        Weighed(_part(name, scored, logged if name == "format" else None), weight)
        for name, weight in weights.items()
        if weight or name == "format"
    ]
    if config.consistency:
        functions.append(Weighed(_consistency(scored), config.consistency))
    return functions


def options_of(config: RewardConfig) -> Options:
    return Options(**config.model_dump(include=set(OPTIONS)))


def scorer(config: RewardConfig, *, ungated: bool = False) -> Scored:
    """What a completion earns; the last ones are remembered. With `ungated`, boxes of wrong answers
    earn, too, which only DENSE knows. ValueError where the similarity cannot be loaded."""
    if config.kind in SPARSE:
        sparse = SPARSE[config.kind]
        return lru_cache(CACHED)(lambda text, gold, *_: sparse(text, gold))
    known: dict[str, Any] = {
        "weights": Weights(**config.weights.model_dump()),
        "similarity": load_similarity(config.similarity),
    }
    if config.kind == "published":
        return lru_cache(CACHED)(partial(published_dense, **known))
    options = msgspec.structs.replace(options_of(config), ungated=ungated or config.ungated)
    return lru_cache(CACHED)(partial(score_completion, options=options, **known))


def _part(name: str, scored: Scored, logged: Scored | None = None) -> RewardFunction:
    """The function of one part; with `logged` it also logs how close boxes are on all completions,
    right or wrong."""

    def reward(
        completions: Sequence[Any],
        gold: Sequence[str],
        width: Sequence[float],
        height: Sequence[float],
        log_metric: Callable[[str, float], None] | None = None,
        **_: object,
    ) -> list[float]:
        rows = list(zip(map(text_of, completions), gold, width, height, strict=True))
        if logged and log_metric:
            log_metric(UNGATED, fmean(logged(*row).spatial for row in rows))
        return [getattr(scored(*row), name) for row in rows]

    reward.__name__ = name
    return reward


def _consistency(scored: Scored) -> RewardFunction:
    """1 where a completion's answer is right and its own scene supports it."""

    def consistency(
        completions: Sequence[Any],
        gold: Sequence[str],
        width: Sequence[float],
        height: Sequence[float],
        program: Sequence[str],
        **_: object,
    ) -> list[float]:
        rows = zip(map(text_of, completions), gold, width, height, program, strict=True)
        return [consistency_reward(*row) if scored(*row[:4]).accuracy == 1 else 0.0 for row in rows]

    return consistency


def text_of(completion: Any) -> str:
    """What the policy wrote: TRL passes text, or a conversation that ends with it."""
    return completion if isinstance(completion, str) else str(completion[-1]["content"])
