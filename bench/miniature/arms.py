"""The arms of the miniature: what is rewarded, from which start, on which pictures."""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import torch

from bench.miniature.learning import ROLLOUTS, Reward, Rollout, Start, grpo, warm_up
from bench.miniature.measuring import measure
from bench.miniature.policy import Policy
from bench.miniature.prompts import PROMPTS, Batch, endless, repeated
from bench.miniature.scenes import DIM, TURNED, Look
from bench.miniature.tokens import ENDING, THING
from schemas.config.training import RewardConfig
from schemas.replacing import replacing
from training.reward_functions import scorer

REWARDS: Mapping[str, RewardConfig] = {
    "sparse": RewardConfig(kind="sparse"),
    "dense": RewardConfig(kind="dense"),
    "count, no boxes": RewardConfig.model_validate({"weights": {"spatial": 0.0}}),
    "boxes only": RewardConfig.model_validate(
        {"weights": {"format": 0.1, "count": 0.0, "accuracy": 0.0, "spatial": 0.9}, "ungated": True}
    ),
    "no gate": RewardConfig.model_validate({"ungated": True}),
    "no count": RewardConfig.model_validate({"weights": {"count": 0.0}}),
    "no gate, no count": RewardConfig.model_validate({"weights": {"count": 0.0}, "ungated": True}),
}
"""The project's own, by the name of what differs."""
LOOKS: Mapping[str, Look] = {"dim": DIM, "turned": TURNED}
ROOM = {Start.READS: 8, Start.LOOKS: 8, Start.READS_LAST: 30}
"""Things that a completion has room for."""
SIZES = {"7 K": 350, "25 K": 1_250, "108 K": 5_400}
"""Samples of `scaling`, and of what each stands for: a twentieth. With SCALING_ROLLOUTS, the
smallest set is passed 5.5 times, as often as 75 rollouts of 512 prompts pass 7,000 samples."""
SCALING_ROLLOUTS = 60
TRL_ROLLOUTS = 60
"""Of `trl`: half of the others', since each takes several times as long."""


class Body(StrEnum):
    """What the policy is, and by what GRPO goes on with it."""

    OWN = "own"
    """The miniature's own, by its own loop."""
    QWEN = "qwen"
    """A tiny Qwen3-VL, by TRL."""


class Arm(NamedTuple):
    """One run of GRPO: its reward, seed and pictures, and the start and its seed. Its prompts are
    those of `samples` samples, again and again, or new ones without end."""

    reward: str
    seed: int
    look: str = "dim"
    start: Start = Start.READS
    warm_seed: int = 0
    rollouts: int = ROLLOUTS
    samples: int | None = None
    body: Body = Body.OWN

    @property
    def name(self) -> str:
        parts = [self.start, self.warm_seed, self.look, self.reward, self.seed, self.rollouts]
        parts += [] if self.samples is None else [self.samples]
        parts += [] if self.body is Body.OWN else [self.body]
        return "-".join(str(part).replace(" ", "_").replace(",", "") for part in parts)

    @property
    def label(self) -> str:
        """What sets it apart from the arms beside it in a table."""
        known = {samples: size for size, samples in SIZES.items()}
        return self.reward if self.samples is None else known[self.samples]


def main_table() -> Iterator[Arm]:
    """The two that are compared: five seeds from two starts."""
    for seed in range(5):
        for reward in ("sparse", "dense"):
            yield Arm(reward, seed, warm_seed=int(seed > 2))


def terms() -> Iterator[Arm]:
    """Which part of the reward does it; three seeds from two starts."""
    for reward in REWARDS:
        for seed in (0, 1, 3):
            yield Arm(reward, seed, warm_seed=int(seed > 2))


def repetition() -> Iterator[Arm]:
    """Other pictures, for which nothing was tuned."""
    for seed in range(3):
        for reward in ("sparse", "dense"):
            yield Arm(reward, seed, "turned")


def looks() -> Iterator[Arm]:
    """Where the effect may end: the answer does not rest on boxes."""
    for seed in range(3):
        for reward in ("sparse", "dense"):
            yield Arm(reward, seed, start=Start.LOOKS)


def last_counts() -> Iterator[Arm]:
    """Where the paper's collapse may appear: the last of many boxes counts, for twice as long."""
    for reward in ("sparse", "dense", "no count", "no gate, no count"):
        yield Arm(reward, 0, start=Start.READS_LAST, rollouts=2 * ROLLOUTS)


def scaling() -> Iterator[Arm]:
    """What more samples do, the smaller sets parts of the larger ones, at equally many updates."""
    for seed in range(3):
        for samples in SIZES.values():
            yield Arm("dense", seed, rollouts=SCALING_ROLLOUTS, samples=samples)


def through_trl() -> Iterator[Arm]:
    """The comparison in a real architecture, and by TRL."""
    for seed in range(3):
        for reward in ("sparse", "dense"):
            yield Arm(reward, seed, rollouts=TRL_ROLLOUTS, body=Body.QWEN)


PARTS = {
    "main": main_table,
    "terms": terms,
    "turned": repetition,
    "looks": looks,
    "last": last_counts,
    "scaling": scaling,
    "trl": through_trl,
}


def reward_of(name: str) -> Reward:
    scored = scorer(REWARDS[name])
    return lambda text, gold, width, height: scored(text, gold, width, height).total


def begin(folder: Path, share: float, start: Start, seed: int, body: Body) -> Path:
    """The weights after a warm-up; made, and measured on all pictures, where they are missing."""
    path = start_path(folder, start, seed, body)
    if path.exists():
        return path
    is_last = start is Start.READS_LAST
    begun = None
    if is_last:
        begun = torch.load(begin(folder, share, Start.READS, seed, body), weights_only=True)
    started = time.process_time()
    policy = warm_up(
        body_of(body), start, seed, ROOM[start] * THING + ENDING,
        lambda step, loss: print(f"{path.stem}: step {step}, loss {loss:.3f}", flush=True),
        share, begun,
    )  # fmt: skip
    found = {name: measure(policy, look, share, is_last=is_last) for name, look in LOOKS.items()}
    _write(path.with_suffix(".json"), {"seconds": time.process_time() - started, "found": found})
    with replacing(path, is_durable=False) as partial:
        torch.save(policy.state_dict(), partial)
    return path


def start_path(folder: Path, start: Start, seed: int, body: Body) -> Path:
    ending = "" if body is Body.OWN else f"-{body}"
    return folder / f"start-{start}-{seed}{ending}.pt"


def body_of(body: Body) -> Callable[[int], Any]:
    """What makes a policy that has room for a number of tokens."""
    if body is Body.OWN:
        return Policy
    from bench.miniature.qwen import QwenPolicy  # transformers load for seconds

    return QwenPolicy


def run(folder: Path, share: float, arm: Arm) -> None:
    """Writes what each rollout earned and what the policy can do after the last one."""
    path = folder / f"{arm.name}.json"
    if path.exists():
        return
    started = time.process_time()
    policy = body_of(arm.body)(ROOM[arm.start] * THING + ENDING)
    policy.load_state_dict(
        torch.load(begin(folder, share, arm.start, arm.warm_seed, arm.body), weights_only=True)
    )
    rollouts = list(map(asdict, _learned(policy, arm, share)))
    is_last = arm.start is Start.READS_LAST
    found = measure(policy, LOOKS[arm.look], share, is_last=is_last)
    seconds = time.process_time() - started
    _write(path, {"seconds": seconds, "rollouts": rollouts, "found": found})
    print(
        f"{arm.name}: accuracy {found['as trained']['accuracy']:.3f}, {seconds:.0f} CPU-s",
        flush=True,
    )


def _learned(policy: Any, arm: Arm, share: float) -> Iterable[Rollout]:
    number = max(2, round(share * arm.rollouts))
    reward, batches = reward_of(arm.reward), _batches(arm, share)
    if arm.body is Body.OWN:
        return grpo(policy, reward, batches, arm.seed, number)
    from bench.miniature.through_trl import grpo_through_trl

    return grpo_through_trl(policy, reward, list(islice(batches, number)), arm.seed)


def _batches(arm: Arm, share: float) -> Iterator[Batch]:
    if arm.samples is None:
        return endless(LOOKS[arm.look], arm.seed)
    sizes = [max(PROMPTS, round(share * size)) for size in (arm.samples, max(SIZES.values()))]
    return repeated(LOOKS[arm.look], arm.seed, *sizes)


def _write(path: Path, what: object) -> None:
    with replacing(path, is_durable=False) as partial:
        partial.write_text(json.dumps(what, indent=1) + "\n", encoding="utf-8")
