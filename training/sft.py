"""SFT: the supervised baseline, by TRL, on completions rendered from the gold scene
(training.demonstrations).

    python -m training.sft configs/train/sft-7b.toml
"""

from typing import Any

from datasets import Dataset
from trl import SFTConfig, SFTTrainer

from schemas.config.training import Method
from training.arguments import sft_arguments
from training.checkpoints import RestoresWeights
from training.consistency import check_programs
from training.dataset import entailed, keep_short, length_of, load_rows, sft_row, with_rows
from training.flight.check import FlightCheck, check_samples
from training.launch import Run, finish, launch, quiet_libraries
from training.log_writers import LogLines
from training.model import loading_arguments, lora_config
from training.processor import num_text_tokens


class Trainer(RestoresWeights, SFTTrainer):
    pass


def train(run: Run) -> None:
    quiet_libraries()
    processor = run.load_processor()
    finish(make_trainer(run, processor), processor, run)


def make_trainer(run: Run, processor: Any) -> Trainer:
    config = run.config
    rows = demonstration_rows(run, processor)
    arguments = sft_arguments(
        config,
        run.folder,
        num_processes=run.num_processes,
        has_gpu=run.has_gpu,
        num_samples=rows.num_rows,
    )
    trainer = Trainer(
        model=str(run.model),
        args=SFTConfig(
            **arguments,
            model_init_kwargs=loading_arguments(config.model, has_gpu=run.has_gpu),
        ),
        train_dataset=with_rows(rows, config.data, sft_row),
        processing_class=processor,
        callbacks=[LogLines(run.folder, arguments["max_steps"])],
        peft_config=lora_config(config.model, run.family),
    )
    trainer.add_callback(FlightCheck(trainer, run, rows))
    return trainer


def demonstration_rows(run: Run, processor: object) -> Dataset:
    """The samples that are short enough."""
    config, measure = run.config, num_text_tokens(processor)
    assert config.sft is not None
    limit = config.sft.max_tokens
    rows = load_rows(
        run.dataset,
        "train",
        config.data,
        config.seed,
        run.cache,
        lambda row: length_of(row, config.data, measure, whole=True) <= limit,
        run.difficulty,
    )
    if config.sft.only_entailed:
        check_programs(rows.column_names, "sft.only_entailed")
        rows = entailed(rows)
    check_samples(rows, run)
    return keep_short(rows, config.data, limit, measure, whole=True)


if __name__ == "__main__":
    launch(Method.SFT, train)
