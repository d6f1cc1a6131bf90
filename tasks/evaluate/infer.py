"""Infer: what a model replies to the items of a benchmark.

Reads items and their photographs; writes one row per item, in their order
(schemas.benchmark.REPLY), the reply as the model wrote it. A local model keeps every batch as it is
written, an endpoint every reply in the reply store: a run that was cut short goes on where it was.
"""

import logging
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import polars as pl
from prefect import State, task
from prefect.cache_policies import NO_CACHE
from prefect.states import Completed

from evaluation.prompting import DIRECT_CHOICE, DIRECT_TEXT, POINT, REASONING
from evaluation.reply_files import read_reply_file
from schemas.chat import Account
from schemas.config.evaluation import EvaluatedModel
from tasks.artifact import Artifact, inputs_of, is_complete, plan_artifact
from tasks.chat.keys import key_of
from tasks.chat.run import Run
from tasks.evaluate.endpoint_replies import ask_endpoint
from tasks.evaluate.imported import LOST, check_file, import_replies, imported_artifact
from tasks.evaluate.local_replies import write_locally
from tasks.evaluate.places import place_of, weights_digest
from tasks.turns import sole_maker
from tasks.writing import write_artifact, write_incomplete

VERSION = 1
PARTS = "infer-parts"
"""Folder below ROOT/artifacts for the batches of runs that are not finished."""
logger = logging.getLogger(__name__)


def check_model(model: EvaluatedModel, root: Path) -> None:
    """ValueError where a model cannot be asked: packages, a folder or a key are missing."""
    if model.local:
        missing = [name for name in ("torch", "transformers") if not find_spec(name)]
        if missing:
            raise ValueError(
                f"{model.name} runs on this machine, which needs {missing[0]}: run `make "
                ".venv/train`, or pip install -e '.[train]'"
            )
        place_of(model, root)
    for benchmark in model.files or {}:
        for file in model.files_of(benchmark):
            check_file(file)
            read_reply_file(file)
    if model.chat:
        key_of(model.chat, f"{model.name}.chat")


def replies_artifact(
    items_path: Path, benchmark: str, model: EvaluatedModel, root: Path
) -> Artifact:
    if model.files:
        return imported_artifact(items_path, model.files_of(benchmark), root)
    settings: dict[str, Any] = {
        "model": _identity(model, root),
        "template": model.template.value,
        "prompts": f"{REASONING}|{DIRECT_CHOICE}|{DIRECT_TEXT}|{POINT}",
        "family": model.family.value,
        "frame": model.frame,
        "pixels": f"{model.min_pixels}-{model.max_pixels}",
        "max_new_tokens": model.max_new_tokens,
    }
    if model.blind:  # only then: what was asked before stays what it was
        settings["pictures"] = "none"
    return plan_artifact(
        root, "infer", version=VERSION, config=settings, inputs=inputs_of(items=items_path)
    )


def parts_of(artifact: Artifact) -> Path:
    """The folder of the batches of an artifact that is not finished."""
    return artifact.root / "artifacts" / PARTS / artifact.digest


def _identity(model: EvaluatedModel, root: Path) -> str:
    """What decides a model's replies, apart from its name."""
    if model.chat:
        return repr(model.chat.identity)
    assert model.local
    place = place_of(model, root)
    known = weights_digest(place, root) if isinstance(place, Path) else str(place)
    # Of a folder with adapters, the revision is that of the model they belong to.
    if model.local.revision or not isinstance(place, Path):
        known += f"@{model.local.revision}"
    return f"{known} {model.local.dtype}"


@task(cache_policy=NO_CACHE, task_run_name="infer-{model.name}-{benchmark}")
def infer_replies(
    items_path: Path,
    benchmark: str,
    model: EvaluatedModel,
    account: Account,
    root: Path,
    run: Run | None = None,
) -> Path | State[Path]:
    artifact = replies_artifact(items_path, benchmark, model, root)
    run = run or Run()
    with sole_maker(artifact, run):
        if is_complete(artifact):
            return Completed(name="Cached", data=artifact.path)
        return write_replies(items_path, benchmark, model, account, artifact, run)


def write_replies(
    items_path: Path,
    benchmark: str,
    model: EvaluatedModel,
    account: Account,
    artifact: Artifact,
    run: Run,
) -> Path:
    """The artifact, or one of what is known so far where some replies are missing. RuntimeError
    where all are."""
    items, root = pl.read_parquet(items_path), artifact.root
    missing, reason = list[str](), ""
    if model.files:
        replies = import_replies(items_path, model.files_of(benchmark), model.name)
    elif model.local:
        replies = write_locally(items, model, root, parts_of(artifact))
    else:
        replies, missing, reason = ask_endpoint(items, model, account, root, run)
    if missing and len(missing) == items.height:
        raise RuntimeError(
            f"{model.name} replied to none of {len(missing)} items ({reason}): see that its server "
            "answers, and run the same command again"
        )
    logger.info(
        "infer: %s on %s: %d replies, %d tokens",
        model.name,
        benchmark,
        replies.filter(~pl.col("error").fill_null("").is_in([*LOST])).height,
        replies["output_tokens"].sum(),
    )
    if missing:
        logger.warning(
            "infer: %s on %s: no reply to %d items (%s): run again to ask again",
            model.name,
            benchmark,
            len(missing),
            reason,
        )
        return write_incomplete(replies, artifact, missing)
    path = write_artifact(replies, artifact)
    shutil.rmtree(parts_of(artifact), ignore_errors=True)
    return path
