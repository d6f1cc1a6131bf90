"""A build whose photographs have mirror images."""

import io

import polars as pl
import pytest
from PIL import Image, ImageChops, ImageOps

from schemas.config.build import PipelineConfig
from schemas.dataset_folder import sample_files
from schemas.mirror import IS_MIRRORED, ORIGINAL
from tasks.publish.why import explain
from tests.builds import build, bytes_of, tree_of

TREE = tree_of("", judge=None, ingest={"mirror": True}) | {
    "source": {"kind": "rendered", "render": {"num_scenes": 24, "width": 400, "height": 300}},
    "quota": {"num_samples": 80, "max_per_image": 6},
    "write": {"writer": "template"},
}


def config(**changes) -> PipelineConfig:
    return PipelineConfig.model_validate(TREE | changes)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return tmp_path_factory.mktemp("mirror")


@pytest.fixture(scope="module")
def built(root):
    return build(config(), root)


@pytest.fixture(scope="module")
def samples(built):
    return pl.concat(pl.read_parquet(path) for path in sample_files(built))


@pytest.fixture(scope="module")
def both(samples):
    """Samples about mirror images beside those about their photographs."""
    images = samples.filter(IS_MIRRORED).with_columns(original=ORIGINAL)
    return samples.join(images, on="pair_id", suffix="_there").filter(~IS_MIRRORED)


def test_a_mirror_image_is_asked_what_its_photograph_is(samples, both):
    assert both.height == samples.filter(IS_MIRRORED).height >= 2
    assert both["image_id"].to_list() == both["original"].to_list()
    for column in ("question_only", "options", "group_id", "split", "evidence", "width", "height"):
        assert both[column].to_list() == both[f"{column}_there"].to_list(), column
    for here, there in both.select("answer_text_only", "answer_text_only_there").iter_rows():
        sides = {"left", "right"}
        assert {*here.split()} ^ {*there.split()} == sides


def test_its_picture_and_boxes_are_mirrored(both):
    for row in both.iter_rows(named=True):
        here, there = (
            Image.open(io.BytesIO(row[name][0]["bytes"])).convert("RGB")
            for name in ("images", "images_there")
        )
        difference = ImageChops.difference(ImageOps.mirror(here), there)
        assert max(most for _, most in difference.getextrema()) < 60
        assert row["images_there"][0]["path"].endswith("-mirrored.jpg")
        boxes = {thing["id"]: thing["bbox"] for thing in row["scene_objects"]}
        for thing in row["scene_objects_there"]:
            x1, y1, x2, y2 = thing["bbox"]
            assert boxes[thing["id"]] == [row["width"] - x2, y1, row["width"] - x1, y2]


def test_why_tells_of_a_sample_about_a_mirror_image(built, root, both):
    row = both.row(0, named=True)
    lines = [*explain(row["question_id_there"], built, root)]
    assert f"image {row['image_id_there']}: 400 x 300 pixels" in lines[1]
    assert any(f"select    in {row['split']}" in line for line in lines)


def test_the_same_build_gives_the_same_bytes(built, tmp_path):
    assert bytes_of(build(config(), tmp_path)) == bytes_of(built)


def test_without_mirror_images_none_are_asked_about(root):
    plain = build(config(ingest={}), root)
    ids = pl.concat(pl.read_parquet(path, columns=["image_id"]) for path in sample_files(plain))
    assert ids.filter(IS_MIRRORED).is_empty()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"images": "omit"}, "needs images"),
        ({"write": {"writer": "model", "chat": {"model": "m", "base_url": "http://x"}}}, "pairs"),
    ],
)
def test_mirror_images_need_pictures_and_pairs(changes, words):
    with pytest.raises(ValueError, match=words):
        config(**changes)
