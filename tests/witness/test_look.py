"""Models that look at photographs: tiny ones of the real architectures, with random weights."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from PIL import Image

from schemas.config.source import SourceConfig
from schemas.testimony import TESTIMONY
from tasks.ingest import stage as ingest
from tasks.photographs import stage as photographs
from tasks.sources import stage as index
from tasks.stage import Build
from tasks.witness import look
from tasks.witness import stage as witness
from tests.stages import after, build_of

pytestmark = pytest.mark.long

torch = pytest.importorskip("torch")
SIZES = {1: (96, 64), 2: (64, 64), 3: (80, 72)}


def make_estimator(folder: Path) -> Path:
    from transformers import GLPNConfig, GLPNForDepthEstimation, GLPNImageProcessorPil

    torch.manual_seed(0)
    config = GLPNConfig(
        num_encoder_blocks=4, depths=[1] * 4, hidden_sizes=[8] * 4, num_attention_heads=[1] * 4,
        decoder_hidden_size=8, sr_ratios=[4, 2, 1, 1],
    )  # fmt: skip
    GLPNForDepthEstimation(config).save_pretrained(folder)
    GLPNImageProcessorPil().save_pretrained(folder)
    return folder


def make_detector(folder: Path) -> Path:
    from transformers import (
        CLIPTokenizer,
        OwlViTConfig,
        OwlViTForObjectDetection,
        OwlViTImageProcessorPil,
        OwlViTProcessor,
    )

    torch.manual_seed(0)
    letters = [chr(code) for code in range(33, 127)]
    words = [*letters, *(f"{one}</w>" for one in letters), "<|startoftext|>", "<|endoftext|>"]
    folder.mkdir()
    (folder / "vocab.json").write_text(json.dumps({word: n for n, word in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    tokenizer = CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"))
    small = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1,
             "num_attention_heads": 2}  # fmt: skip
    config = OwlViTConfig(
        text_config={**small, "vocab_size": len(words), "eos_token_id": len(words) - 1},
        vision_config={**small, "image_size": 32, "patch_size": 16},
        projection_dim=16,
    )
    OwlViTForObjectDetection(config).save_pretrained(folder)
    images = OwlViTImageProcessorPil(size={"height": 32, "width": 32})
    OwlViTProcessor(image_processor=images, tokenizer=tokenizer).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("models")
    return {"boxes": make_detector(folder / "owl"), "depth": make_estimator(folder / "glpn")}


def source(folder: Path) -> SourceConfig:
    """Three photographs of noise, with a dog in each."""
    rng = np.random.default_rng(0)
    for key, (width, height) in SIZES.items():
        noise = rng.integers(0, 255, (height, width, 3), dtype=np.uint8)
        Image.fromarray(noise).save(folder / f"{key}.png")
    images = [
        {"image_id": key, "width": width, "height": height, "url": f"https://x/{key}.png"}
        for key, (width, height) in SIZES.items()
    ]
    dog = {"object_id": 1, "names": ["dog"], "x": 5, "y": 5, "w": 50, "h": 50}
    for name, rows in (
        ("image_data", images),
        ("objects", [{"image_id": key, "objects": [dog]} for key in SIZES]),
        ("relationships", [{"image_id": key, "relationships": []} for key in SIZES]),
    ):
        (folder / f"{name}.json").write_text(json.dumps(rows))
    return SourceConfig(kind="visual-genome", path=str(folder))


def prepared(folder: Path, models: dict[str, Path], **settings: Any) -> Build:
    """A build in which both models look, as far as they begin."""
    place = source(folder)
    witnesses = [
        {"kind": "boxes", "name": "owl", "doubt_score": 0.0,
         "model": {"name": str(models["boxes"]), "classes": ["dog", "stop sign"], "batch_size": 2}},
        {"kind": "depth", "name": "glpn", "depth": {"scale": "metric", "near": "small"},
         "model": {"name": str(models["depth"]), "batch_size": 2, **settings}},
    ]  # fmt: skip
    ingested = {"min_photograph_pixels": 1}
    build = build_of(folder, place, images="embed", witness=witnesses, ingest=ingested)
    return after(build, index.STAGE, ingest.STAGE, photographs.STAGE)


def test_what_models_see_becomes_testimony_and_is_seen_once(tmp_path, models):
    build = after(prepared(tmp_path, models), look.STAGE)
    (folder,) = build.made["look"]
    detections = json.loads((folder / "owl" / "detections.json").read_bytes())
    assert [image["id"] for image in detections["images"]] == ["1", "2", "3"]
    assert detections["annotations"]
    assert {one["category_id"] for one in detections["annotations"]} <= {1, 2}
    maps = sorted((folder / "glpn").iterdir())
    shapes = sorted(np.load(path).shape for path in maps)
    assert len(shapes) == 3 and all(np.isfinite(np.load(path)).all() for path in maps)

    testimony = pl.read_parquet(after(build, witness.STAGE).made["witness"][0])
    assert testimony.schema == TESTIMONY
    assert testimony["image_id"].to_list() == ["1", "2", "3"]
    assert testimony["complete"].list.len().sum() == 0  # a detector is not exhaustive by itself

    # What is kept is not seen again: without models, the same folder comes out.
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "sight").rglob("*.seen")}
    assert len(kept) == 6
    # Nor is what a power cut or a disk left of it taken for what was seen.
    gone, emptied, damaged, *_ = kept
    gone.unlink()
    emptied.write_bytes(b"")
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"?")
    again = look.STAGE.plan(build)[0]
    again.seal_path.unlink()
    first = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    (repeated,) = after(build, look.STAGE).made["look"]
    assert {p.name: p.read_bytes() for p in repeated.rglob("*") if p.is_file()} == first
    now = {path: path.stat().st_mtime_ns for path in (tmp_path / "sight").rglob("*.seen")}
    assert {path for path in kept if now[path] != kept[path]} == {gone, emptied, damaged}


@pytest.mark.parametrize(
    ("model", "problem"),
    [
        ({"name": "nobody/nothing"}, "needs revision, the commit of 40 hexadecimal"),
        ({"name": "nobody/nothing", "revision": "main"}, "revision"),
        ({"name": "FOLDER", "revision": "a" * 40}, "a folder takes none"),
    ],
)
def test_a_model_is_pinned(tmp_path, model, problem):
    named = model | ({"name": str(tmp_path)} if model["name"] == "FOLDER" else {})
    one = {"kind": "boxes", "name": "owl", "model": named}
    with pytest.raises(ValueError, match=problem):
        build_of(tmp_path, images="embed", witness=[one])


def test_a_folder_without_a_model_is_refused_in_one_line(tmp_path, models):
    empty = tmp_path / "empty"
    empty.mkdir()
    build = prepared(tmp_path, {**models, "depth": empty})
    with pytest.raises(ValueError, match=r"^the model .*empty cannot be loaded: [^\n]*$"):
        after(build, look.STAGE)


ABSENT = """
from schemas.config.witness import ModelConfig
from tasks.witness.models import Viewer
Viewer("boxes", ModelConfig(name="nobody/no-such-model", revision="0" * 40))
"""


def test_without_a_network_a_model_of_the_hub_is_told_to_be_fetched(tmp_path):
    home = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", ABSENT], env=os.environ | home, capture_output=True, text=True
    )
    assert done.stderr.splitlines()[-1].endswith(
        f"(hf download nobody/no-such-model --revision {'0' * 40})"
    ), done.stderr


@pytest.mark.parametrize("kept", [0, 7, 1000])
def test_a_model_whose_weights_are_cut_is_refused_in_one_line(tmp_path, models, kept):
    cut = Path(shutil.copytree(models["depth"], tmp_path / "cut"))
    weights = cut / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:kept])
    build = prepared(tmp_path, {**models, "depth": cut})
    with pytest.raises(ValueError, match=r"^the model .*cut cannot be loaded: [^\n]*$"):
        after(build, look.STAGE)


def test_models_need_photographs(tmp_path):
    one = {"kind": "boxes", "name": "owl", "model": {"name": str(tmp_path)}}
    with pytest.raises(ValueError, match="a model looks at photographs"):
        build_of(tmp_path, images="omit", witness=[one])


def test_little_memory_does_not_make_a_model_a_broken_one(tmp_path, models, monkeypatch):
    def without_memory(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("transformers.pipeline", without_memory)
    with pytest.raises(MemoryError):
        after(prepared(tmp_path, models), look.STAGE)
