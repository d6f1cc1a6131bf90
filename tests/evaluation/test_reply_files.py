"""Files of replies: what other harnesses wrote is read whole, joined with the right items, or
refused at the first row that is of none."""

import json
import random
from contextlib import suppress
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from evaluation.benchmarks.registry import BENCHMARKS
from evaluation.exporting import export_replies
from evaluation.joining import is_gold, join_replies
from evaluation.reply_files import MAX_CELL, read_reply_file
from evaluation.rows import open_copy
from evaluation.verdicts import read_replies
from schemas.benchmark import ITEM, REPLY
from schemas.columns import frame_of
from schemas.config.evaluation import BenchmarkConfig
from tasks.evaluate.benchmark import write_items
from tasks.evaluate.miniature import miniature_folder

FORMATS = ("xlsx", "tsv", "json", "jsonl")
ONE_TABLE = (
    "3dsrbench", "mmstar", "mme_realworld_lite", "realworldqa", "vstar_bench", "hallusionbench",
    "mmvp", "mindcube_tiny", "viewspatial", "embspatial", "mmsi_bench", "omnispatial",
    "spar_bench_tiny", "spbench_si", "spatialviz_bench", "blink_whole",
)  # fmt: skip
"""Benchmarks of which a harness keeps one file."""


def item(name: str, answer: str = "B", **known: Any) -> dict[str, Any]:
    options = known.pop("texts", ["left", "right", "above"])
    return (
        dict.fromkeys(ITEM)
        | {
            "benchmark": "mindcube_tiny",
            "item_id": name,
            "question": "Where?",
            "options": [
                {"letter": letter, "text": text}
                for letter, text in zip("ABCDEF", options, strict=False)
            ],
            "kind": "choice",
            "answer": answer,
            "images": [],
            "facts": [],
            "width": 40,
            "height": 30,
        }
        | known
    )


ITEMS = frame_of([item("a", "A"), item("b", "B"), item("c", "C")], ITEM)
MINDCUBE = BENCHMARKS["mindcube_tiny"]


def written(path: Path, rows: list[dict[str, Any]]) -> Path:
    if path.suffix == ".xlsx":
        pd.DataFrame(rows).to_excel(path, index=False)
    elif path.suffix == ".jsonl":
        path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    elif path.suffix == ".json":
        path.write_text(json.dumps(rows))
    else:
        pd.DataFrame(rows).to_csv(path, sep="\t", index=False, quoting=1)
    return path


def texts_of(path: Path, items: pl.DataFrame = ITEMS, **how: bool) -> list[str | None]:
    benchmark = BENCHMARKS[items["benchmark"][0]]
    return join_replies(items, benchmark, read_reply_file(path), **how)["text"].to_list()


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
SPECIAL = st.sampled_from(
    ["=1+1", "NA", "None", "nan", "1", "001", "a\r\nb", "_x000D_", "\x01", "", " x ", "\u2028"]
)


@pytest.mark.parametrize("kind", FORMATS)
def test_what_is_exported_is_read_again(kind, tmp_path):
    @settings(max_examples=20, deadline=None)
    @given(st.lists(st.none() | TEXT | SPECIAL, min_size=3, max_size=3))
    def law(texts: list[str | None]) -> None:
        # Of lmms-eval a file without any reply is refused.
        assume(kind != "jsonl" or any(text is not None for text in texts))
        rows = zip("abc", texts, strict=True)
        replies = frame_of(
            [dict.fromkeys(REPLY) | {"item_id": k, "text": t} for k, t in rows], REPLY
        )
        path = tmp_path / f"replies.{kind}"
        export_replies(path, ITEMS, replies)
        found = texts_of(path)
        # What begins as VLMEvalKit's own failures do is read as one.
        assert found == texts

    law()


def test_a_reply_that_a_spreadsheet_would_cut_is_not_exported_as_one(tmp_path):
    long = frame_of([dict.fromkeys(REPLY) | {"item_id": "b", "text": "x" * (MAX_CELL + 1)}], REPLY)
    with pytest.raises(ValueError, match=r"the reply to item b has more than 32,767 characters"):
        export_replies(tmp_path / "r.xlsx", ITEMS, long)
    assert not (tmp_path / "r.xlsx").exists()
    export_replies(tmp_path / "r.tsv", ITEMS, long)
    assert texts_of(tmp_path / "r.tsv") == [None, "x" * (MAX_CELL + 1), None]


def test_cells_that_are_full_are_named(tmp_path):
    rows = [
        {"index": k, "item_id": name, "answer": answer, "prediction": "x" * length}
        for k, (name, answer, length) in enumerate((("a", "A", 3), ("b", "B", MAX_CELL)))
    ]
    file = read_reply_file(written(tmp_path / "r.xlsx", rows))
    assert len(file.notes) == 1
    assert "1 replies fill a cell (32,767 characters)" in file.notes[0]
    assert "index 1;" in file.notes[0]
    replies = join_replies(ITEMS, MINDCUBE, file)
    assert replies["finish_reason"].to_list() == ["stop", "length", None]
    assert replies["error"].to_list() == [None, None, "not in the file"]
    assert read_reply_file(written(tmp_path / "r.tsv", rows)).notes == []


@pytest.mark.parametrize("kind", ["xlsx", "tsv", "json"])
def test_thoughts_come_before_replies_and_failures_are_none(kind, tmp_path):
    rows = [
        {"index": 0, "thinking": "so", "prediction": "<answer>A</answer>"},
        {"index": 1, "thinking": "one</think>two</think>", "prediction": "B"},
        {"index": 2, "thinking": "", "prediction": "Failed to obtain answer via API."},
    ]
    rows = [row | {"item_id": name} for row, name in zip(rows, "abc", strict=True)]
    path = written(tmp_path / f"r.{kind}", rows)
    assert texts_of(path) == [
        "<think>so</think><answer>A</answer>", "one</think>two</think>B", None
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["r.xlsx", "r.json", "r.jsonl"])
@pytest.mark.parametrize(
    ("benchmark", "parser", "letter"),
    [
        ("vstar_bench", "vlmevalkit", "A"),
        ("vstar_bench", "lmms_eval", "A"),
        ("mindcube_tiny", "official_parser", "B"),  # the authors' own reads the thought, too
    ],
)
def test_parsers_of_harnesses_read_what_these_have_left_of_a_reply(
    benchmark, parser, letter, name, tmp_path
):
    items = frame_of([item("a", "A", benchmark=benchmark)], ITEM)
    thought = "My answer is B. Or not."
    row = (
        doc(0, resps=[f"<think>{thought}</think>A"], filtered_resps=["A"])
        if name == "r.jsonl"
        else {"index": 0, "item_id": "a", "thinking": thought, "prediction": "A"}
    )
    file = read_reply_file(written(tmp_path / name, [row]))
    replies = join_replies(items, BENCHMARKS[benchmark], file)
    assert replies["text"][0] == f"<think>{thought}</think>A"
    parsed = read_replies(items, replies).row(0, named=True)
    said = {reading["parser"]: reading["parsed"] for reading in parsed["readings"]}
    assert (parsed["parsed"], said[parser]) == ("A", letter)


def test_easis_scored_file_is_read_from_its_sheet(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["nothing"])
    sheet = book.create_sheet("ALL")
    sheet.append(["index", "question_type", "prediction", "pred_extracted", "answer", "hit"])
    for number, (answer, reply) in enumerate((("A", "(A)"), ("B", "=B"), ("C", "NA"))):
        sheet.append([number, "among", reply, answer, answer, 1.0])
    book.save(tmp_path / "r.xlsx")
    assert texts_of(tmp_path / "r.xlsx") == ["(A)", "=B", "NA"]


def rows_of(name: str, root: Path) -> list[dict[str, Any]]:
    """A miniature's rows as a harness keeps them: without photographs, with an index."""
    parts = open_copy(BENCHMARKS[name], miniature_folder(name, root)).parts()
    return [
        {
            **{
                key: value
                for key, value in place.row.items()
                if not isinstance(value, dict | bytes)
                and not (isinstance(value, list) and value and isinstance(value[0], dict | bytes))
                and key not in ("image", "bytes")
                and value is not None
            },
            "index": place.row.get("index", number),
        }
        for number, place in enumerate(one for part in parts for one in part)
    ]


@pytest.mark.parametrize("name", ONE_TABLE)
def test_rows_of_the_benchmark_say_which_items_they_are(name, tmp_path):
    items = pl.read_parquet(write_items(BenchmarkConfig(name=name, path="miniature"), tmp_path))
    rows = [row | {"prediction": f"reply {k}"} for k, row in enumerate(rows_of(name, tmp_path))]
    mixed = random.Random(1).sample(rows, len(rows))
    path = written(tmp_path / "r.json", mixed)
    assert texts_of(path, items) == [f"reply {k}" for k in range(len(rows))]


def doc(number: int, **known: Any) -> dict[str, Any]:
    about = {"doc_id": number, "target": "ABC"[number], "input": "Where?", "doc_hash": ""}
    return about | {"filtered_resps": "A"} | known


def test_lines_of_lmms_eval_are_counted_and_need_no_order(tmp_path):
    rows = [
        doc(2, resps=[["<think>x</think>C"]], filtered_resps=["C"]),
        doc(0, resps="<think>x</think>A", filtered_resps="A"),
        doc(1, filtered_resps=["B"]),
    ]
    file = read_reply_file(written(tmp_path / "r.jsonl", rows))
    replies = join_replies(ITEMS, MINDCUBE, file)
    assert replies["text"].to_list() == ["<think>x</think>A", "B", "<think>x</think>C"]
    assert replies["prompt"].to_list() == ["Where?"] * 3
    assert file.notes == []
    filtered = [row | {"resps": None} for row in rows]
    (note,) = read_reply_file(written(tmp_path / "f.jsonl", filtered)).notes
    assert note.startswith("no reply is there as resps, so filtered_resps are read: a thought")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([doc(0), doc(1, target="C")], "doc_id 1 has the answer 'C', and item b 'B': the file"),
        ([doc(0), doc(0)], "doc_id 0 occurs twice: the file holds more than one run"),
        ([doc(0) | {"doc_id": 7}], "doc_id 7 is of item number 7, which mindcube_tiny lacks"),
        ([doc(0) | {"doc_id": "x"}], "a line has no doc_id"),
        ([{"index": 0, "prediction": "A"}], "has 1 rows that do not say their item, and there are"),
        ([{"index": k, "prediction": "A", "answer": "A"} for k in range(3)],
         "index 1 has the answer 'A', and item b 'B'"),
        ([{"item_id": "a", "prediction": "A"}, {"item_id": "a", "prediction": "B"}],
         "is of item a, as an earlier one: keep one"),
        ([{"item_id": "z", "prediction": "A"}, {"item_id": "a", "prediction": "B"}],
         "is of item z, which mindcube_tiny lacks"),
        ([{"item_id": f"z{k}", "index": k, "prediction": "A"} for k in range(3)],
         "is of item z0, which mindcube_tiny lacks"),
        ([{"index": 7, "prediction": {"text": "A"}}], "the prediction with index 7 is no text"),
        ([{"index": 7, "prediction": "A"}, {"index": 8}], "the prediction with index 8 is no text"),
        ([doc(0), {"resps": [["A"]]}], "a line has no doc_id"),
        ([doc(0) | {"resps": [[]], "filtered_resps": None}], "holds no reply"),
        ([{"index": 0, "reply": "A"}], "has neither a column prediction .* but index, reply"),
        ([], "has no rows"),
    ],
)  # fmt: skip
def test_a_file_about_other_rows_is_refused_at_the_first_one(rows, message, tmp_path):
    path = written(tmp_path / "r.json", rows)
    with pytest.raises(ValueError, match=message) as refused:
        texts_of(path)
    assert str(refused.value).startswith(str(path))
    assert "\n" not in str(refused.value)


def test_replies_to_items_that_were_not_asked_for_are_left_out(tmp_path):
    path = written(
        tmp_path / "r.json",
        [{"item_id": name, "prediction": name} for name in "zab"],
    )
    assert texts_of(path, ITEMS[:2], is_limited=True) == ["a", "b"]


@pytest.mark.parametrize("suffix", ["json", "jsonl"])
def test_a_mark_of_the_byte_order_is_no_part_of_a_file(suffix, tmp_path):
    path = written(tmp_path / f"r.{suffix}", [doc(0)])
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert len(read_reply_file(path).replies) == 1


@pytest.mark.parametrize(
    ("said", "known", "expected"),
    [
        ("B", {}, True), ("(b)", {}, True), ("B. right", {}, True), ("right", {}, True),
        ("1", {}, True), (1, {}, True), ("C", {}, False), ("left", {}, False), ("0", {}, False),
        ("C. above", {}, False), ("{answer}", {}, True), ("", {}, True),
        ("2", {"texts": ["1", "2"]}, True), ("1", {"texts": ["1", "2"]}, True),
        ("2.50", {"kind": "number", "answer": "2.5"}, True),
        ("3", {"kind": "number", "answer": "2.5"}, False),
        ("?", {"kind": "number", "answer": "2.5"}, True),
        ("move_up:1", {"kind": "text", "answer": "move_up:2"}, True),
    ],
)  # fmt: skip
def test_gold_answers_are_known_in_every_form(said, known, expected):
    assert is_gold(said, item("b") | known | {"options": item("b", **known)["options"]}) is expected


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("r.pkl", b"x", "is not a file of replies: name a .xlsx"),
        ("r.xlsx", b"PK\x03\x04 damaged", "cannot be read .*: get it again"),
        ("r.json", b"{}", "it is not a list of rows"),
        ("r.jsonl", b"[1]", "line 1: one of its rows is not an object"),
        ("r.jsonl", b"{}\n{", "line 2: Expecting property name"),
        ("r.jsonl", b"[" * 100_000, "is nested too deep: get it again"),
        ("r.json", b"[" * 100_000, "is nested too deep: get it again"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_in_one_line(name, data, message, tmp_path):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ValueError, match=message) as refused:
        read_reply_file(tmp_path / name)
    assert "\n" not in str(refused.value)


def test_a_damaged_spreadsheet_is_one_line_wherever_it_is_damaged(tmp_path):
    rows = [{"index": 0, "item_id": "a", "answer": "A", "prediction": "x" * 90}]
    sound = written(tmp_path / "r.xlsx", rows).read_bytes()
    draw = random.Random(3)
    for _ in range(200):
        data = bytearray(sound)
        for _ in range(3):
            data[draw.randrange(len(data))] = draw.randrange(256)
        (tmp_path / "r.xlsx").write_bytes(data)
        with suppress(ValueError):  # of other errors none
            read_reply_file(tmp_path / "r.xlsx")


def test_half_a_character_of_a_reply_costs_itself(tmp_path):
    rows = [{"doc_id": k, "item_id": "abc"[k], "resps": [["B \ud83d"]]} for k in range(3)]
    assert texts_of(written(tmp_path / "samples.jsonl", rows)) == ["B ?"] * 3
