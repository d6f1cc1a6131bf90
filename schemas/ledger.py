"""Ledger: the table of every lost or repaired row, with the reason."""

from collections.abc import Sequence

import polars as pl

from schemas.columns import columns

LEDGER = columns(
    stage=pl.String,
    image_id=pl.String,
    item=pl.String,
    action=pl.String,
    reason=pl.String,
    detail=pl.String,
)
"""`item` names what was lost, repaired or doubted in the image, such as `object 7`; `action` is
drop, repair, or doubt (it stays as it is, and is not believed); `reason` is one of the words that
the stage's docstring lists."""


def lost(image_id: str, item: str, reason: str, detail: str) -> dict[str, str]:
    """A ledger row for what is dropped."""
    return {
        "image_id": image_id,
        "item": item,
        "action": "drop",
        "reason": reason,
        "detail": detail,
    }


def repaired(image_id: str, item: str, reason: str, detail: str) -> dict[str, str]:
    """A ledger row for what stays, changed."""
    return lost(image_id, item, reason, detail) | {"action": "repair"}


def doubted(image_id: str, item: str, reason: str, detail: str) -> dict[str, str]:
    """A ledger row for what stays as it is, and is not believed."""
    return lost(image_id, item, reason, detail) | {"action": "doubt"}


def ledger_of(rows: Sequence[dict[str, str]], stage: str = "ingest") -> pl.DataFrame:
    """LEDGER from rows of image_id, item, action, reason and detail."""
    return pl.DataFrame(list(rows), schema=LEDGER).with_columns(stage=pl.lit(stage))
