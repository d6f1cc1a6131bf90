"""About: what an evaluation's report is about, as far as its scores do not say it.

Places below the root are told from there: the same evaluation below another root is the same one.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from evaluation.benchmarks.registry import benchmark_of
from schemas.config.evaluation import BenchmarkConfig, EvaluateConfig, EvaluatedModel
from schemas.config.section import config_digest
from schemas.dataset_folder import name_of_dataset, read_manifest, resolve_dataset
from schemas.file_digests import digest_store
from tasks.evaluate.checkpoints import Checkpoint, with_checkpoints
from tasks.evaluate.miniature import MINIATURE
from tasks.evaluate.places import place_of, weights_digest
from tasks.sources.files import digest_files


class AboutModel(NamedTuple):
    """`place` is a folder or a Hub id, what an endpoint calls the model, or files of replies;
    `digest` that of a folder's files or of these, or a revision. `run` is the run of ours that made
    it, NAME/DIGEST below ROOT/models, `method` how, and `dataset` the NAME/DIGEST it was trained
    on. `asked` says by which prompt and in which pixels. Empty where there is none."""

    name: str
    place: str
    digest: str = ""
    run: str = ""
    method: str = ""
    dataset: str = ""
    asked: str = ""

    @property
    def training(self) -> str:
        return f"{self.run}, {self.method} on {self.dataset}" if self.run else ""


class About(NamedTuple):
    """`sources` says of every benchmark, by its name in reports, where its items are from;
    `datasets` calls those of our own as `spatialthinker why` does; `blind` are the models that see
    no pictures; every bootstrap of the report has this seed and number of draws; `checkpoints` are
    the models that are one training at several of its updates; `items` is how many of each
    benchmark were drawn, None where all are asked; `robustness` is its configuration, empty where
    no variant is asked."""

    name: str
    configuration: str
    models: tuple[AboutModel, ...]
    sources: Mapping[str, str]
    datasets: Mapping[str, str]
    blind: tuple[str, ...] = ()
    seed: int = 0
    num_bootstrap: int = 1000
    checkpoints: tuple[Checkpoint, ...] = ()
    items: int | None = None
    robustness: Mapping[str, Any] = MappingProxyType({})

    @property
    def text(self) -> str:
        """All of it, for a digest."""
        return json.dumps(self._replace(robustness=dict(self.robustness)), sort_keys=True)

    @property
    def facts(self) -> dict[str, Any]:
        """All of it, for programs (evaluation.json)."""
        return self._asdict() | {
            "models": [model._asdict() for model in self.models],
            "checkpoints": [checkpoint._asdict() for checkpoint in self.checkpoints],
            "robustness": dict(self.robustness),
        }


def about_evaluation(config: EvaluateConfig, root: Path) -> About:
    """ValueError where a model is not there."""
    asked, checkpoints = with_checkpoints(config, root)
    datasets = {entry.title: _dataset(entry, root) for entry in config.benchmarks}
    return About(
        config.name,
        config_digest(config),
        tuple(about_model(model, root) for model in asked.models),
        {
            entry.title: datasets[entry.title] or source_of(entry, root)
            for entry in config.benchmarks
        },
        {title: dataset for title, dataset in datasets.items() if dataset},
        tuple(model.name for model in asked.models if model.blind),
        config.seed,
        config.num_bootstrap,
        checkpoints,
        config.items,
        config.robustness.model_dump(mode="json") if config.robustness.variants else {},
    )


def about_model(model: EvaluatedModel, root: Path) -> AboutModel:
    if model.chat:
        return AboutModel(model.name, f"{model.chat.model}, at an endpoint", asked=asked_of(model))
    if model.files:
        files = {file.resolve() for name in model.files for file in model.files_of(name)}
        ordered = sorted(files, key=lambda file: (file.name, file))
        names = ", ".join(dict.fromkeys(file.name for file in ordered))
        there = [file for file in ordered if file.is_file()]  # others fail where they are read
        digest = digest_files(there, Path(), digest_store(root))
        return AboutModel(model.name, f"replies in {names}", digest)
    assert model.local
    place = place_of(model, root)
    if not isinstance(place, Path):
        revision = model.local.revision or "newest revision"
        return AboutModel(model.name, place, revision, asked=asked_of(model))
    digest = weights_digest(place, root)
    known = AboutModel(model.name, told_place(place, root), digest, *trained_by(place))
    return known._replace(asked=asked_of(model))


def asked_of(model: EvaluatedModel) -> str:
    """By which prompt a model is asked, and in which pixels: two entries may differ in nothing
    else."""
    pixels = f"as {model.family}" if model.frame == "model" else "pixels of the files"
    return f"prompt {model.template}, {pixels}" + (", no pictures" if model.blind else "")


def told_place(place: Path, root: Path) -> str:
    """A path below the root from there, another as it is."""
    inside, outside = place.resolve(), root.resolve()
    return str(inside.relative_to(outside) if inside.is_relative_to(outside) else place)


def trained_by(folder: Path) -> tuple[str, ...]:
    """Run, method and dataset of a model folder of ours; nothing where it is not one."""
    try:
        facts: dict[str, Any] = json.loads((folder / "training.json").read_bytes())
        return (
            name_of_dataset(facts),
            str(facts["config"]["method"]),
            name_of_dataset(facts["dataset"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return ()


def source_of(config: BenchmarkConfig, root: Path) -> str:
    """Where the items of a benchmark are from."""
    if config.path == MINIATURE:
        return "its miniature, drawn here"
    if config.path:
        return told_place(Path(config.path).expanduser(), root)
    source = benchmark_of(config.name).source(config.source)
    revision = config.revision or source.revision
    return f"{config.source or source.repository}" + (f" at {revision}" if revision else "")


def _dataset(config: BenchmarkConfig, root: Path) -> str:
    """The dataset of ours whose validation split a benchmark is; empty where it is none, or is
    gone."""
    if not benchmark_of(config.name).is_own or config.path in (None, MINIATURE):
        return ""
    try:
        return name_of_dataset(read_manifest(resolve_dataset(config.path, root)))
    except (ValueError, OSError):
        return ""
