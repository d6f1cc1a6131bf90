"""Run folders: where a training run keeps its files, named by all that decides the run.

    <root>/runs/<name>/<digest>/
      config.json  checkpoints/  log.jsonl  completions/  tensorboard/  final/

`final/` appears when training is complete.
"""

import json
from hashlib import sha256
from pathlib import Path

from schemas.config.training import DataConfig, TrainConfig
from schemas.dataset_folder import read_manifest
from schemas.difficulty import content_of, find_difficulty, read_difficulty
from schemas.file_digests import digest_store, file_digests
from schemas.model_folder import FACTS
from training.checkpoints import NEEDED, RANDOM_STATES, STATE

VERSION = 2
FINAL = "final"
TOLD = ("README.md", FACTS, "rewards.png")
"""Files of a model's folder that describe it and do not decide what it replies."""
RESUMED = (*NEEDED, STATE, "training_args.bin", "scaler.pt", RANDOM_STATES)
"""Patterns of the files of a checkpoint from which only its training goes on."""


def run_folder(config: TrainConfig, dataset: Path, model: str | Path, root: Path) -> Path:
    return root / "runs" / config.name / run_digest(config, dataset, model, root)


def run_digest(config: TrainConfig, dataset: Path, model: str | Path, root: Path) -> str:
    """Of the configuration, of the files of dataset and model, not of their paths, and of the pass
    rates that choose samples; `model` is a folder, or the Hub id that the configuration names."""
    settings = config.model_dump(mode="json")
    del settings["data"]["dataset"]
    if isinstance(model, Path):
        settings["model"]["name"] = model_digest(model, root)
    if found := difficulty_of(config.data, dataset, root):
        settings["data"]["difficulty"] = content_of(read_difficulty(found))
    files = {name: facts["sha256"] for name, facts in read_manifest(dataset)["files"].items()}
    recipe = json.dumps([VERSION, settings, files], sort_keys=True)
    return sha256(recipe.encode()).hexdigest()[:16]


def difficulty_of(config: DataConfig, dataset: Path, root: Path) -> Path | None:
    """The file of the pass rates that choose the samples of a training, None where it takes all.
    ValueError where it is missing."""
    return find_difficulty(dataset, config.difficulty, root) if config.reads_difficulty else None


def model_digest(folder: Path, root: Path) -> str:
    """Of a model's files without those TOLD and RESUMED. Weights have gigabytes: what was read once
    is remembered below the root, and read again only where a file has changed."""
    apart = (*TOLD, *RESUMED)
    files = [
        path
        for path in folder.iterdir()
        if path.is_file() and not any(path.match(pattern) for pattern in apart)
    ]
    found = file_digests(files, digest_store(root))
    contents = sorted((path.name, digest) for path, digest in found.items())
    return sha256(json.dumps(contents).encode()).hexdigest()[:16]


def is_finished(run: Path) -> bool:
    return (run / FINAL).is_dir()
