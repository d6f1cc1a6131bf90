"""Samples are made a shard at a time, and come in the order in which they are published."""

import polars as pl
import pytest

from schemas.sample import SAMPLE
from tasks.select import samples
from tasks.select.samples import ORDER, sample_rows, samples_in_order
from tasks.select.stage import choose_samples
from tasks.select.weighed import weighed
from tests.select.test_select import FACTS, QUOTA, SCENE_ROWS, SELECT, chosen, verified


@pytest.mark.parametrize("rows_at_once", [1, 5, 1000])
@pytest.mark.parametrize("num_shards", [1, 3])
def test_parts_together_are_the_samples_of_all_questions_in_order(
    rows_at_once, num_shards, tmp_path, monkeypatch
):
    monkeypatch.setattr(samples, "ROWS_AT_ONCE", rows_at_once)
    monkeypatch.setattr(samples, "SCENES_AT_ONCE", 1 + rows_at_once)
    monkeypatch.setattr(samples, "ROW_GROUP", 2)
    # The last shard has the first images, and nothing lies in one shard alone.
    shards = [SCENE_ROWS[number::num_shards] for number in reversed(range(num_shards))]
    scene_paths = [tmp_path / f"scenes-{number}" for number in range(num_shards)]
    for path, scenes in zip(scene_paths, shards, strict=True):
        scenes.write_parquet(path)
    questions = [verified()[number::2] for number in range(2)]
    question_paths = [tmp_path / f"questions-{number}" for number in range(2)]
    for path, rows in zip(question_paths, questions, strict=True):
        rows.write_parquet(path)
    known = pl.concat(
        [weighed(rows).with_columns(file=number) for number, rows in enumerate(questions)]
    )
    taken, _ = choose_samples(known, FACTS, QUOTA, SELECT, 7)
    folder = tmp_path / "rows"
    folder.mkdir()
    parts = list(samples_in_order(taken, question_paths, scene_paths, SAMPLE, folder))
    expected = pl.DataFrame(list(sample_rows(chosen()[0], SCENE_ROWS)), SAMPLE).sort(ORDER)
    assert pl.concat(parts).equals(expected)
    images = [part["image_id"].unique() for part in parts]
    assert sum(map(len, images)) == expected["image_id"].n_unique()
    assert (len(parts) > 1) is (rows_at_once < 1000)
