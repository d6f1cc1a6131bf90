"""Variants of items: what they ask has the answer that they say, and models are asked them once."""

import io
import shutil
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from evaluation.photographs import PhotographStore
from schemas.benchmark import ITEM, LETTERS, fact
from schemas.claim import (
    Dimension,
    SizeClaim,
)
from schemas.completion.parsing import read_scene
from schemas.config.evaluation import (
    BenchmarkConfig,
    EvaluateConfig,
    EvaluatedModel,
    RobustnessConfig,
    Variant,
)
from schemas.mirror import mirrored_claim, mirrored_scene
from schemas.proof.own_scene import (
    Program,
    annotated_scene,
    decode_program,
    encode_program,
)
from tasks.evaluate.benchmark import write_items
from tasks.evaluate.planning import plan_evaluation
from tasks.evaluate.variants.claims import (
    meaning_of,
    mirrored_words,
    paraphrased,
)
from tasks.evaluate.variants.options import rotated
from tasks.evaluate.variants.pictures import compressed, mirrored, scaled
from tasks.evaluate.variants.stage import make_variants, write_variants
from tasks.evaluate.variants.variant import VARIANT
from tests.builds import save_config
from tests.commands import call
from tests.evaluate.test_evaluate import chat_model, perfect_replier, run, tree_of
from tests.evaluations import scene
from tests.servers.endpoint import serve

EVERY = RobustnessConfig(variants=tuple(Variant))


@pytest.fixture(scope="module")
def items(drawn_dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    root = tmp_path_factory.mktemp("whole")
    rows = [pl.read_parquet(path) for path in sorted((drawn_dataset / "data").glob("*.parquet"))]
    pl.concat(rows).write_parquet(root / "val.parquet")
    config = BenchmarkConfig(name="stvqa_val", path=str(root / "val.parquet"))
    return pl.read_parquet(write_items(config, root))


# Options.

texts = st.lists(st.text("xyz ", min_size=1), min_size=2, max_size=8, unique=True)


def item_of(options: list[str], answer: int = 0, question: str = "Which?", **changes: Any) -> Any:
    return (
        dict.fromkeys(ITEM)
        | {
            "benchmark": "mmstar",
            "item_id": "i1",
            "question": question,
            "options": [{"letter": a, "text": b} for a, b in zip(LETTERS, options, strict=False)],
            "kind": "choice",
            "answer": LETTERS[answer],
            "images": [],
            "width": 40,
            "height": 20,
            "facts": [],
        }
        | changes
    )


@given(texts, st.integers(0, 7), st.randoms(use_true_random=False))
def test_a_rotation_keeps_every_option_and_moves_each(options, number, random):
    changed = rotated(item_of(options, number % len(options)), random)
    assert changed is not None
    for place, text in enumerate(options):
        assert changed.options[changed.places[place]] == text
        assert changed.places[place] != place


@pytest.mark.parametrize(
    ("question", "options", "is_turned"),
    [
        ("Which?", ["dog", "cat"], True),
        ("Which?", ["dog", "none of these"], True),
        ("Which?", ["A dog", "A cat"], True),
        ("How many dimensions?", ["2D", "3D"], True),
        ("Which?", ["dog", "all of the above"], False),
        ("Which?", ["A", "B"], False),
        ("Which?", ["point A", "point C"], False),
        ("Is (B) nearer?", ["yes", "no"], False),
        ("Is option B right?", ["yes", "no"], False),
        ("How many?", [], False),
    ],
)
def test_options_that_name_others_are_not_turned(question, options, is_turned):
    item = item_of(options, question=question)
    assert (rotated(item, Random(1)) is not None) is is_turned


# Pictures.


def picture(width: int, height: int, seed: int) -> Image.Image:
    return Image.frombytes("RGB", (width, height), Random(seed).randbytes(3 * width * height))


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 9))
def test_mirroring_a_picture_twice_is_the_identity(width, height, seed):
    image = picture(width, height, seed)
    once = Image.open(io.BytesIO(mirrored(image)))
    assert once.getpixel((0, 0)) == image.getpixel((width - 1, 0))
    assert Image.open(io.BytesIO(mirrored(once))).tobytes() == image.tobytes()


@pytest.mark.parametrize(
    ("size", "scale", "expected"),
    [((200, 100), 0.5, (100, 50)), ((200, 40), 0.5, (100, 28)), ((20, 10), 0.5, (20, 10)),
     ((30, 10), 2.0, (60, 20))],
)  # fmt: skip
def test_pictures_are_scaled_and_none_gets_too_small_to_be_seen(size, scale, expected):
    with Image.open(io.BytesIO(scaled(picture(*size, 1), scale))) as image:
        assert (image.size, image.format) == (expected, "PNG")


def test_a_compressed_picture_is_a_jpeg_of_the_same_size():
    rough, fine = (compressed(picture(64, 48, 1), quality) for quality in (5, 95))
    assert len(rough) < len(fine)
    with Image.open(io.BytesIO(rough)) as image:
        assert (image.size, image.format) == ((64, 48), "JPEG")


# Claims.


def test_a_scene_mirrored_twice_is_the_scene(items):
    for facts in items["facts"]:
        program = decode_program(fact(facts, "program"))
        whole = annotated_scene(read_scene(fact(facts, "full_scene")), program)
        assert len(whole.objects) >= len(program.numbers)
        assert mirrored_scene(whole) != whole
        assert mirrored_scene(mirrored_scene(whole)) == whole


def test_every_item_of_ours_is_read_and_worded_otherwise(items):
    for item in items.iter_rows(named=True):
        meant = meaning_of(item)
        changed = paraphrased(item, Random(5))
        assert meant and changed, item["question"]
        assert changed.question != item["question"]
        assert list(changed.places) == list(range(len(item["options"])))
        again = item | {
            "question": changed.question,
            "options": [
                {"letter": letter, "text": text}
                for letter, text in zip(LETTERS, changed.options, strict=False)
            ],
        }
        assert meaning_of(again) == meant


OTHER_WORDS = {"farther": "nearer", "closer": "farther", "nearer": "farther"}


def test_words_that_say_something_else_have_no_meaning(items):
    for item in items.filter(pl.col("category") == "depth").iter_rows(named=True):
        assert meaning_of(item)
        word = next(word for word in OTHER_WORDS if word in item["question"])
        turned = item["question"].replace(word, OTHER_WORDS[word])
        assert meaning_of(item | {"question": turned}) is None
        assert meaning_of(item | {"question": "Is it so?"}) is None
        assert meaning_of(item | {"facts": []}) is None


def test_the_mirrored_answer_is_the_option_whose_claim_is_mirrored(items):
    found = 0
    for item in items.iter_rows(named=True):
        changed = mirrored_words(item)
        if changed is None:
            continue
        claims = decode_program(fact(item["facts"], "program")).claims
        for place, other in enumerate(changed.places):
            assert claims[other] == mirrored_claim(claims[place])
        assert changed.question == item["question"]
        found += list(changed.places) != list(range(len(claims)))
    assert found >= 3


def taller(name: str, *objects: tuple[str, list[int]]) -> Any:
    """Whether the tree, number 3, or that car, number 1, is the tallest."""
    claims = (SizeClaim(Dimension.TALLER, 3, (1,)), SizeClaim(Dimension.TALLER, 1, (3,)))
    options = ["tree", name]
    program = Program(claims, tuple(options), {"car.1": 1, "tree.1": 3}, (200, 100))
    whole = scene({"tree.1": [90, 0, 110, 100]} | dict(objects))
    facts = {"program": encode_program(program), "full_scene": whole, "evidence": "proved"}
    question = "In the picture, which of these is the tallest?"
    return item_of(
        options, 0, question, facts=[{"name": one, "value": facts[one]} for one in facts]
    )


def test_words_for_a_thing_by_its_side_are_not_those_of_the_mirrored_picture():
    """The leftmost car is another one there."""
    car, other = ("car.1", [0, 80, 30, 100]), ("car.2", [170, 80, 200, 100])
    for named, is_mirrored in (
        (taller("car", car), True),
        (taller("leftmost car", car, other), False),
    ):
        assert meaning_of(named)
        assert (mirrored_words(named) is not None) is is_mirrored


# The table.


def test_variants_are_items_that_are_linked_to_theirs(items, tmp_path):
    store = PhotographStore(tmp_path)
    image = io.BytesIO()
    picture(400, 300, 1).save(image, "PNG")
    digest = store.put(image.getvalue())
    some = items.head(4).with_columns(images=pl.lit([digest]))
    table = make_variants(some, EVERY, 7, store)
    assert table.schema == VARIANT
    assert table["item_id"].is_unique().all()
    assert set(table["of_item"]) == set(some["item_id"])
    assert table.group_by("variant").len().filter(variant="jpeg")["len"].to_list() == [4]
    for row in table.iter_rows(named=True):
        item = some.row(by_predicate=pl.col("item_id") == row["of_item"], named=True)
        assert row["answer"] == row["letters"][LETTERS.index(item["answer"])]
        assert fact(row["facts"], "gold") is None
        is_changed = row["variant"] in ("mirror", "jpeg", "scale")
        assert (row["images"] != item["images"]) is is_changed
        assert (row["width"] == 200) is (row["variant"] == "scale")
        assert store.lacking(row["images"]) == []
    assert make_variants(some, EVERY, 7, store).equals(table)
    assert not make_variants(some, EVERY, 8, store).equals(table)


@pytest.mark.parametrize("harm", [Path.unlink, lambda path: path.write_bytes(b"")])
def test_variants_whose_picture_is_gone_are_made_again(harm, tmp_path):
    path = write_items(BenchmarkConfig(name="mmvp", path="miniature", max_items=2), tmp_path)
    config = RobustnessConfig(variants=(Variant.SCALE,))
    made, is_cached = write_variants(path, config, 3, tmp_path)
    assert (is_cached, write_variants(path, config, 3, tmp_path)) == (False, (made, True))
    store = PhotographStore(tmp_path)
    digest = pl.read_parquet(made)["images"][0][0]
    harm(store.path(digest))
    assert write_variants(path, config, 3, tmp_path) == (made, False)
    assert store.lacking([digest]) == []


def test_a_variant_that_is_listed_twice_or_unknown_is_one_line_and_exit_code_2(tmp_path):
    for variants, message in (
        (["jpeg", "jpeg"], "the variant jpeg is listed twice"),
        (["blur"], "robustness.variants.0"),
    ):
        tree = tree_of(robustness={"variants": variants})
        refused = call("evaluate", save_config(tmp_path / "c.toml", tree), "--root", tmp_path)
        assert refused.returncode == 2
        assert message in refused.stderr.strip().splitlines()[-1]
        assert "Traceback" not in refused.stderr


# From end to end.

SPLITS = ("blink", "spatialbench", "robospatial_home")


def variants_of(tree: dict[str, Any], root: Path) -> dict[str, pl.DataFrame]:
    """By benchmark."""
    config = EvaluateConfig.model_validate(tree)
    found = {}
    for entry in config.benchmarks:
        path = write_items(entry, root)
        made, _ = write_variants(path, config.robustness, config.seed, root)
        found[entry.title] = pl.read_parquet(made)
    return found


@pytest.mark.long
def test_a_perfect_endpoint_is_consistent_and_variants_are_planned_and_asked_once(
    prefect_server, drawn_dataset, tmp_path
):
    tree = tree_of(
        benchmarks=[
            {"name": "stvqa_val", "path": str(drawn_dataset)},
            *({"name": name, "path": "miniature"} for name in SPLITS),
        ],
        robustness={"variants": [variant.value for variant in Variant]},
    )
    made = variants_of(tree, tmp_path)
    assert {variant for one in made.values() for variant in one["variant"]} == {*Variant}
    entries = EvaluateConfig.model_validate(tree).benchmarks
    items = [pl.read_parquet(write_items(entry, tmp_path)) for entry in entries]
    known = pl.concat([*items, *(one.select(*ITEM) for one in made.values())])
    model = EvaluatedModel.model_validate(chat_model("http://127.0.0.1:1"))
    with serve(perfect_replier(known, model, tmp_path)) as endpoint:
        tree |= {"models": [chat_model(endpoint.url)]}
        planned = plan_evaluation(EvaluateConfig.model_validate(tree), tmp_path)
        names = [entry.title for entry in entries]
        assert [one.benchmark for one in planned] == [
            *names, *(f"{name}, variants" for name in names if made[name].height)
        ]  # fmt: skip
        folder = run(tree, tmp_path)
        num_asked = len(endpoint.requests)
        assert num_asked == sum(one.items for one in planned) == known.height
        shutil.rmtree(tmp_path / "artifacts" / "infer")
        assert run(tree, tmp_path) == folder
        assert len(endpoint.requests) == num_asked
    summary = pl.read_parquet(folder / "robustness.parquet")
    assert summary["consistency"].to_list() == [100.0] * summary.height
    assert summary["accuracy_here"].to_list() == [100.0] * summary.height
    own = summary.filter(benchmark="stvqa_val")["variant"].to_list()
    assert own == ["rotation", "mirror", "paraphrase", "jpeg", "scale", "all"]
    assert pl.read_parquet(folder / "variants.parquet").height == sum(
        one.height for one in made.values()
    )
    text = (folder / "report.md").read_text()
    assert "has no mirror of" in text and "## Robustness" in text
    assert '<h2 id="robustness">' in (folder / "report.html").read_text()


@pytest.mark.long
def test_an_endpoint_that_always_says_a_changes_with_every_rotation(
    prefect_server, drawn_dataset, tmp_path
):
    """Nothing else moves an option, save a mirror image between two sides."""
    tree = tree_of(
        benchmarks=[{"name": "stvqa_val", "path": str(drawn_dataset)}],
        robustness={"variants": ["rotation", "mirror", "jpeg"], "max_items": 6},
    )
    made = variants_of(tree, tmp_path)["stvqa_val"]
    moved = made.filter(variant="mirror").select((pl.col("letters").list.first() == "A").mean())
    with serve(lambda _: "<answer>(A)</answer>") as endpoint:
        folder = run(tree | {"models": [chat_model(endpoint.url)]}, tmp_path)
    summary = pl.read_parquet(folder / "robustness.parquet")
    expected = {"rotation": 0.0, "mirror": 100 * moved.item(), "jpeg": 100.0, "all": 0.0}
    found = {row["variant"]: row["consistency"] for row in summary.iter_rows(named=True)}
    assert found == pytest.approx(expected)
    assert "Answers that changed" in (folder / "report.html").read_text()
