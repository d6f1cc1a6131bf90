"""GRPO of the miniature by TRL's trainer, with the settings of the own loop."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from datasets import Dataset
from transformers import PrinterCallback
from trl import GRPOConfig, GRPOTrainer

from bench.miniature.learning import (
    CLIP_HIGH,
    CLIP_LOW,
    DRAWS,
    RATE,
    UPDATES,
    Reward,
    Rollout,
    seen,
)
from bench.miniature.prompts import PROMPTS, Batch
from bench.miniature.qwen import QwenPolicy, images_of, question_text
from bench.miniature.scenes import SIDE
from bench.miniature.tokens import gold_of, text_of
from training.launch import quiet_libraries


def grpo_through_trl(
    policy: QwenPolicy, reward: Reward, batches: Sequence[Batch], seed: int
) -> list[Rollout]:
    """Goes on with the policy in place, by one rollout for each batch of prompts. Unlike the own
    loop's, the two updates of a rollout take completions of all its prompts."""
    found: list[Rollout] = []

    def earned(
        completion_ids: list[list[int]], gold: list[str], batch: list[int], **_: Any
    ) -> list[float]:
        assert set(batch) == {len(found)}  # TRL keeps the order of the rows
        rewards = [
            reward(text_of(one), two, SIDE, SIDE)
            for one, two in zip(completion_ids, gold, strict=True)
        ]
        scenes, _ = batches[len(found)]
        found.append(seen(scenes, completion_ids, torch.tensor(rewards).view(PROMPTS, DRAWS)))
        return rewards

    quiet_libraries()
    with TemporaryDirectory() as folder:
        trainer = GRPOTrainer(
            model=policy.model,
            processing_class=policy.processor,
            reward_funcs=earned,
            train_dataset=Dataset.from_list(list(_rows(batches))),
            args=_arguments(policy, len(batches), seed, Path(folder)),
        )
        trainer.remove_callback(PrinterCallback)
        trainer.train()
    return found


def _rows(batches: Sequence[Batch]) -> Iterator[dict[str, Any]]:
    for number, (scenes, pictures) in enumerate(batches):
        for row, (image, gold) in enumerate(zip(images_of(pictures), gold_of(scenes), strict=True)):
            text = question_text(scenes.take(slice(row, row + 1)))
            yield {
                "prompt": [{"role": "user", "content": text}],
                "image": image,
                "gold": gold,
                "batch": number,
            }


def _arguments(policy: QwenPolicy, num_rollouts: int, seed: int, folder: Path) -> GRPOConfig:
    return GRPOConfig(
        output_dir=str(folder),
        seed=seed,
        data_seed=seed,
        shuffle_dataset=False,
        per_device_train_batch_size=PROMPTS * DRAWS // UPDATES,
        steps_per_generation=UPDATES,
        num_generations=DRAWS,
        max_steps=num_rollouts * UPDATES,
        learning_rate=RATE,
        lr_scheduler_type="constant",
        adam_beta2=0.99,
        weight_decay=0.01,
        max_grad_norm=1.0,
        epsilon=CLIP_LOW,
        epsilon_high=CLIP_HIGH,
        beta=0.0,
        loss_type="bnpo",  # a mean over the tokens of an update
        scale_rewards="group",
        temperature=1.0,
        top_k=0,
        max_completion_length=policy.room,
        generation_kwargs={"suppress_tokens": policy.never_written()},
        bf16=False,
        gradient_checkpointing=False,
        use_cpu=True,
        dataloader_pin_memory=False,
        remove_unused_columns=False,
        save_strategy="no",
        logging_strategy="no",
        report_to="none",
        disable_tqdm=True,
    )
