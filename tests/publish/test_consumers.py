"""The dataset in other programs, as docs/consumers.md says."""

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from PIL import Image

from schemas.config.source_kind import SourceKind
from tasks.publish.croissant import describe
from tasks.sources.readers import reader_of
from tests.commands import REPOSITORY
from tests.published_rewards import published

PAGE = (REPOSITORY / "docs" / "consumers.md").read_text(encoding="utf-8")
CODE = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
SHORT = {
    "output_dir=": "max_steps=1, report_to='none', use_cpu=True, output_dir=",
    "num_generations=8, max_completion_length=2048": "num_generations=2, max_completion_length=4, "
    "per_device_train_batch_size=2",
    "train_dataset=rows)": "train_dataset=rows, processing_class=PROCESSOR)",
}
"""What makes a training of days one of a second, on a model whose processor has no video half."""


def run(code: str, dataset: Path, **known: object) -> dict[str, Any]:
    """The names after a block of the page's code was run."""
    names: dict[str, Any] = {"DATASET": str(dataset), **known}
    exec(compile(code, "docs/consumers.md", "exec"), names)
    return names


def block(part: str) -> str:
    (found,) = [code for code in CODE if part in code]
    return found


@pytest.fixture(scope="module")
def rows(drawn_dataset: Path) -> list[dict[str, Any]]:
    return pl.read_parquet(drawn_dataset / "data").to_dicts()


class PublishedRow:
    """What the published trainer makes of a row, from its rules: the photograph is shown only where
    the prompt holds `<image>`, which then moves to its beginning; the reward reads the size from
    the prompt."""

    def __init__(self, row: dict[str, Any]) -> None:
        self.is_shown = "<image>" in row["problem"] and row["images"] is not None
        self.text = row["problem"].replace("<image>", "").strip()
        size = re.search(r"Image size: \((.*?) x (.*?)\)", row["problem"])
        assert size, "the published reward raises"
        self.size = int(size[1]), int(size[2])


def test_the_published_trainer_shows_every_photograph_and_finds_its_size(rows):
    for row in rows:
        read = PublishedRow(row)
        assert read.is_shown and read.text.startswith("You FIRST observe")
        assert read.size == (row["width"], row["height"])
        with Image.open(io.BytesIO(row["images"][0]["bytes"])) as image:
            assert image.size == read.size


def test_a_demonstration_earns_all_that_the_published_reward_pays(rows):
    for row in rows:
        size = PublishedRow(row).size
        *_, paid = published(row["demonstration"], row["answer_option_text"], *size)
        assert paid == pytest.approx(1, abs=1e-5)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`datasets` keeps what it reads for the length of a test."""
    pytest.importorskip("datasets")
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")


def test_datasets_reads_train_and_val(drawn_dataset, rows):
    known = run(block("streaming"), drawn_dataset)
    assert set(known["rows"]) == {"train", "val"}
    assert sum(split.num_rows for split in known["rows"].values()) == len(rows)
    assert known["first"]["images"][0].size == (400, 300)


def test_the_card_s_own_lines_read_the_folder_that_it_lies_in(drawn_dataset, rows, monkeypatch):
    card = (drawn_dataset / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", card, re.DOTALL)
    monkeypatch.chdir(drawn_dataset)
    splits = run(code, drawn_dataset)["dataset"]
    assert {name: split.num_rows for name, split in splits.items()} == {
        name: sum(row["split"] == name for row in rows) for name in ("train", "val")
    }


def test_whoever_reads_the_folder_of_samples_reads_samples_only(drawn_dataset, rows):
    import duckdb

    run(block("import duckdb"), drawn_dataset)
    counted = duckdb.sql(f"select count(*) from '{drawn_dataset}/data/*.parquet'").fetchall()
    assert counted == [(len(rows),)]


def test_pairs_are_found_by_their_id(drawn_dataset, rows):
    import duckdb

    pairs = run(block("pair_id is not null"), drawn_dataset, duckdb=duckdb)["pairs"]
    asked = {row["question_id"]: (row["question_only"], {*row["options"]}) for row in rows}
    assert pairs
    for _, (one, other) in pairs:
        assert asked[one] == asked[other]


def records(dataset: Path) -> Iterator[dict[str, Any]]:
    yield from run(block("mlcroissant"), dataset)["records"]


def test_croissant_reads_every_record(drawn_dataset, rows):
    found = {record["samples/question_id"].decode(): record for record in records(drawn_dataset)}
    assert len(found) == len(rows)
    for row in rows:
        record = found[row["question_id"]]
        assert [option.decode() for option in record["samples/options"]] == row["options"]
        assert record["samples/images"][0].size == (row["width"], row["height"])
        boxes = [entry["samples/scene_objects/bbox"] for entry in record["samples/scene_objects"]]
        assert boxes == [entry["bbox"] for entry in row["scene_objects"]]


def test_croissant_finds_nothing_wrong_but_that_no_date_is_given(drawn_dataset):
    import mlcroissant

    issues = mlcroissant.Dataset(jsonld=drawn_dataset / "croissant.json").metadata.ctx.issues
    assert not issues.errors
    assert [text for text in issues.warnings if "datePublished" not in text] == []


def test_a_licence_that_has_no_page_is_told_in_words():
    manifest = {"name": "x", "digest": "d", "num_samples": 1, "num_images": 1, "files": {}}
    schema = pa.schema([("question_id", pa.string())])

    def told(*of: Any) -> str:
        return str(describe(manifest, schema, reader_of(*of).rights)["license"])

    assert told(SourceKind.COCO) == reader_of(SourceKind.COCO).rights.annotations
    assert told(SourceKind.COCO, "apache-2.0") == "apache-2.0"
    for family in ("cc", "cc-by", "cc-by-nc-sa"):  # of which no version is meant
        assert told(SourceKind.COCO, family) == family
    assert told(SourceKind.COCO, "cc0-1.0").endswith("/CC0-1.0.html")
    assert told(SourceKind.COCO, "cc-by-nc-4.0").endswith("/CC-BY-NC-4.0.html")


def test_verl_is_given_messages_with_their_photograph(drawn_dataset, rows, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run(block("verl-train.parquet"), drawn_dataset)
    found = pl.read_parquet(tmp_path / "verl-train.parquet").to_dicts()
    expected = [row for row in rows if row["split"] == "train"]
    assert len(found) == len(expected) > 0
    for one, row in zip(found, expected, strict=True):
        assert one["prompt"] == [{"role": "user", "content": row["problem"]}]
        assert one["images"][0]["bytes"] == row["images"][0]["bytes"]
        assert one["reward_model"]["ground_truth"] == row["answer_option_text"]


@pytest.mark.parametrize("trainer", ["SFTTrainer", "GRPOTrainer"])
@pytest.mark.long
def test_trl_trains_on_it(trainer, drawn_dataset, tmp_path, monkeypatch):
    pytest.importorskip("trl")
    from schemas.completion.families import FamilyName
    from training.processor import load_processor
    from training.tiny import tiny_folder

    monkeypatch.chdir(tmp_path)
    code = block(f"trainer = {trainer}(")
    for long, short in SHORT.items():
        code = code.replace(long, short)
    model = tiny_folder(tmp_path, FamilyName.QWEN2_5_VL)
    processor = load_processor(model, min_pixels=3136, max_pixels=6272)
    known = run(code, drawn_dataset, MODEL=str(model), PROCESSOR=processor)
    assert known["trainer"].state.global_step == 1
