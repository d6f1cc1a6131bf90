"""Evaluation: models and benchmarks in, scores and a report out.

    load (per benchmark) → infer (per model and benchmark) → parse and score → report
      └→ vary (where robustness is asked for) → infer → parse ─────────────────┘

What is done stays done: the same call goes on where the last one ended. A failure does not stop
the others, and is reported at the end.
"""

import logging
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, cast

import polars as pl
from prefect import flow, tags
from prefect.futures import PrefectFuture
from prefect.task_runners import ThreadPoolTaskRunner

from flows.announcing import announce_scores
from flows.lineage import Data, open_lineage
from flows.naming import deployed, name_of_deployed, run_name, tags_of
from flows.outcomes import BAD_CALL, outcome_of
from flows.stopping import watch_again
from flows.telling import telling
from schemas.config.evaluation import EvaluateConfig, load_evaluate_config
from tasks.addresses import local_name
from tasks.chat.account import check_replies
from tasks.chat.heartbeats import heartbeats
from tasks.chat.run import Run
from tasks.evaluate.about import about_evaluation
from tasks.evaluate.attend import measure_attention
from tasks.evaluate.benchmark import check_benchmark, load_benchmark
from tasks.evaluate.checkpoints import with_checkpoints
from tasks.evaluate.endpoint_replies import account_of
from tasks.evaluate.infer import check_model, infer_replies
from tasks.evaluate.outcomes import Failed, Outcome, VariantsOutcome
from tasks.evaluate.places import evaluating
from tasks.evaluate.report import report_evaluation
from tasks.evaluate.scoring import read_variants, score_benchmark
from tasks.evaluate.variants.stage import (
    benchmark_of_variants,
    name_of_variants,
    num_rows,
    vary_items,
)
from tasks.root_transfer import send
from tasks.stored_root import in_step, open_root
from tasks.turns import using_root
from tasks.writing import remove_partials

logger = logging.getLogger(__name__)
PARTS = ("benchmark", "metric", "value", "standard_error", "constant_baseline")
"""Columns of a model's scores that the Prefect artifact shows."""


class EvaluationFailedError(RuntimeError):
    """Part of the evaluation failed; the message names it, and where the report on the rest is."""


@flow(name="evaluate")
@telling
def evaluate_flow(config: EvaluateConfig, root: Path) -> Path:
    """The report's folder."""
    return make_evaluation(config, root)


def make_evaluation(config: EvaluateConfig, root: Path) -> Path:
    """As `evaluate_flow`, in the flow run under way."""
    models = [one.local.model for one in config.models if one.local]
    read = [Data(model) for model in models if Path(model).is_dir()]
    with using_root(root), open_lineage().job(f"{config.name}.evaluate", read) as step:
        folder = _evaluation(config, root)
        step.outputs.append(Data(str(folder), folder.name))
        return folder


def _evaluation(config: EvaluateConfig, root: Path) -> Path:
    watch_again()
    remove_partials(root)
    about = about_evaluation(config, root)
    config, _ = with_checkpoints(config, root)
    failures: list[Failed] = []
    items: dict[str, Path] = {}
    loading = {
        entry.title: load_benchmark.submit(entry, config.items, config.seed, root)
        for entry in config.benchmarks
    }
    for name, future in loading.items():
        path = _outcome(future.result, Failed("every model", name, ""), failures)
        if path:
            items[name] = path
    varied = _vary(items, config, root, failures)
    account = account_of(config, root)
    # Of each model on each benchmark: replies to one may be unusable, those to others not.
    runs = {
        (model.name, name): Run()
        for model in config.models
        for name in (*items, *varied)
        if (model.answers(name) if name in items else not model.files)
    }
    models = {model.name: model for model in config.models}
    rows = items | varied
    asked: dict[tuple[str, str], PrefectFuture[Any]] = {
        (model, name): infer_replies.submit(rows[name], name, models[model], account, root, run)
        for (model, name), run in runs.items()
    }
    outcomes, variants = list[Outcome](), list[VariantsOutcome]()
    known = {f"infer: {model} on {name}": run for (model, name), run in runs.items()}
    try:
        with heartbeats(logger.info, known):
            for (model_name, name), future in asked.items():
                about_this = Failed(model_name, name, "")
                replies = _outcome(future.result, about_this, failures)
                if not replies:
                    continue
                send(root)
                if name in varied:
                    reading = read_variants.with_options(task_run_name=f"read-{model_name}-{name}")
                    read = _outcome(
                        partial(reading, varied[name], replies, root), about_this, failures
                    )
                    if read:
                        place = model_name, benchmark_of_variants(name)
                        variants.append(VariantsOutcome(*place, varied[name], replies, read))
                    continue
                task = score_benchmark.with_options(task_run_name=f"score-{model_name}-{name}")
                score = partial(task, items[name], replies, config.seed, config.num_bootstrap, root)
                scored = _outcome(score, about_this, failures)
                if not scored:
                    continue
                looked = None
                if (local := models[model_name].local) and local.attention:
                    looking = partial(
                        measure_attention, items[name], replies, name, models[model_name], root
                    )
                    looked = _outcome(looking, about_this, failures)
                paths = items[name], replies, scored.parsed, scored.scores, looked
                outcomes.append(Outcome(model_name, name, *paths))
    except BaseException:
        # A signal interrupts only this thread: the threads of the tasks would go on asking models.
        for run in runs.values():
            run.stop()
        raise
    if not outcomes:
        error = ValueError if all(one.is_input for one in failures) else EvaluationFailedError
        raise error(f"nothing was evaluated: {failures[0].message}")
    report = report_evaluation(about, outcomes, failures, root, variants, return_state=True)
    folder = cast(Path, report.result())
    _announce(config, folder)
    if failures:
        raise EvaluationFailedError(
            f"{len(failures)} of {len(failures) + len(outcomes) + len(variants)} evaluations "
            "failed, the first: "
            f"{failures[0].message} (report on the others: {folder / 'report.html'})"
        )
    return folder


def _vary(
    items: Mapping[str, Path], config: EvaluateConfig, root: Path, failures: list[Failed]
) -> dict[str, Path]:
    """The variants of each benchmark that has any, by the name under which they are asked."""
    if not config.robustness.variants:
        return {}
    varying = {
        name_of_variants(name): vary_items.submit(path, name, config.robustness, config.seed, root)
        for name, path in items.items()
    }
    found = {}
    for name, future in varying.items():
        path = _outcome(future.result, Failed("every model", name, ""), failures)
        if path and num_rows(path):
            found[name] = path
    return found


def _outcome(task: Callable[[], Any], about: Failed, failures: list[Failed]) -> Any:
    """What a task returns; None, and an entry in `failures`, where it raises."""
    try:
        return task()
    except (ValueError, OSError, RuntimeError, pl.exceptions.PolarsError) as error:
        message, code = outcome_of(error)
        logger.error("%s on %s: %s", about.model, about.benchmark, message)
        failures.append(about._replace(message=message, is_input=code == BAD_CALL))
        return None


def _announce(config: EvaluateConfig, folder: Path) -> None:
    scores = pl.read_parquet(folder / "scores.parquet")
    main = scores.filter(pl.col("is_main"), pl.col("rule") == "official")
    announce_scores(config.name, main.select("model", *PARTS).to_dicts(), folder)


@flow(name="evaluate-from-file", flow_run_name=name_of_deployed)
@telling
def evaluate_from_file(
    config: str, settings: list[str] | None = None, root: str = "data", model: str | None = None
) -> str:
    """For deployments: the report of a configuration file; `model` is the folder, or the address,
    of a model that was just trained, in place of the configuration's own."""
    loaded = load_evaluate_config(Path(config), tuple(settings or ()))
    place = open_root(root).absolute()  # as people know it who do not know where it runs
    with in_step(place):
        if model:
            loaded = evaluating(loaded, local_name(model, place), place)
        check_evaluation(loaded, place)
        runner: Any = ThreadPoolTaskRunner(max_workers=loaded.max_workers)
        with deployed(loaded, Path(config), runner):
            return str(make_evaluation(loaded, place))


def run_evaluation(config: EvaluateConfig, root: Path, file: Path | None = None) -> Path:
    """Evaluate; ValueError, before anything runs, where a model cannot be asked at all or a
    benchmark is not known. `file` has held the configuration."""
    check_evaluation(config, root)
    runner: Any = ThreadPoolTaskRunner(max_workers=config.max_workers)
    flow_ = evaluate_flow.with_options(task_runner=runner, flow_run_name=run_name(config))
    with tags(*tags_of(config, file)):
        folder: Path = flow_(config, root)
    return folder


def check_evaluation(config: EvaluateConfig, root: Path) -> None:
    check_replies(config, root)
    for entry in config.benchmarks:
        check_benchmark(entry)
    for model in with_checkpoints(config, root)[0].models:
        check_model(model, root)
