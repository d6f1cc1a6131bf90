"""Benchmarks: rows of every known form become the same items; what does not fit is told in one
line."""

import json
import shutil
from collections.abc import Callable
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.benchmarks.benchmark import Part
from evaluation.benchmarks.blink_whole import REFLECTANCE, check_corrected, label_digest
from evaluation.benchmarks.registry import BENCHMARKS, FILES, described_in
from evaluation.benchmarks.texts import (
    coco_of,
    cut_options,
    gold_of,
    in_columns,
    letter_of,
    listed,
    name_pictures,
    without_instruction,
)
from evaluation.benchmarks.whatsup import shuffled
from evaluation.fetching import Fetcher
from evaluation.items import problem_of
from evaluation.miniatures.questions import DIRECTLY
from schemas.benchmark import ITEM, fact
from schemas.config.evaluation import BenchmarkConfig
from tasks.artifact import read_seal
from tasks.evaluate.benchmark import copy_of, load_benchmark, write_items
from tasks.evaluate.miniature import miniature_folder
from tasks.leakage.leaks import list_photographs
from tests.evaluation.benchmarks.mmvp import MMVP
from tests.evaluation.benchmarks.srbench_3d import BASE_3D
from tests.evaluation.test_benchmark_rows import PNG, write
from tests.servers.web import serving

DATA = {file: import_module(f"tests.evaluation.benchmarks.{file}") for file in FILES}
"""By file: ROWS with their items, OTHERS that are left out, WRONG rows with a message."""
PART = Part("test")


def cases(name: str) -> list[tuple[Any, ...]]:
    """What the files of test data have under that name, each behind its benchmark."""
    return [
        (described_in(file), *(case if isinstance(case, tuple) else (case,)))
        for file, data in DATA.items()
        for case in getattr(data, name, [])
    ]


def test_every_benchmark_has_rows_to_read():
    assert all(data.ROWS for data in DATA.values())


@pytest.mark.parametrize(("benchmark", "row", "item"), cases("ROWS"))
def test_rows_become_items(benchmark, row, item):
    assert list(benchmark.arrange([benchmark.read(row, PART, 0)])) == [item]


@pytest.mark.parametrize(("benchmark", "row"), cases("OTHERS"))
def test_rows_of_something_else_are_left_out(benchmark, row):
    assert benchmark.read(row, PART, 0) is None


@pytest.mark.parametrize(("benchmark", "row", "message"), cases("WRONG"))
def test_a_row_that_is_wrong_says_so(benchmark, row, message):
    with pytest.raises(ValueError, match=message):
        benchmark.read(row, PART, 0)


def test_code_in_options_is_not_run():
    for text in ("__import__('os').getpid()", "[x for x in (1,)]", "(" * 10_000):
        with pytest.raises(ValueError, match="is neither JSON nor a Python literal"):
            listed(text)


@pytest.mark.parametrize(
    ("text", "question", "options"),
    [
        ("What?\nOptions: A: x y, B: z, C: none", "What?", ("x y", "z", "none")),
        ("What? Options: A: a, b and c, B: d", "What?", ("a, b and c", "d")),
        ("What? (A) x (B) y", "What?", ("x", "y")),
        ("What?\n\nA. x\nB. y\nC. z", "What?", ("x", "y", "z")),
        (f"What?\n(A) x\n(B) y\n{DIRECTLY}", "What?", ("x", "y")),
        (f"What? {DIRECTLY}\n(A) x\n(B) y", "What?", ("x", "y")),
        ("(a) Open (b) Closed", "", ("Open", "Closed")),
        ("Is A. Smith there?\nA. yes\nB. no", "Is A. Smith there?", ("yes", "no")),
        ("Is (A) right of (B)?\nOptions: A: yes, B: no", "Is (A) right of (B)?", ("yes", "no")),
        ("What?\nChoices:\n(A) 1\n(B) 2", "What?", ("1", "2")),
        ("Hint: Please answer the question and provide the correct option letter, e.g., A, B, C, "
         "D, at the end.\nQuestion: What?\nChoices:\n(A) 1\n(B) 2", "What?", ("1", "2")),
        ("What? Select from the following choices.\n(A) x\n(B) y", "What?", ("x", "y")),
        ("How many?", "How many?", ()),
        ("Is it (A) here?", "Is it (A) here?", ()),
        ("(B) x (C) y", "(B) x (C) y", ()),
    ],
)  # fmt: skip
def test_options_are_cut_out_of_a_question(text, question, options):
    assert cut_options(text) == (question, options)


@pytest.mark.parametrize(
    ("texts", "number", "named"),
    [
        (["What?", "x"], 3, ["What?", "x"]),
        (["<image>\n<image>\nWhat?", "x"], 2, ["What?", "x"]),
        (["<image>Is it in <image>?"], 2, ["picture 1Is it in picture 2?"]),
        (["In <image>?", "<image>", "<image>"], 3, ["In picture 1?", "picture 2", "picture 3"]),
        (["Which?", "<image>"], 1, ["Which?", "picture 1"]),
    ],
)
def test_pictures_in_texts_get_names_in_their_order(texts, number, named):
    assert name_pictures(texts, number) == named


@pytest.mark.parametrize(("text", "number"), [("<image>?", 2), ("<image> <image>", 1)])
def test_texts_name_as_many_pictures_as_there_are(text, number):
    with pytest.raises(ValueError, match=f"its texts have .* <image>, and it has {number} pict"):
        name_pictures([text], number)


WORDS = st.lists(st.sampled_from(["cup", "red", "of", "12", "a", "it's"]), min_size=1, max_size=4)
STYLES: dict[str, Callable[[list[tuple[str, str]]], str]] = {
    "brackets": lambda pairs: " " + " ".join(f"({x}) {text}" for x, text in pairs),
    "small": lambda pairs: " " + " ".join(f"({x.lower()}) {text}" for x, text in pairs),
    "lines": lambda pairs: "\n\n" + "\n".join(f"{x}. {text}" for x, text in pairs),
    "bracket lines": lambda pairs: "\n" + "\n".join(f"({x}) {text}" for x, text in pairs),
    "options": lambda pairs: "\nOptions: " + ", ".join(f"{x}: {text}" for x, text in pairs),
}


@given(
    st.sampled_from(sorted(STYLES)),
    st.lists(WORDS.map(" ".join), min_size=2, max_size=6),
    st.sampled_from(
        ["", f"\n{DIRECTLY}", "\nPlease answer directly with a single word or number."]
    ),
)
def test_what_is_written_in_any_style_is_read(style, options, instruction):
    text = f"Which one?{STYLES[style](list(zip('ABCDEF', options, strict=False)))}{instruction}"
    assert cut_options(text) == ("Which one?", tuple(options))


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("How many? Please answer directly with a single word or number.", "How many?"),
        ("Is it?\nPlease answer yes or no.", "Is it?"),
        ("Is it? Answer with yes or no", "Is it?"),
        (f"Which? {DIRECTLY}", "Which?"),
        ("Which way does he answer the phone?", "Which way does he answer the phone?"),
        ("Is the answer on the board yes or no?", "Is the answer on the board yes or no?"),
        ("Answer with the option's letter.", "Answer with the option's letter."),
        ("Look. Answer the number seven.", "Look. Answer the number seven."),
    ],
)
def test_the_copys_own_instruction_is_taken_off(text, plain):
    assert without_instruction(text) == plain


def test_answers_and_options_as_benchmarks_write_them():
    assert [letter_of(text) for text in ("(A)", "b", "C.", " D ", "(e).")] == list("ABCDE")
    assert (
        listed("['x', \"y\"]") == listed(["(A) x", "(B) y"]) == listed('["x", "y"]') == ("x", "y")
    )
    assert listed(["A) x", "(C) y"]) == ("A) x", "(C) y")
    for empty in (["1", None, "2"], "[1, NaN]", ["x", ""]):
        with pytest.raises(ValueError, match=r"one of the options is .*, and a text is expected"):
            listed(empty)
    assert in_columns({"A": "x", "B": "y", "C": float("nan"), "D": None}) == ("x", "y")
    assert [gold_of(text, ("yes", "b")) for text in ("Yes", "(b)", "a", "b")] == list("ABAB")
    for text in ("I", "maybe", "", "AB", "(A) x"):
        with pytest.raises(ValueError, match="is not a letter"):
            gold_of(text, ("x", "y"))


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("http://images.cocodataset.org/val2017/000000123456.jpg", ("coco:000000123456",)),
        ("COCO_val2014_000000000042.jpg", ("coco:000000000042",)),
        ("0000001234567.jpg", ()),
        (None, ()),
    ],
)
def test_coco_numbers_are_found_in_names(name, source):
    assert coco_of(name) == source


def items_of(name: str, root: Path, path: str | Path = "miniature", **settings: Any):
    config = BenchmarkConfig(name=name, path=str(path), **settings)
    return pl.read_parquet(write_items(config, root))


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("benchmarks")


def test_our_own_validation_split_is_a_benchmark(drawn_dataset, tmp_path):
    items = items_of("stvqa_val", tmp_path, drawn_dataset)
    rows = pl.read_parquet(drawn_dataset / "data" / "val-00000-of-00001.parquet")
    assert items.schema == ITEM
    assert items["item_id"].to_list() == rows["question_id"].to_list()
    assert items["answer"].to_list() == rows["answer_only"].to_list()
    assert items["group"].to_list() == rows["group_id"].to_list()
    whole = json.loads(str(fact(items["facts"][0], "full_scene")))
    assert whole["objects"] == rows["scene_objects"][0].to_list()
    assert fact(items["facts"][0], "gold") == rows["answer_option_text"][0]
    by_name = items_of("stvqa_val", drawn_dataset.parents[2], "drawn")
    assert by_name.equals(items)


def test_a_dataset_that_changed_is_no_benchmark(drawn_dataset, tmp_path):
    damaged = shutil.copytree(drawn_dataset, tmp_path / "damaged")
    (damaged / "data" / "val-00000-of-00001.parquet").write_bytes(b"PAR1")
    with pytest.raises(ValueError, match="has changed since it was published"):
        items_of("stvqa_val", tmp_path, damaged)
    with pytest.raises(FileNotFoundError, match="no dataset none: "):
        items_of("stvqa_val", tmp_path, "none")


def mmvp_copy(folder: Path) -> Path:
    """All 300 rows, every answer (a), all photographs the same."""
    rows = [{**MMVP, "Index": k, "Correct Answer": "(a)"} for k in range(1, 301)]
    write(folder / "Questions.csv", rows)
    (folder / "MMVP Images").mkdir()
    for k in range(1, 301):
        (folder / "MMVP Images" / f"{k}.jpg").write_bytes(PNG)
    return folder


def test_known_label_errors_are_put_right_by_name_only(tmp_path):
    folder = mmvp_copy(tmp_path / "mmvp")
    asked = items_of("mmvp", tmp_path, folder)
    assert asked["answer"].unique().to_list() == ["A"]
    corrected = items_of("mmvp", tmp_path, folder, corrected=True)
    changed = corrected.filter(pl.col("answer") == "B")["item_id"].to_list()
    assert changed == ["99", "100", "279", "280"]


def test_a_benchmark_that_changed_is_refused(root, tmp_path):
    folder = miniature_folder("mmstar", root)
    with pytest.raises(
        ValueError,
        match=r"mmstar in \S*mmstar-3 is not what it was: it has 3 items of coarse "
        r"perception, not 250: name a complete copy in path",
    ):
        items_of("mmstar", tmp_path, folder)  # fmt: skip
    shutil.rmtree(mmvp_copy(tmp_path / "mmvp") / "MMVP Images")
    with pytest.raises(ValueError, match=r"MMVP Images/1\.jpg is not in the copy"):
        items_of("mmvp", tmp_path, tmp_path / "mmvp")


def changed(items: pl.DataFrame, **columns: Any) -> pl.DataFrame:
    return items.with_columns(**{name: pl.lit(value) for name, value in columns.items()})


def test_what_is_wrong_with_all_items_is_told(root):
    pairs, turned = items_of("mmvp", root), items_of("3dsrbench", root)
    mmvp, srbench = BENCHMARKS["mmvp"], BENCHMARKS["3dsrbench"]
    known = {"": (pairs.height,)}
    assert problem_of(mmvp, pairs, known) is None
    assert problem_of(mmvp, pairs, {"": (5, 300)}) == "it has 6 items, not 5 or 300"
    assert problem_of(mmvp, pairs.clear(), None) == "it has no rows"
    twice = pl.concat([pairs, pairs[:1]])
    assert problem_of(mmvp, twice, None) == "1 id occurs more than once, 1 among them"
    assert mmvp.check(pairs[1:]) == "pair 1 has 1 rows"
    assert srbench.check(turned) is None
    assert srbench.check(turned[1:]) == "item MINI0000 has 1 turns of its 2 options"
    of_flip = pl.Series([fact(facts, "flip") == "1" for facts in turned["facts"]])
    assert srbench.check(turned.filter(of_flip)) == "the mirror image MINI0000 lacks its item"
    assert srbench.check(turned.filter(~of_flip)) is None


def test_turns_of_an_item_are_complete(root):
    items = items_of("mmsi_bench", root)
    check = BENCHMARKS["mmsi_bench"].check
    turns = [changed(items[:1], item_id=name) for name in ("0", "0-1", "0-2", "0-3")]
    assert check(items) is None
    assert check(pl.concat(turns)) is None
    assert check(pl.concat(turns[1:])) == "item 0 has 3 turns of its 4 options"


def test_labels_are_known_by_what_all_of_them_together_are(root):
    rows = [(f"val_Relative_Reflectance_{k}", REFLECTANCE, "ABC"[k % 3]) for k in range(1, 135)]
    rows.append(("val_Jigsaw_1", "Jigsaw", "A"))
    items = pl.DataFrame(rows, ["item_id", "subset", "answer"], orient="row")
    answers = "".join("ABC"[k % 3] for k in range(1, 135))
    expected = sha256(answers.encode()).hexdigest()
    assert label_digest(items.sample(fraction=1, shuffle=True, seed=1)) == expected
    assert check_corrected(items) is None


def test_captions_are_in_any_order_alike():
    captions = ("on", "under", "left", "right")
    places = [shuffled(captions, f"mug_{k}").index("on") for k in range(4000)]
    assert all(900 < places.count(place) < 1100 for place in range(4))


def edited(name: str, root: Path, folder: Path, column: str, value: Any) -> Path:
    """A copy of a miniature with another value in its second row, or without the column."""
    shutil.copytree(miniature_folder(name, root), folder)
    file = min(folder.rglob("*.parquet"))
    table = pq.read_table(file)
    if value is None:
        pq.write_table(table.drop_columns([column]), file)
        return folder
    rows = table.to_pylist()
    rows[1][column] = value
    pq.write_table(table.from_pylist(rows, table.schema), file)
    return folder


@pytest.mark.parametrize(
    ("name", "column", "value", "message"),
    [
        ("mmstar", "answer", None, r"mmstar: row 1 of .*parquet lacks answer: it has category, i"),
        ("mmstar", "answer", "Z", r"mmstar: row 2 of .*: the answer 'Z' is not a letter from A to"),
        ("mmstar", "answer", "E", r"row 2 of .*: its answer E is not one of the options A, B"),
        ("mmstar", "question", "What?", r"it has the options \[\], and 2 to 8 are expected"),
        ("mmstar", "image", {"bytes": b"x", "path": None}, r"row 2 of .*: its photograph .1 byt"),
        ("mmstar", "image", {"bytes": None, "path": "x.png"}, "its photograph x.png is not in the"),
        ("mme_realworld_lite", "bytes", "@@@@" * 80, "its photograph .* is not base64"),
        ("mme_realworld_lite", "bytes", "99", "photograph '99' is neither a file of the copy nor"),
        ("spatialreasoner_eval", "choices", "{oops", "'{oops' is neither JSON nor a Python litera"),
        ("robospatial_home", "answer", "perhaps", "'perhaps' is neither yes nor no"),
    ],
)  # fmt: skip
def test_a_row_that_does_not_fit_is_told_in_one_line(name, column, value, message, root, tmp_path):
    folder = edited(name, root, tmp_path / "copy", column, value)
    with pytest.raises(ValueError, match=message) as error:
        items_of(name, tmp_path, folder, max_items=30)
    assert "\n" not in str(error.value)
    assert str(error.value).startswith(f"{name}: row ")
    assert not list((tmp_path / "artifacts").glob("benchmark/*"))


def test_limits_take_as_much_of_every_part(root):
    subsets = items_of("robospatial_home", root, max_items=5)["subset"].to_list()
    assert subsets == ["configuration"] * 2 + ["compatibility"] * 2 + ["context"]


def test_photographs_by_address_are_fetched_once(tmp_path):
    rows = [{**BASE_3D, "index": f"ITEM{k:04d}", "image_url": "{site}/p.png"} for k in range(20)]
    with serving({"/p.png": PNG}) as site:
        for row in rows:
            row["image_url"] = f"{site.url}/p.png"
        file = write(tmp_path / "rows.jsonl", rows)
        config = BenchmarkConfig(name="3dsrbench", path=str(file), max_items=20)
        fetcher = Fetcher(tmp_path / "downloads", may_be_local=True)
        items = pl.read_parquet(write_items(config, tmp_path, fetcher))
        assert set(site.asked) == {"GET /p.png"}
    assert items["images"].list.first().n_unique() == 1
    assert items["height"].unique().to_list() == [10]


def test_the_artifact_is_named_by_what_decides_it(root, tmp_path):
    folder = Path(shutil.copytree(miniature_folder("mmvp", root), tmp_path / "copy"))
    configs = [
        BenchmarkConfig(name="mmvp", path=str(folder), max_items=number, corrected=is_corrected)
        for number in (2, 4)
        for is_corrected in (False, True)
    ]
    paths = {write_items(config, tmp_path) for config in configs}
    moved = Path(shutil.move(folder, tmp_path / "moved"))
    again = BenchmarkConfig(name="mmvp", path=str(moved), max_items=2)
    assert write_items(again, tmp_path) in paths
    (moved / "MMVP Images" / "1.jpg").write_bytes(PNG)
    assert write_items(again, tmp_path) not in paths
    assert len(paths) == 4
    assert "commit" not in read_seal(min(paths))["recipe"]


def test_what_is_loaded_is_not_read_again(prefect_server, root):
    config = BenchmarkConfig(name="blink", path="miniature")
    path = write_items(config, root)
    state = load_benchmark(config, None, 3, root, return_state=True)
    assert (state.name, state.result()) == ("Cached", path)


@pytest.mark.parametrize(
    ("name", "path", "error", "message"),
    [
        ("mmstar", "nowhere", FileNotFoundError, "mmstar has no copy at nowhere: correct its path"),
        ("mmstar", ".", FileNotFoundError, "mmstar has no table at "),
        ("mnist", "miniature", ValueError, "no benchmark mnist: there are cv_bench, blink"),
    ],
)
def test_a_copy_that_is_not_there_is_told(name, path, error, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=message):
        copy_of(BenchmarkConfig(name=name, path=path), tmp_path)


def test_a_benchmarks_photographs_are_listed_once_each(root):
    path = write_items(BenchmarkConfig(name="cv_bench", path="miniature"), root)
    listed_photographs = pl.read_parquet(list_photographs(path, root))
    shown = pl.read_parquet(path)["images"].explode().unique()
    assert sorted(listed_photographs["sha256"]) == sorted(shown)
    sources = listed_photographs["sources"].explode().drop_nulls().to_list()
    assert {source.partition(":")[0] for source in sources} == {"coco", "ade20k"}
