"""Pictures of benchmarks: found by source, bytes and looks, and left out of builds."""

import io
import json
import random

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from evaluation.benchmarks.texts import coco_source
from evaluation.leakage import LISTED, OVERLAP, PHOTOGRAPH, find_overlaps, thumbnail
from schemas.config.source import RenderConfig, SourceConfig
from schemas.config.source_kind import SourceKind
from schemas.dataset_folder import sample_files
from tasks.leakage.exclude import list_files, read_lists, sources_of
from tasks.leakage.leaks import find_leaks, list_of
from tasks.render.layout import lay_out_scene
from tasks.render.painting import draw_scene
from tests.builds import build, status_of
from tests.flows.test_build import config_of

SIZE = RenderConfig(num_scenes=16, width=400, height=300)

VISUAL_GENOME = SourceConfig(kind=SourceKind.VISUAL_GENOME, path="vg")


def drawn(number: int, seed: int = 11) -> Image.Image:
    return Image.open(io.BytesIO(draw_scene(lay_out_scene(number, seed, SIZE)))).convert("RGB")


def encoded(image: Image.Image, kind: str = "PNG", **options: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def pictures(images: list[Image.Image]) -> pl.DataFrame:
    rows = [
        (str(number), [], f"p{number}", thumbnail(encoded(image)))
        for number, image in enumerate(images)
    ]
    return pl.DataFrame(rows, PHOTOGRAPH, orient="row")


def listed(images: list[Image.Image], benchmark: str = "cv_bench") -> pl.DataFrame:
    rows = [
        (benchmark, f"l{number}", [], thumbnail(encoded(image)))
        for number, image in enumerate(images)
    ]
    return pl.DataFrame(rows, LISTED, orient="row")


@pytest.fixture(scope="module")
def originals() -> list[Image.Image]:
    return [drawn(number) for number in range(1, 17)]


@pytest.fixture(scope="module")
def ours(originals) -> pl.DataFrame:
    return pictures(originals)


@pytest.fixture(scope="module")
def copies(originals) -> pl.DataFrame:
    return listed(originals[:6])


CHANGES = {
    "compressed": lambda image: Image.open(io.BytesIO(encoded(image, "JPEG", quality=40))),
    "small": lambda image: image.resize((160, 120)),
    "square": lambda image: image.resize((336, 336)),
    "bright": lambda image: image.point(lambda level: min(255, int(level * 1.15 + 8))),
    "mirrored": ImageOps.mirror,
    "grey": ImageOps.grayscale,
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_copy_looks_like_its_original_and_like_nothing_else(change, originals, ours):
    found = find_overlaps(ours, listed([CHANGES[change](image) for image in originals]))
    assert found["image_id"].to_list() == sorted(str(number) for number in range(16))
    assert (found["listed"] == "l" + found["image_id"]).all()
    assert set(found["match"]) == {"looks"}


def test_unrelated_pictures_do_not_overlap(ours):
    others = [drawn(number, seed=12) for number in range(1, 17)]
    assert find_overlaps(ours, listed(others)).is_empty()


def test_a_plain_picture_looks_like_nothing():
    plain = Image.new("RGB", (64, 64), (90, 90, 90))
    assert thumbnail(encoded(plain)) is None
    assert find_overlaps(pictures([plain]), listed([plain])).is_empty()


NOISE = np.random.default_rng(0).integers(0, 255, 1024, dtype=np.uint8).tobytes()


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ((["coco:000000000007"], "a", None), (["coco:000000000007"], "b", None), ("source", 7)),
        ((["coco:000000000007"], "a", None), (["coco:000000000008"], "b", None), None),
        ((["vg:7"], "a", None), (["coco:000000000007"], "b", None), None),
        (([], "a", None), ([], "a", None), ("bytes", "a")),
        (([], None, None), ([], None, None), None),
        (([], "a", NOISE), ([], "b", NOISE), ("looks", "b")),
        (([], "a", NOISE), ([], "a", NOISE), ("bytes", "a")),
        ((["x:1"], "a", NOISE), (["x:1"], "a", NOISE), ("source", "x:1")),
    ],
)
def test_the_surest_sign_is_told(ours, theirs, expected):
    found = find_overlaps(
        pl.DataFrame([("i", *ours)], PHOTOGRAPH, orient="row"),
        pl.DataFrame([("mmvp", theirs[1], theirs[0], theirs[2])], LISTED, orient="row"),
    )
    told = [
        (match, coco_source(value) if isinstance(value, int) else value)
        for match, value in ([expected] if expected else [])
    ]
    assert found.select("match", "listed").rows() == told


@given(shuffler=st.randoms(use_true_random=False))
def test_the_order_of_rows_has_no_say(shuffler: random.Random, ours, copies):
    ours = ours[:6]
    second = copies[2:].with_columns(benchmark=pl.lit("mmvp"))
    theirs = pl.concat([copies[:4], second])
    expected = find_overlaps(ours, theirs)
    rows, others = list(range(ours.height)), list(range(theirs.height))
    shuffler.shuffle(rows)
    shuffler.shuffle(others)
    assert find_overlaps(ours[rows], theirs[others]).equals(expected)
    assert expected.height == 8
    assert expected.schema == OVERLAP


def test_lists_that_are_missing_or_damaged_are_told_in_one_line(tmp_path):
    with pytest.raises(
        FileNotFoundError, match=r"no list of benchmark photographs at .*none\.parq"
    ):
        list_files([str(tmp_path / "none.parquet")])
    damaged = tmp_path / "damaged.parquet"
    damaged.write_bytes(b"PAR1 not really")
    with pytest.raises(
        ValueError, match=r"damaged\.parquet cannot be read as a list of benchmark photo"
    ) as e:
        read_lists([damaged])
    assert "\n" not in str(e.value)
    other = tmp_path / "other.parquet"
    pl.DataFrame({"a": [1]}).write_parquet(other)
    with pytest.raises(ValueError, match=r"other\.parquet cannot be read as a list"):
        read_lists([other])
    sound = listed([drawn(1)])
    for change, told in (
        (pl.lit(b"short").alias("thumbnail"), "a thumbnail has other than 1024 bytes"),
        (pl.lit(None).alias("benchmark"), "a row has no benchmark"),
    ):
        sound.with_columns(change).write_parquet(other)
        with pytest.raises(ValueError, match=rf"other\.parquet cannot be read as a list .*{told}"):
            read_lists([other])
    sound.with_columns(thumbnail=pl.lit(None)).write_parquet(other)
    assert read_lists([other]).height == 1


LEAKY = {"gates__min_quota_share": 0.5}
"""Photographs that are left out take their questions with them."""


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A small dataset, and its root, where the pictures of three of its images are listed, too."""
    root = tmp_path_factory.mktemp("leaky")
    dataset = build(config_of(**LEAKY), root)
    rows = pl.concat([pl.read_parquet(path) for path in sample_files(dataset)])
    rows = rows.unique("image_id", maintain_order=True, keep="first").sort("image_id")
    data = rows["images"].list.first().struct.field("bytes").to_list()
    copies = [Image.open(io.BytesIO(data[number])).resize((200, 150)) for number in range(3)]
    path = list_of("cv_bench", root)
    path.parent.mkdir(parents=True)
    listed(copies).write_parquet(path)
    return dataset, root, rows["image_id"].to_list()[:3], str(path)


def test_leaks_of_a_dataset_are_found_and_count_its_samples(built):
    dataset, root, leaked, _ = built
    leaks = find_leaks(dataset, root)
    assert leaks is not None
    assert leaks["image_id"].to_list() == leaked
    shown = pl.concat([pl.read_parquet(path) for path in sample_files(dataset)])
    assert leaks["samples"].to_list() == [
        shown.filter(pl.col("image_id") == image_id).height for image_id in leaked
    ]
    assert leaks.equals(find_leaks(dataset, root))


def test_without_a_list_nothing_is_known_of_leaks(built, tmp_path):
    assert find_leaks(built[0], tmp_path) is None


@pytest.mark.long
def test_a_build_leaves_out_pictures_of_benchmarks_before_it_writes(built):
    dataset, root, leaked, path = built
    clean = build(config_of(**LEAKY, select__exclude=(path,)), root)
    assert clean != dataset
    shown = pl.concat([pl.read_parquet(path) for path in sample_files(clean)])
    assert not set(shown["image_id"]) & set(leaked)
    leaks = find_leaks(clean, root)
    assert leaks is not None and leaks.is_empty()
    ledger = pl.read_parquet(clean / "ledger.parquet")
    told = ledger.filter(pl.col("stage") == "exclude")
    assert told["image_id"].to_list() == leaked
    assert told["detail"].to_list() == [f"cv_bench: same looks as l{n}" for n in range(3)]
    planned = ledger.filter((pl.col("stage") == "plan") & pl.col("image_id").is_in(leaked))
    assert set(planned["reason"]) == {"in-benchmark"}
    manifest = json.loads((clean / "manifest.json").read_text())
    assert manifest["stages"]["exclude"]["content"]
    states = status_of(config_of(**LEAKY, select__exclude=(path,)), root)
    assert {entry.state for entry in states.values()} == {"complete"}
    assert "exclude" in states


def test_a_mirror_image_has_the_sources_of_its_photograph():
    rows = pl.DataFrame({"image_id": ["5", "5-mirrored"], "coco_id": [9, 9]})
    here, there = rows.select(sources_of(VISUAL_GENOME)).to_series()
    assert here.to_list() == there.to_list() == ["vg:5", coco_source(9)]


def test_an_image_of_ones_own_is_no_image_of_visual_genome():
    rows = pl.DataFrame({"image_id": ["5"], "coco_id": [None]}, {"image_id": str, "coco_id": int})
    own = VISUAL_GENOME.model_copy(update={"own_licence": "other"})
    for source, expected in ((VISUAL_GENOME, ["vg:5"]), (own, [])):
        assert rows.select(sources_of(source)).item().to_list() == expected
