"""What is wrong with rollouts: a first one of a few prompts, drawn and thrown away.

Each check raises a ValueError that says what is wrong. Every process calls each check alike.
"""

from typing import Any

import torch

from training.families.family import Family
from training.flight.tokens import Sample, prompt_of
from training.processor import placeholder_ids

PER_TOKEN = ("token_type_ids", "mm_token_type_ids")
"""Of a rollout: one number for each token of prompt and completion."""

Rollout = dict[str, Any]


def draw(trainer: Any, rows: list[dict[str, Any]]) -> Rollout:
    """The rollout of these training rows, each completed as often as in training."""
    copies = trainer.args.num_generations
    drawn: Rollout = trainer._generate_and_score_completions(
        [dict(row) for row in rows for _ in range(copies)]
    )
    return drawn


def check_rollout(trainer: Any, samples: list[Sample], drawn: Rollout, family: Family) -> str:
    """The prompt of a rollout has the tokens that the processor makes of it, no completion has a
    token that stands for a picture, and every token has its kind."""
    processor, copies = trainer.processing_class, trainer.args.num_generations
    width = drawn["prompt_ids"].shape[1] + drawn["completion_ids"].shape[1]
    for name in PER_TOKEN:
        if name in drawn and drawn[name].shape[1] != width:
            raise ValueError(
                f"rollout: {name} has {drawn[name].shape[1]} places for {width} tokens: the model "
                "would see the picture in other places than it was shown (a token is added to the "
                "prompt after it was sampled from)"
            )
    for number, sample in enumerate(samples):
        row = number * copies
        sampled = drawn["prompt_ids"][row][drawn["prompt_mask"][row].bool()].tolist()
        (made,) = processor(text=[prompt_of(processor, sample)], images=[[sample.image]])[
            "input_ids"
        ]
        if sampled != list(made):
            raise ValueError(
                f"rollout: the prompt of sample {sample.name} has {len(sampled)} tokens when it is "
                f"sampled from and {len(made)} when it is learnt from, or others: compare the "
                "processors of both (trl issues 6294 and 6401)"
            )
    banned = torch.tensor(placeholder_ids(processor, family), device=drawn["completion_ids"].device)
    written = drawn["completion_ids"][drawn["completion_mask"].bool()]
    if torch.isin(written, banned).any():
        raise ValueError("rollout: a completion holds a token that stands for a picture")
    return f"{len(drawn['completion_ids'])} completions, from the tokens that are learnt from"


def check_spread(drawn: Rollout, num_prompts: int) -> str:
    advantages = drawn["advantages"]
    if not advantages.abs().max():
        raise ValueError(
            f"spread: completions of each of the first {num_prompts} prompts earn the same, so "
            "that there is nothing to learn: begin with a model that knows the format (SFT), raise "
            'grpo.temperature, or leave this check out with check.skip = ["spread"]'
        )
    return "completions of a prompt earn different rewards"
