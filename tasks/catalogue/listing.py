"""Listing: the catalogue of a root, for people and for programs."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from schemas.printable import printable
from tasks.catalogue.entries import Catalogue, Entry
from tasks.catalogue.pruning import Pruning

UNITS = ("B", "kB", "MB", "GB", "TB")


def size_told(num_bytes: int) -> str:
    """In powers of 1000, as disks are sold and `ls -h --si` counts."""
    size, place = float(num_bytes), 0
    while size >= 999.5 and place < len(UNITS) - 1:
        size, place = size / 1000, place + 1
    return (
        f"{size:.0f} {UNITS[place]}" if place == 0 or size >= 99.5 else f"{size:.1f} {UNITS[place]}"
    )


def date_told(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")


def print_catalogue(catalogue: Catalogue, console: Console) -> None:
    """A table each of datasets, models and evaluations, where there are any."""
    known = catalogue.names
    if catalogue.datasets:
        table = _table(
            "datasets", "samples", "gates", "right labels", "tags", "models trained on it"
        )
        for dataset in catalogue.datasets:
            told = (f"{dataset.samples:,}", dataset.gates, dataset.reviews)
            _add(table, dataset.entry, *told, _names(dataset.tags), _names(dataset.models))
        console.print(table)
    if catalogue.models:
        table = _table("models", "method", "trained on", "evaluations")
        for model in catalogue.models:
            trained = _names([model.dataset], known)
            _add(table, model.entry, model.method, trained, _names(model.evaluations))
        console.print(table)
    if catalogue.evaluations:
        table = _table("evaluations", "models", "benchmarks", "datasets")
        for one in catalogue.evaluations:
            told = _names(one.models), _names(one.benchmarks), _names(one.datasets, known)
            _add(table, one.entry, *told)
        console.print(table)


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    for name in ("name", "published (UTC)", "commit", "size", *columns):
        is_number = name in ("size", "samples")
        table.add_column(name, justify="right" if is_number else "left", overflow="fold")
    return table


def _add(table: Table, entry: Entry, *told: str) -> None:
    cells = [entry.name, date_told(entry.changed), entry.commit, size_told(entry.num_bytes)]
    shown = [f"cannot be read: {entry.problem}", *[""] * (len(told) - 1)] if entry.problem else told
    table.add_row(*(Text("\n".join(map(printable, cell.split("\n")))) for cell in (*cells, *shown)))


def _names(names: Sequence[str], known: set[str] | None = None) -> str:
    """One a line; where `known` is given, those beyond it are told to be gone."""
    return "\n".join(
        name if known is None or not name or name in known else f"{name} (not here)"
        for name in names
    )


def pruning_lines(planned: Pruning) -> Iterator[str]:
    """What is kept, what is not needed with its size, and what is left alone."""
    for name in planned.kept:
        yield f"kept     {name}"
    for entry in planned.entries:
        yield f"{entry.kind:<8} {entry.name}  {size_told(entry.num_bytes)}"
    if planned.replies.digests:
        told = size_told(planned.replies.num_bytes)
        yield f"replies  {len(planned.replies.digests):,}  {told}"
    for note in planned.notes:
        yield f"note     {note}"
    if not planned.entries and not planned.replies.digests:
        yield "nothing to prune"


def catalogue_as_json(catalogue: Catalogue) -> str:
    """One object with a list per kind; sizes in bytes, times as text in UTC."""
    told = {
        kind: [_flat(one._asdict()) for one in entries]
        for kind, entries in catalogue._asdict().items()
    }
    return json.dumps(told, indent=2)


def _flat(one: dict[str, Any]) -> dict[str, Any]:
    entry = one.pop("entry")
    return {
        "name": entry.name,
        "folder": str(entry.folder),
        "published": datetime.fromtimestamp(entry.changed, UTC).isoformat(timespec="seconds"),
        "commit": entry.commit,
        "bytes": entry.num_bytes,
        "problem": entry.problem,
        **one,
    }
