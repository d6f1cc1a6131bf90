"""Books: a reviewer's file, on disk after every step."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_NB
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from schemas.columns import frame_of
from schemas.config.names import PLAIN
from schemas.locks import set_lock
from schemas.replacing import make_folder, replacing
from schemas.review import REVIEW, REVIEWS, ReviewVerdict, read_reviews


class State(NamedTuple):
    """`answered` before the label was seen, the `verdict` and its `comment`."""

    answered: str | None = None
    verdict: ReviewVerdict | None = None
    comment: str = ""


class Book:
    """What one reviewer did with the questions of a dataset's name."""

    def __init__(self, path: Path, reviewer: str) -> None:
        self.path = path
        self.reviewer = reviewer
        self._rows = read_reviews(path) if path.exists() else pl.DataFrame(schema=REVIEW)
        self._states = {
            key: State(answered, ReviewVerdict(verdict) if verdict else None, comment or "")
            for key, answered, verdict, comment in self._rows.sort("number")
            .select("key", "answered", "verdict", "comment")
            .iter_rows()
        }

    @property
    def rows(self) -> pl.DataFrame:
        return self._rows

    def state(self, key: str) -> State:
        return self._states.get(key, State())

    def add(
        self,
        item: dict[str, Any],
        answered: str | None,
        verdict: ReviewVerdict | None,
        comment: str = "",
    ) -> None:
        """One step, durable when this returns. `item` has the columns of REVIEW that say which
        question it is."""
        number = int(self._rows["number"].max() or 0) + 1  # type: ignore[arg-type]
        row = {
            **{name: item[name] for name in REVIEW if name in item},
            "number": number,
            "reviewer": self.reviewer,
            "answered": answered,
            "verdict": verdict.value if verdict else None,
            "comment": comment or None,
        }
        rows = self._rows.vstack(frame_of([row], REVIEW))
        with replacing(self.path) as partial:
            rows.write_parquet(partial)
        self._rows = rows
        self._states[item["key"]] = State(answered, verdict, comment)


@contextmanager
def open_book(root: Path, name: str, reviewer: str) -> Iterator[Book]:
    """The book of a reviewer, for this process alone. ValueError where the reviewer's name cannot
    be one of a file, or where another process has the book."""
    if not PLAIN.fullmatch(reviewer):
        raise ValueError(
            f"{reviewer!r} cannot be a reviewer's name: use up to 64 of a-z, 0-9, '.', '_' and "
            "'-', and begin with a letter or digit"
        )
    path = root / REVIEWS / name / f"{reviewer}.parquet"
    make_folder(path.parent)
    lock = os.open(path.with_suffix(".lock"), os.O_CREAT | os.O_RDWR)
    try:
        try:
            set_lock(lock, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            raise ValueError(
                f"{reviewer} is reviewing {name} already: go on in that page, or end its command"
            ) from None
        yield Book(path, reviewer)
    finally:
        os.close(lock)
