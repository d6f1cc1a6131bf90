"""Training rows: boxes, stated size and pixels in one frame; what is refused."""

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

pytest.importorskip("datasets")

from schemas.completion.families import FamilyName
from schemas.completion.frames import moved_gold
from schemas.completion.parsing import POLICY_TAGS, read_tags
from schemas.completion.publish import PublishedScene, parse_completion, render_completion
from schemas.config.training import DataConfig
from schemas.dataset_folder import split_files
from training.dataset import (
    entailed,
    grpo_row,
    keep_short,
    load_rows,
    num_image_tokens,
    sft_row,
    text_of_row,
    with_rows,
)
from training.demonstrations import NOTHING, demonstration, observation, thought
from training.rewards import score_completion

DATA = DataConfig(dataset="drawn", min_pixels=28 * 28 * 4, max_pixels=28 * 28 * 400)
SMALL = DATA.model_copy(update={"max_pixels": 28 * 28 * 40})
PAPER = DATA.model_copy(update={"frame": "paper_compatible"})
THOUSANDTHS = SMALL.model_copy(update={"family": FamilyName.QWEN3_VL})
SQUARE = DataConfig(dataset="drawn", family=FamilyName.GEMMA_3)
FACING = '{"category":"orientation","viewpoint":1,"reference":1,"target":2,"direction":"left"}'


def drawn_row(size, box) -> dict:
    """A sample whose only object is a red rectangle where the gold says that it is."""
    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).rectangle((box[0], box[1], box[2] - 1, box[3] - 1), fill="red")
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    scene = PublishedScene(objects=[{"id": "dog.1", "bbox": box}], relationships=[])
    return {
        "question_id": "q",
        "images": [{"bytes": buffer.getvalue(), "path": "q.png"}],
        "question_with_options": "Where is the dog?\n(A) left\n(B) right",
        "answer_option_text": render_completion(scene, "(A) left"),
        "width": size[0],
        "height": size[1],
    }


def red_box(image: Image.Image) -> tuple[int, ...]:
    """The extent of what is rather red than white."""
    green = image.getchannel("G").point(lambda level: 255 if level < 128 else 0)
    box = green.getbbox()
    assert box
    return box


@pytest.mark.parametrize(
    "config",
    [DATA, SMALL, PAPER, THOUSANDTHS, SQUARE],
    ids=["model", "small", "paper", "thousandths", "square"],
)
@pytest.mark.parametrize(
    ("size", "box"),
    [
        ((400, 300), (40, 30, 120, 200)),
        ((100, 60), (10, 20, 60, 55)),
        ((800, 533), (600, 33, 790, 500)),
        ((281, 283), (0, 0, 140, 283)),
    ],
)
def test_boxes_stated_size_and_pixels_are_in_one_frame(config, size, box):
    row = grpo_row(drawn_row(size, box), config)
    image, gold = row["image"], parse_completion(row["gold"])[0]
    stated = re.search(r"Image size: (\d+) x (\d+)", row["prompt"][0]["content"])
    assert stated
    frame = row["width"], row["height"]
    assert (int(stated[1]), int(stated[2])) == frame
    assert frame == ((1000, 1000) if config in (THOUSANDTHS, SQUARE) else image.size)
    for place, (found, told) in enumerate(
        zip(red_box(image), gold.objects[0]["bbox"], strict=True)
    ):
        step = frame[place % 2] / image.size[place % 2]
        assert abs(found * step - told) <= max(step, 1)
    if config is PAPER:
        assert image.size == size
        assert gold.objects[0]["bbox"] == box
    else:
        # The processor's own resizing must change nothing.
        assert config.seen_size(image.size) == image.size


boxes = st.tuples(*[st.integers(0, 299)] * 2, *[st.integers(1, 100)] * 2).map(
    lambda box: (box[0], box[1], min(box[0] + box[2], 400), min(box[1] + box[3], 300))
)


@given(boxes, st.sampled_from([(400, 300), (448, 336), (252, 196), (56, 56)]))
def test_a_moved_gold_still_earns_everything(box, new):
    scene = PublishedScene(objects=[{"id": "dog.1", "bbox": box}], relationships=[])
    moved = moved_gold(render_completion(scene, "(A) left"), (400, 300), new)
    text = demonstration(*parse_completion(moved))
    assert score_completion(text, moved, *new).total == 1


def test_demonstrations_are_well_formed_and_name_what_the_scene_holds():
    scene = PublishedScene(
        objects=[
            {"id": "fire_hydrant.1", "bbox": (0, 0, 10, 10)},
            {"id": "dog.1", "bbox": (5, 5, 20, 20)},
            {"id": "dog.2", "bbox": (50, 5, 70, 20)},
        ],
        relationships=[{"subject": "dog.1", "predicate": "on", "object": "fire_hydrant.1"}],
    )
    text = demonstration(scene, "(B) two")
    assert read_tags(text, POLICY_TAGS) == [
        "The picture shows: fire hydrant, dog (2).",
        render_completion(scene, "x").removeprefix("<scene>").partition("</scene>")[0],
        "dog.1 is on fire_hydrant.1. By these boxes and relationships the answer is (B) two.",
        "(B) two",
    ]
    nothing = PublishedScene(objects=[], relationships=[])
    assert observation(nothing) == NOTHING
    assert thought(nothing, "(A) No") == "So the answer is (A) No."


@pytest.mark.parametrize(
    ("predicate", "words"),
    [
        ("taller", "bench.1 is taller than dog.1. By these boxes and relationships"),
        ("left of", "bench.1 is to the left of dog.1. By these boxes and relationships"),
        ("frolics beside", "bench.1 is frolics beside dog.1. By these boxes and relationships"),
        (None, "By these boxes"),
    ],
)
def test_a_thought_says_relationships_in_words(predicate, words):
    objects = [{"id": "bench.1", "bbox": (0, 0, 9, 9)}, {"id": "dog.1", "bbox": (5, 5, 9, 9)}]
    link = {"subject": "bench.1", "predicate": predicate, "object": "dog.1"}
    scene = PublishedScene(objects=objects, relationships=[link] if predicate else [])
    assert thought(scene, "(A) x") == f"{words} the answer is (A) x."


def test_every_published_sample_becomes_a_row_whose_demonstration_earns_everything(
    drawn_dataset, tmp_path
):
    rows = load_rows(drawn_dataset, "train", DATA, 3, tmp_path)
    made = with_rows(rows, DATA, grpo_row)
    assert made.num_rows == rows.num_rows > 20
    for raw, row in zip(rows, made, strict=True):
        text = text_of_row(raw, DATA)["demonstration"]
        assert score_completion(text, row["gold"], row["width"], row["height"]).total == 1
        assert raw["question_with_options"] in row["prompt"][0]["content"]
    taught = with_rows(rows, DATA, sft_row)[0]
    assert taught["completion"][0]["content"].startswith("<observe>")
    assert taught["image"].size == made[0]["image"].size


def test_the_order_is_the_seeds(drawn_dataset, tmp_path):
    orders = [
        list(load_rows(drawn_dataset, "train", DATA, seed, tmp_path)["question_id"])
        for seed in (3, 3, 4)
    ]
    assert orders[0] == orders[1] != orders[2]
    assert sorted(orders[0]) == sorted(orders[2])
    few = DATA.model_copy(update={"max_samples": 5})
    assert list(load_rows(drawn_dataset, "train", few, 3, tmp_path)["question_id"]) == orders[0][:5]


def test_samples_that_are_too_long_are_left_out_and_told(drawn_dataset, tmp_path, caplog):
    rows = load_rows(drawn_dataset, "train", DATA, 3, tmp_path)
    lengths = sorted(
        len(text_of_row(row, DATA)["text"]) + num_image_tokens((400, 300), DATA) for row in rows
    )
    middle = lengths[len(lengths) // 2]
    kept = keep_short(rows, DATA, middle, len, whole=False)
    assert kept.num_rows == sum(length <= middle for length in lengths)
    assert f"{rows.num_rows - kept.num_rows} of {rows.num_rows} samples have more than" in (
        caplog.text
    )
    with pytest.raises(ValueError, match=f"longer than 10 tokens .the longest has {lengths[-1]}."):
        keep_short(rows, DATA, 10, len, whole=False)


def test_a_dataset_without_photographs_is_refused(drawn_dataset, tmp_path):
    import polars as pl

    (file,) = split_files(drawn_dataset, "train")
    (tmp_path / "data").mkdir()
    pl.read_parquet(file).drop("images").write_parquet(tmp_path / "data" / file.name)
    with pytest.raises(ValueError, match=r'lacks images: .* with images = "embed"'):
        load_rows(tmp_path, "train", DATA, 3, tmp_path / "cache")
    told = r"has no val split: build it with select\.val_share between 0 and 1$"
    with pytest.raises(ValueError, match=told):
        load_rows(tmp_path, "val", DATA, 3, tmp_path / "cache")


def test_samples_whose_scene_leaves_the_answer_open_are_left_out(drawn_dataset, tmp_path, caplog):
    caplog.set_level("INFO")
    rows = load_rows(drawn_dataset, "train", DATA, 3, tmp_path)
    kept = entailed(rows)
    assert 0.8 * rows.num_rows < kept.num_rows
    assert set(kept["question_id"]) <= set(rows["question_id"])
    some = rows.map(lambda row: {"option_claims": [FACING] * len(row["options"])})
    with pytest.raises(ValueError, match="the gold scene of no sample supports its answer: leave"):
        entailed(some.filter(lambda row: row["question_id"] in pairs_of(rows)))


def pairs_of(rows) -> list[str]:
    """Samples whose gold scene has two objects."""
    return [
        row["question_id"]
        for row in rows
        if len(parse_completion(row["answer_option_text"])[0].objects) == 2
    ]
