"""Benchmarks: rows become items, in every known form; what does not fit is told in one line."""

import base64
import io
import json
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest
from PIL import Image

from evaluation.benchmarks.registry import BENCHMARKS
from evaluation.benchmarks.texts import (
    coco_of,
    cut_options,
    in_columns,
    letter_of,
    listed,
    without_instruction,
)
from evaluation.fetching import fetch
from evaluation.images import ImageStore
from evaluation.rows import Place, image_bytes, picture_size
from schemas.benchmark import ITEM, fact
from schemas.evaluation import BenchmarkConfig
from tasks.benchmark import problem_of, read_items
from tasks.leakage import list_pictures
from tasks.miniatures import DRAWN, miniature_folder
from tests.test_fetching import serving

NUMBERS = {
    "cv_bench": 12, "blink": 12, "3dsrbench": 12, "mmvp": 6, "spatialbench": 20,
    "spatialreasoner_eval": 6, "realworldqa": 6, "robospatial_home": 12, "vstar_bench": 6,
    "mmstar": 6, "mme_realworld_lite": 6, "hallusionbench": 8, "stvqa_val": 6,
}  # fmt: skip


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("benchmarks")


def items_of(name: str, root: Path, **settings: Any) -> pl.DataFrame:
    return read_items(BenchmarkConfig(name=name, path="miniature", **settings), root)


def test_every_benchmark_has_a_miniature():
    assert set(DRAWN) == set(BENCHMARKS) == set(NUMBERS)


@pytest.mark.parametrize("name", NUMBERS)
def test_a_miniature_becomes_items(name, root):
    items = items_of(name, root)
    assert items.schema == ITEM
    assert items.height == NUMBERS[name]
    assert not items["item_id"].is_duplicated().any()
    store = ImageStore(root)
    for row in items.iter_rows(named=True):
        letters = [option["letter"] for option in row["options"]]
        assert letters == list("ABCDEF")[: len(letters)]
        assert row["kind"] != "choice" or row["answer"] in letters
        assert picture_size(store.read(row["images"][0])) == (row["width"], row["height"])
        assert "nswer with" not in row["question"] and "Options:" not in row["question"]


def test_facts_that_rules_need_are_there(root):
    turned = items_of("3dsrbench", root)
    assert {fact(f, "flip") for f in turned["facts"]} == {"0", "1"}
    assert {fact(f, "variant") for f in turned["facts"]} == {"0", "1"}
    assert turned["item_id"][0] == "MINI0000-0-0"
    pairs = items_of("mmvp", root)
    assert [fact(f, "pair") for f in pairs["facts"]] == ["1", "1", "2", "2", "3", "3"]
    sources = items_of("cv_bench", root)
    assert [fact(f, "source") for f in sources["facts"]][:2] == ["ADE20K", "COCO"]
    assert sources["image_sources"].to_list()[:2] == [
        ["ade20k:ADE20K_00000000.jpg"],
        ["coco:000000000001"],
    ]
    points = items_of("robospatial_home", root).filter(pl.col("kind") == "point")
    assert len(json.loads(points["answer"][0])) == 4
    own = items_of("stvqa_val", root)
    assert str(fact(own["facts"][0], "gold")).startswith("<scene>")
    assert items_of("vstar_bench", root)["image_sources"][0].to_list() == ["sa-1b:sa_0.jpg"]


def test_our_own_validation_split_is_a_benchmark(drawn_dataset, tmp_path):
    config = BenchmarkConfig(name="stvqa_val", path=str(drawn_dataset))
    items = read_items(config, tmp_path)
    rows = pl.read_parquet(drawn_dataset / "val-00000-of-00001.parquet")
    assert items["item_id"].to_list() == rows["question_id"].to_list()
    assert items["answer"].to_list() == rows["answer_only"].to_list()
    whole = json.loads(str(fact(items["facts"][0], "full_scene")))
    assert whole["objects"] == rows["scene_objects"][0].to_list()
    damaged = tmp_path / "damaged"
    shutil.copytree(drawn_dataset, damaged)
    (damaged / "val-00000-of-00001.parquet").write_bytes(b"PAR1")
    with pytest.raises(ValueError, match="has changed since it was published"):
        read_items(BenchmarkConfig(name="stvqa_val", path=str(damaged)), tmp_path)


def test_corrected_labels_are_put_right_by_name_only(tmp_path):
    rows = [{"Index": k, "Question": "?", "Options": "(a) x (b) y", "Correct Answer": "(a)"}
            for k in range(1, 301)]  # fmt: skip
    folder = tmp_path / "mmvp"
    (folder / "MMVP Images").mkdir(parents=True)
    data = picture_bytes()
    for row in rows:
        (folder / "MMVP Images" / f"{row['Index']}.jpg").write_bytes(data)
    pl.DataFrame(rows).write_csv(folder / "Questions.csv")

    def wrong(**settings: bool) -> list[str]:
        config = BenchmarkConfig(name="mmvp", path=str(folder), **settings)
        items = read_items(config, tmp_path)
        return items.filter(pl.col("answer") == "B")["item_id"].to_list()

    assert wrong() == []
    assert wrong(corrected=True) == ["99", "100", "279", "280"]


def picture_bytes(kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (20, 10), "red").save(buffer, kind)
    return buffer.getvalue()


def edited(name: str, root: Path, tmp_path: Path, edit) -> Path:
    """A copy of a miniature whose first Parquet file's rows were edited."""
    folder = shutil.copytree(miniature_folder(name, root), tmp_path / "copy")
    file = sorted(folder.rglob("*.parquet"))[0]
    table = pq.read_table(file)
    rows = edit(table.to_pylist())
    schema = None if rows and rows[0].keys() != set(table.column_names) else table.schema
    pq.write_table(table.from_pylist(rows, schema), file)
    return folder


def change(column: str, value: Any):
    def edit(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        rows[1][column] = value
        return rows

    return edit


def without(column: str):
    return lambda rows: [{k: v for k, v in row.items() if k != column} for row in rows]


@pytest.mark.parametrize(
    ("name", "edit", "message"),
    [
        (
            "mmstar",
            without("answer"),
            "mmstar: row 0 of .*parquet lacks the column answer: it has ",
        ),
        ("mmstar", change("answer", "Z"), "row 1 of .*: its answer Z is none of 4 options"),
        ("mmstar", change("answer", "the first"), "the answer 'the first' is no letter"),
        ("mmstar", change("image", None), "row 1 of .*: it has no picture"),
        (
            "mmstar",
            change("image", {"bytes": b"not a picture", "path": None}),
            "row 1 of .*: its picture .13 bytes. is damaged",
        ),
        ("mme_realworld_lite", change("bytes", "@@@@" * 80), "is neither a file nor base64"),
        ("spatialreasoner_eval", change("choices", "{oops"), "the options '{oops' are no list"),
        ("robospatial_home", change("answer", "perhaps"), "'perhaps' is neither yes nor no"),
        ("cv_bench", change("source", "Elsewhere"), "2D has no source Elsewhere"),
    ],
)
def test_a_row_that_does_not_fit_is_told_in_one_line(name, edit, message, root, tmp_path):
    folder = edited(name, root, tmp_path, edit)
    with pytest.raises(ValueError, match=message) as error:
        read_items(BenchmarkConfig(name=name, path=str(folder), max_items=12), tmp_path)
    assert "\n" not in str(error.value)


def test_a_benchmark_that_changed_is_refused(root, tmp_path):
    folder = miniature_folder("mmstar", root)
    with pytest.raises(ValueError, match="it has 6 rows, and 1500 were known: pin another"):
        read_items(BenchmarkConfig(name="mmstar", path=str(folder)), tmp_path)
    twice = edited("mmstar", root, tmp_path, lambda rows: rows + rows)
    with pytest.raises(ValueError, match="6 ids stand twice, 0 among them"):
        read_items(BenchmarkConfig(name="mmstar", path=str(twice), max_items=12), tmp_path)


def test_incomplete_groups_are_found(root):
    pairs = items_of("mmvp", root)
    assert BENCHMARKS["mmvp"].check(pairs) is None
    assert BENCHMARKS["mmvp"].check(pairs[1:]) == "pair 1 has 1 rows"
    turned = items_of("3dsrbench", root)
    assert BENCHMARKS["3dsrbench"].check(turned) is None
    assert (
        BENCHMARKS["3dsrbench"].check(turned[1:]) == "item MINI0000-0 has 1 turns of its 2 options"
    )
    assert problem_of(BENCHMARKS["mmvp"], pairs.clear(), is_whole=True) == "it has no rows"


@pytest.mark.parametrize(
    ("path", "message"),
    [("nowhere", "no copy of mmstar at nowhere"), (".", "no rows at")],
)
def test_a_copy_that_is_not_there_is_told(path, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match=message):
        read_items(BenchmarkConfig(name="mmstar", path=path), tmp_path)


def test_the_hub_without_a_network_is_told_in_one_line(tmp_path, monkeypatch):
    pytest.importorskip("datasets")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ValueError, match=r"blink cannot be had from the Hub .BLINK-Benchmark") as e:
        read_items(BenchmarkConfig(name="blink"), tmp_path)
    assert "\n" not in str(e.value)
    assert "or name a local copy in path" in str(e.value)


def test_an_unknown_benchmark_names_those_there_are(tmp_path):
    with pytest.raises(ValueError, match="no benchmark mnist: there are cv_bench, blink"):
        read_items(BenchmarkConfig(name="mnist", path="miniature"), tmp_path)


def test_pictures_come_in_every_known_form(tmp_path):
    data = picture_bytes()
    (tmp_path / "in.png").write_bytes(data)
    place = Place(BENCHMARKS["mmstar"].parts[0], 0, {}, "file", tmp_path)
    with serving({"/p.png": data}) as url:
        for value in (
            data,
            {"bytes": data, "path": None},
            {"bytes": None, "path": "in.png"},
            "in.png",
            base64.b64encode(data).decode(),
            f"data:image/png;base64,{base64.b64encode(data).decode()}",
            f"{url}/p.png",
        ):
            assert image_bytes(value, place, tmp_path / "cache") == data
    with pytest.raises(ValueError, match="lies outside of the copy"):
        image_bytes("../../etc/passwd", place, tmp_path)


def test_formats_beyond_jpeg_are_read():
    assert picture_size(picture_bytes("WEBP")) == (20, 10)
    assert picture_size(picture_bytes("BMP")) == (20, 10)


@pytest.mark.parametrize(
    ("text", "question", "options"),
    [
        ("What?\nOptions: A: x y, B: z, C: none", "What?", ("x y", "z", "none")),
        ("What? (A) x (B) y", "What?", ("x", "y")),
        ("What?\n\nA. x\nB. y\nC. z", "What?", ("x", "y", "z")),
        ("What?\n(A) x\n(B) y\nAnswer with the option's letter from the given choices directly.",
         "What?", ("x", "y")),
        ("(a) Open (b) Closed", "", ("Open", "Closed")),
        ("Is A. Smith there?\nA. yes\nB. no", "Is A. Smith there?", ("yes", "no")),
        ("How many?", "How many?", ()),
        ("What? Options: A: a, b and c, B: d", "What?", ("a, b and c", "d")),
    ],
)  # fmt: skip
def test_options_are_cut_out_of_a_question(text, question, options):
    assert cut_options(text) == (question, options)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("How many? Please answer directly with a single word or number.", "How many?"),
        ("Is it?\nPlease answer yes or no.", "Is it?"),
        ("Which way does he answer the phone?", "Which way does he answer the phone?"),
    ],
)
def test_the_copys_own_instruction_is_taken_off(text, plain):
    assert without_instruction(text) == plain


def test_answers_and_options_as_benchmarks_write_them():
    assert [letter_of(text) for text in ("(A)", "b", "C.", " D ")] == list("ABCD")
    assert listed("['x', \"y\"]") == listed(["(A) x", "(B) y"]) == ("x", "y")
    assert in_columns({"A": "x", "B": "y", "C": float("nan"), "D": None}) == ("x", "y")
    assert coco_of("http://images.cocodataset.org/val2017/000000123456.jpg") == (
        "coco:000000123456",
    )
    assert coco_of("0000001234567.jpg") == ()


def test_a_fetched_picture_is_kept(tmp_path):
    data = picture_bytes()
    with serving({"/p.png": data}) as url:
        assert fetch(f"{url}/p.png", tmp_path) == data
        address = f"{url}/p.png"
    assert fetch(address, tmp_path) == data  # the server is gone


def test_a_benchmarks_pictures_are_listed_once_each(root):
    from evaluation.leakage import LISTED
    from tasks.artifact import write_artifact
    from tasks.benchmark import items_artifact

    config = BenchmarkConfig(name="cv_bench", path="miniature")
    artifact = items_artifact(config, root)
    write_artifact(read_items(config, root), artifact)
    listed_pictures = pl.read_parquet(list_pictures(artifact.path, root))
    assert listed_pictures.schema == LISTED
    assert listed_pictures.height == 6  # 2D and 3D show the same six
    assert "coco:000000000001" in listed_pictures["sources"].explode().to_list()
