"""Asked: what a model is told and shown of an item."""

from collections.abc import Mapping
from typing import Any

from evaluation.prompting import prompt_of
from schemas.config.evaluation import EvaluatedModel

Row = Mapping[str, Any]


def asked_of(item: Row, model: EvaluatedModel) -> dict[str, Any]:
    """The columns of REPLY that are known before there is one. ValueError for an image that the
    model cannot be shown."""
    size = (item["width"] or 0, item["height"] or 0)
    try:
        frame = model.frame_of(size) if all(size) else size
    except ValueError as error:
        where = f"item {item['item_id']} of {item['benchmark']}"
        raise ValueError(f"{where}: {error}; leave the item out") from None
    return {
        "benchmark": item["benchmark"],
        "item_id": item["item_id"],
        "prompt": prompt_of(item, model.template, frame),
        "frame_width": frame[0],
        "frame_height": frame[1],
    }


def shown_to(model: EvaluatedModel, item: Row) -> list[str]:
    """The digests of the pictures of an item, none for a blind model."""
    return [] if model.blind else list(item["images"])
