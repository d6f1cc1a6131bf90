"""Endpoint replies: those of a model behind a chat server, which the reply store keeps."""

from collections.abc import Iterator
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Any

import polars as pl

from evaluation.images import sent
from evaluation.photographs import PhotographStore
from schemas.benchmark import REPLY
from schemas.chat import Account, Failure, Message, Photograph, Role
from schemas.columns import frame_of as table_of
from schemas.config.chat import ChatConfig
from schemas.config.evaluation import EvaluateConfig, EvaluatedModel
from tasks.chat.account import REPLIES
from tasks.chat.run import Run
from tasks.evaluate.asked import Row, asked_of, shown_to


def ask_endpoint(
    items: pl.DataFrame,
    model: EvaluatedModel,
    account: Account,
    root: Path,
    run: Run | None = None,
) -> tuple[pl.DataFrame, list[str], str]:
    """Rows of REPLY in the order of the items, the ids of items that a later run may get a reply
    to, and why the first of these got none. An item with a column `draw` is asked for the draw of
    that number."""
    from tasks.chat.converse import converse

    reasons: dict[str, str] = {}
    conversation = partial(_ask, model=model, store=PhotographStore(root), reasons=reasons)
    asked, order = items.to_dicts(), by_pictures(items, model)
    found = converse(
        chat_of(model), account, (asked[place] for place in order), conversation, run=run
    )
    rows = [row for _, row in sorted(zip(order, found, strict=True), key=itemgetter(0))]
    missing = [row["item_id"] for row in rows if row["error"] == Failure.NO_REPLY.value]
    return table_of(rows, REPLY), missing, reasons[missing[0]] if missing else ""


def by_pictures(items: pl.DataFrame, model: EvaluatedModel) -> list[int]:
    """The places of the items, those with the same pictures one after another: pictures come first
    in what a server is sent, and one that keeps the beginnings of prompts (vLLM) reads each of them
    once."""
    first: dict[tuple[str, ...], int] = {}
    known = [
        first.setdefault(tuple(shown_to(model, item)), place)
        for place, item in enumerate(items.iter_rows(named=True))
    ]
    return sorted(range(len(known)), key=known.__getitem__)


def chat_of(model: EvaluatedModel) -> ChatConfig:
    """How the server is asked; AssertionError where the model is behind none."""
    assert model.chat
    return model.chat.model_copy(update={"max_tokens": model.max_new_tokens})


def account_of(config: EvaluateConfig, root: Path) -> Account:
    """Who pays for replies of endpoints, and where they are kept: with those of builds."""
    store = config.replies or f"sqlite:///{root.resolve() / REPLIES}"
    return Account(f"evaluate-{config.name}", store, config.budget)


async def _ask(
    chat: Any, item: Row, model: EvaluatedModel, store: PhotographStore, reasons: dict[str, str]
) -> dict[str, Any]:
    """A row of REPLY; why an item got no reply is put into `reasons`."""
    from tasks.chat.errors import NoReplyError, RejectedError

    about = asked_of(item, model)
    messages = list(messages_of(item, about["prompt"], model, store))
    nothing = {"text": None, "finish_reason": None, "input_tokens": 0, "output_tokens": 0}
    try:
        reply, said = await chat.said(messages, item.get("draw", 0))
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


def messages_of(
    item: Row, prompt: str, model: EvaluatedModel, store: PhotographStore
) -> Iterator[Message]:
    """One per image, the words with the last: a message carries one image."""
    images = [_photograph(digest, model, store) for digest in shown_to(model, item)]
    for number, image in enumerate(images[:-1], start=1):
        yield Message(Role.USER, f"Picture {number}:", image)
    yield Message(Role.USER, prompt, images[-1] if images else None)


def _photograph(digest: str, model: EvaluatedModel, store: PhotographStore) -> Photograph:
    from evaluation.photographs import photograph_size

    width, height = size = model.shown_size(photograph_size(store.read(digest)))
    # Read again when it is sent: the queue must not hold photographs.
    load = partial(_sent, digest, size, store)
    return Photograph(f"{digest}@{width}x{height}", max(width, height), load)


def _sent(digest: str, size: tuple[int, int], store: PhotographStore) -> bytes:
    return sent(store.read(digest), size)
