"""Report: a comparison of two builds as text, Parquet and a page."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from schemas.dataset_folder import check_files, resolve_dataset
from schemas.printable import printable
from schemas.replacing import replacing
from tasks.diff.record import Record, root_of
from tasks.diff.rows import KINDS, compare
from tasks.diff.shifts import Shift, shifts
from tasks.pages.templates import page_template

SHOWN = 5
"""Rows of a kind that the terminal shows; all are in the table."""
ON_PAGE = 1000
"""Rows of a kind on the page: 8,000 in all take some 10 MB."""


class Comparison(NamedTuple):
    """`rows` is a table of tasks.diff.rows.DIFF."""

    one: Record
    two: Record
    rows: pl.DataFrame
    shifts: Sequence[Shift]


def compare_datasets(before: str, after: str, root: Path) -> Comparison:
    """Of two datasets by what people call them. Each one's artifacts are looked for below the root
    that it stands in. ValueError where one holds other files than were published."""
    folders = [resolve_dataset(name, root) for name in (before, after)]
    for folder in dict.fromkeys(folders):
        check_files(folder)
    one, two = (Record(folder, root_of(folder, root)) for folder in folders)
    return Comparison(one, two, compare(one, two), shifts(one, two))


def causes_told(causes: Sequence[Mapping[str, str]]) -> str:
    """All that may have caused a change, in one line."""
    return "; or ".join(f"{cause['kind']}: {cause['what']}" for cause in causes)


def counted(rows: pl.DataFrame) -> list[tuple[str, int, list[tuple[str, int]]]]:
    """For each kind of change, in the order of KINDS, how many questions, and by which causes, the
    most frequent first."""
    found = []
    for kind in KINDS:
        of = rows.filter(kind=kind)
        if of.height:
            causes = Counter(causes_told(entry) for entry in of["causes"])
            ordered = sorted(causes.items(), key=lambda entry: (-entry[1], entry[0]))
            found.append((kind, of.height, ordered))
    return found


def text_lines(found: Comparison) -> Iterator[str]:
    return map(printable, _text_lines(found))


def _text_lines(found: Comparison) -> Iterator[str]:
    yield f"{found.one.name} -> {found.two.name}"
    if found.rows.is_empty() and not found.shifts:
        yield "no question differs"
        return
    for shift in found.shifts:
        yield f"{shift.what}: {shift.before} -> {shift.after}"
    for kind, number, causes in counted(found.rows):
        yield ""
        yield f"{number:,} {kind}"
        for told, times in causes:
            yield f"  {times:,} by {told}"
        for row in found.rows.filter(kind=kind).head(SHOWN).iter_rows(named=True):
            yield from _row_lines(row)
        if number > SHOWN:
            yield f"    ... and {number - SHOWN:,} more: --format html or parquet has all"


def _row_lines(row: Mapping[str, Any]) -> Iterator[str]:
    ids = dict.fromkeys(filter(None, (row["question_id_before"], row["question_id_after"])))
    yield f"    {' -> '.join(ids)}{': ' + row['what'] if row['what'] else ''}"
    for sign, side in (("-", "before"), ("+", "after")):
        if row[f"question_{side}"] is not None and row["kind"] not in ("changed", "renumbered"):
            options = " | ".join(row[f"options_{side}"])
            split = f" [{row[f'split_{side}']}]" if row["kind"] == "moved" else ""
            yield (
                f"      {sign} {row[f'question_{side}']} ({options}) "
                f"= {row[f'answer_{side}']}{split}"
            )


def render_page(found: Comparison) -> str:
    kinds = [
        {
            "kind": kind,
            "number": number,
            "causes": causes,
            "rows": found.rows.filter(kind=kind).head(ON_PAGE).to_dicts(),
        }
        for kind, number, causes in counted(found.rows)
    ]
    return page_template(Path(__file__).parent / "page.html.jinja").render(
        before=found.one.name,
        after=found.two.name,
        shifts=found.shifts,
        kinds=kinds,
        causes_told=causes_told,
        on_page=ON_PAGE,
    )


def page_path(found: Comparison, root: Path, suffix: str) -> Path:
    """Where a comparison is written that nobody gave a place."""
    names = [record.name.replace("/", "-") for record in (found.one, found.two)]
    return root / "diffs" / f"{'..'.join(names)}{suffix}"


def write_page(found: Comparison, path: Path) -> Path:
    with replacing(path) as partial:
        partial.write_bytes(render_page(found).encode("utf-8", "replace"))
    return path


def write_table(found: Comparison, path: Path) -> Path:
    """With both names in the footer."""
    names = {"before": found.one.name, "after": found.two.name}
    with replacing(path) as partial:
        found.rows.write_parquet(partial, metadata={"diff": json.dumps(names)})
    return path
