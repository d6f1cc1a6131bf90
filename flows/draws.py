"""Draws: what `--new-replies` asks a model anew for.

Which draws of a model's replies were begun is noted below the root, by the model and how it is
asked: the reply store does not know which draw a reply is of, and artifacts are cleared away or
damaged. A draw that was finished once is not new again, whatever has become of its artifacts, and
one that was begun for another configuration is not either: the reply store has its replies.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import msgspec

from flows.graph import STAGES
from schemas.config.build import PipelineConfig
from schemas.config.section import config_digest
from schemas.replacing import replacing
from tasks.fetched import with_local_files
from tasks.stage import Build
from tasks.status import build_status

DRAWS = "draws"
"""The folder below the root with one file for each model and way in which it is asked."""


class Begun(NamedTuple):
    """`build` is the digest of the configuration for which a draw was begun."""

    build: str
    is_finished: bool


def with_new_replies(config: PipelineConfig, stage: str | None, root: Path) -> PipelineConfig:
    """The configuration with the first draw of a stage's replies that is new, or that was begun for
    this configuration and not finished: the same call after a crash continues, and pays for nothing
    twice. ValueError where the stage asks no model."""
    asking = [section.removesuffix(".chat") for section in config.chats]
    if stage not in asking:
        raise ValueError(
            f"{f'{stage} asks no model' if stage else 'no stage is named'}: "
            + (f"use --again {' or '.join(asking)}" if asking else "no stage here asks one")
        )
    place = _place(config, stage, root)
    noted = _noted(place)
    draw = config.chats[f"{stage}.chat"].draw
    while True:
        draw += 1
        changed = config.with_draw(stage, draw)
        begun = noted.get(draw, Begun(config_digest(changed), is_finished=False))
        if begun.is_finished or begun.build != config_digest(changed):
            continue
        is_finished = _is_finished(changed, stage, root)
        _note(place, draw, begun._replace(is_finished=is_finished))
        if not is_finished:
            return changed


@contextmanager
def noting_draw(config: PipelineConfig, stage: str, root: Path) -> Iterator[None]:
    """Notes at the end of the block, which builds the configuration, whether the draw of the
    stage's replies is finished; also where the build has failed, which may be a later stage."""
    try:
        yield
    finally:
        begun = Begun(config_digest(config), _is_finished(config, stage, root))
        _note(_place(config, stage, root), config.chats[f"{stage}.chat"].draw, begun)


def _is_finished(config: PipelineConfig, stage: str, root: Path) -> bool:
    entries = build_status(STAGES, Build(with_local_files(config, root), root))
    return any(entry.stage == stage and entry.state == "complete" for entry in entries)


def _place(config: PipelineConfig, stage: str, root: Path) -> Path:
    identity = config.chats[f"{stage}.chat"].with_draw(0).identity
    text = json.dumps([stage, identity], sort_keys=True)
    return root / DRAWS / f"{sha256(text.encode()).hexdigest()[:16]}.json"


def _noted(place: Path) -> dict[int, Begun]:
    if not place.exists():
        return {}
    try:
        return msgspec.json.decode(place.read_bytes(), type=dict[int, Begun])
    except ValueError as error:
        raise ValueError(f"{place} is damaged ({error}): remove it") from None


def _note(place: Path, draw: int, begun: Begun) -> None:
    noted = _noted(place) | {draw: begun}
    with replacing(place) as partial:
        partial.write_bytes(msgspec.json.encode(noted) + b"\n")
