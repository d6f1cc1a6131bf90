"""The ledger: one row per repair or drop."""

import polars as pl

from schemas.ledger import LEDGER


class Ledger:
    """Rows that cleaning lost or repaired."""

    def __init__(self, first: pl.DataFrame) -> None:
        self.parts = [first]

    def note(
        self,
        rows: pl.DataFrame,
        item: str,
        id_column: str,
        action: str,
        reason: str,
        detail: pl.Expr,
    ) -> None:
        number = pl.col(id_column).cast(pl.String).fill_null("without id")
        self.parts.append(
            rows.select(
                stage=pl.lit("ingest"),
                image_id="image_id",
                item=pl.lit(f"{item} ") + number if item != "image" else pl.lit(item),
                action=pl.lit(action),
                reason=pl.lit(reason),
                detail=detail.cast(pl.String),
            ).cast(LEDGER)
        )

    def drop(
        self,
        rows: pl.DataFrame,
        keep: pl.Expr,
        item: str,
        id_column: str,
        reason: str,
        detail: pl.Expr,
    ) -> pl.DataFrame:
        """The rows where `keep` holds; the others are noted."""
        kept = rows.select(keep.fill_null(False)).to_series()
        if kept.all():
            return rows
        self.note(rows.filter(~kept), item, id_column, "drop", reason, detail)
        return rows.filter(kept)

    def losses_of_objects(self) -> pl.DataFrame:
        """By image, what most of its lost objects are lost by, in words."""
        lost = pl.concat(self.parts).filter(
            pl.col("action") == "drop", pl.col("item").str.starts_with("object")
        )
        example = pl.col("detail").sort_by("item").first()
        counted = lost.group_by("image_id", "reason").agg(num=pl.len(), example=example)
        worst = counted.sort("num", "reason", descending=[True, False]).unique(
            "image_id", keep="first", maintain_order=True
        )
        return worst.select(
            "image_id",
            losses=pl.format(": {} of its objects are lost by {} ({})", "num", "reason", "example"),
        )

    def collect(self) -> pl.DataFrame:
        return pl.concat(self.parts).sort("image_id", "item", "reason", "detail")
