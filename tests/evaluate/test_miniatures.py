"""Miniatures: true, in the benchmarks' own forms, and enough for every rule."""

import json
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest
from PIL import Image

from evaluation.baselines import constant_baselines
from evaluation.benchmarks.registry import BENCHMARKS
from evaluation.constants import letters, letters_and_numbers, texts
from evaluation.miniatures.questions import (
    Asked,
    absent,
    beside,
    closer_pair,
    higher,
    how_many,
    laid,
    leftmost,
    nearer,
)
from evaluation.miniatures.scenes import Seen, View, mirrored
from evaluation.photographs import PhotographStore
from evaluation.points import first_point, is_inside, read_polygon
from evaluation.scoring import score
from evaluation.verdicts import read_replies
from schemas.benchmark import ITEM, LETTERS, REPLY, fact
from schemas.columns import frame_of
from schemas.completion.publish import parse_completion
from schemas.config.evaluation import BenchmarkConfig
from tasks.evaluate.benchmark import write_items
from tasks.evaluate.miniature import NAMES, miniature_folder, view


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("miniatures")


@cache
def items_of(name: str, root: Path) -> pl.DataFrame:
    return pl.read_parquet(write_items(BenchmarkConfig(name=name, path="miniature"), root))


@cache
def baselines_of(name: str, root: Path) -> pl.DataFrame:
    return constant_baselines(items_of(name, root))


@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_miniature_becomes_items(name, root):
    items = items_of(name, root)
    assert items.schema == ITEM
    assert 6 <= items.height <= 20
    assert items["answer"].n_unique() > 1
    counts = BENCHMARKS[name].counts
    if counts and "" not in counts:
        for subset, category in items.select("subset", "category").rows():
            assert {subset, category} & counts.keys(), "counts knows none of them"
    store = PhotographStore(root)
    for row in items.iter_rows(named=True):
        letters = [option["letter"] for option in row["options"]]
        assert letters == list("ABCDEF")[: len(letters)]
        assert row["kind"] != "choice" or row["answer"] in letters
        assert (row["width"], row["height"]) == (400, 300)
        with Image.open(store.path(row["images"][0])) as image:
            assert image.size == (400, 300)
        assert not {"nswer with", "Options:", "(A)", "formatted"} & set(row["question"].split("  "))
        assert "nswer" not in row["question"] and "(A)" not in row["question"]


def scored(
    items: pl.DataFrame, baselines: pl.DataFrame, say: Callable[[dict], str]
) -> pl.DataFrame:
    """The scores of a replier who says that of an item."""
    rows = [
        {
            "benchmark": row["benchmark"],
            "item_id": row["item_id"],
            "text": f"<think>so</think><answer>{say(row)}</answer>",
            "finish_reason": "stop",
            "prompt": "",
            "frame_width": row["width"],
            "frame_height": row["height"],
        }
        for row in items.iter_rows(named=True)
    ]
    parsed = read_replies(items, frame_of(rows, REPLY))
    return score(items, parsed, baselines, seed=1, num_bootstrap=20)


@pytest.mark.parametrize("name", BENCHMARKS)
def test_who_says_what_is_right_has_full_marks_by_every_rule(name, root):
    found = scored(items_of(name, root), baselines_of(name, root), _said)
    official = found.filter(pl.col("rule") == "official")
    assert official["value"].to_list() == [100.0] * official.height
    assert official.height > 0
    # Baselines are found by what names a metric.
    assert not found.select("rule", "metric", "subset", "category").is_duplicated().any()


@pytest.mark.parametrize("name", BENCHMARKS)
def test_who_says_one_thing_has_no_more_than_the_constant_baseline(name, root):
    items = items_of(name, root)
    for letter in "AB":
        constant = scored(items, baselines_of(name, root), partial(_always, letter))
        assert (constant["value"] <= constant["constant_baseline"] + 1e-9).all()
        assert constant.filter(pl.col("is_main"))["rule"].to_list() == [
            "official", "paper_compatible", *BENCHMARKS[name].parsers
        ]  # fmt: skip


@pytest.mark.parametrize("name", BENCHMARKS)
def test_who_says_nothing_of_use_has_no_marks(name, root):
    found = scored(items_of(name, root), baselines_of(name, root), lambda _: "hm")
    official = found.filter(pl.col("rule") == "official")
    assert official["value"].to_list() == [0.0] * official.height


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if number % 4 == 0 else pytest.mark.long)
        for number, name in enumerate(BENCHMARKS)
    ],
)
def test_the_order_of_rows_has_no_say(name, root):
    items, baselines = items_of(name, root), baselines_of(name, root)
    wrong = set(items["item_id"].gather_every(3))

    def say(row: dict) -> str:
        return "hm" if row["item_id"] in wrong else _said(row)

    shuffled = items.sample(fraction=1, shuffle=True, seed=5)
    assert constant_baselines(shuffled).equals(baselines)
    assert scored(shuffled, baselines, say).equals(scored(items, baselines, say))


@pytest.mark.parametrize("benchmark", BENCHMARKS.values(), ids=lambda one: one.name)
def test_the_constant_baseline_has_repliers_for_every_kind_of_answer(benchmark, root):
    kinds = set(items_of(benchmark.name, root)["kind"])
    assert (texts in benchmark.constants) is ("text" in kinds)
    assert (letters_and_numbers in benchmark.constants) is ("number" in kinds)
    assert {letters, letters_and_numbers} & {*benchmark.constants} or "choice" not in kinds


def _always(letter: str, row: dict) -> str:
    return _said(row | {"answer": letter})


def _said(row: dict) -> str:
    """The answer of an item as a reply says it."""
    if row["kind"] == "point" and row["answer"] not in LETTERS:
        corners = json.loads(row["answer"])
        return str(tuple(round(sum(axis) / len(corners), 3) for axis in zip(*corners, strict=True)))
    texts = {option["letter"]: option["text"] for option in row["options"]}
    return f"({row['answer']}) {texts[row['answer']]}" if texts else row["answer"]


@pytest.mark.long
def test_the_same_is_drawn_again(tmp_path):
    for name in BENCHMARKS:
        first, second = (miniature_folder(name, tmp_path / place) for place in "ab")
        files = [path for path in sorted(first.rglob("*")) if path.is_file()]
        assert files
        for path in files:
            assert path.read_bytes() == (second / path.relative_to(first)).read_bytes()


@pytest.mark.parametrize(
    ("name", "file", "columns"),
    [
        ("cv_bench", "test_2d.parquet", "idx type task image question choices answer prompt "
         "filename source source_dataset source_filename target_class target_size bbox"),
        ("blink", "Relative_Depth/val-00000-of-00001.parquet", "idx question sub_task image_1 "
         "image_2 image_3 image_4 choices answer prompt explanation"),
        ("spatialbench", "data/train-00000-of-00001.parquet", "image answer category text "
         "question_id"),
        ("spatialreasoner_eval", "data/train-00000-of-00001.parquet", "image prompt answer choices "
         "task"),
        ("realworldqa", "data/test-00000-of-00001.parquet", "image question answer"),
        ("robospatial_home", "data/context-00000-of-00001.parquet", "category question answer img "
         "depth_image mask"),
        ("mmstar", "mmstar.parquet", "index question image answer category l2_category meta_info"),
        ("mme_realworld_lite", "data/train-00000-of-00001.parquet", "index bytes question "
         "multi-choice_options answer category l2-category"),
        ("hallusionbench", "data/image-00000-of-00001.parquet", "category subcategory visual_input "
         "set_id figure_id sample_note question_id question gt_answer_details gt_answer filename "
         "image"),
    ],
)  # fmt: skip
def test_columns_are_those_of_the_benchmark(name, file, columns, root):
    found = pq.read_schema(miniature_folder(name, root) / file).names
    assert [column.replace(" ", "_") for column in found] == columns.split()


def test_facts_that_rules_need_are_there(root):
    turned = items_of("3dsrbench", root)
    for fact_name, values in (("flip", {"0", "1"}), ("variant", {"0", "1"})):
        assert {fact(facts, fact_name) for facts in turned["facts"]} == values
    assert {fact(facts, "type") for facts in turned["facts"]} == {
        "height", "location", "orientation", "multi_object"
    }  # fmt: skip
    pairs = items_of("spatialbench", root)
    paired = pairs.filter(pl.col("category").is_in(["existence", "reach", "size"]))
    sizes = [fact(facts, "pair") for facts in paired["facts"]]
    assert all(sizes.count(pair) == 2 for pair in sizes)
    context = items_of("robospatial_home", root).filter(pl.col("subset") == "context")
    for facts in context["facts"]:
        assert PhotographStore(root).read(str(fact(facts, "mask")))


def test_masks_and_polygons_agree(root):
    store = PhotographStore(root)
    context = items_of("robospatial_home", root).filter(pl.col("subset") == "context")
    for row in context.iter_rows(named=True):
        point = first_point(_said(row), 400, 300)
        assert point and is_inside(point, read_polygon(row["answer"]))
        with Image.open(store.path(str(fact(row["facts"], "mask")))) as mask:
            assert mask.getpixel((round(point[0] * 400), round(point[1] * 300))) == 255
            assert mask.getpixel((399, 299)) == 0


def test_a_mirror_image_turns_sides_and_nothing_else(root):
    answers = {
        row["item_id"]: {option["letter"]: option["text"] for option in row["options"]}[
            row["answer"]
        ]
        for row in items_of("3dsrbench", root).iter_rows(named=True)
    }
    for item, answer in answers.items():
        if item[9] == "1":
            base = answers[f"{item[:8]}-0{item[10:]}"]
            assert (answer == base) is (not item.startswith("MINI0002"))
    pairs = items_of("mmvp", root)
    assert pairs["answer"][::2].to_list() != pairs["answer"][1::2].to_list()
    assert pairs["options"][::2].to_list() == pairs["options"][1::2].to_list()


def test_the_rows_of_3dsrbench_that_share_a_photograph_name_the_first(root):
    items = items_of("3dsrbench", root)
    shown = items.with_columns(
        flip=pl.col("item_id").str.slice(9, 1), image=pl.col("images").list.first()
    )
    assert shown.group_by("group", "flip").agg(pl.col("image").n_unique())["image"].max() == 1
    assert shown["image"].n_unique() == 8


def test_gold_scenes_are_published_ones(root):
    for row in items_of("stvqa_val", root).iter_rows(named=True):
        gold, answer = parse_completion(str(fact(row["facts"], "gold")))
        assert answer.startswith(f"({row['answer']}) ")
        whole = json.loads(str(fact(row["facts"], "full_scene")))
        known = {entry["id"]: entry["bbox"] for entry in whole["objects"]}
        assert all(known[entry["id"]] == list(entry["bbox"]) for entry in gold.objects)
        ends = {link[end] for link in whole["relationships"] for end in ("subject", "object")}
        assert ends <= known.keys()


def thing(name: str, x: float, z: float, box: tuple[int, int, int, int], y: float = 0.0) -> Seen:
    return Seen(name, "red", "left", x, y, z, box, f"{name}.1")


CUP = thing("cup", -1.0, 3.0, (10, 100, 40, 130))
BALL = thing("ball", 0.5, 3.2, (200, 100, 240, 140))
TREE = thing("tree", 1.0, 9.0, (300, 20, 380, 200))
KITE = thing("kite", 1.0, 9.0, (300, 2, 320, 12), y=6.0)


def scene(*things: Seen) -> View:
    return View(1, 400, 300, view(1).data, things, (), (), NAMES)


@pytest.mark.parametrize(
    ("ask", "things", "expected"),
    [
        (leftmost, (BALL, CUP), ("cup", ("ball",))),
        (leftmost, (BALL, BALL, CUP), None),
        (leftmost, (thing("cup", 0, 3, (190, 0, 210, 20)), BALL), None),
        (nearer, (CUP, TREE), ("cup", ("tree",))),
        (nearer, (CUP, BALL), None),
        (closer_pair, (CUP, BALL, TREE), ("ball", ("tree",))),
        (closer_pair, (CUP, BALL), None),
        (higher, (KITE, CUP), ("kite", ("cup",))),
        (higher, (BALL, CUP), None),
        (how_many, (CUP, BALL, BALL, BALL), ("3", ("2", "4", "1", "5", "0"))),
        (how_many, (CUP, BALL), None),
    ],
)
def test_what_is_asked_of_a_view_is_true_by_a_margin(ask, things, expected):
    asked = ask(scene(*things))
    assert (asked and (asked.right, asked.wrong)) == expected


def test_what_is_absent_is_not_there():
    for number in range(1, 30):
        found = view(number)
        name = absent(found).text.removeprefix("Is there a ").removesuffix(" in the image?")
        assert name not in {thing.name for thing in found.things}


def test_a_view_mirrored_twice_is_itself():
    found = view(3)
    assert mirrored(mirrored(found)).things == found.things
    moved = mirrored(scene(CUP)).things[0]
    assert (moved.x, moved.z, moved.facing, moved.box) == (1.0, 3.0, "right", (360, 100, 390, 130))
    left, right = beside(found) or (None, None)
    assert [one and one.name for one in beside(mirrored(found)) or ()] == [
        right and right.name,
        left and left.name,
    ]


def test_right_answers_are_laid_at_their_place():
    asked = Asked("?", "x", ("y", "z"))
    assert [laid(asked, place) for place in (0, 1, 2, 3)] == [
        (("x", "y", "z"), "A"),
        (("y", "x", "z"), "B"),
        (("y", "z", "x"), "C"),
        (("x", "y", "z"), "A"),
    ]
