"""The flight check: what makes the training of a vision-language model fail in silence, looked for
before its first update.

Samples are checked as they are loaded; the model and its rollouts when the trainer has prepared
them, in shards or not. Nothing that the check does is left behind: random numbers, metrics and
gradients are as before.
"""

import logging
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from functools import partial
from math import gcd
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from datasets import Dataset
from transformers import TrainerCallback

from schemas.config.training import Check, Method, TrainConfig
from training.dataset import image_of, text_of_row
from training.flight import memory, policy, rollout, samples, tokens
from training.flight.tokens import Sample

if TYPE_CHECKING:
    from training.launch import Run

MIN_PROMPTS = 4
"""Of the first rollout: some may be too easy or too hard for a spread."""
KEPT = ("_metrics", "_logs", "_pending_metrics", "_pending_extra_logs")
"""Attributes of a GRPOTrainer in which a rollout leaves its figures."""
Checks = dict[Check, Callable[[], str]]
logger = logging.getLogger(__name__)


class CheckedError(Exception):
    """Raised instead of the first update, where only the check was asked for."""


class FlightCheck(TrainerCallback):
    """Checks a trainer before the first update of a run. A ValueError, with the name of the check,
    ends the training."""

    def __init__(self, trainer: Any, run: "Run", rows: Dataset) -> None:
        self.trainer, self.run, self.rows = trainer, run, rows

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if state.global_step == 0:
            with undisturbed(self.trainer):
                checks = trainer_checks(self.trainer, self.run, self.rows)
                perform(checks, self.run.config, aloud=self.run.only_check)
        if self.run.only_check:
            raise CheckedError


def check_samples(rows: Dataset, run: "Run") -> None:
    """ValueError where the samples of a run must not be trained on."""
    config = run.config
    checks: Checks = {
        Check.GOLD: partial(samples.check_gold, rows, config),
        Check.BOXES: partial(samples.check_boxes, rows, config),
        Check.TEXTS: partial(samples.check_texts, rows, config, run.family),
    }
    if run.checkpoint is None:
        perform(checks, config, aloud=run.only_check)


def trainer_checks(trainer: Any, run: "Run", rows: Dataset) -> Checks:
    config, family = run.config, run.family
    places = places_of(rows, config)
    some = [sample_of(rows[place], config) for place in places]
    checks: Checks = {
        Check.PRECISION: partial(policy.check_precision, trainer, config),
        Check.TEMPLATE: partial(tokens.check_template, trainer, some),
        Check.TOKENS: partial(tokens.check_tokens, trainer, some),
        Check.LENGTH: partial(tokens.check_length, trainer, some),
        Check.SIGHT: partial(policy.check_sight, trainer, some[:2]),
    }
    if config.method is Method.SFT:
        size = trainer.args.per_device_train_batch_size
        longest = [dict(trainer.train_dataset[places[0]]) for _ in range(size)]
        batch = partial(_to_device, trainer, longest)
        checks[Check.MEMORY] = lambda: memory.check_memory(trainer, config, str(run.model), batch())
        return checks
    drawn: dict[str, Any] = {}

    def first_rollout() -> str:
        drawn.update(rollout.draw(trainer, [trainer.train_dataset[place] for place in places]))
        return rollout.check_rollout(trainer, some, drawn, family)

    return checks | {
        Check.REFERENCE: partial(policy.check_reference, trainer),
        Check.BAN: partial(policy.check_ban, trainer, family),
        Check.PADDING: partial(tokens.check_padding, trainer, some),
        Check.ROLLOUT: first_rollout,
        Check.SPREAD: lambda: rollout.check_spread(drawn, len(places)),
        Check.MEMORY: lambda: memory.check_memory(
            trainer, config, str(run.model), memory.first_pass(trainer, drawn)
        ),
    }


def places_of(rows: Dataset, config: TrainConfig) -> list[int]:
    """Places of the samples that are looked at: the longest, then the first ones; as many as fill
    the passes of a small rollout."""
    number = MIN_PROMPTS
    if config.grpo:
        copies, micro_batch = config.grpo.num_generations, config.hardware.micro_batch
        whole = micro_batch // gcd(copies, micro_batch)
        number = -(-MIN_PROMPTS // whole) * whole
    longest = samples.longest_row(rows, config)
    others = [place for place in range(rows.num_rows) if place != longest]
    return [longest, *others][:number]


def sample_of(row: dict[str, Any], config: TrainConfig) -> Sample:
    known, data = text_of_row(row, config.data), config.data
    seen = data.seen_size((row["width"], row["height"]))
    return Sample(
        row["question_id"],
        known["text"],
        known["demonstration"],
        image_of(row, data),
        data.sight.num_tokens(seen),
    )


def perform(checks: Checks, config: TrainConfig, *, aloud: bool) -> None:
    """Those that the configuration does not skip, in their order. ValueError at the first that
    fails."""
    left_out = set(config.check.skip)
    for name in Check:
        if name not in checks:
            continue
        if name in left_out:
            logger.info("flight check: %s is left out", name)
            continue
        found = checks[name]()
        logger.log(logging.INFO if aloud else logging.DEBUG, "flight check: %s: %s", name, found)


@contextmanager
def undisturbed(trainer: Any) -> Iterator[None]:
    """Random numbers and the trainer's figures afterwards are those before; the model is as in an
    update."""
    kept = {name: deepcopy(vars(trainer)[name]) for name in KEPT if name in vars(trainer)}
    seen = trainer.state.num_input_tokens_seen
    was_training = trainer.model.training
    trainer.model.train()  # else, gradient checkpointing is off, and figures count as evaluation's
    python, numbers = random.getstate(), np.random.get_state()
    devices = range(torch.cuda.device_count()) if torch.cuda.is_available() else ()
    with torch.random.fork_rng(devices=list(devices)):
        yield
    trainer.model.train(was_training)
    random.setstate(python)
    np.random.set_state(numbers)
    trainer.state.num_input_tokens_seen = seen
    vars(trainer).update(kept)


def _to_device(trainer: Any, rows: list[dict[str, Any]]) -> dict[str, Any]:
    batch: dict[str, Any] = trainer._prepare_inputs(trainer.data_collator(rows))
    return batch
