"""Launch: what a training command does before and after its trainer.

    python -m training.grpo CONFIG [--set key=value ...] [--root data] [--resume | --check]

Exit code 2 and one line for bad input, 1 for a run that failed.
"""

import argparse
import logging
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from fcntl import LOCK_EX, LOCK_NB
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import IO, Any, NoReturn

from schemas.config.training import Method, TrainConfig, load_train_config
from schemas.dataset_folder import check_dataset, name_of_dataset, resolve_dataset
from schemas.locks import set_lock
from schemas.model_folder import MISFIT, why_not_loaded
from schemas.printable import first_line
from training.checkpoints import last_complete_checkpoint
from training.families.family import Family
from training.families.table import FAMILIES
from training.log import cut_log
from training.model import check_sharding, freeze_vision, resolve_model, save_final
from training.run_folder import FINAL, difficulty_of, is_finished, run_folder

FAILED = "error: training: "
"""How the line begins in which a trainer says why it fails."""
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Run:
    """A run to do. `checkpoint` is where it goes on, None at the start. While `lock` is open, no
    other process trains in its folder; None in a process that does not hold it. `only_check`: the
    run ends before its first update. `difficulty`: the file of the pass rates that choose its
    samples."""

    config: TrainConfig
    dataset: Path
    model: str | Path
    folder: Path
    cache: Path
    checkpoint: Path | None
    num_processes: int
    has_gpu: bool
    lock: IO[str] | None
    only_check: bool = False
    difficulty: Path | None = None

    @property
    def final(self) -> Path:
        return self.folder / FINAL

    @property
    def family(self) -> Family:
        return FAMILIES[self.config.data.family]

    def load_processor(self) -> Any:
        from training.processor import load_processor  # loads transformers

        data, revision = self.config.data, self.config.model.revision
        pixels = {"min_pixels": data.min_pixels, "max_pixels": data.max_pixels}
        return load_processor(self.model, data.family, **pixels, revision=revision)


def launch(method: Method, train: Callable[[Run], None]) -> NoReturn:
    """The command: parse, check, train."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stdout)
    logging.getLogger("training").setLevel(logging.INFO if _is_first() else logging.ERROR)
    options = _options(method)
    if options.attached:
        Thread(target=_end_with_input, daemon=True).start()
    try:
        config = load_train_config(options.config, tuple(options.set))
        if config.method is not method:
            raise ValueError(f'{options.config} has method = "{config.method}", not "{method}"')
        if options.check:
            with TemporaryDirectory() as folder:  # transformers makes one, whatever it is told
                train(prepare_check(config, options.root, Path(folder)))
            logger.info("flight check: nothing is wrong")
            sys.exit(0)
        run = prepare(config, options.root, may_resume=options.resume)
        if is_finished(run.folder):
            logger.info("%s is finished", run.folder)
        else:
            train(run)
            logger.info("trained: %s", run.final)
    except (ValueError, FileNotFoundError) as error:
        _fail(error, 2)
    except (OSError, RuntimeError) as error:  # torch's out of memory is one
        logger.debug("failed", exc_info=True)
        if MISFIT in str(error):
            reason = why_not_loaded(error, config.model.name)
            told = f"the model {config.model.name} cannot be loaded: {reason}"
            _fail(ValueError(f"{told}: get it again"), 2)
        _fail(error, 1)
    sys.exit(0)


def _end_with_input() -> None:
    """A caller that was killed cannot end this process, which would then block the caller's next
    run."""
    # Not through sys.stdin: a thread would still hold its lock when the interpreter ends.
    while os.read(0, 1024):
        pass
    os._exit(1)


def _is_first() -> bool:
    """Whether this is the process of a run that writes and logs."""
    return os.environ.get("RANK", "0") == "0"


def _options(method: Method) -> Any:
    parser = argparse.ArgumentParser(prog=f"python -m training.{method}")
    parser.add_argument("config", type=Path)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--root", type=Path, default=Path("data"))
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    parser.add_argument("--check", action="store_true", help="only check, and train nothing")
    parser.add_argument(
        "--attached", action="store_true", help="end when standard input does: with the caller"
    )
    return parser.parse_args()


def prepare(config: TrainConfig, root: Path, *, may_resume: bool) -> Run:
    """The run of a configuration, its folder made. ValueError where its dataset must not be
    trained on, or where it was begun before and `may_resume` is not set."""
    dataset = resolve_dataset(config.data.dataset, root)
    config = config.named(name_of_dataset(check_dataset(dataset)))
    model = resolve_model(config.model.name, root, config.data.family)
    folder = run_folder(config, dataset, model, root)
    checkpoint, lock = None, None
    if not is_finished(folder):
        checkpoint = last_complete_checkpoint(folder / "checkpoints")
        if checkpoint and not may_resume:
            raise ValueError(
                f"{folder} was begun before and has {checkpoint.name}: add --resume to go on from "
                "it, or remove the folder to start again"
            )
        lock = _open_folder(folder, config, checkpoint)
    return _run(config, root, dataset, model, folder, checkpoint=checkpoint, lock=lock)


def prepare_check(config: TrainConfig, root: Path, folder: Path) -> Run:
    """The run of a configuration up to its first update; its folder may be thrown away."""
    dataset = resolve_dataset(config.data.dataset, root)
    check_dataset(dataset)
    model = resolve_model(config.model.name, root, config.data.family)
    log = config.log.model_copy(update={"report_to": "none"})
    config = config.model_copy(update={"log": log})
    return _run(config, root, dataset, model, folder, only_check=True)


def _run(
    config: TrainConfig,
    root: Path,
    dataset: Path,
    model: str | Path,
    folder: Path,
    *,
    checkpoint: Path | None = None,
    lock: IO[str] | None = None,
    only_check: bool = False,
) -> Run:
    import torch

    return Run(
        config,
        dataset,
        model,
        folder,
        cache=root.resolve() / "artifacts" / "arrow",
        checkpoint=checkpoint,
        num_processes=int(os.environ.get("WORLD_SIZE", "1")),
        has_gpu=torch.cuda.is_available(),
        lock=lock,
        only_check=only_check,
        difficulty=difficulty_of(config.data, dataset, root),
    )


def _open_folder(folder: Path, config: TrainConfig, checkpoint: Path | None) -> IO[str] | None:
    """Makes the folder ready for a run from that checkpoint, and returns its lock. Only the first
    process does so."""
    os.environ["TENSORBOARD_LOGGING_DIR"] = str(folder / "tensorboard")
    if not _is_first():
        return None
    folder.mkdir(parents=True, exist_ok=True)
    lock = _lock(folder)
    text = config.model_dump_json(indent=2)
    (folder / "config.json").write_text(text + "\n", encoding="utf-8")
    step = int(checkpoint.name.rpartition("-")[2]) if checkpoint else 0
    if checkpoint:
        logger.info("going on after update %d", step)
    cut_log(folder, step)
    return lock


def _lock(folder: Path) -> IO[str]:
    """Held while it is open; ValueError where another process trains in the folder."""
    stream = (folder / "lock").open("w")
    try:
        set_lock(stream, LOCK_EX | LOCK_NB)
    except BlockingIOError:
        raise ValueError(f"{folder} is being trained by another process: wait for it") from None
    return stream


def quiet_libraries() -> None:
    """Their progress bars and warnings would hide our lines; and TRL reports every trainer to the
    Hub."""
    import huggingface_hub.constants
    import transformers

    # Too late for its environment variable: the library reads that when it is imported.
    huggingface_hub.constants.HF_HUB_DISABLE_TELEMETRY = True
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()


def finish(trainer: Any, processor: Any, run: Run) -> None:
    """Train, from the run's checkpoint where there is one, and save the final model."""
    from transformers import PrinterCallback

    from training.flight.check import CheckedError

    check_sharding(trainer)
    trainer.remove_callback(PrinterCallback)  # training.log_writers logs instead
    if run.config.model.freeze_vision:
        freeze_vision(trainer.model, run.family)
    try:
        trainer.train(resume_from_checkpoint=str(run.checkpoint) if run.checkpoint else None)
    except CheckedError:
        return
    save_final(trainer, processor, run.final, in_bf16=trainer.args.bf16)


def _fail(error: Exception, code: int) -> NoReturn:
    print(f"{FAILED}{first_line(error)}", file=sys.stderr)  # noqa: T201  (this is a command)
    sys.exit(code)
