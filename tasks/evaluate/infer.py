"""Infer: what a model replies to the items of a benchmark.

Reads items and their photographs; writes one row per item, in their order
(schemas.benchmark.REPLY), the reply as the model wrote it. A local model keeps every batch as it is
written, an endpoint every reply in the reply store: a run that was cut short goes on where it was.
"""

import logging
import shutil
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache, partial
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any

import polars as pl
from prefect import State, task
from prefect.cache_policies import NO_CACHE
from prefect.states import Completed

from evaluation.images import sent, shown
from evaluation.photographs import PhotographStore
from evaluation.prompting import DIRECT_CHOICE, DIRECT_TEXT, POINT, REASONING, prompt_of
from evaluation.reply_files import read_reply_file
from schemas.benchmark import REPLY
from schemas.chat import Account, Failure, Message, Photograph, Role
from schemas.columns import frame_of as table_of
from schemas.config.evaluation import EvaluateConfig, EvaluatedModel
from schemas.config.training import TINY
from schemas.photographs import opened
from schemas.replacing import replacing
from tasks.artifact import (
    Artifact,
    inputs_of,
    is_complete,
    plan_artifact,
    write_artifact,
    write_incomplete,
)
from tasks.chat.run import Run
from tasks.evaluate.imported import check_file, import_replies, imported_artifact
from tasks.turns import sole_maker
from training.families.table import FAMILIES, family_of
from training.model import place_of_model, resolve_model
from training.run_folder import model_digest

VERSION = 1
PARTS = "infer-parts"
"""Folder below ROOT/artifacts for the batches of runs that are not finished."""
ONE_AT_A_TIME = Lock()
"""Held while a local model works: it has one device, and threads must take turns."""
logger = logging.getLogger(__name__)

Row = Mapping[str, Any]


def evaluating(config: EvaluateConfig, model: str, root: Path) -> EvaluateConfig:
    """The evaluation of that local model instead: a Hub id, a folder, a trained model's name, or
    `tiny`."""
    return config.with_model(
        model, None if model == TINY else family_of(place_of_model(model, root))
    )


def check_model(model: EvaluatedModel, root: Path) -> None:
    """ValueError where a model cannot be asked: packages, a folder or a key are missing."""
    if model.local:
        missing = [name for name in ("torch", "transformers") if not find_spec(name)]
        if missing:
            raise ValueError(
                f"{model.name} runs on this machine, which needs {missing[0]}: run `make "
                ".venv/train`, or pip install 'spatialthinker[train]'"
            )
        resolve_model(model.local.model, root, model.family)
    for benchmark in model.files or {}:
        for file in model.files_of(benchmark):
            check_file(file)
            read_reply_file(file)
    if model.chat:
        from tasks.chat.endpoint import key_of  # only here: it loads the client of the models

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


def _identity(model: EvaluatedModel, root: Path) -> str:
    """What decides a model's replies, apart from its name."""
    if model.chat:
        return repr(model.chat.identity)
    assert model.local
    place = resolve_model(model.local.model, root, model.family)
    known = (
        model_digest(place, root) if isinstance(place, Path) else f"{place}@{model.local.revision}"
    )
    return f"{known} {model.local.dtype}"


def asked_of(item: Row, model: EvaluatedModel) -> dict[str, Any]:
    """The columns of REPLY that are known before there is one."""
    size = (item["width"] or 0, item["height"] or 0)
    frame = model.frame_of(size) if all(size) else size
    return {
        "benchmark": item["benchmark"],
        "item_id": item["item_id"],
        "prompt": prompt_of(item, model.template, frame),
        "frame_width": frame[0],
        "frame_height": frame[1],
    }


def _shown_to(model: EvaluatedModel, item: Row) -> list[str]:
    """The pictures of an item, none for a blind model."""
    return [] if model.blind else list(item["images"])


# Local models.


@lru_cache(maxsize=1)
def _load(model: EvaluatedModel, root: Path) -> Any:
    """The last model stays loaded, for the next benchmark."""
    from evaluation.local import LocalModel  # loads torch
    from training.processor import load_processor, placeholder_ids

    assert model.local
    place = resolve_model(model.local.model, root, model.family)
    processor = load_processor(
        place,
        model.family,
        min_pixels=model.min_pixels,
        max_pixels=model.max_pixels,
        revision=model.local.revision,
    )
    return LocalModel(
        place,
        processor,
        revision=model.local.revision,
        dtype=model.local.dtype,
        device=model.local.device,
        max_new_tokens=model.max_new_tokens,
        banned=placeholder_ids(processor, FAMILIES[model.family]),
    )


def write_locally(
    items: pl.DataFrame, model: EvaluatedModel, root: Path, parts: Path
) -> pl.DataFrame:
    """Rows of REPLY in the order of the items; every batch is kept in `parts` when it is done."""
    kept = [pl.read_parquet(path) for path in sorted(parts.glob("*.parquet"))]
    done = {item_id for part in kept for item_id in part["item_id"]}
    rows = [row for row in items.iter_rows(named=True) if row["item_id"] not in done]
    # Of one length, so that little is padded; the longest first, so that memory fails early.
    rows.sort(key=lambda row: (-(row["width"] or 0) * (row["height"] or 0), -len(row["question"])))
    assert model.local
    if rows:
        store, size = PhotographStore(root), model.local.batch_size
        for start in range(0, len(rows), size):
            batch = rows[start : start + size]
            part = table_of(_write_batch(batch, model, store, root), REPLY)
            with replacing(parts / f"{len(done):08d}.parquet") as partial_path:
                part.write_parquet(partial_path)
            kept.append(part)
            done |= {row["item_id"] for row in batch}
    replies = pl.concat([pl.DataFrame(schema=REPLY), *kept])
    order = items.select("item_id")
    return order.join(replies, on="item_id", how="left", maintain_order="left").select(
        REPLY.names()
    )


def _write_batch(
    batch: Sequence[Row], model: EvaluatedModel, store: PhotographStore, root: Path
) -> list[dict[str, Any]]:
    from evaluation.local import Asked

    known = [asked_of(row, model) for row in batch]
    asked = [
        Asked(
            about["prompt"],
            [_image(store.read(digest), model) for digest in _shown_to(model, row)],
        )
        for row, about in zip(batch, known, strict=True)
    ]
    with ONE_AT_A_TIME:
        written = _load(model, root).write(asked)
    return [
        about | reply._asdict() | {"cost": None, "error": None}
        for about, reply in zip(known, written, strict=True)
    ]


def _image(data: bytes, model: EvaluatedModel) -> Any:
    with opened(data) as image:
        size = image.size
    return shown(data, model.shown_size(size))


# Endpoints.


def ask_endpoint(
    items: pl.DataFrame,
    model: EvaluatedModel,
    account: Account,
    root: Path,
    run: Run | None = None,
) -> tuple[pl.DataFrame, list[str], str]:
    """Rows of REPLY in the order of the items, the ids of items that a later run may get a reply
    to, and why the first of these got none."""
    from tasks.chat.converse import converse

    assert model.chat
    chat = model.chat.model_copy(update={"max_tokens": model.max_new_tokens})
    reasons: dict[str, str] = {}
    conversation = partial(_ask, model=model, store=PhotographStore(root), reasons=reasons)
    rows = converse(chat, account, items.iter_rows(named=True), conversation, run=run)
    missing = [row["item_id"] for row in rows if row["error"] == Failure.NO_REPLY.value]
    return table_of(rows, REPLY), missing, reasons[missing[0]] if missing else ""


async def _ask(
    chat: Any, item: Row, model: EvaluatedModel, store: PhotographStore, reasons: dict[str, str]
) -> dict[str, Any]:
    """A row of REPLY; why an item got no reply is put into `reasons`."""
    from tasks.chat.errors import NoReplyError, RejectedError

    about = asked_of(item, model)
    messages = list(_messages(item, about["prompt"], model, store))
    nothing = {"text": None, "finish_reason": None, "input_tokens": 0, "output_tokens": 0}
    try:
        reply, said = await chat.said(messages)
    except NoReplyError as error:
        reasons[item["item_id"]] = str(error)
        return about | nothing | {"cost": None, "error": Failure.NO_REPLY.value}
    except RejectedError as error:
        return about | nothing | {"cost": None, "error": f"{Failure.REJECTED.value}: {error}"[:300]}
    has_text = said.failure in (None, Failure.TRUNCATED, Failure.REFUSED)
    return about | {
        "text": said.text if has_text else None,
        "finish_reason": reply.finish_reason,
        "input_tokens": reply.usage.input_tokens,
        "output_tokens": reply.usage.output_tokens,
        "cost": reply.cost,
        "error": None if has_text or said.failure is None else said.failure.value,
    }


def _messages(
    item: Row, prompt: str, model: EvaluatedModel, store: PhotographStore
) -> Iterator[Message]:
    """One per image, the words with the last: a message carries one image."""
    images = [_photograph(digest, model, store) for digest in _shown_to(model, item)]
    for number, image in enumerate(images[:-1], start=1):
        yield Message(Role.USER, f"Picture {number}:", image)
    yield Message(Role.USER, prompt, images[-1] if images else None)


def _photograph(digest: str, model: EvaluatedModel, store: PhotographStore) -> Photograph:
    from evaluation.photographs import photograph_size

    data = store.read(digest)
    width, height = model.shown_size(photograph_size(data))
    del data  # read again when it is sent: the queue must not hold photographs
    load = lambda: sent(store.read(digest), (width, height))  # noqa: E731
    return Photograph(f"{digest}@{width}x{height}", max(width, height), load)


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
    with sole_maker(artifact, lambda: run.is_stopped):
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
        parts = root / "artifacts" / PARTS / artifact.digest
        replies = write_locally(items, model, root, parts)
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
        replies.height - len(missing),
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
    shutil.rmtree(root / "artifacts" / PARTS / artifact.digest, ignore_errors=True)
    return path
