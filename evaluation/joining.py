"""Joining: the replies in a file of another harness become replies to the items of a benchmark.

Rows of VLMEvalKit are the benchmark's own, so the benchmark's reader says which item each is; where
that cannot be, and for lmms-eval, they are counted. Whatever a row says of its gold answer must be
the item's: a file about other rows is refused at the first one that differs.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl

from evaluation.benchmarks.benchmark import Benchmark, Part
from evaluation.benchmarks.texts import LEADING, LETTER
from evaluation.reading.option_texts import same_text
from evaluation.reply_files import FileReply, ReplyFile, Row
from schemas.benchmark import IMPORTED, LETTERS, AnswerKind
from schemas.chat import Failure
from schemas.columns import frame_of

ABSENT = "not in the file"
"""The error of an item that a file has no reply to."""
PHOTOGRAPHS = ("image", "images", "image_1", "img", "bytes")
"""Columns that a reader wants and files of replies lack."""
GOLD = ("answer", "target")
"""Columns with the gold answer: of VLMEvalKit, of lmms-eval."""


def join_replies(
    items: pl.DataFrame, benchmark: Benchmark, file: ReplyFile, *, is_limited: bool = False
) -> pl.DataFrame:
    """Rows of IMPORTED in the order of the items. `is_limited`: only some of the benchmark's items
    were asked for, so replies to others are left out. ValueError names the first row that is of no
    item, occurs twice or has another answer than its item."""
    replies = sorted(file.replies, key=lambda one: (one.number is None, one.number or 0))
    _check_numbers(file, replies)
    known = {row["item_id"]: row for row in items.iter_rows(named=True)}
    order = list(known)
    names = _own_names(replies)
    if names is None and not file.is_by_place:
        names = _names_in_rows(benchmark, replies)
        # A reader that numbers the rows of its own files may not find them in those of others.
        names = names if names and known.keys() & set(names) else None
    if names is None:
        names = _names_by_place(file, replies, order, is_limited=is_limited)
    said: dict[str, FileReply] = {}
    for name, reply in zip(names, replies, strict=True):
        if name is None or (name not in known and is_limited):
            continue
        if name not in known:
            raise ValueError(
                f"{_place(file, reply)} is of item {name}, which {benchmark.name} lacks: name the "
                "rows that were asked in path"
            )
        if name in said:
            raise ValueError(
                f"{_place(file, reply)} is of item {name}, as an earlier one: keep one"
            )
        _check_gold(file, reply, known[name])
        said[name] = reply
    return frame_of([_reply(known[name], said.get(name)) for name in order], IMPORTED)


def merge_replies(items: pl.DataFrame, parts: Mapping[Path, pl.DataFrame]) -> pl.DataFrame:
    """Rows of IMPORTED in the order of the items, from several files. A reply counts before the
    note in another file that there was none. ValueError names the first item that two files have a
    reply to."""
    said: dict[str, tuple[Path, Row]] = {}
    for path, part in parts.items():
        for row in part.filter(pl.col("error").ne_missing(ABSENT)).iter_rows(named=True):
            other, earlier = said.get(row["item_id"], (path, None))
            if earlier is None or _has_failed(earlier):
                said[row["item_id"]] = path, row
            elif not _has_failed(row):
                raise ValueError(
                    f"{other} and {path} both have a reply to item {row['item_id']}: keep one"
                )
    rows = [
        said[row["item_id"]][1] if row["item_id"] in said else _reply(row, None)
        for row in items.iter_rows(named=True)
    ]
    return frame_of(rows, IMPORTED)


def _has_failed(row: Row) -> bool:
    """Whether another harness got no reply."""
    return bool(row["error"] == Failure.NO_REPLY)


def _check_numbers(file: ReplyFile, replies: Sequence[FileReply]) -> None:
    for one, other in pairwise(replies):
        if one.number is not None and one.number == other.number:
            raise ValueError(
                f"{_place(file, other)} occurs twice: the file holds more than one run, keep one"
            )


def _own_names(replies: Sequence[FileReply]) -> list[str | None] | None:
    """The items that rows name, as those of an export of ours do."""
    if all(reply.row.get("item_id") for reply in replies):
        return [str(reply.row["item_id"]) for reply in replies]
    return None


def _names_in_rows(benchmark: Benchmark, replies: Sequence[FileReply]) -> list[str | None] | None:
    """The items that rows are by the columns of the benchmark, None for a row of another
    benchmark in the same file; None where the rows do not say."""
    stand_in = dict.fromkeys(PHOTOGRAPHS, b"-")
    found = []
    for number, reply in enumerate(replies):
        row = {**stand_in, **{key: value for key, value in reply.row.items() if value != ""}}
        try:
            item = benchmark.read(row, Part(""), number)
        except (KeyError, ValueError, TypeError, IndexError, AttributeError):
            return None
        found.append(item)
    names = (item.item_id for item in benchmark.arrange([one for one in found if one]))
    return [next(names) if item else None for item in found]


def _names_by_place(
    file: ReplyFile, replies: Sequence[FileReply], order: Sequence[str], *, is_limited: bool
) -> list[str | None]:
    """The items at the places that lmms-eval counts, or in the order of VLMEvalKit's indices."""
    numbers = [reply.number for reply in replies]
    if file.is_by_place and None in numbers:
        raise ValueError(f"{file.path}: a line has no doc_id: get the file again")
    if not file.is_by_place:
        if len(replies) != len(order) and not is_limited:
            raise ValueError(
                f"{file.path} has {len(replies):,} rows that do not say their item, and there are "
                f"{len(order):,} items: name the rows that were asked in path"
            )
        numbers = list(range(len(replies)))
    return [
        order[number] if number is not None and number < len(order) else f"number {number}"
        for number in numbers
    ]


def _place(file: ReplyFile, reply: FileReply) -> str:
    name = "doc_id" if file.is_by_place else "index"
    number = reply.row.get(name, "?") if reply.number is None else reply.number
    return f"{file.path}: the reply with {name} {number}"


def _check_gold(file: ReplyFile, reply: FileReply, item: Row) -> None:
    gold = next((reply.row[name] for name in GOLD if reply.row.get(name) not in (None, "")), None)
    if gold is not None and not is_gold(gold, item):
        raise ValueError(
            f"{_place(file, reply)} has the answer {str(gold)[:40]!r}, and item {item['item_id']} "
            f"{item['answer'][:40]!r}: the file is about other rows, name these in path"
        )


def is_gold(said: Any, item: Row) -> bool:
    """Whether that may be the item's answer, in any form that files have: a letter, a letter with
    its text, the text, a place from 0 on, a number. What is none of these, as a template that
    lmms-eval has for MindCube, says nothing, and may be."""
    text = str(said).strip()
    kind = AnswerKind(item["kind"])
    if kind is AnswerKind.NUMBER:
        try:
            return float(text) == float(item["answer"])
        except ValueError:
            return True
    if kind is not AnswerKind.CHOICE:
        return True
    texts = {option["letter"]: option["text"] for option in item["options"]}
    named = {letter for letter, option in texts.items() if same_text(option, text)}
    if labelled := LETTER.fullmatch(text) or LEADING.match(text):
        named.add(labelled[1].upper())
    if text.isdecimal() and len(text) == 1 and int(text) < len(texts):
        named.add(LETTERS[int(text)])
    return not named or item["answer"] in named


def _reply(item: Row, reply: FileReply | None) -> dict[str, Any]:
    known = {
        "benchmark": item["benchmark"],
        "item_id": item["item_id"],
        "frame_width": item["width"],
        "frame_height": item["height"],
        "prompt": reply.prompt if reply else "",
    }
    if reply is None:
        return known | {"error": ABSENT}
    if reply.text is None:
        return known | {"error": Failure.NO_REPLY.value}
    ended = "length" if reply.is_cut else "stop"
    return known | {"text": reply.text, "finish_reason": ended, "scored": reply.scored}
