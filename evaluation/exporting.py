"""Exporting: our replies in the files of other harnesses, which these and `--replies` read."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from evaluation.reply_files import FAILED, MAX_CELL
from schemas.replacing import replacing

FORMATS = ("xlsx", "tsv", "json", "jsonl")
"""The first three are VLMEvalKit's and EASI's, the last one is lmms-eval's."""
Rows = Sequence[dict[str, Any]]


def vlmevalkit_rows(items: pl.DataFrame, replies: pl.DataFrame) -> list[dict[str, Any]]:
    """The columns of a multiple-choice file, `item_id` besides; a reply that is missing is written
    as VLMEvalKit does."""
    letters = sorted({one["letter"] for options in items["options"] for one in options})
    rows = []
    for number, row in enumerate(_joined(items, replies)):
        texts = {option["letter"]: option["text"] for option in row["options"]}
        rows.append(
            {
                "index": number,
                "item_id": row["item_id"],
                "question": row["question"],
                **{letter: texts.get(letter, "") for letter in letters},
                "answer": row["answer"],
                "category": row["category"] or "",
                "prediction": FAILED if row["text"] is None else row["text"],
            }
        )
    return rows


def lmms_eval_rows(items: pl.DataFrame, replies: pl.DataFrame) -> list[dict[str, Any]]:
    """`filtered_resps` alone, as lmms-eval writes where nothing was taken off."""
    return [
        {
            "doc_id": number,
            "target": row["answer"],
            "filtered_resps": row["text"],
            "input": row["prompt"] or "",
        }
        for number, row in enumerate(_joined(items, replies))
    ]


def _joined(items: pl.DataFrame, replies: pl.DataFrame) -> list[dict[str, Any]]:
    said = replies.select("item_id", "text", "prompt")
    return items.join(said, on="item_id", how="left", maintain_order="left").to_dicts()


def export_replies(path: Path, items: pl.DataFrame, replies: pl.DataFrame) -> None:
    """Writes the format that the file's suffix says. ValueError where a spreadsheet would cut a
    reply."""
    kind = path.suffix.lstrip(".")
    rows = (lmms_eval_rows if kind == "jsonl" else vlmevalkit_rows)(items, replies)
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as partial:
        if kind == "xlsx":
            _write_spreadsheet(partial, rows)
        elif kind == "tsv":
            _write_separated(partial, rows)
        else:
            lines = [json.dumps(row, ensure_ascii=False) for row in rows]
            text = "\n".join(lines) if kind == "jsonl" else f"[{','.join(lines)}]"
            partial.write_bytes(f"{text}\n".encode("utf-8", "replace"))


def _write_separated(path: Path, rows: Rows) -> None:
    with path.open("w", newline="", encoding="utf-8", errors="replace") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), delimiter="\t", quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows(rows)


def _write_spreadsheet(path: Path, rows: Rows) -> None:
    escaped = [
        {key: _escaped(value) if isinstance(value, str) else value for key, value in row.items()}
        for row in rows
    ]
    for row in escaped:
        if any(isinstance(value, str) and len(value) > MAX_CELL for value in row.values()):
            raise ValueError(
                f"the reply to item {row['item_id']} has more than {MAX_CELL:,} characters, which "
                "a spreadsheet would cut: write tsv or json"
            )
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Sheet1")
    sheet.append(list(rows[0]))
    for row in escaped:
        sheet.append([_as_text(sheet, value) for value in row.values()])
    book.save(path)


def _escaped(text: str) -> str:
    """Characters that XML lacks, and a carriage return, which it changes, as spreadsheets write
    them."""
    text = text.encode("utf-8", "replace").decode()
    text = text.replace("_x", "_x005F_x").replace("\r", "_x000D_")
    return str(ILLEGAL_CHARACTERS_RE.sub(lambda char: f"_x{ord(char[0]):04X}_", text))


def _as_text(sheet: Any, value: Any) -> Any:
    """A cell that is text even where it begins with "=", as a formula does."""
    if not isinstance(value, str):
        return value
    cell = openpyxl.cell.WriteOnlyCell(sheet, value=value)
    cell.data_type = "s"
    return cell
