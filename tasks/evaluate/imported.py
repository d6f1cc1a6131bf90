"""Imported: the replies of a model that another harness asked, from the files it wrote."""

import logging
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from evaluation.benchmarks.benchmark import Benchmark
from evaluation.benchmarks.registry import BENCHMARKS, benchmark_of
from evaluation.joining import ABSENT, join_replies, merge_replies
from evaluation.reply_files import FAILED, SUFFIXES, read_reply_file
from schemas.chat import Failure
from schemas.config.evaluation import EvaluateConfig, load_evaluate_config
from schemas.config.loading import read_tree, validated
from schemas.config.names import model_name
from schemas.file_digests import digest_store
from tasks.artifact import Artifact, inputs_of, plan_artifact, read_seal
from tasks.sources.files import digest_files

VERSION = 2
SAMPLES = re.compile(r"(?:\d{8}_\d{6}_)?samples_(?P<task>.+)")
"""The name of a file of lmms-eval; its folder has the model's."""
SCORED = re.compile(r"_(?:extract_matching|exact_matching|auxmatch)(?:_result)?$|_[^_]+_result$")
"""What names of scored files have behind those of the replies."""
BLIND = re.compile(r"(?i)(?<![a-z])blind(?![a-z])")
"""The word in the name of a model that was shown no pictures."""
LOST = {
    ABSENT: "no reply in a file to",
    Failure.NO_REPLY.value: f"{FAILED!r} in place of a reply to",
}
"""What is said of items without a reply, by their error."""
EMPTY = "an empty reply, as lmms-eval writes where it got none, to"
logger = logging.getLogger(__name__)


class Named(NamedTuple):
    model: str
    benchmark: str
    path: Path


def check_file(path: Path) -> None:
    """ValueError where a file of replies is missing or of no known kind."""
    if not path.is_file():
        raise ValueError(f"no file of replies at {path}: correct its path")
    if path.suffix.lower() not in SUFFIXES:
        raise ValueError(f"{path} is not a file of replies: name a {', '.join(SUFFIXES)} file")


def imported_artifact(items_path: Path, paths: Sequence[Path], root: Path) -> Artifact:
    inputs = inputs_of(items=items_path) | {
        f"replies-{number}": digest_files([path], path.parent, digest_store(root))
        for number, path in enumerate(paths)
    }
    return plan_artifact(root, "infer", version=VERSION, config={"way": "imported"}, inputs=inputs)


def import_replies(items_path: Path, paths: Sequence[Path], model: str) -> pl.DataFrame:
    """Rows of IMPORTED in the order of the items; what the files lack or lost is logged. ValueError
    where a file is not about these items."""
    items = pl.read_parquet(items_path)
    benchmark = benchmark_of(str(items["benchmark"][0]))
    is_limited = read_seal(items_path)["recipe"]["config"]["max_items"] != str(None)
    parts: dict[Path, pl.DataFrame] = {}
    for path in paths:
        file, part = read_reply_file(path), part_in(path, benchmark)
        asked = items
        if part:
            asked = items.filter(pl.Series([_plain(name) == part for name in items["subset"]]))
        parts[path] = join_replies(asked, benchmark, file, is_limited=is_limited)
        for note in file.notes:
            logger.warning("infer: %s on %s: %s", model, benchmark.name, note)
    replies = merge_replies(items, parts)
    lost = {what: replies.filter(error=error).height for error, what in LOST.items()}
    lost[EMPTY] = replies.filter(pl.col("text").str.strip_chars() == "").height
    for what, number in lost.items():
        if number:
            logger.warning(
                "infer: %s on %s: %s %d of %d items: these count as wrong",
                model,
                benchmark.name,
                what,
                number,
                items.height,
            )
    return replies


def named_files(texts: Iterable[str]) -> list[Named]:
    """The model and the benchmark of every file, by its name or as BENCHMARK=FILE. ValueError where
    the name says no benchmark."""
    found = []
    for text in texts:
        given, file = _split(text)
        path = Path(file).expanduser()
        check_file(path)
        found.append(_named(path, given))
    return found


def _split(text: str) -> tuple[str | None, str]:
    """The benchmark before "=", where one is given, and the file. Names of files may have "="."""
    name, separator, file = text.partition("=")
    if not separator or Path(text).expanduser().exists():
        return None, text
    if name in BENCHMARKS:
        if not file:
            raise ValueError(f"--replies {text}: name the file of replies after =")
        return name, file
    if Path(file).expanduser().exists():
        raise ValueError(f"no benchmark {name}: there are {', '.join(BENCHMARKS)}")
    return None, text


def _named(path: Path, given: str | None) -> Named:
    """By `{model}_{dataset}.xlsx` (VLMEvalKit) or `{model}/{date}_samples_{task}.jsonl`."""
    stem = SCORED.sub("", path.stem)
    if samples := SAMPLES.fullmatch(stem):
        model, task = path.resolve().parent.name.rpartition("__")[2], samples["task"]
        benchmark = given or _benchmark_called(task) or _whole_of(task)
    else:
        cut = max(map(len, _endings(stem)), default=0)
        benchmark = given or _benchmark_called(stem[len(stem) - cut :])
        model = stem[: len(stem) - cut].rstrip("_") or stem
    if benchmark is None:
        raise ValueError(
            f"the name of {path} says no benchmark: write it as BENCHMARK={path}, with one of "
            f"{', '.join(BENCHMARKS)}"
        )
    return Named(model_name(model) or "imported", benchmark, path)


def _called() -> dict[str, str]:
    """Benchmarks by all their names, in lower case."""
    return {
        name.lower(): one.name
        for one in BENCHMARKS.values()
        for name in (one.name, one.title, *one.aliases)
    }


def _benchmark_called(name: str) -> str | None:
    return _called().get(name.lower())


def _whole_of(task: str) -> str | None:
    """The benchmark that a task is a part of, as `blink_jigsaw` is."""
    named = [one for name, one in _called().items() if task.lower().startswith(f"{name}_")]
    return next((name for name in named if _part(task, BENCHMARKS[name])), None)


def part_in(path: Path, benchmark: Benchmark) -> str | None:
    """The part of a benchmark that a file of lmms-eval is about, None where that is all of it."""
    samples = SAMPLES.fullmatch(path.stem)
    return _part(samples["task"], benchmark) if samples else None


def _part(task: str, benchmark: Benchmark) -> str | None:
    parts = {_plain(part.subset) for part in benchmark.parts if part.subset}
    rests = (
        task.lower().removeprefix(f"{name}_")
        for name, one in _called().items()
        if one == benchmark.name
    )
    return next((_plain(rest) for rest in rests if _plain(rest) in parts), None)


def _plain(name: str | None) -> str:
    return re.sub(r"[^a-z0-9]+", "_", (name or "").lower())


def _endings(stem: str) -> list[str]:
    """The names of benchmarks that a name ends with, behind a low line."""
    return [name for name in _called() if f"_{stem.lower()}".endswith(f"_{name}")]


def evaluation_of(
    path: Path | None, settings: tuple[str, ...], files: Sequence[str]
) -> EvaluateConfig:
    """The evaluation that a file, changes to it and files of replies ask for."""
    if not files:
        if path is None:
            raise ValueError("no configuration: name a .toml file, or files with --replies")
        return load_evaluate_config(path, settings)
    tree = imported_config(files, read_tree(path, settings))
    return validated(EvaluateConfig, tree, path or "--replies")


def imported_config(files: Iterable[str], base: dict[str, Any]) -> dict[str, Any]:
    """An evaluation's configuration, as a tree, in which the models are those of the files; its
    benchmarks are those of `base` that they answer, or, without any, the files'."""
    named = named_files(files)
    wanted = list(dict.fromkeys(one.benchmark for one in named))
    entries = base.get("benchmarks", [])
    if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
        raise ValueError(
            "benchmarks is no list of tables: write each as [[benchmarks]] with its name below"
        )
    known = {str(entry.get("name")): entry for entry in entries}
    if known and (missing := [name for name in wanted if name not in known]):
        raise ValueError(
            f"there are replies to {missing[0]}, which the configuration lacks: add it"
        )
    models: dict[str, dict[str, list[str]]] = {}
    for model, benchmark, path in named:
        title = str(known.get(benchmark, {}).get("label") or benchmark)
        paths = models.setdefault(model, {}).setdefault(title, [])
        if any(path.samefile(other) for other in paths):
            raise ValueError(f"{path} is named twice: name it once")
        paths.append(str(path))
    return {
        "name": "replies",
        "seed": 7,
        **base,
        "models": [
            {"name": model, "files": paths, "blind": BLIND.search(model) is not None}
            for model, paths in models.items()
        ],
        "benchmarks": [known.get(name, {"name": name}) for name in wanted],
    }
