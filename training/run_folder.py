"""Run folders: where a training run keeps its files, named by all that decides the run.

    <root>/runs/<name>/<digest>/
      config.json  checkpoints/  log.jsonl  completions/  tensorboard/  final/

`final/` appears when training is complete.
"""

import json
from hashlib import sha256
from os import SEEK_END
from pathlib import Path

from schemas.config.training import TrainConfig
from schemas.dataset_folder import read_manifest

VERSION = 1
EDGE = 1 << 20  # bytes that are hashed at each end of a file: weights have gigabytes
FINAL = "final"
TOLD = ("README.md", "training.json", "rewards.png")
"""Files of a model's folder that describe it and do not decide what it replies."""


def run_folder(config: TrainConfig, dataset: Path, model: str | Path, root: Path) -> Path:
    return root / "runs" / config.name / run_digest(config, dataset, model)


def run_digest(config: TrainConfig, dataset: Path, model: str | Path) -> str:
    """Of the configuration and of the files of dataset and model, not of their paths; `model` is a
    folder, or the Hub id that the configuration names."""
    settings = config.model_dump(mode="json")
    del settings["data"]["dataset"]
    if isinstance(model, Path):
        settings["model"]["name"] = model_digest(model)
    files = {name: facts["sha256"] for name, facts in read_manifest(dataset)["files"].items()}
    recipe = json.dumps([VERSION, settings, files], sort_keys=True)
    return sha256(recipe.encode()).hexdigest()[:16]


def model_digest(folder: Path) -> str:
    """Of a model's files without those TOLD: the size, the start and the end of each, since weights
    have gigabytes."""
    digest = sha256()
    for path in sorted(entry for entry in folder.iterdir() if entry.is_file()):
        if path.name in TOLD:
            continue
        with path.open("rb") as stream:
            start = stream.read(EDGE)
            size = stream.seek(0, SEEK_END)
            stream.seek(max(size - EDGE, 0))
            digest.update(f"{path.name}\0{size}\0".encode() + start + stream.read())
    return digest.hexdigest()[:16]


def is_finished(run: Path) -> bool:
    return (run / FINAL).is_dir()
