"""Reply files: what other harnesses keep of the replies of a model to a benchmark.

VLMEvalKit and EASI write a table with the columns of the benchmark's rows and `prediction` (xlsx,
tsv or json); lmms-eval writes lines with `doc_id` and `resps`. What a format loses is said.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl

from evaluation.tables import read_rows
from schemas.printable import first_line
from schemas.refusal import what_helps

MAX_CELL = 32_767
"""Characters that a cell of a spreadsheet holds: writers cut what is longer."""
ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
"""How a spreadsheet writes a character that XML lacks."""
FAILED = "Failed to obtain answer"
"""What VLMEvalKit writes in place of a reply that it did not get."""
SUFFIXES = (".xlsx", ".tsv", ".csv", ".json", ".jsonl")
MERGED = "ALL"
"""The sheet in which EASI keeps all that it scored."""
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FileReply:
    """`number` is the index of VLMEvalKit or the doc_id of lmms-eval, None where the row has none;
    `text` is None where the harness got no reply; `scored` is the part of it that the harness
    reads, None for all."""

    row: Row
    number: int | None
    text: str | None
    is_cut: bool = False
    prompt: str = ""
    scored: str | None = None


@dataclass(frozen=True, slots=True)
class ReplyFile:
    """The replies in a file; `notes` say, a line each, what is lost or cut."""

    path: Path
    is_by_place: bool
    """Whether numbers are places among the benchmark's rows, 0 first (lmms-eval)."""
    replies: list[FileReply]
    notes: list[str]


def read_reply_file(path: Path) -> ReplyFile:
    """ValueError, in one line, where the file cannot be read or is of no known format."""
    if path.suffix.lower() not in SUFFIXES:
        raise ValueError(f"{path} is not a file of replies: name a {', '.join(SUFFIXES)} file")
    rows = _spreadsheet(path) if path.suffix.lower() == ".xlsx" else list(read_rows(path))
    if not rows:
        raise ValueError(f"{path} has no rows: get it again")
    if "doc_id" in rows[0]:
        return _of_lmms_eval(path, rows)
    if "prediction" in rows[0]:
        return _of_vlmevalkit(path, rows)
    columns = ", ".join(map(str, rows[0]))[:200]
    raise ValueError(
        f"{path} has neither a column prediction (VLMEvalKit, EASI) nor doc_id (lmms-eval), but "
        f"{columns}: name the file of the replies"
    )


def _spreadsheet(path: Path) -> list[dict[str, Any]]:
    """The rows of the first sheet, or of EASI's; no cell is taken for a missing one, as NA is."""
    try:
        # With formulas: a reply that begins with "=" may have been taken for one.
        book = openpyxl.load_workbook(path, read_only=True)
        sheet = book[MERGED] if MERGED in book.sheetnames else book.worksheets[0]
        lines = sheet.iter_rows(values_only=True)
        names = [str(name) for name in next(lines, ())]
        rows = [dict(zip(names, map(_cell, line), strict=False)) for line in lines]
        book.close()
    except Exception as error:  # a damaged archive ends in whatever its readers meet
        raise ValueError(
            f"{path} cannot be read ({first_line(error)[:200]}): "
            + what_helps(error, "get it again")
        ) from None
    return [row for row in rows if any(value != "" for value in row.values())]


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, str):
        return ESCAPED.sub(lambda code: chr(int(code[1], 16)), value)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _of_vlmevalkit(path: Path, rows: list[dict[str, Any]]) -> ReplyFile:
    found = []
    for row in rows:
        text = _text(row.get("prediction", []))
        if text is None:
            raise ValueError(
                f"{path}: the prediction with index {row.get('index', '?')} is no text: name the "
                "file of the replies"
            )
        is_cut = path.suffix.lower() == ".xlsx" and len(text) >= MAX_CELL
        scored = None
        if thought := _text(row.get("thinking")):
            scored = text  # thoughts that VLMEvalKit has split off are not read
            text = (
                f"{thought}{text}" if "</think>" in thought else f"<think>{thought}</think>{text}"
            )
        said = None if text.startswith(FAILED) else text
        found.append(FileReply(row, _number(row.get("index")), said, is_cut, scored=scored))
    notes = []
    if cut := [str(one.number) for one in found if one.is_cut]:
        notes.append(
            f"{len(cut)} replies fill a cell ({MAX_CELL:,} characters), so their ends are lost: "
            f"index {', '.join(cut[:5])}; a tsv or json file has them whole"
        )
    return ReplyFile(path, False, found, notes)


def _of_lmms_eval(path: Path, rows: list[dict[str, Any]]) -> ReplyFile:
    """A line has `resps` only where they differ from `filtered_resps`."""
    found = []
    for row in rows:
        scored = _first(row.get("filtered_resps"))
        text = scored if row.get("resps") is None else _first(row["resps"])
        prompt = row.get("input")
        asked = _whole(prompt) if isinstance(prompt, str) else ""
        read = None if scored == text else scored
        found.append(FileReply(row, _number(row.get("doc_id")), text, prompt=asked, scored=read))
    if all(one.text is None for one in found):
        raise ValueError(f"{path} holds no reply: run lmms-eval with --log_samples")
    notes = []
    if all(row.get("resps") is None for row in rows):
        notes.append(
            "no reply is there as resps, so filtered_resps are read: a thought that lmms-eval took "
            "off (--reasoning_tags) is not in them"
        )
    return ReplyFile(path, True, found, notes)


def _first(said: Any) -> str | None:
    """The first of several replies, which may be lists of one; None where it is no text."""
    while isinstance(said, list) and said:
        said = said[0]
    return _whole(said) if isinstance(said, str) else None


def _text(value: Any) -> str | None:
    """A number that a spreadsheet made of a reply becomes text again; NaN is an empty cell. None
    where it is a list or an object."""
    if isinstance(value, list | dict):
        return None
    return "" if value is None or value != value else _whole(str(value))


def _whole(text: str) -> str:
    """Text as a file can hold it: JSON may have halves of characters."""
    return text.encode("utf-8", "replace").decode()


def _number(value: Any) -> int | None:
    text = str(value).strip().removesuffix(".0")
    return int(text) if re.fullmatch(r"\d{1,18}", text) else None
