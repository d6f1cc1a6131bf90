"""Difficulty: a model behind an endpoint is asked every training question of a dataset several
times, and how often it is right is written for training (schemas.difficulty).

Every reply is in the reply store before it is read: a call that was cut short goes on, more draws
ask only for those that are new, and nothing is paid twice.
"""

import json
import logging
from hashlib import sha256
from pathlib import Path

import polars as pl

from evaluation.benchmarks.benchmark import Part
from evaluation.benchmarks.registry import BENCHMARKS
from evaluation.fetching import Fetcher
from evaluation.items import find_items, item_rows, problem_of
from evaluation.photographs import PhotographStore
from evaluation.prompting import DIRECT_CHOICE, REASONING
from evaluation.rows import Copy
from evaluation.verdicts import read_reply
from schemas.benchmark import fact
from schemas.columns import frame_of
from schemas.completion.publish import TEMPLATE
from schemas.config.evaluation import EvaluateConfig, EvaluatedModel
from schemas.dataset_folder import check_dataset, name_of_dataset, read_manifest, split_files
from schemas.difficulty import DIFFICULTY, difficulty_file
from schemas.replacing import replacing
from tasks.chat.run import Run
from tasks.evaluate.benchmark import DOWNLOADS
from tasks.evaluate.endpoint_replies import account_of, ask_endpoint
from tasks.evaluate.infer import check_model
from tasks.evaluate.planning import Planned, planned_of, unanswered

logger = logging.getLogger(__name__)


def asked_model(
    config: EvaluateConfig, name: str, draws: int, temperature: float
) -> EvaluatedModel:
    """The model of that name in an evaluation, sampled at that temperature. ValueError where it has
    no endpoint, or where all its draws would be alike."""
    found = {model.name: model for model in config.models}
    if name not in found:
        raise ValueError(
            f"{config.name} has no model {name}: it has {', '.join(found)}; name another with "
            "--model, or its configuration with --config"
        )
    model = found[name]
    if not model.chat:
        raise ValueError(f"{name} has no section chat: difficulty asks models behind endpoints")
    if draws > 1 and temperature == 0:
        raise ValueError(
            f"at temperature 0, {draws} draws of {name} are one: give --temperature 1, or --draws 1"
        )
    return model.model_copy(update={"chat": model.chat.with_temperature(temperature)})


def training_items(dataset: Path, root: Path) -> pl.DataFrame:
    """Rows of schemas.benchmark.ITEM, one per sample of the training split; photographs go into
    their store. ValueError where the dataset has none or is not what was published."""
    manifest = check_dataset(dataset)
    if manifest["config"]["images"] != "embed":
        raise ValueError(f'{dataset} has no photographs: build it with images = "embed"')
    files = split_files(dataset, "train")
    if not files:
        raise ValueError(f"{dataset} has no train split: build the dataset again")
    # Reads the rows of our datasets, whatever their split.
    benchmark = next(one for one in BENCHMARKS.values() if one.is_own)
    copy = Copy(((Part("train"), tuple(files)),))
    fetcher = Fetcher(root / DOWNLOADS)
    items, photographs = find_items(benchmark, copy.parts(), PhotographStore(root), fetcher)
    table = item_rows(benchmark, items, photographs, corrected=False)
    if problem := problem_of(benchmark, table, None):
        raise ValueError(f"{dataset} cannot be asked: {problem}: build the dataset again")
    return table


def measure_difficulty(
    dataset: Path, model: EvaluatedModel, draws: int, config: EvaluateConfig, root: Path, run: Run
) -> Path:
    """The file of the pass rates, written when every question has all of its replies. RuntimeError
    where some are missing."""
    check_model(model, root)
    items = training_items(dataset, root)
    asked = _drawn(items, draws)
    replies, missing, reason = ask_endpoint(asked, model, account_of(config, root), root, run)
    logger.info("difficulty: %s on %s: %s", model.name, dataset.name, run.meter)
    if missing:
        raise RuntimeError(
            f"{model.name} gave no reply to {len(missing)} of {asked.height} draws ({reason}): run "
            "the same command again, which asks for these alone"
        )
    known = {
        "dataset": name_of_dataset(read_manifest(dataset)),
        "model": model.name,
        "asked": digest_of(model),
        "draws": draws,
    }
    path = difficulty_file(dataset, model.name, root)
    with replacing(path) as partial:
        pass_rates(items, replies, draws).with_columns(
            **{name: pl.lit(value, DIFFICULTY[name]) for name, value in known.items()}
        ).select(DIFFICULTY.names()).write_parquet(partial)
    return path


def plan_difficulty(
    dataset: Path, model: EvaluatedModel, draws: int, config: EvaluateConfig, root: Path
) -> Planned:
    """What `measure_difficulty` would ask. ValueError as there."""
    check_model(model, root)
    asked, store = _drawn(training_items(dataset, root), draws), PhotographStore(root)
    rest = unanswered(asked, model, account_of(config, root), store)
    return planned_of(rest, asked.height, model, name_of_dataset(read_manifest(dataset)), store)


def _drawn(items: pl.DataFrame, draws: int) -> pl.DataFrame:
    """Each item once per draw."""
    numbers = pl.DataFrame({"draw": range(draws)})
    return items.join(numbers, how="cross", maintain_order="left_right")


def pass_rates(items: pl.DataFrame, replies: pl.DataFrame, draws: int) -> pl.DataFrame:
    """question_id, category, num_right and pass_rate of each item; `replies` are in the order of
    the items, `draws` of each. What says nothing, or names no option, is not right."""
    rows = []
    found = replies.iter_rows(named=True)
    for item in items.iter_rows(named=True):
        right = sum(
            read_reply({**item, **reply})["is_right"]
            for reply in (next(found) for _ in range(draws))
        )
        rows.append(
            {
                "question_id": fact(item["facts"], "question_id"),
                "category": item["category"],
                "num_right": right,
                "pass_rate": right / draws,
            }
        )
    names = ("question_id", "category", "num_right", "pass_rate")
    return frame_of(rows, pl.Schema({name: DIFFICULTY[name] for name in names}))


def digest_of(model: EvaluatedModel) -> str:
    """Of all that decides what is asked and how it is sampled."""
    assert model.chat
    how = model.model_dump(mode="json", exclude={"name", "chat", "local", "files"})
    texts = [TEMPLATE, REASONING, DIRECT_CHOICE]
    text = json.dumps([model.chat.identity, how, texts], sort_keys=True)
    return sha256(text.encode()).hexdigest()[:16]


def told_of(rates: pl.DataFrame) -> list[tuple[str, int, float, int, int]]:
    """By category, the whole last: questions, mean pass rate, how many are never and always
    answered."""
    figures = (
        pl.len(),
        pl.col("pass_rate").mean(),
        (pl.col("pass_rate") == 0).sum().alias("never"),
        (pl.col("pass_rate") == 1).sum().alias("always"),
    )
    parts = rates.group_by("category").agg(figures).sort("category")
    return [*parts.iter_rows(), ("all", *rates.select(figures).row(0))]
