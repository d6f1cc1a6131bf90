"""Log writers: a callback and a base class of a trainer that write what training.log reads."""

import json
import logging
from pathlib import Path
from typing import Any

import polars as pl
from transformers import TrainerCallback

from training.log import COMPLETIONS, LOG

LEFT_OUT = ("time", "runtime", "per_second", "total_flos", "num_tokens")
"""Parts of the names of figures that the log leaves out: times, which differ from run to run, and
counters."""
SHOWN = {
    "reward": "reward",
    "rewards/format/mean": "format",
    "rewards/count/mean": "count",
    "rewards/accuracy/mean": "accuracy",
    "rewards/spatial/mean": "spatial",
    "loss": "loss",
    "kl": "kl",
    "completions/mean_length": "tokens",
}
"""Figures in the line of an update, by TRL's name: the word that is shown."""
logger = logging.getLogger(__name__)


class LogLines(TrainerCallback):
    """Writes and shows one line per update."""

    def __init__(self, run: Path, num_updates: int) -> None:
        self._path = run / LOG
        self._num_updates = num_updates

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        if not state.is_world_process_zero or not logs or "loss" not in logs:
            return
        numbers = {
            name: value
            for name, value in sorted(logs.items())
            if isinstance(value, int | float) and not any(part in name for part in LEFT_OUT)
        }
        with self._path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps({"step": state.global_step, **numbers}) + "\n")
        shown = "  ".join(
            f"{word} {logs[name]:.3g}"
            for name, word in SHOWN.items()
            if isinstance(logs.get(name), int | float)
        )
        logger.info("update %d of %d  %s", state.global_step, self._num_updates, shown)


class LogsCompletions:
    """For a GRPOTrainer, before it in its bases: keeps a few completions of each rollout, with
    what they earned, as `completions/step-N.parquet`."""

    run: Path
    num_logged: int

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        super().log(logs, start_time)  # type: ignore[misc]
        trainer: Any = self
        texts = trainer._logs["completion"]
        is_main = trainer.accelerator.is_main_process
        if not is_main or not texts or not self.num_logged or "reward" not in logs:
            return
        count = min(len(texts), self.num_logged)
        table = {
            "step": [trainer.state.global_step] * count,
            "prompt": [_last_text(prompt) for prompt in list(trainer._logs["prompt"])[:count]],
            "completion": [_last_text(text) for text in list(texts)[:count]],
            **{name: list(values)[:count] for name, values in trainer._logs["rewards"].items()},
            "advantage": list(trainer._logs["advantages"])[:count],
        }
        folder = self.run / COMPLETIONS
        folder.mkdir(exist_ok=True)
        pl.DataFrame(table).write_parquet(folder / f"step-{trainer.state.global_step:06d}.parquet")


def _last_text(messages: Any) -> str:
    """The words of the last message of a conversation."""
    content = messages if isinstance(messages, str) else messages[-1]["content"]
    if isinstance(content, str):
        return content
    return "".join(part.get("text") or "" for part in content)
