"""Conversation: one question per planned row, written by a model.

A row that the model cannot write stays, with `reason`: a value of schemas.chat.Failure, or
writer-cannot-tell where the model says that nothing decides what was planned, or that the picture
contradicts it (planned), or that there is no good question (open).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from schemas.chat import Account, Failure, Photograph
from schemas.claim import Category
from schemas.config.margins import ProofConfig
from schemas.config.models import Strategy, WriteConfig
from schemas.config.source import SourceConfig
from schemas.proof.facts import Facts
from schemas.question import QUESTION
from schemas.scene_graph import Scene, scenes_of
from tasks.chat.answers import Answer, Chat
from tasks.chat.converse import converse
from tasks.chat.run import Run
from tasks.photographs.loader import PhotographLoader, loading_photographs
from tasks.write.open import open_columns, open_document, open_form, open_problem
from tasks.write.planned import (
    WrittenQuestion,
    WrittenReply,
    order_of,
    planned_columns,
    planned_document,
    planned_problem,
)
from tasks.write.prompt import messages_of, system_of

CANNOT_TELL = "writer-cannot-tell"
MAX_WHY = 300
"""Characters of a writer's reason that are kept: prompts ask for 25 words."""


@dataclass(frozen=True)
class Slot:
    """A planned question: a row of SUBGRAPH and its scene. `draw` distinguishes the slots of one
    image that show the model the same document."""

    row: Mapping[str, Any]
    scene: Scene
    draw: int = 0

    @property
    def focus(self) -> int | None:
        """A thing to ask about that earlier slots of the image may not have used."""
        return next(iter(self.row["objects"]), None) if self.draw else None


@dataclass(frozen=True)
class Model:
    """How the questions are written; `loader` is None where the model sees no photograph.
    `is_judged`: a judge decides on words that `verify` cannot read."""

    config: WriteConfig
    seed: int
    proof: ProofConfig
    loader: PhotographLoader | None = None
    is_judged: bool = True

    @property
    def max_side(self) -> int | None:
        return self.config.max_image_side if self.loader else None

    def photograph(self, scene: Scene) -> Photograph | None:
        if self.loader is None:
            return None
        return self.loader.photograph(scene.image_id, self.config.max_image_side)


def write_shard_with_model(
    subgraphs: pl.DataFrame,
    config: WriteConfig,
    seed: int,
    root: Path,
    scenes_path: Path | None,
    photographs_path: Path | None,
    source: SourceConfig | None,
    account: Account | None,
    run: Run | None,
    is_judged: bool,
    proof: ProofConfig,
) -> tuple[list[dict[str, Any]], list[str]]:
    """As `write_all`, with scenes and photographs read from disk."""
    if scenes_path is None or account is None:
        raise ValueError("the model writer needs scenes and an account")
    scenes = pl.read_parquet(scenes_path)
    if not config.show_photograph:
        model = Model(config, seed, proof, is_judged=is_judged)
        return write_all(subgraphs, scenes, model, account, run)
    if photographs_path is None or source is None:
        raise ValueError("a model that is shown photographs needs them and their source")
    image_ids = subgraphs["image_id"].unique(maintain_order=True).to_list()
    with loading_photographs(image_ids, scenes_path, photographs_path, source, root) as loader:
        model = Model(config, seed, proof, loader, is_judged)
        return write_all(subgraphs, scenes, model, account, run)


def write_all(
    subgraphs: pl.DataFrame,
    scenes: pl.DataFrame,
    model: Model,
    account: Account,
    run: Run | None = None,
) -> tuple[list[dict[str, Any]], list[str]]:
    """Rows of QUESTION in the order of the subgraphs, and the ids of those for which a later run
    has to ask again."""
    assert model.config.chat is not None
    is_planned = model.config.strategy is Strategy.PLANNED
    conversation = partial(write_planned if is_planned else write_open, model=model)
    slots = slots_of(subgraphs, scenes)
    results = converse(model.config.chat, account, slots, conversation, run=run)
    rows = {row["question_id"]: row for row in results}
    missing = [key for key, row in rows.items() if row["reason"] == Failure.NO_REPLY]
    return [rows[key] for key in subgraphs["question_id"]], missing


def slots_of(subgraphs: pl.DataFrame, scenes: pl.DataFrame) -> Iterator[Slot]:
    """One slot per row, scene by scene. ValueError where a scene is missing."""
    by_image: dict[str, list[dict[str, Any]]] = {}
    for row in subgraphs.iter_rows(named=True):
        by_image.setdefault(row["image_id"], []).append(row)
    wanted = pl.Series("image_id", list(by_image), dtype=pl.String).to_frame()
    found = scenes.join(wanted, on="image_id", how="semi", maintain_order="left")
    if found.height < len(by_image):
        missing = sorted(set(by_image) - set(found["image_id"]))
        raise ValueError(f"there is no scene for image {missing[0]}: rerun the build")
    for scene in scenes_of(found):
        yield from numbered(by_image[scene.image_id], scene)


def numbered(rows: Iterable[Mapping[str, Any]], scene: Scene) -> Iterator[Slot]:
    """The slots of one scene; those of one category and level are different draws."""
    seen: Counter[tuple[str, str]] = Counter()
    for row in rows:
        key = row["category"], row["level"]
        yield Slot(row, scene, seen[key])
        seen[key] += 1


async def write_planned(chat: Chat, slot: Slot, model: Model) -> dict[str, Any]:
    """A row of QUESTION for a claim that the model words."""
    row, scene = slot.row, slot.scene
    order = order_of(row, scene, model.config.num_options, model.seed)
    answer = await chat.answer(
        messages_of(
            system_of(Strategy.PLANNED, Category(row["category"]), model.loader is not None),
            planned_document(row, order, scene, model.max_side),
            model.photograph(scene),
        ),
        WrittenQuestion,
        check=partial(planned_problem, order=order, is_judged=model.is_judged),
    )
    written = answer.value
    if written is None or not written.can_tell:
        return lost_row(slot, answer, chat.config.model)
    return _row(slot, planned_columns(written, order), answer, chat.config.model)


async def write_open(chat: Chat, slot: Slot, model: Model) -> dict[str, Any]:
    """A row of QUESTION for a question that the model chooses in the row's category."""
    row, scene, category = slot.row, slot.scene, Category(slot.row["category"])
    facts = Facts(scene, model.proof)
    num_options = model.config.num_options[category]
    answer = await chat.answer(
        messages_of(
            system_of(Strategy.OPEN, category, model.loader is not None),
            open_document(category, row["level"], num_options, facts, model.max_side, slot.focus),
            model.photograph(scene),
        ),
        open_form(category),
        draw=slot.draw,
        check=partial(
            open_problem,
            category=category,
            num_options=num_options,
            facts=facts,
            is_judged=model.is_judged,
        ),
    )
    written = answer.value
    if written is None or not written.can_tell:
        return lost_row(slot, answer, chat.config.model)
    return _row(slot, open_columns(written, category, facts), answer, chat.config.model)


def lost_row(slot: Slot, answer: Answer[Any], writer: str) -> dict[str, Any]:
    """The row of a slot for which there is no question, and why."""
    reason = answer.failure.value if answer.failure else CANNOT_TELL
    detail = answer.detail or f"the model says that it cannot be told: {_why(answer.value)}"
    empty: dict[str, Any] = {
        "question": None,
        "options": [],
        "option_claims": [],
        "answer": None,
        "writer_level": None,
    }
    return _row(slot, empty, answer, writer) | {"reason": reason, "reason_detail": detail}


def _why(written: WrittenReply | None) -> str:
    """The model's reason, short and on one line."""
    said = written.why if written else ""
    return " ".join(said[:MAX_WHY].split()) or "no reason given"


def _row(
    slot: Slot, columns: Mapping[str, Any], answer: Answer[Any], writer: str
) -> dict[str, Any]:
    kept = {name: slot.row[name] for name in QUESTION.names() if name in slot.row}
    return {
        **kept,
        "pair_id": slot.row.get("pair_id"),
        **columns,
        "writer": writer,
        "write_usage": asdict(answer.usage),
        "write_replies": list(answer.replies),
        "reason": None,
        "reason_detail": None,
    }
