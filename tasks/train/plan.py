"""What the command line shows of a training run before it is started."""

from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from schemas.config.training import TrainConfig
from tasks.train.stage import estimate_run


def print_plan(config: TrainConfig, root: Path, console: Console) -> None:
    """Print the memory by use, and the length of the run; ValueError where it does not fit."""
    found = estimate_run(config, root)
    if found is None:
        raise ValueError(
            f"the shape of {config.model.name} is unknown, so --plan cannot estimate it: name "
            "Qwen2.5-VL-3B or -7B, or a model in a folder"
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
    if found.hours is None:
        console.print("the time for this model is unknown")
    else:
        anchor = "scaled from the paper's 13 (3B) and 15 (7B) on four H100"
        console.print(f"about {found.hours:.1f} hours: {anchor}")
    if found.problem:
        raise ValueError(found.problem)
