"""SFT: the supervised baseline, by TRL, on completions rendered from the gold scene
(training.demonstrations).

    python -m training.sft configs/train/sft-7b.toml
"""

from datasets import Dataset
from transformers import PrinterCallback
from trl import SFTConfig, SFTTrainer

from schemas.training import Method
from training.arguments import sft_arguments
from training.checkpoints import RestoresWeights
from training.dataset import keep_short, load_rows, sft_row, with_rows
from training.launch import Run, launch, quiet_libraries
from training.log import LogLines
from training.model import freeze_vision, loading_arguments, lora_config, save_final
from training.processor import load_processor, num_text_tokens


class Trainer(RestoresWeights, SFTTrainer):
    pass


def train(run: Run) -> None:
    config = run.config
    quiet_libraries()
    processor = load_processor(
        run.model,
        min_pixels=config.data.min_pixels,
        max_pixels=config.data.max_pixels,
        revision=config.model.revision,
    )
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
        peft_config=lora_config(config.model),
    )
    trainer.remove_callback(PrinterCallback)
    if config.model.freeze_vision:
        freeze_vision(trainer.model)
    trainer.train(resume_from_checkpoint=str(run.checkpoint) if run.checkpoint else None)
    save_final(trainer, processor, run.final, in_bf16=arguments["bf16"])


def demonstration_rows(run: Run, processor: object) -> Dataset:
    """The samples that are short enough."""
    config = run.config
    assert config.sft is not None
    rows = load_rows(run.dataset, "train", config.data, config.seed, run.cache)
    limit = config.sft.max_tokens
    return keep_short(rows, config.data, limit, num_text_tokens(processor), whole=True)


if __name__ == "__main__":
    launch(Method.SFT, train)
