"""What the command line shows of a training run before it is started."""

from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from schemas.config.training import TrainConfig
from schemas.dataset_folder import resolve_dataset
from tasks.train.stage import estimate_run
from training.lengths import Lengths, lengths_of


def full_lengths(config: TrainConfig, root: Path) -> Lengths | None:
    """How long gold completions with full scenes are; None where the dataset is not here."""
    try:
        folder = resolve_dataset(config.data.dataset, root)
    except FileNotFoundError:
        return None
    return lengths_of(folder)


def told_of_scenes(config: TrainConfig, lengths: Lengths | None) -> str:
    """In one line. A tokenizer counts exactly; there may be none here."""
    if lengths is None:
        return (
            f"full scenes: {config.data.dataset} is not here, and the time is that of scenes of "
            "the question"
        )
    if config.grpo:
        limit = f"grpo.max_completion_tokens = {config.grpo.max_completion_tokens}"
    else:
        assert config.sft
        limit = f"sft.max_tokens = {config.sft.max_tokens}"
    return (
        f"full scenes: gold completions have {lengths.mean:,.0f} characters on average, "
        f"{lengths.lengthening:.1f} times those of the question, and up to {lengths.longest:,}; "
        f"train --check counts those that {limit} cuts"
    )


def print_plan(config: TrainConfig, root: Path, console: Console) -> None:
    """Print the memory by use, and the length of the run; ValueError where it does not fit."""
    lengths = full_lengths(config, root) if config.data.scene == "full" else None
    found = estimate_run(config, root, lengths.lengthening if lengths else 1.0)
    if found is None:
        raise ValueError(
            f"the shape of {config.model.name} is unknown, so --plan cannot estimate it: name "
            "a model that a file in configs/train names, or one in a folder"
        )
    table = Table("per device", "GiB", title=f"{config.name}: estimated, not measured")
    for name, gib in found.memory.items():
        table.add_row(name, f"{gib:.1f}")
    table.add_row("together", f"{found.total_gib:.1f} of {found.device_gib:g}", style="bold")
    console.print(table)
    hardware = config.hardware
    told = [f"{hardware.num_devices} device{'s' if hardware.num_devices > 1 else ''}"]
    if found.num_rollouts:
        told += [f"{found.num_rollouts:,} rollouts", f"{found.num_updates:,} updates"]
        told += [f"{found.num_completions:,} completions", f"up to {found.num_tokens:,} tokens"]
    console.print(Text(", ".join(told)))
    if config.data.scene == "full":
        console.print(Text(told_of_scenes(config, lengths)), soft_wrap=True)
    if found.hours is None:
        console.print("the time for this model is unknown")
    else:
        anchor = "scaled from the paper's 13 (3B) and 15 (7B) on four H100"
        anchor += ", and by the length of gold completions" if lengths else ""
        console.print(f"about {found.hours:.1f} hours: {anchor}")
    if found.problem:
        raise ValueError(found.problem)
