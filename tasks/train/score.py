"""Score: the rewards of completions in a file.

Reads JSON lines, each `{"completion", "gold", "width", "height"}` or, beside a dataset folder,
`{"question_id", "completion"}`; returns one row per line, in order (`SCORES`). Blank lines are
left out. A line that cannot be scored raises a ValueError that names it; the content of a
completion never does.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from schemas.columns import columns
from schemas.config.training import RewardConfig
from schemas.dataset_folder import DATA, sample_files
from schemas.replacing import replacing
from tasks.chat.completion import TEXT_PARTS
from training.reward_functions import scorer

PARTS = ("format", "count", "accuracy", "spatial", "total")
SCORES = columns(line=pl.Int64, question_id=pl.String, **dict.fromkeys(PARTS, pl.Float64))
GOLD = ("answer_option_text", "width", "height")
"""Columns of a dataset that scoring needs."""
FORMATS = (".parquet", ".jsonl")
"""Endings of a file of scores."""
OTHERS = {b"PAR1": "a Parquet file", b"ARROW1": "an Arrow file"}
"""What a file is that begins so: trainers log completions in such ones."""
PACKED = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"PK\x03\x04": "zip"}
"""With what a file is packed that begins so."""
MAX_SHOWN = 200
"""Characters of a line's fields that a message names."""

DENSE = RewardConfig()

Answer = tuple[str, float, float]


class Line(NamedTuple):
    """`answer` is gold, width and height; None where they are to be read from the dataset."""

    number: int
    question_id: str | None
    completion: str
    answer: Answer | None


def score_file(
    path: Path, dataset: Path | None = None, reward: RewardConfig = DENSE
) -> pl.DataFrame:
    scored = scorer(reward)
    lines = list(read_lines(path))
    if not lines:
        raise ValueError(f"{path} holds no completions")
    asked = {line.question_id for line in lines if not line.answer and line.question_id}
    known = read_answers(dataset, asked) if dataset else {}
    rows = []
    for line in lines:
        place = f"{path} line {line.number}"
        answer = line.answer or known.get(line.question_id or "")
        if not answer and line.question_id is None:
            raise ValueError(f"{place}: it lacks gold, width and height, or a question_id")
        if not answer and not dataset:
            raise ValueError(f"{place}: without gold it needs a dataset: give --dataset FOLDER")
        if not answer:
            raise ValueError(f"{place}: {dataset} has no question {line.question_id}")
        try:
            rewards = scored(line.completion, *answer)
        except ValueError as error:
            raise ValueError(f"{place}: {error}") from None
        rows.append((line.number, line.question_id, *(getattr(rewards, part) for part in PARTS)))
    return pl.DataFrame(rows, SCORES, orient="row")


def reward_of(kind: str, similarity: str | None = None) -> RewardConfig:
    """ValueError for an unknown kind, and for a similarity where labels do not count."""
    given = {"kind": kind} | ({"similarity": similarity} if similarity else {})
    try:
        return RewardConfig.model_validate(given)
    except ValidationError as error:
        problem = error.errors()[0]
        raise ValueError(f"reward {kind}: {problem['msg'].removeprefix('Value error, ')}") from None


def read_lines(path: Path) -> Iterator[Line]:
    if not path.is_file():
        raise ValueError(f"no completions at {path}: it takes a file of JSON lines")
    with path.open("rb") as stream:
        for number, text in enumerate(stream, start=1):
            if text.strip():
                try:
                    yield _line(number, text)
                except (ValueError, RecursionError) as error:
                    raise ValueError(f"{path} line {number}: {error}") from None


def _line(number: int, text: bytes) -> Line:
    if text.lstrip().startswith(b"["):
        raise ValueError("a JSON array: write each of its objects on one line, without commas")
    if kind := _begun(text, OTHERS):
        raise ValueError(
            f"{kind}: write its rows as JSON lines with completion, and with gold, width and "
            "height or with question_id"
        )
    if packer := _begun(text, PACKED):
        raise ValueError(f"packed by {packer}: unpack the file first")
    try:
        row = json.loads(text)
    except UnicodeDecodeError:
        raise ValueError("not UTF-8, as JSON lines are") from None
    except json.JSONDecodeError as error:
        problem = error.msg.removesuffix(" at")  # some say so, some do not
        raise ValueError(f"not JSON: {problem} at column {error.colno}") from None
    if type(row) is not dict:
        raise ValueError("not a JSON object")
    question_id, completion = row.get("question_id"), _said(row.get("completion"))
    if type(completion) is not str:
        shown = ", ".join(sorted(map(str, row)))[:MAX_SHOWN] or "nothing"
        raise ValueError(
            f"completion is missing or not text: it has {shown}; rename what the model wrote"
        )
    if question_id is not None and (type(question_id) is not str or not _is_plain(question_id)):
        raise ValueError("question_id is not text")
    return Line(number, question_id, completion, _answer(row))


def _said(completion: Any) -> Any:
    """Of a conversation what its last message says, as trainers hand it to rewards."""
    if isinstance(completion, list) and completion and isinstance(completion[-1], dict):
        completion = completion[-1].get("content")
        if isinstance(completion, list) and all(isinstance(part, dict) for part in completion):
            texts = [part.get("text") for part in completion if part.get("type") in TEXT_PARTS]
            return "".join(texts) if texts and all(type(text) is str for text in texts) else None
    return completion


def _begun(text: bytes, openings: Mapping[bytes, str]) -> str | None:
    return next((told for start, told in openings.items() if text.startswith(start)), None)


def _answer(row: Mapping[str, Any]) -> Answer | None:
    if row.get("gold") is None:
        return None
    gold, width, height = (row.get(name) for name in ("gold", "width", "height"))
    if type(gold) is not str:
        raise ValueError("gold is not text")
    if type(width) not in (int, float) or type(height) not in (int, float):
        raise ValueError("width and height are missing or not numbers")
    return gold, width, height  # type: ignore[return-value]


def _is_plain(text: str) -> bool:
    """Whether a file can hold the text: JSON may have unpaired surrogates."""
    return text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text)


def read_answers(dataset: Path, asked: set[str]) -> dict[str, Answer]:
    """Gold, width and height of these questions of a dataset folder."""
    paths = sample_files(dataset)
    if not paths:
        raise ValueError(
            f"{dataset} is not a dataset folder: it has no files like {DATA}/train-*.parquet"
        )
    frame = pl.scan_parquet(paths)
    missing = {"question_id", *GOLD} - set(frame.collect_schema())
    if missing:
        raise ValueError(f"{dataset} lacks the columns {', '.join(sorted(missing))}")
    wanted = pl.col("question_id").is_in(sorted(asked))
    rows = frame.filter(wanted).select("question_id", *GOLD).collect()
    return {question_id: answer for question_id, *answer in rows.iter_rows()}  # type: ignore[misc]


def scores_path(path: Path, out: Path | None) -> Path:
    """Where the scores of `path` go: beside it, unless `out` says where."""
    if out is None:
        return path.parent / f"{path.stem}.rewards.jsonl"
    if out.suffix not in FORMATS:
        raise ValueError(f"cannot write {out}: the name ends with {' or '.join(FORMATS)}")
    if out.resolve() == path.resolve():
        raise ValueError(f"{out} is the file of completions: choose another name with --out")
    return out


def write_scores(scores: pl.DataFrame, path: Path) -> None:
    with replacing(path) as partial:
        if path.suffix == ".parquet":
            scores.write_parquet(partial)
        else:
            scores.write_ndjson(partial)


def print_means(scores: pl.DataFrame, console: Console) -> None:
    console.print(f"Rewards of {scores.height:,} completion{'' if scores.height == 1 else 's'}")
    table = Table()
    table.add_column("part")
    table.add_column("mean", justify="right")
    means = scores.select(pl.col(PARTS).mean()).row(0, named=True)
    for part in PARTS:
        table.add_row(part, f"{means[part]:.4f}", style="bold" if part == "total" else None)
    console.print(table)
