"""Report: report.html beside a dataset, the dataset made for looking.

Reads the dataset folder, and the artifacts of its build as far as they are there. Writes one page;
where there are more questions than it can hold, the page has the overview, and the questions are in
further pages below report/. A report is no part of what a dataset is named by: it says what the
other files say. The same dataset and artifacts give the same bytes.
"""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import polars as pl

from schemas.config.source import SourceConfig
from schemas.config.source_kind import SourceKind
from schemas.manifest import recipe_of
from schemas.printable import visible
from schemas.question import LEVELS
from schemas.replacing import removed_at_last, replacing
from tasks.diff.record import Record
from tasks.pages.templates import page_template
from tasks.photographs.store import SourcePhotographs, open_photographs
from tasks.report.gallery import (
    MAX_ROWS,
    Picture,
    cut_pages,
    in_page,
    page_data,
    pairs_of,
    pictures_of,
)
from tasks.report.overview import overview_of
from tasks.report.questions import published_of, question_parts

Row = dict[str, Any]
REPORT = "report.html"
PAGES = "report"
"""The folder of further pages."""
TEMPLATE = page_template(Path(__file__).parent / "page.html.jinja")
FILTERS = ("category", "level", "evidence", "reason", "writer", "predicate")
"""Columns of SHOWN that filters of the gallery are about, as they are."""


def write_report(
    folder: Path,
    root: Path,
    store: SourcePhotographs | None = None,
    num_workers: int = 2,
    max_rows: int = MAX_ROWS,
) -> Path:
    """The page of a dataset folder whose build's artifacts are below the root. `store` has the
    photographs that lost questions are about and the dataset does not hold; a page has at most
    `max_rows` questions, and those of one page are in memory at a time."""
    record = Record(folder, root)
    with removed_at_last(folder / PAGES, is_durable=False) as kept:
        told = _keep_pages(record, kept, num_workers, max_rows)
        num_shown = sum(part["split"].drop_nulls().len() for part in told)
        overview = overview_of(record, published_of(record), num_shown)
        is_one = len(told) == 1
        files = [REPORT] if is_one else [f"{number + 1:04d}.html" for number in range(len(told))]
        pairs = pairs_of(told, files)
        listed = [
            Listed(file, part["question_id"][0], part.height)
            for file, part in zip(files, told, strict=True)
            if not is_one
        ]
        shutil.rmtree(folder / PAGES, ignore_errors=True)
        for number, file in enumerate(files):
            part = pl.read_parquet(kept / f"{number}.parquet")
            pictures = pictures_of(part, record, store, num_workers)
            gallery = gallery_of(part, pairs, pictures, overview["dataset"])
            place = folder / REPORT if is_one else folder / PAGES / file
            write_page(place, overview, gallery, listed)
    if listed:
        write_page(folder / REPORT, overview, None, listed)
    return folder / REPORT


def _keep_pages(record: Record, kept: Path, num_workers: int, max_rows: int) -> list[pl.DataFrame]:
    """Write the rows of each page, `<number>.parquet`; question_id, pair_id and split of each."""
    told: list[pl.DataFrame] = []
    for questions in question_parts(record, num_workers, max_rows):
        for part in cut_pages(questions, max_rows):
            part.write_parquet(kept / f"{len(told)}.parquet")
            told.append(part.select("question_id", "pair_id", "split"))
    return told


class Listed(NamedTuple):
    """A page of questions, for the list of pages: its name below PAGES, the id of its first
    question, and their number."""

    file: str
    first: str
    num_rows: int


def gallery_of(
    page: pl.DataFrame,
    pairs: Mapping[str, tuple[str, str]],
    pictures: Mapping[str, Picture],
    dataset: str,
) -> Row:
    """What a page shows of its questions, rows of SHOWN."""
    # HTML knows no NUL: a filter's value and that of the rows must be the same.
    page = page.with_columns(pl.col(FILTERS).str.replace_all("\0", "\ufffd", literal=True))
    return {"data": page_data(page, pairs, pictures, dataset), "filters": filters_of(page)}


def write_page(
    place: Path, overview: Row, gallery: Row | None, pages: Sequence[Listed] = ()
) -> None:
    """A page of questions below PAGES, or REPORT, which has the overview; its questions, or the
    list of `pages` that have them."""
    file = "" if place.name == REPORT else place.name
    text = TEMPLATE.render(overview=overview, gallery=gallery, pages=pages, file=file)
    with replacing(place) as partial:
        partial.write_bytes(text.encode("utf-8", "replace"))


def filters_of(page: pl.DataFrame) -> dict[str, list[tuple[str, int]]]:
    """For each filter the values that the page has and how many rows have them, by name; levels
    from easy to hard."""
    found = {name: _values(page[name]) for name in FILTERS}
    found["level"].sort(key=lambda entry: LEVELS.index(entry[0]))
    found["verdict"] = _values(page["verdict"])
    published = page.filter(pl.col("split").is_not_null())
    lost = page.filter(pl.col("stage").is_not_null())
    found["fate"] = [
        ("published", published.height),
        *_values(published["split"]),
        ("lost", lost.height),
        *((f"lost in {stage}", number) for stage, number in _values(lost["stage"])),
    ]
    found["pairs"] = [("yes", page["pair_id"].drop_nulls().len())]
    return found


def _values(column: pl.Series) -> list[tuple[str, int]]:
    return sorted(column.drop_nulls().value_counts().iter_rows())


def photographs_of(record: Record, places: Sequence[str] = ()) -> SourcePhotographs | None:
    """Where the build's photographs are: those that it drew below the root, else those at `places`,
    the annotations or folders and archives of photographs; None where no place is named, or scenes
    were drawn without photographs."""
    source = SourceConfig.model_validate(record.manifest["config"]["source"])
    if source.kind is SourceKind.RENDERED:
        drawn = record.root / "artifacts" / "render" / recipe_of(record.manifest, "render")
        has_photographs = record.manifest["config"]["images"] != "omit" and drawn.is_dir()
        places = [str(drawn)] if has_photographs else []
    if not places:
        return None
    known = source.model_copy(update={"path": places[0], "photographs": tuple(places)})
    store, _ = open_photographs(known, record.root)
    return store


def link_to(folder: Path, question_id: str) -> str | None:
    """The address at which a dataset's report shows a question; None where it has no report, or
    does not show it."""
    name = visible(question_id)
    wanted = f"[{in_page(name)},".encode()
    for place in _pages_below(folder):
        if wanted in place.read_bytes():
            return f"{place.resolve().as_uri()}#{quote(name)}"
    return None


def _pages_below(folder: Path) -> Iterator[Path]:
    if (folder / REPORT).exists():
        yield folder / REPORT
        yield from sorted((folder / PAGES).glob("*.html"))
