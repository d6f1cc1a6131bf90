"""Report: report.html beside a dataset, the dataset made for looking.

Reads the dataset folder, and the artifacts of its build as far as they are there. Writes one page;
where there are more questions than it can hold, the page has the overview, and the questions are in
further pages below report/. A report is no part of what a dataset is named by: it says what the
other files say. The same dataset and artifacts give the same bytes.
"""

import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import polars as pl

from schemas.config.build import SourceConfig, SourceKind
from schemas.question import LEVELS
from schemas.replacing import replacing
from tasks.diff.record import Record
from tasks.pages.templates import page_template
from tasks.photographs.stage import PhotographStore, open_photographs
from tasks.report.gallery import cut_pages, page_data, pairs_of, pictures_of
from tasks.report.overview import overview_of
from tasks.report.questions import read_questions

REPORT = "report.html"
PAGES = "report"
"""The folder of further pages."""
TEMPLATE = page_template(Path(__file__).parent / "page.html.jinja")
FILTERS = ("category", "level", "evidence", "reason", "writer", "predicate")
"""Columns of SHOWN that filters of the gallery are about, as they are."""


def write_report(
    folder: Path, root: Path, store: PhotographStore | None = None, num_workers: int = 2
) -> Path:
    """The page of a dataset folder whose build's artifacts are below the root. `store` has the
    photographs that lost questions are about and the dataset does not hold."""
    record = Record(folder, root)
    questions = read_questions(record, num_workers)
    pages = cut_pages(questions)
    files = (
        [""] if len(pages) == 1 else [f"{number:04d}.html" for number in range(1, len(pages) + 1)]
    )
    pairs = pairs_of(pages, files)
    overview = overview_of(record, questions)
    listed = [
        {"file": f"{PAGES}/{file}", "first": page["question_id"][0], "num": page.height}
        for page, file in zip(pages, files, strict=True)
        if file
    ]
    shared = {"overview": overview, "pages": listed, "num_shown": questions.height}
    shutil.rmtree(folder / PAGES, ignore_errors=True)
    for page, file in zip(pages, files, strict=True):
        pictures = pictures_of(page, record, store, num_workers)
        gallery = {
            "data": page_data(page, pairs, pictures, record),
            "filters": filters_of(page),
            "num": page.height,
        }
        place = folder / PAGES / file if file else folder / REPORT
        _write(place, **shared, gallery=gallery, file=file)
    if listed:
        _write(folder / REPORT, **shared, gallery=None, file="")
    return folder / REPORT


def _write(place: Path, **view: Any) -> None:
    with replacing(place) as partial:
        partial.write_bytes(TEMPLATE.render(**view).encode("utf-8", "replace"))


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


def photographs_of(record: Record, places: Sequence[str] = ()) -> PhotographStore | None:
    """Where the build's photographs are: those that it drew below the root, else those at `places`,
    the annotations or folders and archives of photographs; None where no place is named."""
    source = SourceConfig.model_validate(record.manifest["config"]["source"])
    if source.kind is SourceKind.RENDERED:
        drawn = record.root / "artifacts" / "render" / record.stages["render"]["recipe"]
        places = [str(drawn)] if drawn.is_dir() else []
    if not places:
        return None
    known = source.model_copy(update={"path": places[0], "photographs": tuple(places)})
    store, _ = open_photographs(known, record.root)
    return store


def link_to(folder: Path, question_id: str) -> str | None:
    """The address at which a dataset's report shows a question; None where it has no report, or
    does not show it."""
    wanted = re.compile(re.escape(b"[" + msgspec.json.encode(question_id) + b","))
    for place in _pages_below(folder):
        if wanted.search(place.read_bytes()):
            return f"{place.resolve().as_uri()}#{quote(question_id)}"
    return None


def _pages_below(folder: Path) -> Iterator[Path]:
    if (folder / REPORT).exists():
        yield folder / REPORT
        yield from sorted((folder / PAGES).glob("*.html"))
