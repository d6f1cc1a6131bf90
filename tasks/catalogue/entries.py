"""Entries: what is below a root, datasets, models and evaluations, and how they depend on another.

All of it is read from what builds, trainings and evaluations have recorded; a record that cannot be
read is an entry with a problem, never an error.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from schemas.code_version import SHOWN
from schemas.dataset_folder import VALIDATION, builds_below, read_manifest
from schemas.dataset_tags import Tag, all_tags
from schemas.printable import first_line
from schemas.replacing import PARTIAL
from schemas.review import REVIEWS

DAMAGED = (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError)
"""What reading a record may raise that others have written, or damaged."""


class Entry(NamedTuple):
    """`name` is NAME/DIGEST; `changed` when it appeared, in seconds since 1970; `commit` that of
    the code that made it, ending in + where the code was changed since; `problem` is why its record
    cannot be read."""

    name: str
    folder: Path
    changed: float
    num_bytes: int
    commit: str = ""
    problem: str = ""


class DatasetEntry(NamedTuple):
    """`gates` says what its validation found, `reviews` how many of the reviewed labels are right;
    `models` names those that were trained on it."""

    entry: Entry
    samples: int = 0
    gates: str = ""
    reviews: str = ""
    tags: tuple[str, ...] = ()
    models: tuple[str, ...] = ()


class ModelEntry(NamedTuple):
    """`dataset` is what it was trained on; `evaluations` names those that asked it."""

    entry: Entry
    method: str = ""
    dataset: str = ""
    evaluations: tuple[str, ...] = ()


class EvaluationEntry(NamedTuple):
    """`models` are called by the run that made them, others by name and place; `datasets` names
    those on whose validation split, or for whose models, it was made."""

    entry: Entry
    models: tuple[str, ...] = ()
    benchmarks: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()


class Catalogue(NamedTuple):
    """Each list by name, and the newest of a name first."""

    datasets: list[DatasetEntry]
    models: list[ModelEntry]
    evaluations: list[EvaluationEntry]

    @property
    def names(self) -> set[str]:
        """Of datasets and models."""
        return {d.entry.name for d in self.datasets} | {m.entry.name for m in self.models}


def read_catalogue(root: Path) -> Catalogue:
    evaluations = [_evaluation(folder) for folder in _folders(root / "evaluations")]
    models = [_model(folder) for folder in _folders(root / "models")]
    tags = all_tags(root)
    datasets = [_dataset(folder, tags, root) for folder in builds_below(root)]
    asked = {one.entry.name: one.models for one in evaluations}
    trained = {one.entry.name: (one.dataset,) for one in models}
    return Catalogue(
        sorted((d._replace(models=_which(d.entry.name, trained)) for d in datasets), key=_order),
        sorted((m._replace(evaluations=_which(m.entry.name, asked)) for m in models), key=_order),
        sorted(evaluations, key=_order),
    )


def _which(name: str, used: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Those that use `name`."""
    return tuple(sorted(user for user, names in used.items() if name in names))


def _order(one: DatasetEntry | ModelEntry | EvaluationEntry) -> tuple[str, float, str]:
    return one.entry.name.partition("/")[0], -one.entry.changed, one.entry.name


def _folders(place: Path) -> Iterator[Path]:
    """Those at NAME/DIGEST that are not being written."""
    for folder in sorted(place.glob("*/*")):
        if PARTIAL not in folder.name and folder.is_dir():
            yield folder


def _entry(folder: Path, record: Path) -> Entry:
    place = record if record.exists() else folder
    name = f"{folder.parent.name}/{folder.name}"
    return Entry(name, folder, place.stat().st_mtime, size_of(folder))


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files in a folder; a link counts itself, and what has gone
    meanwhile nothing."""
    with suppress(FileNotFoundError):
        if path.is_symlink() or not path.is_dir():
            return path.lstat().st_size
        return sum(size_of(entry) for entry in path.iterdir())
    return 0


def commit_told(code: Any) -> str:
    """How people call the commit of the code that made something; + where it was changed since."""
    commit = code["commit"]
    return f"{commit[:SHOWN]}{'+' if code['is_changed'] else ''}" if commit else code["version"]


def _dataset(folder: Path, known: Sequence[Tag], root: Path) -> DatasetEntry:
    entry = _entry(folder, folder / "manifest.json")
    tags = tuple(tag.tag for tag in known if f"{tag.name}/{tag.digest}" == entry.name)
    try:
        manifest = read_manifest(folder)
        entry = entry._replace(commit=commit_told(manifest["code"]))
        said = gates_told(folder), reviews_told(folder, root, manifest["name"])
        return DatasetEntry(entry, manifest["num_samples"], *said, tags)
    except DAMAGED as error:
        return DatasetEntry(entry._replace(problem=first_line(error)), tags=tags)


def gates_told(folder: Path) -> str:
    """How many expectations a dataset passed, and how many warnings it was published with."""
    try:
        results = json.loads((folder / VALIDATION / "results.json").read_bytes())
        statuses = [expectation["status"] for expectation in results["expectations"]]
        if results["success"] is not True:
            return "failed"
    except DAMAGED:
        return "not known"
    failed = statuses.count("failed")
    warnings = f", {failed} warning{'s' * (failed > 1)}" if failed else ""
    return f"{statuses.count('passed')} passed{warnings}"


def reviews_told(folder: Path, root: Path, name: str) -> str:
    """How many of the reviewed labels are right, and the bounds of their share at 95 %."""
    if not any((root / REVIEWS / name).glob("*.parquet")):
        return ""
    # Needs what counts with tables, which a list without reviews does not load.
    from polars.exceptions import PolarsError

    from tasks.review.precision import precisions, reviewed_of

    try:
        found = precisions(reviewed_of(folder, root, name))
    except (*DAMAGED, PolarsError):
        return "not known"
    if not found:
        return ""
    whole = found[0]
    return f"{whole.right} of {whole.reviewed} ({100 * whole.low:.0f}-{100 * whole.high:.0f} %)"


def _model(folder: Path) -> ModelEntry:
    entry = _entry(folder, folder / "training.json")
    try:
        facts = json.loads((folder / "training.json").read_bytes())
        dataset = f"{facts['dataset']['name']}/{facts['dataset']['digest']}"
        entry = entry._replace(commit=commit_told(facts["code"]))
        return ModelEntry(entry, str(facts["config"]["method"]), dataset)
    except DAMAGED as error:
        return ModelEntry(entry._replace(problem=first_line(error)))


def _evaluation(folder: Path) -> EvaluationEntry:
    entry = _entry(folder, folder / "evaluation.json")
    try:
        facts = json.loads((folder / "evaluation.json").read_bytes())
        asked = facts["models"]
        models = tuple(model["run"] or f"{model['name']} ({model['place']})" for model in asked)
        datasets = {model["dataset"] for model in asked} | set(facts["datasets"].values())
        return EvaluationEntry(
            entry._replace(commit=commit_told(facts["code"])),
            models,
            tuple(facts["sources"]),
            tuple(sorted(filter(None, datasets))),
        )
    except DAMAGED as error:
        return EvaluationEntry(entry._replace(problem=first_line(error)))
