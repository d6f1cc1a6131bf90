"""Full scenes: what stands in them, how they are cut to what fits, and that they earn what any gold
earns."""

import json
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

pytest.importorskip("datasets")

from schemas.completion.families import FamilyName
from schemas.completion.publish import parse_completion
from schemas.config.training import (
    DataConfig,
    Method,
    RewardConfig,
    TrainConfig,
    load_train_config,
)
from tasks.train.plan import print_plan
from tests.trainings import tree_of
from training.consistency import consistency_reward, is_entailed, program_text
from training.dataset import grpo_row, load_rows, text_of_row, with_rows, without_images
from training.estimate import estimate, shape_of
from training.flight.samples import check_boxes, check_gold, check_texts, longest_row
from training.full_scene import NUM_OBJECTS, SCENE_COLUMNS, gold_of, objects_that_fit
from training.lengths import lengths_of
from training.reward_functions import scorer

PAPER = Path(__file__).parents[2] / "configs" / "train" / "spatialthinker-7b.toml"
FULL = DataConfig(
    dataset="drawn",
    family=FamilyName.QWEN3_VL,
    min_pixels=28 * 28 * 4,
    max_pixels=28 * 28 * 400,
    scene="full",
)
ON, BESIDE, UNDER = (
    {"subject": "dog.1", "predicate": "on", "object": "rug.1"},
    {"subject": "cat.1", "predicate": "beside", "object": "dog.1"},
    {"subject": "rug.1", "predicate": "under", "object": "lamp.1"},
)
ROW = {
    "question_id": "q",
    "question_with_options": "Where is the dog?\n(A) on\n(B) off",
    "answer_option_text": (
        '<scene>{"objects":[{"id":"dog.1","bbox":[10,10,20,20]},{"id":"rug.1","bbox":'
        '[0,15,60,40]}],"relationships":[{"subject":"dog.1","predicate":"on","object":"rug.1"}]}'
        "</scene>\n<answer>(A) on</answer>"
    ),
    "width": 100,
    "height": 50,
    "scene_objects": [
        {"id": "cat.1", "bbox": [30, 10, 40, 20]},  # 100 square pixels
        {"id": "dog.1", "bbox": [10, 10, 20, 20]},
        {"id": "lamp.1", "bbox": [70, 0, 90, 50]},  # 1,000
        {"id": "mat.1", "bbox": [50, 40, 70, 45]},  # 100
        {"id": "rug.1", "bbox": [0, 15, 60, 40]},
    ],
    "scene_relationships": [ON, BESIDE, UNDER],
}


def shown(number: int) -> tuple[list[str], list[str]]:
    scene, answer = parse_completion(gold_of(ROW | {NUM_OBJECTS: number}))
    assert answer == "(A) on"
    return (
        [entry["id"] for entry in scene.objects],
        [link["predicate"] for link in scene.relationships],
    )


@pytest.mark.parametrize(
    ("number", "objects", "relationships"),
    [
        (5, ["cat.1", "dog.1", "lamp.1", "mat.1", "rug.1"], ["on", "beside", "under"]),
        (4, ["cat.1", "dog.1", "lamp.1", "rug.1"], ["on", "beside", "under"]),
        (3, ["dog.1", "lamp.1", "rug.1"], ["on", "under"]),
        (2, ["dog.1", "rug.1"], ["on"]),
    ],
)
def test_a_cut_scene_keeps_those_of_the_question_and_the_largest(number, objects, relationships):
    assert shown(number) == (objects, relationships)


def test_without_the_column_the_gold_is_that_of_the_question():
    assert gold_of(ROW) == ROW["answer_option_text"]


@given(st.integers(0, 1000))
def test_as_many_objects_stay_as_fit_and_never_fewer_than_the_questions(limit):
    found = objects_that_fit(ROW, lambda row: len(gold_of(row)) <= limit)
    lengths = {number: len(gold_of(ROW | {NUM_OBJECTS: number})) for number in range(2, 6)}
    assert found == max([2, *(number for number in lengths if lengths[number] <= limit)])
    assert objects_that_fit(ROW, None) == 5


def test_thought_speaks_of_the_question_and_observation_of_the_picture():
    text = text_of_row(ROW | {NUM_OBJECTS: 5}, FULL)["demonstration"]
    assert text.startswith("<observe>The picture shows: cat, dog, lamp, mat, rug.</observe>")
    thought = "dog.1 is on rug.1. By these boxes and relationships the answer is (A) on."
    assert f"<think>{thought}</think>" in text


def test_an_object_of_the_question_that_the_scene_lacks_is_named():
    less = [entry for entry in ROW["scene_objects"] if entry["id"] != "rug.1"]
    with pytest.raises(ValueError, match=r"rug\.1 of sample q is not in the photograph's whole"):
        gold_of(ROW | {"scene_objects": less, NUM_OBJECTS: 2})


@pytest.fixture(scope="module")
def rows(drawn_dataset, tmp_path_factory):
    return load_rows(drawn_dataset, "train", FULL, 3, tmp_path_factory.mktemp("arrow"))


@pytest.mark.parametrize(
    "reward",
    [
        RewardConfig(),
        RewardConfig(weights={"spatial": 0.1, "relationships": 0.1}),
        RewardConfig(label_gate=1.0, strict_boxes=True, count_needs_answer=True),
    ],
    ids=["paper", "relationships", "strict"],
)
def test_every_gold_earns_everything_and_that_of_the_question_does_not(rows, reward):
    config = TrainConfig.model_validate(
        tree_of(FamilyName.QWEN3_VL, Method.GRPO) | {"data": FULL, "reward": reward}
    )
    assert check_gold(rows, config) == f"{rows.num_rows} samples earn their whole reward"
    assert check_boxes(rows, config) == f"those of {rows.num_rows} samples lie in the frame"
    scored, fewer = scorer(reward), 0
    asked = without_images(rows).remove_columns(NUM_OBJECTS)
    for part, row in zip(asked, without_images(rows), strict=True):
        whole, known = text_of_row(row, FULL), text_of_row(part, FULL)
        earned = scored(known["demonstration"], whole["gold"], 1000, 1000)
        if len(row["scene_objects"]) > len(parse_completion(row["answer_option_text"])[0].objects):
            assert earned.count < 1
            fewer += 1
    assert fewer > 20


def test_rows_keep_their_order_program_and_photograph(rows, drawn_dataset, tmp_path):
    asked = FULL.model_copy(update={"scene": "question"})
    plain = load_rows(drawn_dataset, "train", asked, 3, tmp_path)
    assert plain["question_id"][:] == rows["question_id"][:]
    for raw, full in zip(plain, with_rows(rows, FULL, grpo_row), strict=True):
        row = grpo_row(raw, asked)
        for same in ("question_id", "prompt", "image", "program", "width"):
            assert row[same] == full[same]
        whole = parse_completion(full["gold"])[0]
        assert {entry["id"] for entry in whole.objects} >= {
            entry["id"] for entry in parse_completion(row["gold"])[0].objects
        }


def test_a_full_gold_is_consistent_wherever_the_questions_is(rows):
    for row in without_images(rows):
        known = text_of_row(row, FULL)
        earned = consistency_reward(
            known["demonstration"], known["gold"], 1000, 1000, program_text(row)
        )
        assert earned == 1
        assert is_entailed(row, gold_of(row)) >= is_entailed(row, row["answer_option_text"])


def test_scenes_that_are_cut_are_counted(rows, drawn_dataset, tmp_path, caplog):
    lengths = sorted(len(gold_of(row)) for row in without_images(rows))
    limit = lengths[len(lengths) // 2]
    rows = load_rows(
        drawn_dataset, "train", FULL, 3, tmp_path, lambda row: len(gold_of(row)) <= limit
    )
    texts = list(without_images(rows))
    cut = [row for row in texts if row[NUM_OBJECTS] < len(row["scene_objects"])]
    assert 0 < len(cut) < len(texts)
    every = sum(len(row["scene_objects"]) for row in texts)
    assert (
        f"{len(cut)} of {len(texts)} full scenes are longer than a completion may be and are cut: "
        f"{sum(row[NUM_OBJECTS] for row in texts)} of {every} objects stay"
    ) in caplog.text


def test_what_is_checked_before_training_is_the_full_scene(rows):
    from training.families.table import FAMILIES

    token = "<|im_end|>"
    planted = without_images(rows).select(range(2)).to_list()
    planted[1]["scene_objects"][0]["id"] = f"{token}.1"
    from datasets import Dataset

    config = TrainConfig.model_validate(tree_of(FamilyName.QWEN3_VL, Method.SFT) | {"data": FULL})
    family = FAMILIES[FamilyName.QWEN3_VL]
    name = planted[1]["question_id"]
    with pytest.raises(ValueError, match=f"texts: the gold of sample {name} holds .*im_end"):
        check_texts(Dataset.from_list(planted), config, family)
    lengths = [len(row["question_with_options"] + gold_of(row)) for row in without_images(rows)]
    assert lengths[longest_row(rows, config)] >= max(lengths) - 3


def test_a_dataset_without_whole_scenes_is_refused(drawn_dataset, tmp_path):
    import polars as pl

    from schemas.dataset_folder import split_files

    (file,) = split_files(drawn_dataset, "train")
    (tmp_path / "data").mkdir()
    pl.read_parquet(file).drop(SCENE_COLUMNS).write_parquet(tmp_path / "data" / file.name)
    told = "lacks scene_objects, scene_relationships: build .* again, or leave data.scene out$"
    with pytest.raises(ValueError, match=told):
        load_rows(tmp_path, "train", FULL, 3, tmp_path / "cache")


def test_lengths_need_a_sample(drawn_dataset, tmp_path):
    import polars as pl

    from schemas.dataset_folder import split_files

    (file,) = split_files(drawn_dataset, "train")
    (tmp_path / "data").mkdir()
    pl.read_parquet(file).clear().write_parquet(tmp_path / "data" / file.name)
    with pytest.raises(ValueError, match=r"the train split of .* has no sample"):
        lengths_of(tmp_path)


def test_a_reward_that_reads_no_scene_is_refused():
    tree = tree_of(FamilyName.QWEN3_VL, Method.GRPO) | {"reward": {"kind": "sparse"}}
    with pytest.raises(ValueError, match=r"reads no scene: leave data\.scene out"):
        TrainConfig.model_validate(json.loads(json.dumps(tree)) | {"data": FULL.model_dump()})


@pytest.mark.parametrize("method", list(Method))
def test_a_plan_knows_the_longer_completions(drawn_dataset, method):
    root = drawn_dataset.parents[2]
    tree = tree_of(FamilyName.QWEN3_VL, method)
    config = TrainConfig.model_validate(tree | {"data": FULL})
    found = lengths_of(drawn_dataset)
    assert found.longest > found.mean > 1.5 * found.mean / found.lengthening
    told = planned(config, root)
    limit = "grpo.max_completion_tokens = 8" if config.grpo else "sft.max_tokens = 1200"
    assert (
        f"full scenes: gold completions have {found.mean:,.0f} characters on average, "
        f"{found.lengthening:.1f} times those of the question, and up to {found.longest:,}; "
        f"train --check counts those that {limit} cuts"
    ) in told
    assert "full scenes: drawn is not here, and the time is" in planned(config, root / "nowhere")
    asked = config.model_copy(update={"data": FULL.model_copy(update={"scene": "question"})})
    assert "full scenes" not in planned(asked, root)


def planned(config: TrainConfig, root: Path) -> str:
    out = StringIO()
    print_plan(config, root, Console(file=out, width=300))
    return out.getvalue()


def test_hours_grow_with_the_completions():
    config = load_train_config(PAPER)
    shape = shape_of(config.model.name)
    assert shape
    usual, longer = (estimate(config, shape, by).hours for by in (1.0, 2.5))
    assert usual and longer == pytest.approx(2.5 * usual)
