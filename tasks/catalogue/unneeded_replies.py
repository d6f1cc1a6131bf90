"""Unneeded replies: those of the root's own reply store that no kept dataset was made of.

A reply is needed where a row of a kept dataset's build names its request, and it may be where it
was stored after the newest dataset of its build was published: a build that has not ended yet asked
for it. Replies of builds that have published nothing here, and of evaluations, stay. What was spent
stays counted.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
from sqlalchemy import Connection, delete, func, select

from tasks.artifact import artifacts_of
from tasks.chat.account import REPLIES
from tasks.chat.databases import open_engine
from tasks.chat.sql import MAX_DIGESTS, SqlReplies
from tasks.chat.tables import REPLIES as TABLE

NAMED_BY = {"write": "write_replies", "judge": "judge_replies"}
"""The columns that name requests, by the stage whose artifacts have them."""


class OldReplies(NamedTuple):
    """Their digests and bytes; `note` says why there are none where that is not known."""

    digests: Sequence[str] = ()
    num_bytes: int = 0
    note: str = ""


def find_old_replies(
    root: Path, kept: Mapping[str, Mapping[str, Any]], newest: Mapping[str, float]
) -> OldReplies:
    """`kept` are manifests, `newest` says by dataset name when one was published last."""
    place = root / REPLIES
    if not place.is_file() or place.is_symlink():
        return OldReplies()
    needed: set[str] = set()
    for name, manifest in kept.items():
        for stage, column in NAMED_BY.items():
            if not (manifest["config"].get(stage) or {}).get("chat"):
                continue
            try:
                named = _named(root, stage, manifest["stages"].get(stage, {"recipe": ""}), column)
            except ValueError as error:
                return OldReplies(note=f"replies stay, which {name} may need: {error}")
            if named is None:
                return OldReplies(
                    note=f"replies stay: the artifacts of {stage}, which say which of them {name} "
                    "needs, are gone"
                )
            needed.update(named)
    try:
        store = SqlReplies(*open_engine(f"sqlite:///{place.resolve()}"))
    except (OSError, ValueError) as error:
        return OldReplies(note=f"replies stay: {error}")
    try:
        found = [
            (digest, size)
            for digest, payer, created, size in store.transact(_all)
            if created < newest.get(payer, 0.0) and digest not in needed
        ]
    finally:
        store.close()
    return OldReplies([digest for digest, _ in found], sum(size for _, size in found))


def _named(root: Path, stage: str, facts: Mapping[str, str], column: str) -> Iterator[str] | None:
    paths = artifacts_of(root, stage, facts["recipe"])
    if not paths:
        return None
    names = pl.scan_parquet(paths).select(pl.col(column).explode()).collect()
    return iter(names.to_series().drop_nulls())


def _all(connection: Connection) -> list[tuple[str, str, float, int]]:
    columns = TABLE.c.digest, TABLE.c.payer, TABLE.c.created, func.length(TABLE.c.raw)
    rows = connection.execute(select(*columns).order_by(TABLE.c.digest))
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def delete_replies(root: Path, replies: OldReplies) -> None:
    """Delete them, and give their room back to the disk."""
    if not replies.digests:
        return
    store = SqlReplies(*open_engine(f"sqlite:///{(root / REPLIES).resolve()}"))

    def work(connection: Connection) -> None:
        for start in range(0, len(replies.digests), MAX_DIGESTS):
            some = replies.digests[start : start + MAX_DIGESTS]
            connection.execute(delete(TABLE).where(TABLE.c.digest.in_(some)))

    try:
        store.transact(work)
        with store.engine.connect() as connection:
            free = connection.execution_options(isolation_level="AUTOCOMMIT")
            free.exec_driver_sql("VACUUM")
            free.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        store.close()
