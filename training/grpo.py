"""GRPO: reinforcement learning from dense spatial rewards, by TRL (arXiv 2511.07403).

python -m training.grpo configs/train/spatialthinker-3b.toml
accelerate launch --config_file configs/accelerate/zero3-4gpu.yaml -m training.grpo CONFIG
"""

from pathlib import Path
from typing import Any

from datasets import Dataset
from trl import GRPOConfig, GRPOTrainer

from schemas.config.training import Method
from training.arguments import grpo_arguments, without
from training.checkpoints import RestoresWeights
from training.consistency import check_programs
from training.dataset import grpo_row, keep_short, load_rows, text_of_row, with_rows
from training.flight.check import FlightCheck, check_samples
from training.full_scene import Row
from training.launch import Run, finish, launch, quiet_libraries
from training.log_writers import LogLines, LogsCompletions
from training.model import loading_arguments, lora_config
from training.processor import num_text_tokens, placeholder_ids
from training.reward_functions import reward_functions


class Trainer(RestoresWeights, LogsCompletions, GRPOTrainer):
    def __init__(self, *, run: Path, num_logged: int, **arguments: object) -> None:
        self.run, self.num_logged = run, num_logged
        super().__init__(**arguments)


def train(run: Run) -> None:
    quiet_libraries()
    processor = run.load_processor()
    finish(make_trainer(run, processor), processor, run)


def make_trainer(run: Run, processor: Any) -> Trainer:
    config = run.config
    arguments = grpo_arguments(
        config, run.folder, num_processes=run.num_processes, has_gpu=run.has_gpu
    )
    rewards = reward_functions(config.reward)
    banned = placeholder_ids(processor, run.family)
    rows = rollout_rows(run, processor)
    trainer = Trainer(
        run=run.folder,
        num_logged=config.log.num_logged_completions,
        # The path, not the model: the reference model is loaded from it again.
        model=str(run.model),
        reward_funcs=[reward.function for reward in rewards],
        args=GRPOConfig(
            **arguments,
            **without(run.family.placeholders, banned, config.hardware),
            reward_weights=[reward.weight for reward in rewards],
            model_init_kwargs=loading_arguments(config.model, has_gpu=run.has_gpu),
        ),
        train_dataset=with_rows(rows, config.data, grpo_row),
        processing_class=processor,
        callbacks=[LogLines(run.folder, arguments["max_steps"])],
        peft_config=lora_config(config.model, run.family),
    )
    trainer.add_callback(FlightCheck(trainer, run, rows))
    return trainer


def rollout_rows(run: Run, processor: object) -> Dataset:
    """The prompts that are short enough. ValueError where they are too few for one rollout: TRL
    would then train on none, without an error."""
    config, measure = run.config, num_text_tokens(processor)

    def fits(row: Row) -> bool:
        assert config.grpo
        known = text_of_row(row, config.data)
        return measure(known["demonstration"]) <= config.grpo.max_completion_tokens

    rows = load_rows(
        run.dataset, "train", config.data, config.seed, run.cache, fits, run.difficulty
    )
    if config.reward.consistency:
        check_programs(rows.column_names, "reward.consistency")
    check_samples(rows, run)
    limit = config.data.max_prompt_tokens
    rows = keep_short(rows, config.data, limit, measure, whole=False)
    if config.grpo and rows.num_rows < config.grpo.rollout_prompts:
        raise ValueError(
            f"{run.dataset} has {rows.num_rows} prompts to train on, and one rollout takes "
            f"{config.grpo.rollout_prompts}: lower grpo.rollout_prompts or build a larger dataset"
        )
    return rows


if __name__ == "__main__":
    launch(Method.GRPO, train)
