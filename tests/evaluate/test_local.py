"""Evaluation of a local model, from end to end."""

import json
import logging
import os
import re
import time
from pathlib import Path

import polars as pl
import pytest

pytest.importorskip("torch")

from evaluation.benchmarks.registry import BENCHMARKS
from schemas.completion.families import FamilyName
from schemas.config.evaluation import BenchmarkConfig, EvaluatedModel
from tests.builds import save_config
from tests.commands import REPOSITORY, start
from tests.evaluate.test_evaluate import THREE, TINY, evaluate, read_items, tree_of

pytestmark = pytest.mark.long


def test_the_sample_evaluates_every_benchmark(prefect_server, tmp_path):
    text = (REPOSITORY / "configs" / "evaluate" / "sample.toml").read_text()
    assert text.count("max_new_tokens = 24") == 1
    config = tmp_path / "sample.toml"
    config.write_text(text.replace("max_new_tokens = 24", "max_new_tokens = 2"))
    done = evaluate(config, tmp_path)
    assert done.returncode == 0, done.stderr
    folder = Path(done.stdout.splitlines()[-1])
    names = {path.name for path in folder.iterdir()}
    assert names == {
        "report.html", "report.md", "scores.parquet", "items.parquet", "grounding.parquet",
        "differences.parquet", "audit.parquet", "pairs.parquet", "evaluation.json",
    }  # fmt: skip
    scores = pl.read_parquet(folder / "scores.parquet")
    main = scores.filter(pl.col("is_main"))
    assert set(main["benchmark"]) == set(BENCHMARKS)
    assert main.height == sum(2 + len(one.parsers) for one in BENCHMARKS.values())
    items = pl.read_parquet(folder / "items.parquet")
    assert set(items["benchmark"]) == set(BENCHMARKS)
    assert items["text"].null_count() == 0
    again = evaluate(config, tmp_path)
    assert again.stdout == done.stdout
    assert "infer:" not in again.stderr


def test_what_fails_leaves_the_others_and_is_told(prefect_server, tmp_path):
    tree = tree_of(benchmarks=[THREE[0], {"name": "mmstar", "path": str(tmp_path / "none")}])
    config = save_config(tmp_path / "c.toml", tree)
    done = evaluate(config, tmp_path)
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert "1 of 2 evaluations failed, the first: mmstar has no copy at" in last
    assert "Traceback" not in done.stderr
    (folder,) = (tmp_path / "evaluations" / "tried").iterdir()
    for name in ("report.html", "report.md"):
        assert "mmstar has no copy at" in (folder / name).read_text()
    assert pl.read_parquet(folder / "scores.parquet")["benchmark"].unique().to_list() == ["mmvp"]


def cut_weights(folder):
    (weights,) = folder.glob("*.safetensors")
    os.truncate(weights, 1000)


def widen_config(folder):
    config = json.loads((folder / "config.json").read_bytes())
    config["text_config"]["intermediate_size"] *= 2
    (folder / "config.json").write_text(json.dumps(config))


@pytest.mark.parametrize(
    ("damage", "told"),
    [(cut_weights, ""), (widen_config, "its weights have other sizes than its config.json says")],
)
def test_a_model_whose_weights_cannot_be_used_is_told_in_one_line(damage, told, tmp_path):
    from evaluation.local import LocalModel
    from training.tiny import tiny_folder

    folder = tiny_folder(tmp_path, FamilyName.QWEN2_5_VL)
    damage(folder)
    given = {"revision": None, "dtype": "float32", "device": "cpu", "max_new_tokens": 1}
    with pytest.raises(
        ValueError, match=rf"^the model \S+ cannot be loaded \({told}.*\): get it ag"
    ):
        LocalModel(folder, None, **given)


def test_local_replies_do_not_depend_on_the_batch(tmp_path):
    from tasks.evaluate.local_replies import write_locally

    items = read_items(BenchmarkConfig(name="cv_bench", path="miniature"), tmp_path)
    texts = []
    for size in (1, 5):
        known = TINY | {"local": TINY["local"] | {"batch_size": size}}
        model = EvaluatedModel.model_validate(known)
        replies = write_locally(items, model, tmp_path, tmp_path / f"parts{size}")
        assert replies["item_id"].to_list() == items["item_id"].to_list()
        texts.append(replies["text"].to_list())
    assert texts[0] == texts[1]


def test_a_line_now_and_then_tells_how_far_a_local_model_is(tmp_path, caplog):
    from tasks.evaluate.local_replies import write_locally

    items = read_items(BenchmarkConfig(name="cv_bench", path="miniature"), tmp_path)
    slow = {"max_new_tokens": 20, "local": TINY["local"] | {"batch_size": 2}}
    model = EvaluatedModel.model_validate(TINY | slow)
    with caplog.at_level(logging.INFO, logger="tasks.evaluate"):
        write_locally(items, model, tmp_path, tmp_path / "parts", 0.02)
    beats = [record.getMessage() for record in caplog.records if "still" in record.getMessage()]
    told = re.compile(
        rf"infer: tiny on cv_bench: still running, \d+ s: (\d+) of {items.height} items"
    )
    done = [int(found[1]) for found in map(told.fullmatch, beats) if found]
    assert len(done) == len(beats) >= 2 and done[0] == 0 and done == sorted(done)


def test_a_local_run_that_was_killed_goes_on_with_what_is_missing(prefect_server, tmp_path):
    slow = TINY | {"max_new_tokens": 20, "local": TINY["local"] | {"batch_size": 1}}
    tree = tree_of(models=[slow], benchmarks=[{"name": "spatialbench", "path": "miniature"}])
    config = save_config(tmp_path / "c.toml", tree)
    with start("evaluate", config, "--root", tmp_path) as process:
        deadline = time.monotonic() + 100
        while len(list(tmp_path.glob("artifacts/infer-parts/*/*.parquet"))) < 3:
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.01)
        process.kill()
    kept = {p: p.stat().st_mtime_ns for p in tmp_path.glob("artifacts/infer-parts/*/*.parquet")}
    assert 3 <= len(kept) < 20
    done = evaluate(config, tmp_path)
    assert done.returncode == 0, done.stderr
    folder = Path(done.stdout.splitlines()[-1])
    assert pl.read_parquet(folder / "items.parquet")["text"].null_count() == 0
    assert not list(tmp_path.glob("artifacts/infer-parts/*"))
